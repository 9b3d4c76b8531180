-- Accepted records of every source in the batches so far, from what the simulator says it delivered.
-- Input: views delivered_<source> (batch_no, origin, position, columns), table batch (batch_no, batch_id, business_date, window_end),
-- view deleted_customer (batch_no, customer_id). Dirt is not in them; exact repeats are.

CREATE MACRO encoded(part) AS CASE WHEN part IS NULL THEN 'N' ELSE 'V' || strlen(part) || ':' || part END;
CREATE MACRO instant(moment) AS strftime(moment, '%Y-%m-%d %H:%M:%S.%f');
CREATE MACRO hashed_key(parts, effective_from) AS
    CAST('0x' || substr(sha256(parts || encoded(instant(effective_from))), 1, 15) AS BIGINT);
CREATE MACRO date_key(day) AS coalesce(CAST(strftime(day, '%Y%m%d') AS INTEGER), -1);
CREATE MACRO told(text) AS nullif(trim(text), '');
CREATE MACRO city(nation, id) AS rpad(left(nation, 9), 9, ' ') || (id % 10);

CREATE TABLE beginning AS SELECT TIMESTAMP '1900-01-01 00:00:00' AS b, TIMESTAMP '9999-12-31 00:00:00' AS e;

-- Reference lists: the last batch's.
CREATE TABLE nation AS
SELECT nation_id, name AS nation, region, currency_code FROM delivered_nation
WHERE batch_no = (SELECT max(batch_no) FROM delivered_nation);
CREATE TABLE currency_name AS
SELECT code, name FROM delivered_currencies WHERE batch_no = (SELECT max(batch_no) FROM delivered_currencies);

-- Customers: what is newer than everything known before, and deletes found by comparing keys at the end of a batch.
CREATE TABLE customer_record AS
WITH sightings AS (
    SELECT batch_no, customer_id, updated_at AS sequence, FALSE AS is_deleted,
           name, address, nation_id, phone, account_balance, market_segment, comment
    FROM delivered_customer
    UNION ALL
    SELECT d.batch_no, d.customer_id, b.window_end, TRUE, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM deleted_customer d JOIN batch b USING (batch_no)
),
newer AS (
    SELECT *, max(sequence) OVER (
        PARTITION BY customer_id ORDER BY batch_no, is_deleted RANGE UNBOUNDED PRECEDING EXCLUDE GROUP
    ) AS known FROM sightings
)
SELECT DISTINCT customer_id, sequence, is_deleted,
    CASE WHEN is_deleted THEN last_value(name IGNORE NULLS) OVER w ELSE name END AS name,
    CASE WHEN is_deleted THEN last_value(address IGNORE NULLS) OVER w ELSE address END AS address,
    CASE WHEN is_deleted THEN last_value(nation_id IGNORE NULLS) OVER w ELSE nation_id END AS nation_id,
    CASE WHEN is_deleted THEN last_value(phone IGNORE NULLS) OVER w ELSE phone END AS phone,
    CASE WHEN is_deleted THEN last_value(account_balance IGNORE NULLS) OVER w ELSE account_balance END AS account_balance,
    CASE WHEN is_deleted THEN last_value(market_segment IGNORE NULLS) OVER w ELSE market_segment END AS market_segment,
    CASE WHEN is_deleted THEN last_value(comment IGNORE NULLS) OVER w ELSE comment END AS comment
FROM newer WHERE known IS NULL OR sequence > known
WINDOW w AS (PARTITION BY customer_id ORDER BY sequence ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

-- Files and feeds: the first delivery of each (key, sequence); a clean repeat of it has the same content.
CREATE TABLE part_record AS
SELECT DISTINCT ON (part_id, updated_at) part_id, updated_at AS sequence, FALSE AS is_deleted, told(name) AS name,
    replace(told(manufacturer), 'Manufacturer#', 'MFGR#') AS manufacturer, 'MFGR#' || substr(told(brand), 7) AS category,
    'MFGR#' || substr(told(brand), 7) || (part_id % 40 + 1) AS brand, told(type) AS type, size, told(container) AS container, retail_price,
    told(comment) AS comment
FROM delivered_part ORDER BY part_id, updated_at, batch_no, origin, position;

CREATE TABLE supplier_record AS
SELECT DISTINCT ON (supplier_id, updated_at) supplier_id, updated_at AS sequence, FALSE AS is_deleted,
    told(name) AS name, told(address) AS address, nation_id, told(phone) AS phone, account_balance, told(comment) AS comment
FROM delivered_supplier ORDER BY supplier_id, updated_at, batch_no, origin, position;

CREATE TABLE partsupp_record AS
SELECT DISTINCT ON (part_id, supplier_id, updated_at) part_id, supplier_id, updated_at AS sequence, available_quantity, supply_cost
FROM delivered_partsupp ORDER BY part_id, supplier_id, updated_at, batch_no, origin, position;

CREATE TABLE rate AS
SELECT DISTINCT ON (currency, date) currency AS currency_code, date AS rate_date, usd_per_unit
FROM delivered_rates ORDER BY currency, date, batch_no, position;

CREATE TABLE scan AS
SELECT DISTINCT ON (scan_id) scan_id, order_id, line_number, carrier, package_id, type, "at" AS scanned_at
FROM delivered_scans ORDER BY scan_id, batch_no, position;

-- Orders and lines: current state. A sighting that is not newer than what an earlier batch showed changes nothing.
CREATE TABLE orders AS
SELECT * EXCLUDE (batch_no, origin, position) FROM delivered_orders
QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY updated_at DESC, batch_no) = 1;

CREATE TABLE line AS
SELECT l.* EXCLUDE (batch_no, origin, position), o.customer_id, o.status AS order_status, o.currency_code, o.ordered_at, o.priority, o.is_deleted
FROM delivered_lineitem l JOIN orders o USING (order_id)
QUALIFY row_number() OVER (PARTITION BY order_id, line_number ORDER BY l.updated_at DESC, l.batch_no) = 1;
