-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- The unknown member of dim_order_profile, which facts without a member name.
INSERT INTO warehouse.dim_order_profile (
    order_profile_key,
    priority,
    ship_mode,
    ship_instructions
)
SELECT
    CAST(-1 AS BIGINT) AS order_profile_key,
    CAST(NULL AS VARCHAR(80)) AS priority,
    CAST(NULL AS VARCHAR(80)) AS ship_mode,
    CAST(NULL AS VARCHAR(120)) AS ship_instructions
WHERE NOT EXISTS (
    SELECT 1 FROM warehouse.dim_order_profile
    WHERE order_profile_key = -1
);
