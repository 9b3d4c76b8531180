-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- fact_fulfilment: accumulating snapshot fact, one row for each order_id, line_number.
-- Beside fact_order_line, whose key it shares. Sorted by order date, not by ship date: the ship date
-- of a row changes, its order date does not, so that daily restatements touch the newest blocks.
CREATE TABLE IF NOT EXISTS warehouse.fact_fulfilment (
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
    is_deleted BOOLEAN NOT NULL,
    PRIMARY KEY (order_id, line_number),
    FOREIGN KEY (order_date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (commit_date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (ship_date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (receipt_date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (return_date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (customer_key) REFERENCES warehouse.dim_customer (customer_key),
    FOREIGN KEY (part_key) REFERENCES warehouse.dim_part (part_key),
    FOREIGN KEY (supplier_key) REFERENCES warehouse.dim_supplier (supplier_key),
    FOREIGN KEY (order_profile_key) REFERENCES warehouse.dim_order_profile (order_profile_key)
)
DISTSTYLE KEY
DISTKEY (order_id)
SORTKEY (order_date_key);

COMMENT ON TABLE warehouse.fact_fulfilment IS 'How far each order line has come: milestones, lags and tracking, restated as they happen';
COMMENT ON COLUMN warehouse.fact_fulfilment.order_id IS 'order number';
COMMENT ON COLUMN warehouse.fact_fulfilment.line_number IS 'line of the order, from 1';
COMMENT ON COLUMN warehouse.fact_fulfilment.order_date_key IS 'day of the order, yyyymmdd';
COMMENT ON COLUMN warehouse.fact_fulfilment.commit_date_key IS 'day promised, yyyymmdd';
COMMENT ON COLUMN warehouse.fact_fulfilment.ship_date_key IS 'day shipped, yyyymmdd';
COMMENT ON COLUMN warehouse.fact_fulfilment.receipt_date_key IS 'day received, yyyymmdd';
COMMENT ON COLUMN warehouse.fact_fulfilment.return_date_key IS 'day returned, yyyymmdd';
COMMENT ON COLUMN warehouse.fact_fulfilment.customer_key IS 'customer''s version when it ordered';
COMMENT ON COLUMN warehouse.fact_fulfilment.part_key IS 'part''s version when it was ordered';
COMMENT ON COLUMN warehouse.fact_fulfilment.supplier_key IS 'supplier''s version when it was ordered';
COMMENT ON COLUMN warehouse.fact_fulfilment.order_profile_key IS 'priority, ship mode and instructions';
COMMENT ON COLUMN warehouse.fact_fulfilment.status IS 'ordered, shipped, received or returned';
COMMENT ON COLUMN warehouse.fact_fulfilment.days_to_ship IS 'ship date - order date; null until shipped';
COMMENT ON COLUMN warehouse.fact_fulfilment.days_in_transit IS 'receipt date - ship date; null until received';
COMMENT ON COLUMN warehouse.fact_fulfilment.days_past_commit IS 'receipt date - commit date, negative when early; null until received';
COMMENT ON COLUMN warehouse.fact_fulfilment.days_to_return IS 'return date - receipt date; null until returned';
COMMENT ON COLUMN warehouse.fact_fulfilment.carrier IS 'carrier of the last scan';
COMMENT ON COLUMN warehouse.fact_fulfilment.package_count IS 'distinct packages scanned; 0 without any';
COMMENT ON COLUMN warehouse.fact_fulfilment.scan_count IS 'scans; 0 without any';
COMMENT ON COLUMN warehouse.fact_fulfilment.first_scan_at IS 'first scan (UTC)';
COMMENT ON COLUMN warehouse.fact_fulfilment.last_scan_at IS 'last scan (UTC)';
COMMENT ON COLUMN warehouse.fact_fulfilment.last_scan_type IS 'picked_up, in_transit, delivered or returned';
COMMENT ON COLUMN warehouse.fact_fulfilment.is_deleted IS 'whether the order is deleted; views for analysts leave it out';
