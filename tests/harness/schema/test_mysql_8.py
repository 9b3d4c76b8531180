"""What MySQL 8 words differently in its catalog, as its manual says: no such server is at hand, so its answers are written out here.

Source: MySQL 8.0 manual, "The INFORMATION_SCHEMA COLUMNS Table", "… STATISTICS Table", "… CHECK_CONSTRAINTS Table".
"""

from __future__ import annotations

from typing import Any

import pytest

from schema_conversion.defaults import NotConvertible, default_for
from schema_conversion.model import Table
from schema_conversion.read_tables import read_tables
from schema_conversion.types import target_type

_NOTHING = dict.fromkeys(
    ("length", "precision", "scale", "fraction", "charset", "collation", "default_value", "extra", "comment", "expression"), None
)


def _column(name: str, kind: str, column_type: str | None = None, **others: Any) -> dict[str, Any]:
    return {"in_table": "t", "name": name, "data_type": kind, "column_type": column_type or kind, "nullable": "YES", **_NOTHING, **others}


COLUMNS = [
    _column("number", "int", precision=10, scale=0, default_value="5"),
    _column("text", "varchar", "varchar(9)", length=9, charset="utf8mb4", default_value="it's"),
    _column("word", "varchar", "varchar(9)", length=9, charset="utf8mb4", default_value="NULL"),
    _column("at", "timestamp", default_value="CURRENT_TIMESTAMP", extra="DEFAULT_GENERATED on update CURRENT_TIMESTAMP", fraction=0),
    _column("made", "varchar", "varchar(9)", length=9, charset="utf8mb4", default_value="concat(_utf8mb4'a')", extra="DEFAULT_GENERATED"),
    _column("bits", "bit", "bit(3)", precision=3, default_value="b'101'"),
    _column("doc", "json"),
    _column("kept", "int", precision=10, scale=0, extra="STORED GENERATED", expression="(`number` * 2)"),
    _column("shape", "geomcollection"),
]


@pytest.fixture(scope="module")
def table() -> Table:
    """A table as MySQL 8 tells it."""

    def answer(sql: str, *values: Any) -> list[dict[str, Any]]:
        if "information_schema.columns" in sql:
            return COLUMNS
        if "information_schema.statistics" in sql:
            index = {
                "in_table": "t",
                "name": "by_expression",
                "non_unique": 0,
                "part": None,
                "prefix": None,
                "cardinality": 3,
                "kind": "BTREE",
            }
            return [index]
        if "check_constraints c" in sql:
            return [{"in_table": "t", "name": "t_chk_1", "clause": "(`number` > 0)"}]
        if "information_schema.tables" in sql and "CHECK_CONSTRAINTS" not in sql:
            return [{"name": "t", "kind": "BASE TABLE", "engine": "InnoDB", "collation": "utf8mb4_0900_ai_ci", "comment": "", "estimate": 7,
                     "size": 16384, "next_number": None}]  # fmt: skip
        return [{"found": 1}] if "CHECK_CONSTRAINTS" in sql else []

    (found,) = read_tables(answer, "d", scan=False, exclude=frozenset(), is_mariadb=False)
    return found


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("number", "5"),
        ("text", "'it''s'"),
        ("word", "'NULL'"),
        ("at", "GETDATE()"),
        ("bits", "5"),
        ("doc", None),
        ("kept", None),
    ],
)
def test_a_default_is_what_mysql_8_means(column: str, expected: str | None, table: Table) -> None:
    found = table.column(column)

    assert default_for(found, target_type(found, column).sql) == expected


def test_an_expression_as_a_default_is_no_text(table: Table) -> None:
    with pytest.raises(NotConvertible, match="the expression concat"):
        default_for(table.column("made"), "VARCHAR(36)")


def test_json_checks_generated_columns_and_functional_keys_are_seen(table: Table) -> None:
    assert table.column("doc").is_json
    assert (table.column("kept").generated, table.column("at").on_update) == ("STORED", "CURRENT_TIMESTAMP")
    assert [check.clause for check in table.checks] == ["(`number` > 0)"]
    assert [index.covers_whole_columns for index in table.indexes] == [False]
    assert target_type(table.column("shape"), "shape").sql == "VARCHAR(65535)"
