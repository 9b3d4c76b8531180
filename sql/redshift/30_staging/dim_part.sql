-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- Rows of warehouse.dim_part that a load is bringing in; empty between loads.
-- Rows are read once.
CREATE TABLE IF NOT EXISTS staging.dim_part (
    part_key BIGINT NOT NULL,
    part_id BIGINT,
    type VARCHAR(400),
    size INTEGER,
    container VARCHAR(400),
    retail_price DECIMAL(12, 2),
    manufacturer VARCHAR(100),
    category VARCHAR(100),
    brand VARCHAR(100),
    name VARCHAR(1020),
    comment VARCHAR(1020),
    color VARCHAR(1020),
    effective_from TIMESTAMP NOT NULL,
    effective_to TIMESTAMP NOT NULL,
    is_current BOOLEAN NOT NULL,
    is_inferred BOOLEAN NOT NULL,
    is_deleted BOOLEAN NOT NULL
)
BACKUP NO
DISTSTYLE EVEN;
