-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- dim_customer: mixed dimension, natural key customer_id.
-- Every fact joins it by key and it is small beside the lines: a copy on each node keeps the join
-- local.
CREATE TABLE IF NOT EXISTS warehouse.dim_customer (
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
    is_deleted BOOLEAN NOT NULL,
    PRIMARY KEY (customer_key)
)
DISTSTYLE ALL
SORTKEY (customer_key);

COMMENT ON TABLE warehouse.dim_customer IS 'Customers as they were when they ordered';
COMMENT ON COLUMN warehouse.dim_customer.customer_key IS 'surrogate key of the version; -1 is the unknown member';
COMMENT ON COLUMN warehouse.dim_customer.customer_id IS 'the source''s customer number';
COMMENT ON COLUMN warehouse.dim_customer.address IS 'street address';
COMMENT ON COLUMN warehouse.dim_customer.nation_id IS 'nation of the address; geography''s natural key';
COMMENT ON COLUMN warehouse.dim_customer.market_segment IS 'AUTOMOBILE, BUILDING, FURNITURE, HOUSEHOLD or MACHINERY';
COMMENT ON COLUMN warehouse.dim_customer.name IS 'latest name';
COMMENT ON COLUMN warehouse.dim_customer.phone IS 'latest telephone number';
COMMENT ON COLUMN warehouse.dim_customer.account_balance IS 'latest balance, in the nation''s currency';
COMMENT ON COLUMN warehouse.dim_customer.comment IS 'latest remark';
COMMENT ON COLUMN warehouse.dim_customer.city IS 'the Star Schema Benchmark''s city: nation and last digit of the number';
COMMENT ON COLUMN warehouse.dim_customer.effective_from IS 'first instant of the version (UTC); 1900-01-01 for a member''s first';
COMMENT ON COLUMN warehouse.dim_customer.effective_to IS 'end of the version, exclusive; 9999-12-31 for the last';
COMMENT ON COLUMN warehouse.dim_customer.is_current IS 'whether it is the member''s last version';
COMMENT ON COLUMN warehouse.dim_customer.is_inferred IS 'whether a fact named the member before any record of it came';
COMMENT ON COLUMN warehouse.dim_customer.is_deleted IS 'whether the source had deleted the member during this version';
