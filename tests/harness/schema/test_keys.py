"""Distribution and sort keys are proposed from keys and statistics, with reason and confidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schema_conversion.dms_types import dms_type
from schema_conversion.keys import propose_distribution, propose_sort
from schema_conversion.model import Column, ForeignKey, Index, IndexPart, Partitioning, Table
from schema_conversion.target import TargetColumn
from schema_conversion.types import target_type

ROWS = {("d", "customer"): 1_000, ("d", "orders"): 5_000_000, ("d", "lineitem"): 20_000_000}
LINEITEM = Table(
    "d",
    "lineitem",
    (
        Column("order_id", "bigint", "bigint", nullable=False),
        Column("line", "int", "int", nullable=False),
        Column("customer_id", "int", "int"),
        Column("status", "char", "char(1)", length=1, nullable=False),
        Column("ship_date", "date", "date", nullable=False),
        Column("note", "text", "text", length=65535),
    ),
    rows=20_000_000,
    indexes=(
        Index("PRIMARY", (IndexPart("order_id", None, 5_000_000), IndexPart("line", None, 20_000_000)), unique=True),
        Index("by_customer", (IndexPart("customer_id", None, 1_000),)),
        Index("by_status", (IndexPart("status", None, 3),)),
        Index("by_date", (IndexPart("ship_date", None, 2_500),)),
    ),
    foreign_keys=(
        ForeignKey("to_orders", ("order_id",), "d", "orders", ("id",)),
        ForeignKey("to_customer", ("customer_id",), "d", "customer", ("id",)),
        ForeignKey("to_status", ("status",), "d", "orders", ("id",)),
    ),
)


def columns(table: Table) -> list[TargetColumn]:
    return [TargetColumn(one, one.name, target_type(one, one.name).sql, "", dms_type(one)) for one in table.columns]


def test_the_column_that_joins_to_the_largest_table_and_leads_the_key_distributes() -> None:
    proposal = propose_distribution(LINEITEM, columns(LINEITEM), ROWS, referrers=[])

    assert (proposal.style, proposal.column, proposal.confidence) == ("KEY", "order_id", 90)
    assert proposal.reason == "joined to orders (5,000,000 rows); leads the primary key"


def test_a_joined_column_with_few_values_does_not_distribute() -> None:
    keyless = replace(LINEITEM, foreign_keys=LINEITEM.foreign_keys[2:], indexes=LINEITEM.indexes[1:])

    proposal = propose_distribution(keyless, columns(keyless), ROWS, referrers=[])

    assert (proposal.style, proposal.column) == ("AUTO", "")


def test_a_small_table_that_others_point_to_is_copied_to_every_node() -> None:
    customer = Table("d", "customer", LINEITEM.columns[:1], rows=1_000, indexes=LINEITEM.indexes[:1])

    proposal = propose_distribution(customer, columns(customer), ROWS, referrers=[5_000_000, 10, 0])

    assert (proposal.style, proposal.confidence) == ("ALL", 80)
    assert "3 foreign keys point to it and it has 1,000 rows" in proposal.reason
    assert propose_distribution(replace(customer, rows=400_000), columns(customer), ROWS, referrers=[500_000]).style == "KEY"
    assert propose_distribution(replace(customer, rows=10_000_000), columns(customer), ROWS, referrers=[5_000_000, 10, 0]).style == "KEY"


def test_without_statistics_the_same_is_proposed_with_less_confidence() -> None:
    proposal = propose_distribution(replace(LINEITEM, rows=0), columns(LINEITEM), {}, referrers=[])

    assert (proposal.style, proposal.column) == ("KEY", "order_id")
    assert proposal.confidence == 49


@pytest.mark.parametrize(
    ("table", "expected", "reason"),
    [
        pytest.param(LINEITEM, ("ship_date",), "an indexed time; named like the time of an event", id="an_indexed_time"),
        pytest.param(
            replace(LINEITEM, partitioning=Partitioning("HASH", "`customer_id`", 8)),
            ("customer_id",),
            "MySQL partitions by it (HASH)",
            id="partitions",
        ),
        pytest.param(replace(LINEITEM, indexes=LINEITEM.indexes[:1]), ("order_id", "line"), "leads the primary key", id="primary_key"),
        pytest.param(
            replace(LINEITEM, columns=LINEITEM.columns[2:4], indexes=()), (), "nothing says which ranges are asked for", id="nothing"
        ),
        pytest.param(replace(LINEITEM, columns=LINEITEM.columns[5:], indexes=()), (), "no column can be a key", id="only_long_texts"),
    ],
)  # fmt: skip
def test_the_sort_key_is_what_mysql_was_designed_to_be_asked_by(table: Table, expected: tuple[str, ...], reason: str) -> None:
    proposal = propose_sort(table, columns(table))

    assert proposal.columns == expected
    assert reason in proposal.reason
    assert 20 <= proposal.confidence <= 90
