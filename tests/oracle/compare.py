"""Comparison of a warehouse with the oracle: every row and every column, both ways."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from .expected import TABLES

__all__ = ["Difference", "WarehouseReader", "differences"]


class WarehouseReader(Protocol):
    """What the comparison needs of a warehouse: a table's rows as a CSV file with a header, nulls as `\\N`."""

    def export(self, table: str, columns: list[str], target: Path) -> None: ...


@dataclass(frozen=True)
class Difference:
    """Rows of one table that only one side has, with a few of them."""

    table: str
    missing: int
    unexpected: int
    sample: str

    def __str__(self) -> str:
        return f"{self.table}: {self.missing} expected rows are missing, {self.unexpected} rows are not expected\n{self.sample}"


def differences(expected: duckdb.DuckDBPyConnection, warehouse: WarehouseReader) -> list[Difference]:
    """What differs between the oracle's tables and the warehouse's; empty when they are equal as multisets of rows."""
    found = [_compare(expected, warehouse, table) for table in TABLES]
    return [difference for difference in found if difference is not None]


def _compare(expected: duckdb.DuckDBPyConnection, warehouse: WarehouseReader, table: str) -> Difference | None:
    described = expected.execute(f"DESCRIBE {table}").fetchall()
    columns = {name: kind for name, kind, *_ in described}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        warehouse.export(table, list(columns), file)
        expected.execute(
            f"CREATE OR REPLACE TEMP TABLE actual AS SELECT * FROM read_csv(?, header = true, nullstr = '\\N', columns = {columns!r}, "
            "auto_detect = false, delim = ',', quote = '\"', escape = '\"')",
            [str(file)],
        )
    names = ", ".join(f'"{name}"' for name in columns)
    expected.execute(f"CREATE OR REPLACE TEMP TABLE missing AS SELECT {names} FROM {table} EXCEPT ALL SELECT {names} FROM actual")
    expected.execute(f"CREATE OR REPLACE TEMP TABLE unexpected AS SELECT {names} FROM actual EXCEPT ALL SELECT {names} FROM {table}")
    missing, unexpected = (expected.execute(f"SELECT count(*) FROM {side}").fetchone()[0] for side in ("missing", "unexpected"))
    if not missing and not unexpected:
        return None
    return Difference(table, missing, unexpected, _sample(expected, table, list(columns)))


def _sample(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> str:
    order = ", ".join(TABLES[table])
    rows = connection.execute(
        f"SELECT 'missing' AS side, * FROM missing UNION ALL SELECT 'unexpected', * FROM unexpected ORDER BY {order}, side LIMIT 8"
    ).fetchall()
    lines = []
    for side, *values in rows:
        lines.append(f"  {side}: " + ", ".join(f"{name}={value}" for name, value in zip(columns, values, strict=True)))
    return "\n".join(lines)
