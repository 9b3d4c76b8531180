"""The dimensions, in the column order of docs/warehouse.md.

Text columns are four times as long as the source's, which counts characters where Redshift counts
bytes. CSV has no lengths: its free text is given what MySQL's longest text has.
"""

from __future__ import annotations

from datetime import date

from etl_common.model import Column, Dimension, Storage

__all__ = ["CURRENCY", "CUSTOMER", "DATE", "DIMENSIONS", "GEOGRAPHY", "ORDER_PROFILE", "PART", "SUPPLIER"]

CUSTOMER = Dimension(
    name="dim_customer",
    comment="Customers as they were when they ordered",
    natural_key=(Column("customer_id", "bigint", "the source's customer number"),),
    tracked=(
        Column("address", "varchar(480)", "street address"),
        Column("nation_id", "integer", "nation of the address; geography's natural key"),
        Column("market_segment", "varchar(80)", "AUTOMOBILE, BUILDING, FURNITURE, HOUSEHOLD or MACHINERY"),
    ),
    type1=(
        Column("name", "varchar(240)", "latest name"),
        Column("phone", "varchar(80)", "latest telephone number"),
        Column("account_balance", "decimal(12,2)", "latest balance, in the nation's currency"),
        Column("comment", "varchar(1020)", "latest remark"),
    ),
    derived=(Column("city", "varchar(40)", "the Star Schema Benchmark's city: nation and last digit of the number"),),
    inferred=True,
    storage=Storage(
        "all",
        ("customer_key",),
        "Every fact joins it by key and it is small beside the lines: a copy on each node keeps the join local.",
    ),
)

PART = Dimension(
    name="dim_part",
    comment="Parts as they were when they were ordered or counted; category and brand are levels",
    natural_key=(Column("part_id", "bigint", "the source's part number"),),
    tracked=(
        Column("type", "varchar(400)", "finish and material"),
        Column("size", "integer", "size class"),
        Column("container", "varchar(400)", "how it is packed"),
        Column("retail_price", "decimal(12,2)", "list price in USD"),
        Column("manufacturer", "varchar(100)", "MFGR#1 to MFGR#5"),
        Column("category", "varchar(100)", "MFGR# and the two digits of the source's brand; 25 categories"),
        Column("brand", "varchar(100)", "category and 1 to 40; 1000 brands"),
    ),
    type1=(
        Column("name", "varchar(1020)", "latest name"),
        Column("comment", "varchar(1020)", "latest remark"),
    ),
    derived=(Column("color", "varchar(1020)", "first word of the latest name"),),
    inferred=True,
    storage=Storage(
        "all",
        ("part_key",),
        "Every line and every inventory row joins it by key; at 200,000 parts per scale unit a copy on each node is cheap.",
    ),
)

SUPPLIER = Dimension(
    name="dim_supplier",
    comment="Suppliers as they were when the order was placed or the stock counted",
    natural_key=(Column("supplier_id", "bigint", "the source's supplier number"),),
    tracked=(
        Column("address", "varchar(1020)", "street address"),
        Column("nation_id", "integer", "nation of the address; geography's natural key"),
    ),
    type1=(
        Column("name", "varchar(1020)", "latest name"),
        Column("phone", "varchar(400)", "latest telephone number"),
        Column("account_balance", "decimal(12,2)", "latest balance, in the nation's currency"),
        Column("comment", "varchar(1020)", "latest remark"),
    ),
    derived=(Column("city", "varchar(40)", "the Star Schema Benchmark's city: nation and last digit of the number"),),
    inferred=True,
    storage=Storage("all", ("supplier_key",), "Ten thousand rows per scale unit, joined by key from three facts: a copy on each node."),
)

GEOGRAPHY = Dimension(
    name="dim_geography",
    comment="Nations with their region; an outrigger that the facts name directly",
    natural_key=(Column("nation_id", "integer", "the source's nation number"),),
    type1=(
        Column("nation", "varchar(100)", "name of the nation"),
        Column("region", "varchar(100)", "name of its region"),
        Column("currency_code", "char(3)", "ISO 4217 code of its currency"),
    ),
    storage=Storage("all", ("geography_key",), "Twenty-five rows that most queries filter by: a copy on each node."),
)

CURRENCY = Dimension(
    name="dim_currency",
    comment="Currencies of the nations",
    natural_key=(Column("currency_code", "char(3)", "ISO 4217 code"),),
    type1=(Column("currency_name", "varchar(400)", "name from the rates API; null if it lists none"),),
    storage=Storage("all", ("currency_key",), "Two dozen rows: a copy on each node."),
)

ORDER_PROFILE = Dimension(
    name="dim_order_profile",
    comment="Junk dimension: the combinations of an order's and a line's small codes that occurred",
    natural_key=(
        Column("priority", "varchar(80)", "priority of the order"),
        Column("ship_mode", "varchar(80)", "how the line is shipped"),
        Column("ship_instructions", "varchar(120)", "instructions for the delivery"),
    ),
    storage=Storage("all", ("order_profile_key",), "At most 140 combinations: a copy on each node."),
)

DATE = Dimension(
    name="dim_date",
    comment="Calendar days, in the roles order, commit, ship, receipt, return, snapshot and rate date",
    natural_key=(Column("date", "date", "the day; 1900-01-01 for the unknown member"),),
    type1=(
        Column("day_of_week", "integer", "1 Monday to 7 Sunday"),
        Column("day_name", "varchar(9)", "Monday to Sunday"),
        Column("day_of_month", "integer", "1 to 31"),
        Column("day_of_year", "integer", "1 to 366"),
        Column("iso_week", "integer", "ISO 8601 week, 1 to 53"),
        Column("iso_year", "integer", "year of the ISO 8601 week"),
        Column("month", "integer", "1 to 12"),
        Column("month_name", "varchar(9)", "January to December"),
        Column("year_month", "varchar(7)", "1998-06"),
        Column("year_month_number", "integer", "199806"),
        Column("quarter", "integer", "1 to 4"),
        Column("year", "integer", "calendar year"),
        Column("week_of_year", "integer", "the Star Schema Benchmark's week: (day_of_year - 1) / 7 + 1"),
        Column("is_weekend", "boolean", "Saturday or Sunday"),
        Column("is_month_end", "boolean", "last day of its month"),
    ),
    key_rule="calendar",
    unknown_natural_key=(date(1900, 1, 1),),
    storage=Storage(
        "all",
        ("date_key",),
        "Eight years of days. The key is yyyymmdd, so a fact sorted by it prunes blocks by date without the join.",
    ),
)

# In loading order: what the others' columns refer to comes first.
DIMENSIONS = (DATE, GEOGRAPHY, CURRENCY, CUSTOMER, PART, SUPPLIER, ORDER_PROFILE)
