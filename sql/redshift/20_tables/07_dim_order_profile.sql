-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- dim_order_profile: junk dimension, natural key priority, ship_mode, ship_instructions.
-- At most 140 combinations: a copy on each node.
CREATE TABLE IF NOT EXISTS warehouse.dim_order_profile (
    order_profile_key BIGINT NOT NULL,
    priority VARCHAR(80),
    ship_mode VARCHAR(80),
    ship_instructions VARCHAR(120),
    PRIMARY KEY (order_profile_key)
)
DISTSTYLE ALL
SORTKEY (order_profile_key);

COMMENT ON TABLE warehouse.dim_order_profile IS 'Junk dimension: the combinations of an order''s and a line''s small codes that occurred';
COMMENT ON COLUMN warehouse.dim_order_profile.order_profile_key IS 'surrogate key; -1 is the unknown member';
COMMENT ON COLUMN warehouse.dim_order_profile.priority IS 'priority of the order';
COMMENT ON COLUMN warehouse.dim_order_profile.ship_mode IS 'how the line is shipped';
COMMENT ON COLUMN warehouse.dim_order_profile.ship_instructions IS 'instructions for the delivery';
