-- The Star Schema Benchmark's part table; a row is a version.
CREATE OR REPLACE VIEW ssb.part AS
SELECT
    part_key AS p_partkey,
    name AS p_name,
    manufacturer AS p_mfgr,
    category AS p_category,
    brand AS p_brand1,
    color AS p_color,
    type AS p_type,
    size AS p_size,
    container AS p_container
FROM warehouse.dim_part;
