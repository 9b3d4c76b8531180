"""What these tests do with the two servers: run MySQL's statements, run Redshift's, and copy a table's rows from one to the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymysql

from localaws.redshift.session import Session
from schema_conversion.names import quoted
from schema_conversion.target import TargetColumn, TargetTable

__all__ = ["NASTY", "copy_rows", "in_mysql", "in_redshift", "redshift_rows"]

NASTY = Path(__file__).parent / "fixtures" / "nasty.sql"
_BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "polygon")


def in_mysql(connection: pymysql.Connection[Any], sql: str) -> tuple[tuple[Any, ...], ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return tuple(cursor.fetchall())


def in_redshift(session: Session, *statements: str) -> None:
    for statement in statements:
        for _ in session.run(statement).chunks:
            pass


def redshift_rows(session: Session, sql: str) -> list[tuple[str | None, ...]]:
    rows = session.run(sql)
    return [
        tuple(None if (value := chunk.get_value(row, column)) is None else value.decode() for column in range(chunk.nfields))
        for chunk in rows.chunks
        for row in range(chunk.ntuples)
    ]


def _read(column: TargetColumn) -> str:
    """The value as MySQL writes it; floats widened so that no digit is lost, bits as their number, bytes in hexadecimal."""
    name = "`" + column.source.name.replace("`", "``") + "`"
    kind = column.source.data_type
    if kind in _BYTES:
        return f"LOWER(HEX({name}))"
    if kind in ("float", "double"):
        return f"CAST({name} AS DOUBLE)"
    if kind == "bit":
        return f"CAST({name} + 0 AS CHAR)"
    return f"CAST({name} AS CHAR)"


def copy_rows(connection: pymysql.Connection[Any], session: Session, table: TargetTable) -> list[tuple[Any, ...]]:
    """Every row of the source into the target, beside the dialect; what was read of the source. Zero dates become NULL, as in DMS."""
    listed = ", ".join(_read(column) for column in table.columns)
    source = f"`{table.source.schema}`.`" + table.source.name.replace("`", "``") + "`"
    read = in_mysql(connection, f"SELECT {listed} FROM {source}")
    rows = [tuple(_without_zero_dates(column, value) for column, value in zip(table.columns, row, strict=True)) for row in read]
    names = ", ".join(quoted(column.name) for column in table.columns).replace("%", "%%")
    whole = f"{quoted(table.schema)}.{quoted(table.name)}".replace("%", "%%")
    marks = ", ".join(["%s"] * len(table.columns))
    with session.connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {whole} ({names}) VALUES ({marks})", rows)  # type: ignore[arg-type]
    return rows


def _without_zero_dates(column: TargetColumn, value: Any) -> Any:
    if (
        column.source.data_type in ("date", "datetime", "timestamp")
        and isinstance(value, str)
        and (value[:4] == "0000" or "-00" in value[:10])
    ):
        return None
    return value
