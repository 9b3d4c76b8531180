-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- The unknown member of dim_customer, which facts without a member name.
INSERT INTO warehouse.dim_customer (
    customer_key,
    customer_id,
    address,
    nation_id,
    market_segment,
    name,
    phone,
    account_balance,
    comment,
    city,
    effective_from,
    effective_to,
    is_current,
    is_inferred,
    is_deleted
)
SELECT
    CAST(-1 AS BIGINT) AS customer_key,
    CAST(NULL AS BIGINT) AS customer_id,
    CAST(NULL AS VARCHAR(480)) AS address,
    CAST(NULL AS INTEGER) AS nation_id,
    CAST(NULL AS VARCHAR(80)) AS market_segment,
    CAST(NULL AS VARCHAR(240)) AS name,
    CAST(NULL AS VARCHAR(80)) AS phone,
    CAST(NULL AS DECIMAL(12, 2)) AS account_balance,
    CAST(NULL AS VARCHAR(1020)) AS comment,
    CAST(NULL AS VARCHAR(40)) AS city,
    CAST('1900-01-01 00:00:00' AS TIMESTAMP) AS effective_from,
    CAST('9999-12-31 00:00:00' AS TIMESTAMP) AS effective_to,
    CAST(TRUE AS BOOLEAN) AS is_current,
    CAST(FALSE AS BOOLEAN) AS is_inferred,
    CAST(FALSE AS BOOLEAN) AS is_deleted
WHERE NOT EXISTS (
    SELECT 1 FROM warehouse.dim_customer
    WHERE customer_key = -1
);
