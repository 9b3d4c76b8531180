-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- dim_date: calendar dimension, natural key date.
-- Eight years of days. The key is yyyymmdd, so a fact sorted by it prunes blocks by date without the
-- join.
CREATE TABLE IF NOT EXISTS warehouse.dim_date (
    date_key INTEGER NOT NULL,
    date DATE,
    day_of_week INTEGER,
    day_name VARCHAR(9),
    day_of_month INTEGER,
    day_of_year INTEGER,
    iso_week INTEGER,
    iso_year INTEGER,
    month INTEGER,
    month_name VARCHAR(9),
    year_month VARCHAR(7),
    year_month_number INTEGER,
    quarter INTEGER,
    year INTEGER,
    week_of_year INTEGER,
    is_weekend BOOLEAN,
    is_month_end BOOLEAN,
    PRIMARY KEY (date_key)
)
DISTSTYLE ALL
SORTKEY (date_key);

COMMENT ON TABLE warehouse.dim_date IS 'Calendar days, in the roles order, commit, ship, receipt, return, snapshot and rate date';
COMMENT ON COLUMN warehouse.dim_date.date_key IS 'yyyymmdd; -1 is the unknown member';
COMMENT ON COLUMN warehouse.dim_date.date IS 'the day; 1900-01-01 for the unknown member';
COMMENT ON COLUMN warehouse.dim_date.day_of_week IS '1 Monday to 7 Sunday';
COMMENT ON COLUMN warehouse.dim_date.day_name IS 'Monday to Sunday';
COMMENT ON COLUMN warehouse.dim_date.day_of_month IS '1 to 31';
COMMENT ON COLUMN warehouse.dim_date.day_of_year IS '1 to 366';
COMMENT ON COLUMN warehouse.dim_date.iso_week IS 'ISO 8601 week, 1 to 53';
COMMENT ON COLUMN warehouse.dim_date.iso_year IS 'year of the ISO 8601 week';
COMMENT ON COLUMN warehouse.dim_date.month IS '1 to 12';
COMMENT ON COLUMN warehouse.dim_date.month_name IS 'January to December';
COMMENT ON COLUMN warehouse.dim_date.year_month IS '1998-06';
COMMENT ON COLUMN warehouse.dim_date.year_month_number IS '199806';
COMMENT ON COLUMN warehouse.dim_date.quarter IS '1 to 4';
COMMENT ON COLUMN warehouse.dim_date.year IS 'calendar year';
COMMENT ON COLUMN warehouse.dim_date.week_of_year IS 'the Star Schema Benchmark''s week: (day_of_year - 1) / 7 + 1';
COMMENT ON COLUMN warehouse.dim_date.is_weekend IS 'Saturday or Sunday';
COMMENT ON COLUMN warehouse.dim_date.is_month_end IS 'last day of its month';
