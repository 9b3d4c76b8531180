-- Generated from the warehouse's declaration by `etl generate`; change that, not this.
-- VACUUM sorts the rows and frees what deletes left; one at a time, outside a transaction.
VACUUM warehouse.fact_order_line;
VACUUM warehouse.fact_fulfilment;
VACUUM warehouse.fact_inventory_daily;
VACUUM warehouse.fact_exchange_rate;
