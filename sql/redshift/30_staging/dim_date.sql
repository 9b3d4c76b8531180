-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- Rows of warehouse.dim_date that a load is bringing in; empty between loads.
-- Rows are read once.
CREATE TABLE IF NOT EXISTS staging.dim_date (
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
    is_month_end BOOLEAN
)
BACKUP NO
DISTSTYLE EVEN;
