-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- fact_inventory_daily: periodic snapshot fact, one row for each snapshot_date_key, part_id, supplier_id.
-- part_id spreads a day's rows evenly; a query asks for one day or a few, which the sort key finds.
CREATE TABLE IF NOT EXISTS warehouse.fact_inventory_daily (
    snapshot_date_key INTEGER NOT NULL,
    part_id BIGINT NOT NULL,
    supplier_id BIGINT NOT NULL,
    part_key BIGINT NOT NULL,
    supplier_key BIGINT NOT NULL,
    available_quantity INTEGER,
    supply_cost DECIMAL(12, 2),
    inventory_value DECIMAL(18, 2),
    PRIMARY KEY (snapshot_date_key, part_id, supplier_id),
    FOREIGN KEY (snapshot_date_key) REFERENCES warehouse.dim_date (date_key),
    FOREIGN KEY (part_key) REFERENCES warehouse.dim_part (part_key),
    FOREIGN KEY (supplier_key) REFERENCES warehouse.dim_supplier (supplier_key)
)
DISTSTYLE KEY
DISTKEY (part_id)
SORTKEY (snapshot_date_key);

COMMENT ON TABLE warehouse.fact_inventory_daily IS 'Stock and its value at the end of each business date, by part and supplier';
COMMENT ON COLUMN warehouse.fact_inventory_daily.snapshot_date_key IS 'business date, yyyymmdd';
COMMENT ON COLUMN warehouse.fact_inventory_daily.part_id IS 'part number';
COMMENT ON COLUMN warehouse.fact_inventory_daily.supplier_id IS 'supplier number';
COMMENT ON COLUMN warehouse.fact_inventory_daily.part_key IS 'part''s version at the end of the day';
COMMENT ON COLUMN warehouse.fact_inventory_daily.supplier_key IS 'supplier''s version at the end of the day';
COMMENT ON COLUMN warehouse.fact_inventory_daily.available_quantity IS 'units in stock';
COMMENT ON COLUMN warehouse.fact_inventory_daily.supply_cost IS 'cost of a unit in USD';
COMMENT ON COLUMN warehouse.fact_inventory_daily.inventory_value IS 'available_quantity * supply_cost, in USD';
