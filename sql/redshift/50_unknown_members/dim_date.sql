-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- The unknown member of dim_date, which facts without a member name.
INSERT INTO warehouse.dim_date (
    date_key,
    date,
    day_of_week,
    day_name,
    day_of_month,
    day_of_year,
    iso_week,
    iso_year,
    month,
    month_name,
    year_month,
    year_month_number,
    quarter,
    year,
    week_of_year,
    is_weekend,
    is_month_end
)
SELECT
    CAST(-1 AS INTEGER) AS date_key,
    CAST('1900-01-01' AS DATE) AS date,
    CAST(NULL AS INTEGER) AS day_of_week,
    CAST(NULL AS VARCHAR(9)) AS day_name,
    CAST(NULL AS INTEGER) AS day_of_month,
    CAST(NULL AS INTEGER) AS day_of_year,
    CAST(NULL AS INTEGER) AS iso_week,
    CAST(NULL AS INTEGER) AS iso_year,
    CAST(NULL AS INTEGER) AS month,
    CAST(NULL AS VARCHAR(9)) AS month_name,
    CAST(NULL AS VARCHAR(7)) AS year_month,
    CAST(NULL AS INTEGER) AS year_month_number,
    CAST(NULL AS INTEGER) AS quarter,
    CAST(NULL AS INTEGER) AS year,
    CAST(NULL AS INTEGER) AS week_of_year,
    CAST(NULL AS BOOLEAN) AS is_weekend,
    CAST(NULL AS BOOLEAN) AS is_month_end
WHERE NOT EXISTS (
    SELECT 1 FROM warehouse.dim_date
    WHERE date_key = -1
);
