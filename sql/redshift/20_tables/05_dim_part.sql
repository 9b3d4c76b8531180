-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- dim_part: mixed dimension, natural key part_id.
-- Every line and every inventory row joins it by key; at 200,000 parts per scale unit a copy on each
-- node is cheap.
CREATE TABLE IF NOT EXISTS warehouse.dim_part (
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
    is_deleted BOOLEAN NOT NULL,
    PRIMARY KEY (part_key)
)
DISTSTYLE ALL
SORTKEY (part_key);

COMMENT ON TABLE warehouse.dim_part IS 'Parts as they were when they were ordered or counted; category and brand are levels';
COMMENT ON COLUMN warehouse.dim_part.part_key IS 'surrogate key of the version; -1 is the unknown member';
COMMENT ON COLUMN warehouse.dim_part.part_id IS 'the source''s part number';
COMMENT ON COLUMN warehouse.dim_part.type IS 'finish and material';
COMMENT ON COLUMN warehouse.dim_part.size IS 'size class';
COMMENT ON COLUMN warehouse.dim_part.container IS 'how it is packed';
COMMENT ON COLUMN warehouse.dim_part.retail_price IS 'list price in USD';
COMMENT ON COLUMN warehouse.dim_part.manufacturer IS 'MFGR#1 to MFGR#5';
COMMENT ON COLUMN warehouse.dim_part.category IS 'MFGR# and the two digits of the source''s brand; 25 categories';
COMMENT ON COLUMN warehouse.dim_part.brand IS 'category and 1 to 40; 1000 brands';
COMMENT ON COLUMN warehouse.dim_part.name IS 'latest name';
COMMENT ON COLUMN warehouse.dim_part.comment IS 'latest remark';
COMMENT ON COLUMN warehouse.dim_part.color IS 'first word of the latest name';
COMMENT ON COLUMN warehouse.dim_part.effective_from IS 'first instant of the version (UTC); 1900-01-01 for a member''s first';
COMMENT ON COLUMN warehouse.dim_part.effective_to IS 'end of the version, exclusive; 9999-12-31 for the last';
COMMENT ON COLUMN warehouse.dim_part.is_current IS 'whether it is the member''s last version';
COMMENT ON COLUMN warehouse.dim_part.is_inferred IS 'whether a fact named the member before any record of it came';
COMMENT ON COLUMN warehouse.dim_part.is_deleted IS 'whether the source had deleted the member during this version';
