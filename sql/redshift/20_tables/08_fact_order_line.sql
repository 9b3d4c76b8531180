-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- fact_order_line: transaction fact, one row for each order_id, line_number.
-- order_id spreads the lines evenly and puts an order's lines beside their fulfilment, the only large
-- join; nearly every query asks for a range of order dates.
CREATE TABLE IF NOT EXISTS warehouse.fact_order_line (
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
    is_deleted BOOLEAN NOT NULL,
    PRIMARY KEY (order_id, line_number),
    FOREIGN KEY (order_date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (commit_date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (customer_key) REFERENCES warehouse.dim_customer (customer_key),
    FOREIGN KEY (customer_geography_key) REFERENCES warehouse.dim_geography (geography_key),
    FOREIGN KEY (part_key) REFERENCES warehouse.dim_part (part_key),
    FOREIGN KEY (supplier_key) REFERENCES warehouse.dim_supplier (supplier_key),
    FOREIGN KEY (supplier_geography_key) REFERENCES warehouse.dim_geography (geography_key),
    FOREIGN KEY (order_profile_key) REFERENCES warehouse.dim_order_profile (order_profile_key),
    FOREIGN KEY (currency_key) REFERENCES warehouse.dim_currency (currency_key)
)
DISTSTYLE KEY
DISTKEY (order_id)
SORTKEY (order_date_key);

COMMENT ON TABLE warehouse.fact_order_line IS 'What was ordered: one row for each accepted order line, in the order''s currency and in USD';
COMMENT ON COLUMN warehouse.fact_order_line.order_id IS 'order number';
COMMENT ON COLUMN warehouse.fact_order_line.line_number IS 'line of the order, from 1';
COMMENT ON COLUMN warehouse.fact_order_line.ordered_at IS 'instant of the order (UTC)';
COMMENT ON COLUMN warehouse.fact_order_line.order_date_key IS 'day of the order, yyyymmdd';
COMMENT ON COLUMN warehouse.fact_order_line.commit_date_key IS 'day promised, yyyymmdd';
COMMENT ON COLUMN warehouse.fact_order_line.customer_key IS 'customer''s version when it ordered';
COMMENT ON COLUMN warehouse.fact_order_line.customer_geography_key IS 'nation of that version';
COMMENT ON COLUMN warehouse.fact_order_line.part_key IS 'part''s version when it was ordered';
COMMENT ON COLUMN warehouse.fact_order_line.supplier_key IS 'supplier''s version when it was ordered';
COMMENT ON COLUMN warehouse.fact_order_line.supplier_geography_key IS 'nation of that version';
COMMENT ON COLUMN warehouse.fact_order_line.order_profile_key IS 'priority, ship mode and instructions';
COMMENT ON COLUMN warehouse.fact_order_line.currency_key IS 'currency of the amounts';
COMMENT ON COLUMN warehouse.fact_order_line.order_status IS 'O open, P partly shipped, F filled';
COMMENT ON COLUMN warehouse.fact_order_line.quantity IS 'units ordered';
COMMENT ON COLUMN warehouse.fact_order_line.extended_price IS 'price of the line before discount, in the order''s currency';
COMMENT ON COLUMN warehouse.fact_order_line.discount IS 'share taken off, 0 to 1';
COMMENT ON COLUMN warehouse.fact_order_line.tax IS 'share added, 0 to 1';
COMMENT ON COLUMN warehouse.fact_order_line.net_amount IS 'extended_price * (1 - discount)';
COMMENT ON COLUMN warehouse.fact_order_line.gross_amount IS 'net_amount * (1 + tax)';
COMMENT ON COLUMN warehouse.fact_order_line.usd_per_unit IS 'last rate published by the day of the order; null when there is none';
COMMENT ON COLUMN warehouse.fact_order_line.extended_price_usd IS 'extended_price in USD';
COMMENT ON COLUMN warehouse.fact_order_line.net_amount_usd IS 'net_amount in USD';
COMMENT ON COLUMN warehouse.fact_order_line.gross_amount_usd IS 'gross_amount in USD';
COMMENT ON COLUMN warehouse.fact_order_line.is_deleted IS 'whether the order is deleted; views for analysts leave it out';
