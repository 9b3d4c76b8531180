"""Contracts of the wholesale warehouse's sources: docs/warehouse.md, "Sources" and "Records", as declarations.

Columns have the names of the curated layer; the rates' API fields are renamed before (`transforms.records`).
"""

from __future__ import annotations

from pyspark.sql import types as T

from etl_common.contracts import ParentKey, SourceColumn, SourceTable

__all__ = ["CURATED_TABLES", "CURRENCY_RECORD", "RATE_RECORD", "SHIPMENT_DOCUMENT", "SOURCES"]

_UPDATED_AT = SourceColumn("updated_at", "timestamp", required=True, not_future=True)
_COMMENT = SourceColumn("comment")


def _id(name: str, type_: str = "bigint") -> SourceColumn:
    return SourceColumn(name, type_, required=True)


def _nation_id() -> SourceColumn:
    return SourceColumn("nation_id", "int", required=True, codes="nation_id")


_CUSTOMER = SourceTable(
    "customer",
    (
        _id("customer_id"),
        SourceColumn("name"),
        SourceColumn("address"),
        _nation_id(),
        SourceColumn("phone"),
        SourceColumn("account_balance", "decimal(12,2)"),
        SourceColumn("market_segment"),
        _COMMENT,
        _UPDATED_AT,
    ),
    natural_key=("customer_id",),
    sequence="updated_at",
    duplicates="newest_wins",
)
_ORDERS = SourceTable(
    "orders",
    (
        _id("order_id"),
        _id("customer_id"),
        SourceColumn("status"),
        SourceColumn("currency_code", required=True, codes="currency_code"),
        SourceColumn("total_price", "decimal(15,2)", above=0),
        SourceColumn("ordered_at", "timestamp", required=True, not_future=True),
        SourceColumn("priority"),
        SourceColumn("clerk"),
        SourceColumn("ship_priority", "int"),
        _COMMENT,
        SourceColumn("is_deleted", "boolean", required=True),
        _UPDATED_AT,
    ),
    natural_key=("order_id",),
    key_columns=("order_id", "customer_id"),
    sequence="updated_at",
    duplicates="newest_wins",
)
_LINEITEM = SourceTable(
    "lineitem",
    (
        _id("order_id"),
        _id("line_number", "int"),
        SourceColumn("part_id", "bigint"),
        SourceColumn("supplier_id", "bigint"),
        SourceColumn("quantity", "decimal(8,2)", required=True, above=0),
        SourceColumn("extended_price", "decimal(15,2)", required=True, above=0),
        SourceColumn("discount", "decimal(5,2)", required=True, minimum=0, maximum=1),
        SourceColumn("tax", "decimal(5,2)", required=True, minimum=0, maximum=1),
        SourceColumn("return_flag"),
        SourceColumn("commit_date", "date"),
        SourceColumn("ship_date", "date"),
        SourceColumn("receipt_date", "date"),
        SourceColumn("return_date", "date"),
        SourceColumn("ship_instructions"),
        SourceColumn("ship_mode"),
        _COMMENT,
        _UPDATED_AT,
    ),
    natural_key=("order_id", "line_number"),
    sequence="updated_at",
    parents=(ParentKey("orders", ("order_id",)),),
    duplicates="newest_wins",
)
_PART = SourceTable(
    "part",
    (
        _id("part_id"),
        SourceColumn("name"),
        SourceColumn("manufacturer"),
        SourceColumn("brand", required=True, pattern="Brand#[1-5][1-5]"),
        SourceColumn("type"),
        SourceColumn("size", "int", required=True),
        SourceColumn("container"),
        SourceColumn("retail_price", "decimal(12,2)", required=True, above=0),
        _COMMENT,
        _UPDATED_AT,
    ),
    natural_key=("part_id",),
    sequence="updated_at",
    blank_is_null=True,
)
_SUPPLIER = SourceTable(
    "supplier",
    (
        _id("supplier_id"),
        SourceColumn("name"),
        SourceColumn("address"),
        _nation_id(),
        SourceColumn("phone"),
        SourceColumn("account_balance", "decimal(12,2)", required=True),
        _COMMENT,
        _UPDATED_AT,
    ),
    natural_key=("supplier_id",),
    sequence="updated_at",
    blank_is_null=True,
)
_PARTSUPP = SourceTable(
    "partsupp",
    (
        _id("part_id"),
        _id("supplier_id"),
        SourceColumn("available_quantity", "int", required=True, minimum=0),
        SourceColumn("supply_cost", "decimal(12,2)", required=True, above=0),
        _COMMENT,
        _UPDATED_AT,
    ),
    natural_key=("part_id", "supplier_id"),
    sequence="updated_at",
    parents=(ParentKey("part", ("part_id",)), ParentKey("supplier", ("supplier_id",))),
    blank_is_null=True,
)
_RATES = SourceTable(
    "rates",
    (
        SourceColumn("currency_code", required=True, codes="currency_code"),
        SourceColumn("rate_date", "date", required=True, not_future=True),
        SourceColumn("usd_per_unit", "decimal(18,8)", required=True, above=0),
        SourceColumn("published_at", "timestamp", required=True, not_future=True),
    ),
    natural_key=("currency_code", "rate_date"),
)
_SHIPMENTS = SourceTable(
    "shipments",
    (
        SourceColumn("scan_id"),
        SourceColumn("shipment_id"),
        _id("order_id"),
        _id("line_number", "int"),
        SourceColumn("carrier"),
        SourceColumn("package_id"),
        SourceColumn("type", required=True, pattern="picked_up|in_transit|delivered|returned"),
        SourceColumn("at", "timestamp", required=True, not_future=True),
        SourceColumn("location"),
    ),
    natural_key=("scan_id",),
    parents=(ParentKey("order_line", ("order_id", "line_number")),),
    duplicates="first_wins",
)

SOURCES: dict[str, SourceTable] = {
    table.name: table for table in (_CUSTOMER, _ORDERS, _LINEITEM, _PART, _SUPPLIER, _PARTSUPP, _RATES, _SHIPMENTS)
}

# Source -> table of the curated layer that keeps its accepted records.
CURATED_TABLES: dict[str, str] = {
    "customer": "customer_change",
    "orders": "orders",
    "lineitem": "order_line",
    "part": "part_change",
    "supplier": "supplier_change",
    "partsupp": "partsupp_change",
    "rates": "exchange_rate",
    "shipments": "shipment_scan",
}


def _text_record(*names: str, **nested: T.DataType) -> T.StructType:
    fields = [T.StructField(name, T.StringType()) for name in names]
    return T.StructType(fields + [T.StructField(name, T.ArrayType(inner)) for name, inner in nested.items()])


# Records of the API as its pages have them, every value as text.
CURRENCY_RECORD = _text_record("code", "name", "updated_at")
RATE_RECORD = _text_record("currency", "date", "usd_per_unit", "published_at")
SHIPMENT_DOCUMENT = _text_record(
    "shipment_id",
    "order_id",
    "line_number",
    "carrier",
    "updated_at",
    packages=_text_record("package_id", "weight_kg", scans=_text_record("scan_id", "type", "at", "location")),
)
