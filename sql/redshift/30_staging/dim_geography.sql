-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- Rows of warehouse.dim_geography that a load is bringing in; empty between loads.
-- Rows are read once.
CREATE TABLE IF NOT EXISTS staging.dim_geography (
    geography_key BIGINT NOT NULL,
    nation_id INTEGER,
    nation VARCHAR(100),
    region VARCHAR(100),
    currency_code CHAR(3)
)
BACKUP NO
DISTSTYLE EVEN;
