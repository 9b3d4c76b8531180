-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- fact_exchange_rate: transaction fact, one row for each rate_date_key, currency_key.
-- Some 50,000 rows that are joined by day: a copy on each node.
CREATE TABLE IF NOT EXISTS warehouse.fact_exchange_rate (
    rate_date_key INTEGER NOT NULL,
    currency_key BIGINT NOT NULL,
    currency_code CHAR(3) NOT NULL,
    usd_per_unit DECIMAL(18, 8) NOT NULL,
    PRIMARY KEY (rate_date_key, currency_key),
    FOREIGN KEY (rate_date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (currency_key) REFERENCES warehouse.dim_currency (currency_key)
)
DISTSTYLE ALL
SORTKEY (rate_date_key);

COMMENT ON TABLE warehouse.fact_exchange_rate IS 'Published exchange rates';
COMMENT ON COLUMN warehouse.fact_exchange_rate.rate_date_key IS 'day of the rate, yyyymmdd';
COMMENT ON COLUMN warehouse.fact_exchange_rate.currency_key IS 'currency';
COMMENT ON COLUMN warehouse.fact_exchange_rate.currency_code IS 'ISO 4217 code';
COMMENT ON COLUMN warehouse.fact_exchange_rate.usd_per_unit IS 'USD for one unit of the currency';
