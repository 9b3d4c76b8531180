-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- dim_geography: type1 dimension, natural key nation_id.
-- Twenty-five rows that most queries filter by: a copy on each node.
CREATE TABLE IF NOT EXISTS warehouse.dim_geography (
    geography_key BIGINT NOT NULL,
    nation_id INTEGER,
    nation VARCHAR(100),
    region VARCHAR(100),
    currency_code CHAR(3),
    PRIMARY KEY (geography_key)
)
DISTSTYLE ALL
SORTKEY (geography_key);

COMMENT ON TABLE warehouse.dim_geography IS 'Nations with their region; an outrigger that the facts name directly';
COMMENT ON COLUMN warehouse.dim_geography.geography_key IS 'surrogate key; -1 is the unknown member';
COMMENT ON COLUMN warehouse.dim_geography.nation_id IS 'the source''s nation number';
COMMENT ON COLUMN warehouse.dim_geography.nation IS 'name of the nation';
COMMENT ON COLUMN warehouse.dim_geography.region IS 'name of its region';
COMMENT ON COLUMN warehouse.dim_geography.currency_code IS 'ISO 4217 code of its currency';
