-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- The unknown member of dim_geography, which facts without a member name.
INSERT INTO warehouse.dim_geography (
    geography_key,
    nation_id,
    nation,
    region,
    currency_code
)
SELECT
    CAST(-1 AS BIGINT) AS geography_key,
    CAST(NULL AS INTEGER) AS nation_id,
    CAST(NULL AS VARCHAR(100)) AS nation,
    CAST(NULL AS VARCHAR(100)) AS region,
    CAST(NULL AS CHAR(3)) AS currency_code
WHERE NOT EXISTS (
    SELECT 1 FROM warehouse.dim_geography
    WHERE geography_key = -1
);
