"""What DMS is known to do badly with a table is told before it happens, and only then."""

from __future__ import annotations

from localaws.dms.data_types import DataType
from localaws.dms.known_faults import known_faults
from localaws.dms.plan import PlannedColumn, TablePlan
from localaws.dms.types import ColumnType, SourceColumn, SourceTable

COLUMNS = (
    PlannedColumn("small", "small", ColumnType("int", 2, unsigned=True)),
    PlannedColumn("wide", "wide", ColumnType("int", 4, unsigned=True), declared=DataType("int8")),
    PlannedColumn("huge", "huge", ColumnType("int", 8, unsigned=True)),
    PlannedColumn("short", "short", ColumnType("text", 255, lob=True)),
    PlannedColumn("long", "long", ColumnType("text", 4_294_967_295, lob=True)),
    PlannedColumn("day", "day", ColumnType("date")),
    PlannedColumn("other_day", "other_day", ColumnType("date")),
)


def plan(*key: str) -> TablePlan:
    columns = (SourceColumn("day", ColumnType("date"), False), SourceColumn("other_day", ColumnType("date")))
    return TablePlan(SourceTable("s", "t", columns), "s", "t", COLUMNS, key)


def test_each_fault_is_told_with_its_column() -> None:
    told = list(known_faults(plan(), 32 * 1024, narrows=True))

    assert [fault.split()[0] for fault in told] == ["It", "small", "long", "day"]
    assert "32,767" in told[1]
    assert "32 KB" in told[2]


def test_a_table_that_is_there_already_and_has_a_key_has_fewer() -> None:
    told = list(known_faults(plan("small"), 32 * 1024, narrows=False))

    assert [fault.split()[0] for fault in told] == ["long", "day"]
