-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- The unknown member of dim_currency, which facts without a member name.
INSERT INTO warehouse.dim_currency (
    currency_key,
    currency_code,
    currency_name
)
SELECT
    CAST(-1 AS BIGINT) AS currency_key,
    CAST(NULL AS CHAR(3)) AS currency_code,
    CAST(NULL AS VARCHAR(400)) AS currency_name
WHERE NOT EXISTS (
    SELECT 1 FROM warehouse.dim_currency
    WHERE currency_key = -1
);
