"""Redshift's column types: their spellings, limits, and the PostgreSQL type that holds them (Redshift guide, "Data types")."""

from __future__ import annotations

from dataclasses import dataclass

from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Cursor

__all__ = ["ColumnType", "read_type"]

_NOT_HERE = frozenset({"HLLSKETCH", "GEOMETRY", "GEOGRAPHY"})

_PLAIN = {
    "SMALLINT": "smallint",
    "INT2": "smallint",
    "INTEGER": "integer",
    "INT": "integer",
    "INT4": "integer",
    "BIGINT": "bigint",
    "INT8": "bigint",
    "REAL": "real",
    "FLOAT4": "real",
    "FLOAT8": "double precision",
    "FLOAT": "double precision",
    "BOOLEAN": "boolean",
    "BOOL": "boolean",
    "DATE": "date",
    "TIMESTAMPTZ": "timestamp with time zone",
    "TIMETZ": "time with time zone",
    "SUPER": "jsonb",
}
# Longest and default length in bytes.
_TEXT = {
    "VARCHAR": ("varchar", 65535, 256),
    "NVARCHAR": ("varchar", 65535, 256),
    "TEXT": ("varchar", 65535, 256),
    "CHAR": ("char", 4096, 1),
    "CHARACTER": ("char", 4096, 1),
    "NCHAR": ("char", 4096, 1),
    "BPCHAR": ("char", 4096, 256),
}
# PostgreSQL would take these; Redshift does not (guide, "Unsupported PostgreSQL data types").
_REFUSED = {
    "SERIAL",
    "BIGSERIAL",
    "SMALLSERIAL",
    "SERIAL4",
    "SERIAL8",
    "JSON",
    "JSONB",
    "UUID",
    "BYTEA",
    "MONEY",
    "INET",
    "CIDR",
    "XML",
    "INTERVAL",
    "BIT",
    "ARRAY",
    "HSTORE",
    "POINT",
    "TSVECTOR",
    "OID",
    "NAME",
}


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type as PostgreSQL is told it, and the greatest number of bytes a text may have."""

    postgres: str
    bytes: int | None = None


def read_type(cursor: Cursor, column: str) -> ColumnType:
    """The type that comes next in a column definition."""
    token = cursor.take()
    name = token.key
    if name in _NOT_HERE:
        raise NotSupportedHereError(f"The type {name} (column {column})")
    if name in _REFUSED and not (name == "INTERVAL" and cursor.peek() in ("YEAR", "DAY")):
        raise RefusedByRedshiftError(f'Column "{column}" has unsupported type "{token.text.lower()}".')
    if name == "DOUBLE":
        cursor.expect("PRECISION")
        found = ColumnType("double precision")
    elif name in ("TIMESTAMP", "TIME", "INTERVAL"):
        found = ColumnType(_interval(cursor) if name == "INTERVAL" else _time(cursor, name))
    elif name in ("DECIMAL", "NUMERIC"):
        found = ColumnType(_decimal(cursor, column))
    elif name in ("VARBYTE", "VARBINARY", "BINARY"):
        found = _bytes(cursor, column, name)
    elif name in _TEXT:
        if name == "CHARACTER" and cursor.accept("VARYING"):
            name = "VARCHAR"
        found = _text(cursor, column, name)
    elif name in _PLAIN:
        found = ColumnType(_PLAIN[name])
    else:
        raise StatementSyntaxError(f'type "{token.text.lower()}" does not exist (column {column})')
    if cursor.peek() == "[":
        raise RefusedByRedshiftError(f'Column "{column}" has unsupported type "{token.text.lower()}[]".')
    return found


def _decimal(cursor: Cursor, column: str) -> str:
    precision, scale = 18, 0
    if cursor.accept("("):
        precision = _number(cursor)
        if cursor.accept(","):
            scale = _number(cursor)
        cursor.expect(")")
    if not 1 <= precision <= 38:
        raise RefusedByRedshiftError(f"NUMERIC precision {precision} must be between 1 and 38 (column {column})")
    if not 0 <= scale <= min(precision, 37):
        raise RefusedByRedshiftError(f"NUMERIC scale {scale} must be between 0 and precision {precision} (column {column})")
    return f"numeric({precision},{scale})"


def _time(cursor: Cursor, name: str) -> str:
    zone = cursor.accept("WITH", "TIME", "ZONE")
    if not zone:
        cursor.accept("WITHOUT", "TIME", "ZONE")
    return f"{name.lower()} {'with' if zone else 'without'} time zone"


def _interval(cursor: Cursor) -> str:
    """YEAR TO MONTH, or DAY TO SECOND with digits of a second (guide, "Interval data types and literals")."""
    if cursor.accept("YEAR", "TO", "MONTH"):
        return "interval year to month"
    cursor.expect("DAY", "TO", "SECOND")
    digits = 6
    if cursor.accept("("):
        digits = _number(cursor)
        cursor.expect(")")
    if not 0 <= digits <= 6:
        raise RefusedByRedshiftError(f"INTERVAL DAY TO SECOND({digits}) precision must be between 0 and 6")
    return f"interval day to second({digits})"


def _text(cursor: Cursor, column: str, name: str) -> ColumnType:
    postgres, longest, length = _TEXT[name]
    if cursor.accept("("):
        length = longest if cursor.accept("MAX") else _number(cursor)
        cursor.expect(")")
    if not 1 <= length <= longest:
        raise RefusedByRedshiftError(f"length for type {postgres} must be between 1 and {longest}: {length} (column {column})")
    return ColumnType(f"{postgres}({length})", length)


def _bytes(cursor: Cursor, column: str, name: str) -> ColumnType:
    """VARBYTE; BINARY VARYING is another name of it."""
    if name == "BINARY":
        cursor.accept("VARYING")
    length = 64000
    if cursor.accept("("):
        length = _number(cursor)
        cursor.expect(")")
    if not 1 <= length <= 1_024_000:
        raise RefusedByRedshiftError(f"length for type varbyte must be between 1 and 1024000: {length} (column {column})")
    return ColumnType("bytea", length)


def _number(cursor: Cursor) -> int:
    token = cursor.take()
    if token.kind != "number" or not token.text.isdigit():
        raise StatementSyntaxError(f'syntax error at or near "{token.text}": a whole number was expected')
    return int(token.text)
