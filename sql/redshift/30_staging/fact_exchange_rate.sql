-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- Rows of warehouse.fact_exchange_rate that a load is bringing in; empty between loads.
-- Rows are read once.
CREATE TABLE IF NOT EXISTS staging.fact_exchange_rate (
    rate_date_key INTEGER NOT NULL,
    currency_key BIGINT NOT NULL,
    currency_code CHAR(3) NOT NULL,
    usd_per_unit DECIMAL(18, 8) NOT NULL
)
BACKUP NO
DISTSTYLE EVEN;
