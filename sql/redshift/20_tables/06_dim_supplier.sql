-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- dim_supplier: mixed dimension, natural key supplier_id.
-- Ten thousand rows per scale unit, joined by key from three facts: a copy on each node.
CREATE TABLE IF NOT EXISTS warehouse.dim_supplier (
    supplier_key BIGINT NOT NULL,
    supplier_id BIGINT,
    address VARCHAR(1020),
    nation_id INTEGER,
    name VARCHAR(1020),
    phone VARCHAR(400),
    account_balance DECIMAL(12, 2),
    comment VARCHAR(1020),
    city VARCHAR(40),
    effective_from TIMESTAMP NOT NULL,
    effective_to TIMESTAMP NOT NULL,
    is_current BOOLEAN NOT NULL,
    is_inferred BOOLEAN NOT NULL,
    is_deleted BOOLEAN NOT NULL,
    PRIMARY KEY (supplier_key)
)
DISTSTYLE ALL
SORTKEY (supplier_key);

COMMENT ON TABLE warehouse.dim_supplier IS 'Suppliers as they were when the order was placed or the stock counted';
COMMENT ON COLUMN warehouse.dim_supplier.supplier_key IS 'surrogate key of the version; -1 is the unknown member';
COMMENT ON COLUMN warehouse.dim_supplier.supplier_id IS 'the source''s supplier number';
COMMENT ON COLUMN warehouse.dim_supplier.address IS 'street address';
COMMENT ON COLUMN warehouse.dim_supplier.nation_id IS 'nation of the address; geography''s natural key';
COMMENT ON COLUMN warehouse.dim_supplier.name IS 'latest name';
COMMENT ON COLUMN warehouse.dim_supplier.phone IS 'latest telephone number';
COMMENT ON COLUMN warehouse.dim_supplier.account_balance IS 'latest balance, in the nation''s currency';
COMMENT ON COLUMN warehouse.dim_supplier.comment IS 'latest remark';
COMMENT ON COLUMN warehouse.dim_supplier.city IS 'the Star Schema Benchmark''s city: nation and last digit of the number';
COMMENT ON COLUMN warehouse.dim_supplier.effective_from IS 'first instant of the version (UTC); 1900-01-01 for a member''s first';
COMMENT ON COLUMN warehouse.dim_supplier.effective_to IS 'end of the version, exclusive; 9999-12-31 for the last';
COMMENT ON COLUMN warehouse.dim_supplier.is_current IS 'whether it is the member''s last version';
COMMENT ON COLUMN warehouse.dim_supplier.is_inferred IS 'whether a fact named the member before any record of it came';
COMMENT ON COLUMN warehouse.dim_supplier.is_deleted IS 'whether the source had deleted the member during this version';
