-- Sales by month, customer's region and part's category, in USD. Lines without a published rate have
-- no amount in USD: `lines_without_rate` says how many a sum leaves out.
CREATE OR REPLACE VIEW marts.sales_by_month AS
SELECT
    ordered.year_month AS order_month,
    geography.region AS customer_region,
    part.category,
    COUNT(DISTINCT line.order_id) AS orders,
    COUNT(*) AS order_lines,
    SUM(line.quantity) AS quantity,
    SUM(line.extended_price_usd) AS extended_price_usd,
    SUM(line.net_amount_usd) AS net_amount_usd,
    SUM(line.gross_amount_usd) AS gross_amount_usd,
    SUM(CASE WHEN line.usd_per_unit IS NULL THEN 1 ELSE 0 END) AS lines_without_rate
FROM warehouse.fact_order_line AS line
INNER JOIN warehouse.dim_date AS ordered ON line.order_date_key = ordered.date_key
INNER JOIN warehouse.dim_geography AS geography ON line.customer_geography_key = geography.geography_key
INNER JOIN warehouse.dim_part AS part ON line.part_key = part.part_key
WHERE NOT line.is_deleted
GROUP BY ordered.year_month, geography.region, part.category;
