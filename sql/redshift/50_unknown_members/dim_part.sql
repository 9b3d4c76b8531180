-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- The unknown member of dim_part, which facts without a member name.
INSERT INTO warehouse.dim_part (
    part_key,
    part_id,
    type,
    size,
    container,
    retail_price,
    manufacturer,
    category,
    brand,
    name,
    comment,
    color,
    effective_from,
    effective_to,
    is_current,
    is_inferred,
    is_deleted
)
SELECT
    CAST(-1 AS BIGINT) AS part_key,
    CAST(NULL AS BIGINT) AS part_id,
    CAST(NULL AS VARCHAR(400)) AS type,
    CAST(NULL AS INTEGER) AS size,
    CAST(NULL AS VARCHAR(400)) AS container,
    CAST(NULL AS DECIMAL(12, 2)) AS retail_price,
    CAST(NULL AS VARCHAR(100)) AS manufacturer,
    CAST(NULL AS VARCHAR(100)) AS category,
    CAST(NULL AS VARCHAR(100)) AS brand,
    CAST(NULL AS VARCHAR(1020)) AS name,
    CAST(NULL AS VARCHAR(1020)) AS comment,
    CAST(NULL AS VARCHAR(1020)) AS color,
    CAST('1900-01-01 00:00:00' AS TIMESTAMP) AS effective_from,
    CAST('9999-12-31 00:00:00' AS TIMESTAMP) AS effective_to,
    CAST(TRUE AS BOOLEAN) AS is_current,
    CAST(FALSE AS BOOLEAN) AS is_inferred,
    CAST(FALSE AS BOOLEAN) AS is_deleted
WHERE NOT EXISTS (
    SELECT 1 FROM warehouse.dim_part
    WHERE part_key = -1
);
