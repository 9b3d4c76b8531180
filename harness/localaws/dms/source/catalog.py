"""Tables of the source as its information schema tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pymysql

from localaws.dms.exceptions import UnsupportedColumnError
from localaws.dms.source.connection import source_errors
from localaws.dms.types import ColumnType, SourceColumn, SourceTable, labels_size

__all__ = ["SYSTEM_SCHEMAS", "column_type", "count_rows", "list_tables", "read_table"]

SYSTEM_SCHEMAS = frozenset(("information_schema", "mysql", "performance_schema", "sys"))

_INTEGERS = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "integer": 4, "bigint": 8}
_LOBS = frozenset(("tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"))
_GEOMETRIES = frozenset(
    ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection")
)
_PLAIN = {
    "float": ColumnType("float"),
    "double": ColumnType("double"),
    "json": ColumnType("json", lob=True),
    **dict.fromkeys(_GEOMETRIES, ColumnType("geometry", lob=True)),
}
_TEMPORAL = frozenset(("date", "datetime", "timestamp", "time", "year"))
_TABLES = """SELECT table_schema, table_name, table_type, COALESCE(table_rows, 0) FROM information_schema.tables
    WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') AND table_type IN ('BASE TABLE', 'VIEW')
    ORDER BY table_schema, table_name"""
_COLUMNS = """SELECT column_name, data_type, column_type, is_nullable, character_octet_length, numeric_precision, numeric_scale,
    datetime_precision, character_set_name FROM information_schema.columns
    WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position"""
_KEY = """SELECT column_name FROM information_schema.key_column_usage
    WHERE table_schema = %s AND table_name = %s AND constraint_name = 'PRIMARY' ORDER BY ordinal_position"""


def list_tables(connection: pymysql.connections.Connection[Any]) -> list[tuple[str, str, bool, int]]:
    """(schema, name, whether it is a view, estimate of its rows) of everything that is no system table."""
    with source_errors(), connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return [(schema, name, kind == "VIEW", int(rows)) for schema, name, kind, rows in cursor.fetchall()]


def read_table(
    connection: pymysql.connections.Connection[Any], schema: str, name: str, is_view: bool = False, rows: int = 0
) -> SourceTable | None:
    """The table with its columns; None when there is none.

    Raises:
        UnsupportedColumnError: a column is of a type that is not replicated.
    """
    with source_errors(), connection.cursor() as cursor:
        cursor.execute(_COLUMNS, (schema, name))
        found = cursor.fetchall()
        cursor.execute(_KEY, (schema, name))
        key = tuple(column for (column,) in cursor.fetchall())
    if not found:
        return None
    columns = tuple(SourceColumn(row[0], _type(f"{schema}.{name}", row), row[3] == "YES") for row in found)
    return SourceTable(schema, name, columns, key, is_view, rows)


def count_rows(connection: pymysql.connections.Connection[Any], table: SourceTable) -> int:
    """The table's rows, counted."""
    with source_errors(), connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM `{table.schema}`.`{table.name}`")
        (rows,) = cursor.fetchone() or (0,)
    return int(rows)


def _type(table: str, row: Sequence[Any]) -> ColumnType:
    name, kind, whole, _, octets, precision, scale, fraction, charset = row
    found = column_type(kind.lower(), whole, octets, precision, scale, fraction, charset or "")
    if found is None:
        raise UnsupportedColumnError(table, name, f"of type {whole}")
    return found


def column_type(
    kind: str, whole: str, octets: int | None, precision: int | None, scale: int | None, fraction: int | None, charset: str
) -> ColumnType | None:
    """From what information_schema.columns has of a column: DATA_TYPE, COLUMN_TYPE, CHARACTER_OCTET_LENGTH, the numbers of digits and the
    character set; None for a type that is not replicated."""
    if kind in _INTEGERS:
        return ColumnType("int", _INTEGERS[kind], "unsigned" in whole.lower())
    if kind == "decimal":
        return ColumnType("decimal", precision=int(precision or 10), scale=int(scale or 0))
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "bit":
        return ColumnType("bit", int(precision or 1))
    if kind in _TEMPORAL:
        return ColumnType(kind, scale=int(fraction or 0))
    if kind in ("char", "varchar") or kind in _LOBS or kind in ("binary", "varbinary"):
        size = int(octets or 0)
        padded = size if kind == "binary" else 0
        return ColumnType("text" if charset else "binary", size, precision=padded, charset=charset, lob=kind in _LOBS)
    if kind in ("enum", "set"):
        labels = _labels(whole)
        return ColumnType(kind, labels_size(kind, labels), charset=charset or "utf8mb4", labels=labels)
    return None


def _labels(text: str) -> tuple[str, ...]:
    """The labels of `enum('a','b''c')`."""
    inner = text[text.index("(") + 2 : text.rindex(")") - 1]
    return tuple(label.replace("''", "'") for label in inner.split("','"))
