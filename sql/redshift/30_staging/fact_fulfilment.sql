-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- Rows of warehouse.fact_fulfilment that a load is bringing in; empty between loads.
-- On the key of the target, so that delete and insert stay on the slice.
CREATE TABLE IF NOT EXISTS staging.fact_fulfilment (
    order_id BIGINT NOT NULL,
    line_number INTEGER NOT NULL,
    order_date_key INTEGER NOT NULL,
    commit_date_key INTEGER NOT NULL,
    ship_date_key INTEGER NOT NULL,
    receipt_date_key INTEGER NOT NULL,
    return_date_key INTEGER NOT NULL,
    customer_key BIGINT NOT NULL,
    part_key BIGINT NOT NULL,
    supplier_key BIGINT NOT NULL,
    order_profile_key BIGINT NOT NULL,
    status VARCHAR(10) NOT NULL,
    days_to_ship INTEGER,
    days_in_transit INTEGER,
    days_past_commit INTEGER,
    days_to_return INTEGER,
    carrier VARCHAR(120),
    package_count INTEGER NOT NULL,
    scan_count INTEGER NOT NULL,
    first_scan_at TIMESTAMP,
    last_scan_at TIMESTAMP,
    last_scan_type VARCHAR(20),
    is_deleted BOOLEAN NOT NULL
)
BACKUP NO
DISTSTYLE KEY
DISTKEY (order_id);
