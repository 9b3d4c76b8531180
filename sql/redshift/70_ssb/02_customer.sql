-- The Star Schema Benchmark's customer table; a row is a version, whose nation is that version's.
CREATE OR REPLACE VIEW ssb.customer AS
SELECT
    customer.customer_key AS c_custkey,
    customer.name AS c_name,
    customer.address AS c_address,
    customer.city AS c_city,
    geography.nation AS c_nation,
    geography.region AS c_region,
    customer.phone AS c_phone,
    customer.market_segment AS c_mktsegment
FROM warehouse.dim_customer AS customer
LEFT JOIN warehouse.dim_geography AS geography ON customer.nation_id = geography.nation_id;
