-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- Rows of warehouse.fact_order_line that a load is bringing in; empty between loads.
-- On the key of the target, so that delete and insert stay on the slice.
CREATE TABLE IF NOT EXISTS staging.fact_order_line (
    order_id BIGINT NOT NULL,
    line_number INTEGER NOT NULL,
    ordered_at TIMESTAMP NOT NULL,
    order_date_key INTEGER NOT NULL,
    commit_date_key INTEGER NOT NULL,
    customer_key BIGINT NOT NULL,
    customer_geography_key BIGINT NOT NULL,
    part_key BIGINT NOT NULL,
    supplier_key BIGINT NOT NULL,
    supplier_geography_key BIGINT NOT NULL,
    order_profile_key BIGINT NOT NULL,
    currency_key BIGINT NOT NULL,
    order_status CHAR(1),
    quantity DECIMAL(8, 2),
    extended_price DECIMAL(15, 2),
    discount DECIMAL(5, 2),
    tax DECIMAL(5, 2),
    net_amount DECIMAL(18, 4),
    gross_amount DECIMAL(18, 4),
    usd_per_unit DECIMAL(18, 8),
    extended_price_usd DECIMAL(18, 4),
    net_amount_usd DECIMAL(18, 4),
    gross_amount_usd DECIMAL(18, 4),
    is_deleted BOOLEAN NOT NULL
)
BACKUP NO
DISTSTYLE KEY
DISTKEY (order_id);
