-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- Rows of warehouse.dim_currency that a load is bringing in; empty between loads.
-- Rows are read once.
CREATE TABLE IF NOT EXISTS staging.dim_currency (
    currency_key BIGINT NOT NULL,
    currency_code CHAR(3),
    currency_name VARCHAR(400)
)
BACKUP NO
DISTSTYLE EVEN;
