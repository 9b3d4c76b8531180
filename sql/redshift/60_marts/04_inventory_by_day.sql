-- Stock at the end of each business date, by the part's category and the supplier's nation of that
-- day. Units and value add up over parts and suppliers, never over days.
CREATE OR REPLACE VIEW marts.inventory_by_day AS
SELECT
    day.date AS snapshot_date,
    part.category,
    geography.nation AS supplier_nation,
    COUNT(DISTINCT inventory.part_id) AS parts,
    SUM(inventory.available_quantity) AS available_quantity,
    SUM(inventory.inventory_value) AS inventory_value_usd
FROM warehouse.fact_inventory_daily AS inventory
INNER JOIN warehouse.dim_date AS day ON inventory.snapshot_date_key = day.date_key
INNER JOIN warehouse.dim_part AS part ON inventory.part_key = part.part_key
INNER JOIN warehouse.dim_supplier AS supplier ON inventory.supplier_key = supplier.supplier_key
LEFT JOIN warehouse.dim_geography AS geography ON supplier.nation_id = geography.nation_id
GROUP BY day.date, part.category, geography.nation;
