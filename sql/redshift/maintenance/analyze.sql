-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- ANALYZE refreshes the planner's statistics; one at a time, outside a transaction.
ANALYZE warehouse.dim_date;
ANALYZE warehouse.dim_geography;
ANALYZE warehouse.dim_currency;
ANALYZE warehouse.dim_customer;
ANALYZE warehouse.dim_part;
ANALYZE warehouse.dim_supplier;
ANALYZE warehouse.dim_order_profile;
ANALYZE warehouse.fact_order_line;
ANALYZE warehouse.fact_fulfilment;
ANALYZE warehouse.fact_inventory_daily;
ANALYZE warehouse.fact_exchange_rate;
