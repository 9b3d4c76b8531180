"""One pass over a table's rows for what metadata cannot say: how long texts and binaries really are, and zero dates.

A LOB limit, a length and NOT NULL are chosen by these facts. It is one query a table, which reads the whole table: on a large
production server run it on a replica, or leave it out (`--no-scan`), and types alone decide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from schema_conversion.model import Column, ColumnFacts, Table

__all__ = ["scanned"]

_TEXT = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "json"})
_BINARY = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "linestring", "polygon",
                     "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection"})  # fmt: skip
_DATES = frozenset({"date", "datetime", "timestamp"})

_MEASURES: tuple[tuple[frozenset[str], str, str], ...] = (
    (_TEXT, "max_bytes", "MAX(OCTET_LENGTH(CONVERT({c} USING utf8mb4)))"),
    (_TEXT, "nul_characters", "SUM(INSTR(CAST({c} AS BINARY), CHAR(0)) > 0)"),
    (_BINARY, "max_bytes", "MAX(LENGTH(CAST({c} AS BINARY)))"),
    (_DATES, "zero_dates", "SUM(CAST({c} AS CHAR(10)) REGEXP '^0000|-00')"),
)


def scanned(rows: Callable[..., list[dict[str, Any]]], table: Table) -> Table:
    """The table with its exact number of rows and the facts of its columns."""
    wanted = [
        (f"m{place}_{fact}", measure.format(c=_quoted(column.name)))
        for place, column in enumerate(table.columns)
        for types, fact, measure in _MEASURES
        if column.data_type in types
    ]
    listed = "".join(f", {measure} AS {name}" for name, measure in wanted)
    found = rows(f"SELECT COUNT(*) AS all_rows{listed} FROM {_quoted(table.schema)}.{_quoted(table.name)}")[0]
    columns = tuple(_with_facts(column, place, found) for place, column in enumerate(table.columns))
    return replace(table, columns=columns, rows=int(found["all_rows"]))


def _with_facts(column: Column, place: int, found: dict[str, Any]) -> Column:
    facts = {fact: int(found[f"m{place}_{fact}"] or 0) for types, fact, _ in _MEASURES if column.data_type in types}
    return replace(column, facts=ColumnFacts(**facts))


def _quoted(name: str) -> str:
    # A percent sign would be a parameter's mark to the driver only when values are given, and there are none.
    return "`" + name.replace("`", "``") + "`"
