-- The Star Schema Benchmark's supplier table; a row is a version, whose nation is that version's.
CREATE OR REPLACE VIEW ssb.supplier AS
SELECT
    supplier.supplier_key AS s_suppkey,
    supplier.name AS s_name,
    supplier.address AS s_address,
    supplier.city AS s_city,
    geography.nation AS s_nation,
    geography.region AS s_region,
    supplier.phone AS s_phone
FROM warehouse.dim_supplier AS supplier
LEFT JOIN warehouse.dim_geography AS geography ON supplier.nation_id = geography.nation_id;
