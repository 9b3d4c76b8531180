"""The curated layer's source tables: what was accepted, typed and de-duplicated.

`*_change` keep every accepted record, from which a dimension's versions follow whatever the order of
arrival; `orders` and `order_line` keep the last state of each row. Every table ends with the batch
that changed the row last. Dimensions in the lake follow from their declarations (`Warehouse.lake_tables`).
"""

from __future__ import annotations

from etl_common.model import BATCH_ID, Column, LakeTable

__all__ = ["LAKE_TABLES"]

_UPDATED_AT = Column("updated_at", "timestamp", "when the source changed the record (UTC); its sequence", nullable=False)


def _id(name: str, comment: str, type_: str = "bigint") -> Column:
    return Column(name, type_, comment, nullable=False)


_NATION = LakeTable(
    "nation",
    "Nations with their region's name, last state",
    (
        _id("nation_id", "nation number", "integer"),
        Column("nation", "varchar(100)", "name of the nation"),
        Column("region_id", "integer", "region number"),
        Column("region", "varchar(100)", "name of the region"),
        Column("currency_code", "char(3)", "ISO 4217 code of its currency"),
        BATCH_ID,
    ),
    key=("nation_id",),
    write="replace",
)
_CURRENCY = LakeTable(
    "currency",
    "Currencies as the rates API lists them, last state",
    (_id("currency_code", "ISO 4217 code", "char(3)"), Column("currency_name", "varchar(400)", "name"), _UPDATED_AT, BATCH_ID),
    key=("currency_code",),
    write="replace",
)
_CUSTOMER_CHANGE = LakeTable(
    "customer_change",
    "Every accepted state of a customer, and deletes found by reconciliation",
    (
        _id("customer_id", "customer number"),
        Column("name", "varchar(240)", "name"),
        Column("address", "varchar(480)", "street address"),
        Column("nation_id", "integer", "nation of the address"),
        Column("phone", "varchar(80)", "telephone number"),
        Column("account_balance", "decimal(12,2)", "balance"),
        Column("market_segment", "varchar(80)", "segment"),
        Column("comment", "varchar(1020)", "remark"),
        _UPDATED_AT,
        Column("is_deleted", "boolean", "whether this is a delete", nullable=False),
        BATCH_ID,
    ),
    key=("customer_id", "updated_at"),
    write="append",
)
_PART_CHANGE = LakeTable(
    "part_change",
    "Every accepted record of a part",
    (
        _id("part_id", "part number"),
        Column("name", "varchar(1020)", "name"),
        Column("manufacturer", "varchar(100)", "manufacturer as delivered"),
        Column("brand", "varchar(100)", "brand as delivered"),
        Column("type", "varchar(400)", "finish and material"),
        Column("size", "integer", "size class"),
        Column("container", "varchar(400)", "how it is packed"),
        Column("retail_price", "decimal(12,2)", "list price in USD"),
        Column("comment", "varchar(1020)", "remark"),
        _UPDATED_AT,
        BATCH_ID,
    ),
    key=("part_id", "updated_at"),
    write="append",
)
_SUPPLIER_CHANGE = LakeTable(
    "supplier_change",
    "Every accepted record of a supplier",
    (
        _id("supplier_id", "supplier number"),
        Column("name", "varchar(1020)", "name"),
        Column("address", "varchar(1020)", "street address"),
        Column("nation_id", "integer", "nation of the address"),
        Column("phone", "varchar(400)", "telephone number"),
        Column("account_balance", "decimal(12,2)", "balance"),
        Column("comment", "varchar(1020)", "remark"),
        _UPDATED_AT,
        BATCH_ID,
    ),
    key=("supplier_id", "updated_at"),
    write="append",
)
_PARTSUPP_CHANGE = LakeTable(
    "partsupp_change",
    "Every accepted record of a part's stock at a supplier",
    (
        _id("part_id", "part number"),
        _id("supplier_id", "supplier number"),
        Column("available_quantity", "integer", "units in stock"),
        Column("supply_cost", "decimal(12,2)", "cost of a unit in USD"),
        Column("comment", "varchar(1020)", "remark"),
        _UPDATED_AT,
        BATCH_ID,
    ),
    key=("part_id", "supplier_id", "updated_at"),
    write="append",
)
_ORDERS = LakeTable(
    "orders",
    "Last state of each accepted order",
    (
        _id("order_id", "order number"),
        _id("customer_id", "customer number"),
        Column("status", "char(1)", "O, P or F"),
        Column("currency_code", "char(3)", "currency of the amounts"),
        Column("total_price", "decimal(15,2)", "price of the order"),
        Column("ordered_at", "timestamp", "instant of the order (UTC)", nullable=False),
        Column("priority", "varchar(80)", "priority"),
        Column("clerk", "varchar(80)", "clerk"),
        Column("ship_priority", "integer", "shipping priority"),
        Column("comment", "varchar(1020)", "remark"),
        Column("is_deleted", "boolean", "soft-delete flag", nullable=False),
        _UPDATED_AT,
        BATCH_ID,
    ),
    key=("order_id",),
    write="upsert",
    partitioning=("months(ordered_at)",),
)
_ORDER_LINE = LakeTable(
    "order_line",
    "Last state of each accepted line of an accepted order",
    (
        _id("order_id", "order number"),
        Column("line_number", "integer", "line of the order", nullable=False),
        _id("part_id", "part number"),
        _id("supplier_id", "supplier number"),
        Column("quantity", "decimal(8,2)", "units ordered"),
        Column("extended_price", "decimal(15,2)", "price before discount"),
        Column("discount", "decimal(5,2)", "share taken off"),
        Column("tax", "decimal(5,2)", "share added"),
        Column("return_flag", "char(1)", "R returned, A accepted, N none"),
        Column("commit_date", "date", "day promised"),
        Column("ship_date", "date", "day shipped"),
        Column("receipt_date", "date", "day received"),
        Column("return_date", "date", "day returned"),
        Column("ship_instructions", "varchar(120)", "instructions for the delivery"),
        Column("ship_mode", "varchar(80)", "how it is shipped"),
        Column("comment", "varchar(400)", "remark"),
        _UPDATED_AT,
        BATCH_ID,
    ),
    key=("order_id", "line_number"),
    write="upsert",
    partitioning=("months(commit_date)",),
)
_EXCHANGE_RATE = LakeTable(
    "exchange_rate",
    "Every accepted rate",
    (
        _id("currency_code", "ISO 4217 code", "char(3)"),
        Column("rate_date", "date", "day of the rate", nullable=False),
        Column("usd_per_unit", "decimal(18,8)", "USD for one unit of the currency"),
        Column("published_at", "timestamp", "when it was published (UTC)"),
        BATCH_ID,
    ),
    key=("currency_code", "rate_date"),
    write="append",
)
_SHIPMENT_SCAN = LakeTable(
    "shipment_scan",
    "Every accepted scan of a package, flattened",
    (
        _id("scan_id", "scan", "varchar(100)"),
        _id("shipment_id", "shipment", "varchar(100)"),
        _id("order_id", "order number"),
        Column("line_number", "integer", "line of the order", nullable=False),
        Column("carrier", "varchar(120)", "carrier"),
        Column("package_id", "varchar(100)", "package"),
        Column("type", "varchar(20)", "picked_up, in_transit, delivered or returned"),
        Column("at", "timestamp", "instant of the scan (UTC)", nullable=False),
        Column("location", "varchar(400)", "place of the scan"),
        BATCH_ID,
    ),
    key=("scan_id",),
    write="append",
)
_INVENTORY_CALENDAR = LakeTable(
    "inventory_calendar",
    "Business dates of the batches so far: the days that the inventory has a snapshot of",
    (Column("business_date", "date", "business date", nullable=False), BATCH_ID),
    key=("business_date",),
    write="append",
)

LAKE_TABLES = (
    _NATION,
    _CURRENCY,
    _CUSTOMER_CHANGE,
    _PART_CHANGE,
    _SUPPLIER_CHANGE,
    _PARTSUPP_CHANGE,
    _ORDERS,
    _ORDER_LINE,
    _EXCHANGE_RATE,
    _SHIPMENT_SCAN,
    _INVENTORY_CALENDAR,
)
