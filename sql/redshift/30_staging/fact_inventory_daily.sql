-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- Rows of warehouse.fact_inventory_daily that a load is bringing in; empty between loads.
-- On the key of the target, so that delete and insert stay on the slice.
CREATE TABLE IF NOT EXISTS staging.fact_inventory_daily (
    snapshot_date_key INTEGER NOT NULL,
    part_id BIGINT NOT NULL,
    supplier_id BIGINT NOT NULL,
    part_key BIGINT NOT NULL,
    supplier_key BIGINT NOT NULL,
    available_quantity INTEGER,
    supply_cost DECIMAL(12, 2),
    inventory_value DECIMAL(18, 2)
)
BACKUP NO
DISTSTYLE KEY
DISTKEY (part_id);
