"""The declaration against docs/warehouse.md, read as text: the contract was written first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from etl_common.columns import names
from etl_common.quality import model_rulesets
from wholesale.quality import RULESETS
from wholesale.sources import SOURCES
from wholesale.warehouse import WAREHOUSE

CONTRACT = Path(__file__).parents[3] / "docs" / "warehouse.md"

LINE_DATES = ["order_date_key", "commit_date_key"]
COLUMNS = {
    "fact_order_line": [
        "order_id", "line_number", "ordered_at", *LINE_DATES, "customer_key", "customer_geography_key", "part_key", "supplier_key",
        "supplier_geography_key", "order_profile_key", "currency_key", "order_status", "quantity", "extended_price", "discount", "tax",
        "net_amount", "gross_amount", "usd_per_unit", "extended_price_usd", "net_amount_usd", "gross_amount_usd", "is_deleted",
    ],
    "fact_fulfilment": [
        "order_id", "line_number", *LINE_DATES, "ship_date_key", "receipt_date_key", "return_date_key", "customer_key", "part_key",
        "supplier_key", "order_profile_key", "status", "days_to_ship", "days_in_transit", "days_past_commit", "days_to_return", "carrier",
        "package_count", "scan_count", "first_scan_at", "last_scan_at", "last_scan_type", "is_deleted",
    ],
    "fact_inventory_daily": [
        "snapshot_date_key", "part_id", "supplier_id", "part_key", "supplier_key", "available_quantity", "supply_cost", "inventory_value",
    ],
    "fact_exchange_rate": ["rate_date_key", "currency_key", "currency_code", "usd_per_unit"],
    "dim_geography": ["geography_key", "nation_id", "nation", "region", "currency_code"],
    "dim_currency": ["currency_key", "currency_code", "currency_name"],
    "dim_order_profile": ["order_profile_key", "priority", "ship_mode", "ship_instructions"],
    "dim_date": [
        "date_key", "date", "day_of_week", "day_name", "day_of_month", "day_of_year", "iso_week", "iso_year", "month", "month_name",
        "year_month", "year_month_number", "quarter", "year", "week_of_year", "is_weekend", "is_month_end",
    ],
}  # fmt: skip
KINDS = {
    "dim_customer": "mixed",
    "dim_part": "mixed",
    "dim_supplier": "mixed",
    "dim_geography": "type1",
    "dim_currency": "type1",
    "dim_order_profile": "junk",
    "dim_date": "calendar",
    "fact_order_line": "transaction",
    "fact_fulfilment": "accumulating_snapshot",
    "fact_inventory_daily": "periodic_snapshot",
    "fact_exchange_rate": "transaction",
}


@pytest.mark.parametrize("table", COLUMNS, ids=str)
def test_columns_are_those_of_the_contract_in_its_order(table: str) -> None:
    assert list(names(WAREHOUSE.table(table).columns)) == COLUMNS[table]


def test_kinds_are_those_of_the_contract() -> None:
    assert {table.name: table.kind for table in WAREHOUSE.tables} == KINDS


@pytest.mark.parametrize("name", ["dim_customer", "dim_part", "dim_supplier"])
def test_tracked_and_type_1_attributes_are_those_of_the_contract(name: str) -> None:
    row = next(line for line in CONTRACT.read_text("utf-8").splitlines() if line.startswith(f"| `{name}`"))
    natural_key, tracked, type1 = (re.split(r",\s*", cell.strip()) for cell in row.strip("| ").split("|")[1:])
    overwritten, derived = type1[:-1], type1[-1]
    last, derived = (derived.split("; derived: ")) if "; derived: " in derived else (None, derived)
    dimension = WAREHOUSE.dimension(name)

    assert list(names(dimension.natural_key)) == natural_key
    assert list(names(dimension.tracked)) == tracked
    assert list(names(dimension.type1)) == [*overwritten, *([last] if last else [])]
    assert list(names(dimension.derived)) == [derived]


def test_every_source_that_is_kept_fits_its_curated_table() -> None:
    kept = {
        "customer": "customer_change",
        "part": "part_change",
        "supplier": "supplier_change",
        "partsupp": "partsupp_change",
        "orders": "orders",
        "lineitem": "order_line",
        "rates": "exchange_rate",
        "shipments": "shipment_scan",
    }
    assert set(kept) == set(SOURCES)
    for source, table in kept.items():
        curated = {field.name: field.dataType for field in WAREHOUSE.lake_table(table).schema}
        typed = {field.name: field.dataType for field in SOURCES[source].schema}
        assert curated == typed | {name: curated[name] for name in ("is_deleted", "batch_id") if name in curated}, source


def test_every_table_of_the_warehouse_has_a_ruleset() -> None:
    assert {table.name for table in WAREHOUSE.tables} <= {ruleset.table for ruleset in RULESETS}


def test_every_key_of_a_fact_is_checked_against_its_dimension() -> None:
    checked = {(ruleset.table, key.column) for ruleset in model_rulesets(WAREHOUSE) for key in ruleset.foreign_keys}
    declared = {(fact.name, column) for fact in WAREHOUSE.facts for column in names(fact.columns) if column.endswith("_key")}

    assert checked == declared
