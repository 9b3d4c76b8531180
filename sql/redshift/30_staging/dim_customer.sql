-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- Rows of warehouse.dim_customer that a load is bringing in; empty between loads.
-- Rows are read once.
CREATE TABLE IF NOT EXISTS staging.dim_customer (
    customer_key BIGINT NOT NULL,
    customer_id BIGINT,
    address VARCHAR(480),
    nation_id INTEGER,
    market_segment VARCHAR(80),
    name VARCHAR(240),
    phone VARCHAR(80),
    account_balance DECIMAL(12, 2),
    comment VARCHAR(1020),
    city VARCHAR(40),
    effective_from TIMESTAMP NOT NULL,
    effective_to TIMESTAMP NOT NULL,
    is_current BOOLEAN NOT NULL,
    is_inferred BOOLEAN NOT NULL,
    is_deleted BOOLEAN NOT NULL
)
BACKUP NO
DISTSTYLE EVEN;
