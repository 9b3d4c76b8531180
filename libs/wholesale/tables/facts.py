"""The facts, in the column order of docs/warehouse.md.

Keys are never null (-1 stands for what is not known); measures may be.
"""

from __future__ import annotations

from etl_common.model import Column, Fact, Role, Storage

__all__ = ["EXCHANGE_RATE", "FACTS", "FULFILMENT", "INVENTORY_DAILY", "ORDER_LINE"]

_ORDER_ID = Column("order_id", "bigint", "order number", nullable=False)
_LINE_NUMBER = Column("line_number", "integer", "line of the order, from 1", nullable=False)
_IS_DELETED = Column("is_deleted", "boolean", "whether the order is deleted; views for analysts leave it out", nullable=False)


def _key(name: str, comment: str) -> Column:
    return Column(name, "bigint", comment, nullable=False)


def _date_key(name: str, comment: str) -> Column:
    return Column(name, "integer", f"{comment}, yyyymmdd", nullable=False)


def _date_role(name: str) -> Role:
    return Role(f"{name}_key", "dim_date", (name,))


# Roles that the two facts of an order line share. The natural keys are columns of the conformed line.
_LINE_DATES = (_date_role("order_date"), _date_role("commit_date"))
_CUSTOMER = Role("customer_key", "dim_customer", ("customer_id",), as_of="ordered_at", on_missing="infer")
_PART = Role("part_key", "dim_part", ("part_id",), as_of="ordered_at", on_missing="infer")
_SUPPLIER = Role("supplier_key", "dim_supplier", ("supplier_id",), as_of="ordered_at", on_missing="infer")
_PROFILE = Role("order_profile_key", "dim_order_profile", ("priority", "ship_mode", "ship_instructions"), on_missing="error")

ORDER_LINE = Fact(
    name="fact_order_line",
    comment="What was ordered: one row for each accepted order line, in the order's currency and in USD",
    kind="transaction",
    grain=("order_id", "line_number"),
    columns=(
        _ORDER_ID,
        _LINE_NUMBER,
        Column("ordered_at", "timestamp", "instant of the order (UTC)", nullable=False),
        _date_key("order_date_key", "day of the order"),
        _date_key("commit_date_key", "day promised"),
        _key("customer_key", "customer's version when it ordered"),
        _key("customer_geography_key", "nation of that version"),
        _key("part_key", "part's version when it was ordered"),
        _key("supplier_key", "supplier's version when it was ordered"),
        _key("supplier_geography_key", "nation of that version"),
        _key("order_profile_key", "priority, ship mode and instructions"),
        _key("currency_key", "currency of the amounts"),
        Column("order_status", "char(1)", "O open, P partly shipped, F filled"),
        Column("quantity", "decimal(8,2)", "units ordered"),
        Column("extended_price", "decimal(15,2)", "price of the line before discount, in the order's currency"),
        Column("discount", "decimal(5,2)", "share taken off, 0 to 1"),
        Column("tax", "decimal(5,2)", "share added, 0 to 1"),
        Column("net_amount", "decimal(18,4)", "extended_price * (1 - discount)"),
        Column("gross_amount", "decimal(18,4)", "net_amount * (1 + tax)"),
        Column("usd_per_unit", "decimal(18,8)", "last rate published by the day of the order; null when there is none"),
        Column("extended_price_usd", "decimal(18,4)", "extended_price in USD"),
        Column("net_amount_usd", "decimal(18,4)", "net_amount in USD"),
        Column("gross_amount_usd", "decimal(18,4)", "gross_amount in USD"),
        _IS_DELETED,
    ),
    roles=(
        *_LINE_DATES,
        _CUSTOMER,
        Role("customer_geography_key", "dim_geography", ("customer_nation_id",)),
        _PART,
        _SUPPLIER,
        Role("supplier_geography_key", "dim_geography", ("supplier_nation_id",)),
        _PROFILE,
        Role("currency_key", "dim_currency", ("currency_code",), on_missing="error"),
    ),
    storage=Storage(
        "order_id",
        ("order_date_key",),
        "order_id spreads the lines evenly and puts an order's lines beside their fulfilment, the only large join; "
        "nearly every query asks for a range of order dates.",
    ),
)

