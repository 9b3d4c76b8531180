"""Values and types as Athena shows them: in results' CSV, in GetQueryResults and in the catalog."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlglot import exp

__all__ = ["athena_type", "catalog_type", "column_info", "duck_type", "text_of"]

_ATHENA: Mapping[str, str] = {
    "VARCHAR": "varchar", "BIGINT": "bigint", "HUGEINT": "bigint", "UBIGINT": "bigint", "UINTEGER": "bigint", "INTEGER": "integer",
    "USMALLINT": "integer", "UTINYINT": "smallint", "SMALLINT": "smallint", "TINYINT": "tinyint", "BOOLEAN": "boolean",
    "DOUBLE": "double", "FLOAT": "float", "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP_MS": "timestamp", "TIMESTAMP_S": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone", "TIME": "time",
    "BLOB": "varbinary", "JSON": "json", "UUID": "varchar", "INTERVAL": "interval day to second", '"NULL"': "unknown",
}  # fmt: skip
"""DuckDB's name of a type, and Athena's."""
_CATALOG: Mapping[str, str] = {
    "varchar": "string", "integer": "int", "varbinary": "binary", "timestamp with time zone": "timestamp", "json": "string",
    "unknown": "string", "time": "string",
}  # fmt: skip
_PRECISION: Mapping[str, int] = {
    "varchar": 2147483647, "bigint": 19, "integer": 10, "smallint": 5, "tinyint": 3, "double": 17, "float": 17, "timestamp": 3,
    "varbinary": 1073741824,
}  # fmt: skip


def duck_type(catalog: str) -> str:
    """DuckDB's name of a type that the catalog writes.

    >>> duck_type("struct<a:int,b:array<string>>")
    'STRUCT(a INT, b TEXT[])'
    """
    return exp.DataType.build(catalog, dialect="hive").sql("duckdb")


def athena_type(duck: str) -> str:
    """The Type of ColumnInfo for DuckDB's type: `row`, `array`, `map` and `decimal` have no parameters there."""
    if duck.endswith("]"):
        return "array"
    head = duck.partition("(")[0]
    return {"STRUCT": "row", "MAP": "map", "DECIMAL": "decimal"}.get(head) or _ATHENA.get(duck, "varchar")


def catalog_type(duck: str) -> str:
    """What CREATE TABLE AS writes into the catalog for DuckDB's type.

    >>> catalog_type("DECIMAL(5,2)"), catalog_type("INTEGER[]"), catalog_type("STRUCT(a VARCHAR)")
    ('decimal(5,2)', 'array<int>', 'struct<a:string>')
    """
    kind = athena_type(duck)
    if kind in ("array", "row", "map"):
        written = exp.DataType.build(duck, dialect="duckdb").sql("hive").lower().replace(": ", ":").replace(", ", ",")
        return re.sub(r"\bvarchar\b|\btext\b", "string", written)
    if kind == "decimal":
        return duck.lower().replace(" ", "")
    return _CATALOG.get(kind, kind)


def column_info(name: str, duck: str) -> dict[str, Any]:
    """The ColumnInfo of a result's column."""
    kind = athena_type(duck)
    precision, scale = _PRECISION.get(kind, 0), 0
    if parameters := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", duck):
        precision, scale = int(parameters[1]), int(parameters[2])
    about = {"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind}
    return {**about, "Precision": precision, "Scale": scale, "Nullable": "UNKNOWN", "CaseSensitive": kind == "varchar"}


def text_of(value: Any) -> str | None:  # noqa: PLR0911 - one line for each type
    """A value as results show it; None stays None.

    >>> text_of(1e10), text_of([1, None]), text_of({"a": True})
    ('1.0E10', '[1, null]', '{a=true}')
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _java_double(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        zone = " UTC" if value.tzinfo is not None else ""
        moment = value.astimezone(dt.UTC) if value.tzinfo is not None else value
        return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03}{zone}"
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, list):
        return "[" + ", ".join(_inner(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_inner(key)}={_inner(item)}" for key, item in value.items()) + "}"
    return str(value)


def _inner(value: Any) -> str:
    text = text_of(value)
    return "null" if text is None else text


def _java_double(value: float) -> str:
    """As Java's Double.toString, which Trino prints doubles with."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = f"{Decimal(repr(value)):f}"
        return text if "." in text else f"{text}.0"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    figures = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) + int(exponent) - 1
    return f"{'-' if sign else ''}{figures[0]}.{figures[1:] or '0'}E{power}"
