-- The Star Schema Benchmark's date table.
CREATE OR REPLACE VIEW ssb.dates AS
SELECT
    date_key AS d_datekey,
    date AS d_date,
    day_name AS d_dayofweek,
    month_name AS d_month,
    year AS d_year,
    year_month_number AS d_yearmonthnum,
    SUBSTRING(month_name, 1, 3) || CAST(year AS VARCHAR(4)) AS d_yearmonth,
    day_of_month AS d_daynuminmonth,
    day_of_year AS d_daynuminyear,
    month AS d_monthnuminyear,
    week_of_year AS d_weeknuminyear
FROM warehouse.dim_date;
