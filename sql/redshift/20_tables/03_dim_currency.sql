-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- dim_currency: type1 dimension, natural key currency_code.
-- Two dozen rows: a copy on each node.
CREATE TABLE IF NOT EXISTS warehouse.dim_currency (
    currency_key BIGINT NOT NULL,
    currency_code CHAR(3),
    currency_name VARCHAR(400),
    PRIMARY KEY (currency_key)
)
DISTSTYLE ALL
SORTKEY (currency_key);

COMMENT ON TABLE warehouse.dim_currency IS 'Currencies of the nations';
COMMENT ON COLUMN warehouse.dim_currency.currency_key IS 'surrogate key; -1 is the unknown member';
COMMENT ON COLUMN warehouse.dim_currency.currency_code IS 'ISO 4217 code';
COMMENT ON COLUMN warehouse.dim_currency.currency_name IS 'name from the rates API; null if it lists none';
