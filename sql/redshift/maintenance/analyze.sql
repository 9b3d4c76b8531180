-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- ANALYZE refreshes the planner's statistics; one at a time, outside a transaction.
ANALYZE warehouse.fact_order_line;
ANALYZE warehouse.fact_fulfilment;
ANALYZE warehouse.fact_inventory_daily;
ANALYZE warehouse.fact_exchange_rate;
