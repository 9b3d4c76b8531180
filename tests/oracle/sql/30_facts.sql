-- Facts as docs/warehouse.md defines them.

CREATE TABLE line_keys AS
SELECT l.*, date_key(CAST(l.ordered_at AS DATE)) AS order_date_key, date_key(l.commit_date) AS commit_date_key,
    coalesce(c.customer_key, -1) AS customer_key, coalesce(cg.geography_key, -1) AS customer_geography_key,
    coalesce(p.part_key, -1) AS part_key, coalesce(s.supplier_key, -1) AS supplier_key, coalesce(sg.geography_key, -1) AS supplier_geography_key,
    coalesce(j.order_profile_key, -1) AS order_profile_key, coalesce(y.currency_key, -1) AS currency_key
FROM line l
LEFT JOIN dim_customer c ON c.customer_id = l.customer_id AND l.ordered_at >= c.effective_from AND l.ordered_at < c.effective_to
LEFT JOIN dim_geography cg ON cg.nation_id = c.nation_id
LEFT JOIN dim_part p ON p.part_id = l.part_id AND l.ordered_at >= p.effective_from AND l.ordered_at < p.effective_to
LEFT JOIN dim_supplier s ON s.supplier_id = l.supplier_id AND l.ordered_at >= s.effective_from AND l.ordered_at < s.effective_to
LEFT JOIN dim_geography sg ON sg.nation_id = s.nation_id
LEFT JOIN dim_order_profile j ON j.priority IS NOT DISTINCT FROM l.priority AND j.ship_mode IS NOT DISTINCT FROM l.ship_mode
    AND j.ship_instructions IS NOT DISTINCT FROM l.ship_instructions AND j.order_profile_key <> -1
LEFT JOIN dim_currency y ON y.currency_code = l.currency_code;

CREATE TABLE fact_order_line AS
WITH amounts AS (
    SELECT k.*, CAST(extended_price * (1 - discount) AS DECIMAL(18, 4)) AS net_amount,
        CAST(CAST(extended_price * (1 - discount) AS DECIMAL(18, 4)) * (1 + tax) AS DECIMAL(18, 4)) AS gross_amount, r.usd_per_unit
    FROM line_keys k ASOF LEFT JOIN rate r ON r.currency_code = k.currency_code AND r.rate_date <= CAST(k.ordered_at AS DATE)
)
SELECT order_id, line_number, ordered_at, order_date_key, commit_date_key, customer_key, customer_geography_key, part_key, supplier_key,
    supplier_geography_key, order_profile_key, currency_key, order_status, quantity, extended_price, discount, tax, net_amount, gross_amount, usd_per_unit,
    CAST(CAST(extended_price AS DECIMAL(20, 2)) * usd_per_unit AS DECIMAL(18, 4)) AS extended_price_usd,
    CAST(CAST(net_amount AS DECIMAL(20, 4)) * usd_per_unit AS DECIMAL(18, 4)) AS net_amount_usd,
    CAST(CAST(gross_amount AS DECIMAL(20, 4)) * usd_per_unit AS DECIMAL(18, 4)) AS gross_amount_usd, is_deleted
FROM amounts;

CREATE TABLE fact_fulfilment AS
WITH tracking AS (
    SELECT order_id, line_number, arg_max(carrier, (scanned_at, scan_id)) AS carrier, count(DISTINCT package_id) AS package_count, count(*) AS scan_count,
        min(scanned_at) AS first_scan_at, max(scanned_at) AS last_scan_at, arg_max(type, (scanned_at, scan_id)) AS last_scan_type
    FROM scan GROUP BY ALL
)
SELECT k.order_id, k.line_number, order_date_key, commit_date_key, date_key(ship_date) AS ship_date_key, date_key(receipt_date) AS receipt_date_key,
    date_key(return_date) AS return_date_key, customer_key, part_key, supplier_key, order_profile_key,
    CASE WHEN return_date IS NOT NULL THEN 'returned' WHEN receipt_date IS NOT NULL THEN 'received' WHEN ship_date IS NOT NULL THEN 'shipped' ELSE 'ordered' END AS status,
    CAST(ship_date - CAST(ordered_at AS DATE) AS INTEGER) AS days_to_ship, CAST(receipt_date - ship_date AS INTEGER) AS days_in_transit,
    CAST(receipt_date - commit_date AS INTEGER) AS days_past_commit, CAST(return_date - receipt_date AS INTEGER) AS days_to_return, t.carrier,
    CAST(coalesce(package_count, 0) AS INTEGER) AS package_count, CAST(coalesce(scan_count, 0) AS INTEGER) AS scan_count,
    first_scan_at, last_scan_at, last_scan_type, is_deleted
FROM line_keys k LEFT JOIN tracking t USING (order_id, line_number);

CREATE TABLE fact_inventory_daily AS
WITH state AS (
    SELECT b.business_date, r.* FROM partsupp_record r JOIN (SELECT DISTINCT business_date FROM batch) b ON r.sequence < b.business_date + INTERVAL 1 DAY
    QUALIFY row_number() OVER (PARTITION BY b.business_date, part_id, supplier_id ORDER BY sequence DESC) = 1
),
placed AS (SELECT *, business_date + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND AS as_of FROM state)
SELECT date_key(business_date) AS snapshot_date_key, x.part_id, x.supplier_id, coalesce(p.part_key, -1) AS part_key, coalesce(s.supplier_key, -1) AS supplier_key,
    available_quantity, supply_cost, CAST(available_quantity * supply_cost AS DECIMAL(18, 2)) AS inventory_value
FROM placed x
LEFT JOIN dim_part p ON p.part_id = x.part_id AND as_of >= p.effective_from AND as_of < p.effective_to
LEFT JOIN dim_supplier s ON s.supplier_id = x.supplier_id AND as_of >= s.effective_from AND as_of < s.effective_to;

CREATE TABLE fact_exchange_rate AS
SELECT date_key(rate_date) AS rate_date_key, y.currency_key, r.currency_code, usd_per_unit FROM rate r JOIN dim_currency y USING (currency_code);
