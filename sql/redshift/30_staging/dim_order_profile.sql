-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- Rows of warehouse.dim_order_profile that a load is bringing in; empty between loads.
-- Rows are read once.
CREATE TABLE IF NOT EXISTS staging.dim_order_profile (
    order_profile_key BIGINT NOT NULL,
    priority VARCHAR(80),
    ship_mode VARCHAR(80),
    ship_instructions VARCHAR(120)
)
BACKUP NO
DISTSTYLE EVEN;