FULFILMENT = Fact(
    name="fact_fulfilment",
    comment="How far each order line has come: milestones, lags and tracking, restated as they happen",
    kind="accumulating_snapshot",
    grain=("order_id", "line_number"),
    columns=(
        _ORDER_ID,
        _LINE_NUMBER,
        _date_key("order_date_key", "day of the order"),
        _date_key("commit_date_key", "day promised"),
        _date_key("ship_date_key", "day shipped"),
        _date_key("receipt_date_key", "day received"),
        _date_key("return_date_key", "day returned"),
        _key("customer_key", "customer's version when it ordered"),
        _key("part_key", "part's version when it was ordered"),
        _key("supplier_key", "supplier's version when it was ordered"),
        _key("order_profile_key", "priority, ship mode and instructions"),
        Column("status", "varchar(10)", "ordered, shipped, received or returned", nullable=False),
        Column("days_to_ship", "integer", "ship date - order date; null until shipped"),
        Column("days_in_transit", "integer", "receipt date - ship date; null until received"),
        Column("days_past_commit", "integer", "receipt date - commit date, negative when early; null until received"),
        Column("days_to_return", "integer", "return date - receipt date; null until returned"),
        Column("carrier", "varchar(120)", "carrier of the last scan"),
        Column("package_count", "integer", "distinct packages scanned; 0 without any", nullable=False),
        Column("scan_count", "integer", "scans; 0 without any", nullable=False),
        Column("first_scan_at", "timestamp", "first scan (UTC)"),
        Column("last_scan_at", "timestamp", "last scan (UTC)"),
        Column("last_scan_type", "varchar(20)", "picked_up, in_transit, delivered or returned"),
        _IS_DELETED,
    ),
    roles=(
        *_LINE_DATES,
        *(_date_role(name) for name in ("ship_date", "receipt_date", "return_date")),
        _CUSTOMER,
        _PART,
        _SUPPLIER,
        _PROFILE,
    ),
    storage=Storage(
        "order_id",
        ("order_date_key",),
        "Beside fact_order_line, whose key it shares. Sorted by order date, not by ship date: the ship date of a row changes, "
        "its order date does not, so that daily restatements touch the newest blocks.",
    ),
)

INVENTORY_DAILY = Fact(
    name="fact_inventory_daily",
    comment="Stock and its value at the end of each business date, by part and supplier",
    kind="periodic_snapshot",
    grain=("snapshot_date_key", "part_id", "supplier_id"),
    columns=(
        _date_key("snapshot_date_key", "business date"),
        Column("part_id", "bigint", "part number", nullable=False),
        Column("supplier_id", "bigint", "supplier number", nullable=False),
        _key("part_key", "part's version at the end of the day"),
        _key("supplier_key", "supplier's version at the end of the day"),
        Column("available_quantity", "integer", "units in stock"),
        Column("supply_cost", "decimal(12,2)", "cost of a unit in USD"),
        Column("inventory_value", "decimal(18,2)", "available_quantity * supply_cost, in USD"),
    ),
    roles=(
        _date_role("snapshot_date"),
        Role("part_key", "dim_part", ("part_id",), as_of="snapshot_at"),
        Role("supplier_key", "dim_supplier", ("supplier_id",), as_of="snapshot_at"),
    ),
    storage=Storage(
        "part_id",
        ("snapshot_date_key",),
        "part_id spreads a day's rows evenly; a query asks for one day or a few, which the sort key finds.",
    ),
)

EXCHANGE_RATE = Fact(
    name="fact_exchange_rate",
    comment="Published exchange rates",
    kind="transaction",
    grain=("rate_date_key", "currency_key"),
    columns=(
        _date_key("rate_date_key", "day of the rate"),
        _key("currency_key", "currency"),
        Column("currency_code", "char(3)", "ISO 4217 code", nullable=False),
        Column("usd_per_unit", "decimal(18,8)", "USD for one unit of the currency", nullable=False),
    ),
    roles=(_date_role("rate_date"), Role("currency_key", "dim_currency", ("currency_code",), on_missing="error")),
    storage=Storage("all", ("rate_date_key",), "Some 50,000 rows that are joined by day: a copy on each node."),
)

FACTS = (ORDER_LINE, FULFILMENT, INVENTORY_DAILY, EXCHANGE_RATE)
