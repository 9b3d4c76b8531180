-- Order lines that are not deleted, with the attributes that analysts ask for. Deleted orders stay
-- in the fact, marked, so that a report can be explained after the deletion; they end here.
CREATE OR REPLACE VIEW marts.order_line AS
SELECT
    line.order_id,
    line.line_number,
    line.ordered_at,
    line.order_status,
    ordered.date AS order_date,
    ordered.year AS order_year,
    ordered.year_month AS order_month,
    promised.date AS commit_date,
    customer.customer_id,
    customer.name AS customer,
    customer.market_segment,
    customer.city AS customer_city,
    customer_geography.nation AS customer_nation,
    customer_geography.region AS customer_region,
    part.part_id,
    part.name AS part,
    part.manufacturer,
    part.category,
    part.brand,
    supplier.supplier_id,
    supplier.name AS supplier,
    supplier.city AS supplier_city,
    supplier_geography.nation AS supplier_nation,
    supplier_geography.region AS supplier_region,
    profile.priority,
    profile.ship_mode,
    profile.ship_instructions,
    currency.currency_code,
    line.quantity,
    line.extended_price,
    line.discount,
    line.tax,
    line.net_amount,
    line.gross_amount,
    line.usd_per_unit,
    line.extended_price_usd,
    line.net_amount_usd,
    line.gross_amount_usd
FROM warehouse.fact_order_line AS line
INNER JOIN warehouse.dim_date AS ordered ON line.order_date_key = ordered.date_key
INNER JOIN warehouse.dim_date AS promised ON line.commit_date_key = promised.date_key
INNER JOIN warehouse.dim_customer AS customer ON line.customer_key = customer.customer_key
INNER JOIN warehouse.dim_geography AS customer_geography ON line.customer_geography_key = customer_geography.geography_key
INNER JOIN warehouse.dim_part AS part ON line.part_key = part.part_key
INNER JOIN warehouse.dim_supplier AS supplier ON line.supplier_key = supplier.supplier_key
INNER JOIN warehouse.dim_geography AS supplier_geography ON line.supplier_geography_key = supplier_geography.geography_key
INNER JOIN warehouse.dim_order_profile AS profile ON line.order_profile_key = profile.order_profile_key
INNER JOIN warehouse.dim_currency AS currency ON line.currency_key = currency.currency_key
WHERE NOT line.is_deleted;
