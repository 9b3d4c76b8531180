-- The Star Schema Benchmark's lineorder table, without deleted orders, amounts in USD. Discount and
-- tax are in per cent there. The cost of supply is, as there, 60 % of the price of the part, here the
-- list price of the version that was ordered, times the quantity.
CREATE OR REPLACE VIEW ssb.lineorder AS
SELECT
    line.order_id AS lo_orderkey,
    line.line_number AS lo_linenumber,
    line.customer_key AS lo_custkey,
    line.part_key AS lo_partkey,
    line.supplier_key AS lo_suppkey,
    line.order_date_key AS lo_orderdate,
    profile.priority AS lo_orderpriority,
    line.quantity AS lo_quantity,
    line.extended_price_usd AS lo_extendedprice,
    CAST(line.discount * 100 AS INTEGER) AS lo_discount,
    line.net_amount_usd AS lo_revenue,
    CAST(part.retail_price * 0.6 * line.quantity AS DECIMAL(18, 4)) AS lo_supplycost,
    CAST(line.tax * 100 AS INTEGER) AS lo_tax,
    line.commit_date_key AS lo_commitdate,
    profile.ship_mode AS lo_shipmode
FROM warehouse.fact_order_line AS line
INNER JOIN warehouse.dim_part AS part ON line.part_key = part.part_key
INNER JOIN warehouse.dim_order_profile AS profile ON line.order_profile_key = profile.order_profile_key
WHERE NOT line.is_deleted;
