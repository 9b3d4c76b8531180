"""What DMS itself makes of a column when it creates the table in Redshift, and where that loses or refuses values.

Sources: DMS user guide, "Source data types for MySQL" and "Target data types for Amazon Redshift". Nothing of it was run on AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schema_conversion.model import Column

__all__ = ["DEFAULT_LOB_KILOBYTES", "DmsType", "dms_type"]

DEFAULT_LOB_KILOBYTES = 32
"""LobMaxSize of a task that sets none."""


@dataclass(frozen=True)
class DmsType:
    """`dms`: DMS's type in between; `redshift`: the column that it creates; `fault`: what that does to values, empty when nothing.

    `rule`: the data-type of a change-data-type rule that mends it, None where nothing is to mend or no rule can.
    """

    dms: str
    redshift: str
    fault: str = ""
    rule: dict[str, Any] | None = None


def dms_type(column: Column, lob_kilobytes: int = DEFAULT_LOB_KILOBYTES) -> DmsType:
    """DMS's mapping of a column, by its guide."""
    kind = column.data_type
    if kind in _WHOLE:
        return _WHOLE[kind][column.unsigned]
    if kind in _SHORT:
        return _SHORT[kind](column)
    if kind in ("char", "varchar", "enum", "set", "tinytext", "text"):
        return _text(column)
    if kind in ("mediumtext", "longtext", "json"):
        dms = "CLOB" if column.is_json else "NCLOB"
        return _lob(column, dms, f"{'' if column.is_json else 'N'}VARCHAR({lob_kilobytes * 1024})", lob_kilobytes)
    if kind in ("binary", "varbinary", "tinyblob", "blob"):
        return DmsType(f"BYTES({column.length})", "VARCHAR")
    if kind in ("uuid", "inet4", "inet6"):
        return DmsType("not listed", "not listed", "the type is not in DMS's list of MySQL's types")
    return _lob(column, "BLOB", f"VARCHAR({2 * lob_kilobytes * 1024})", lob_kilobytes)


def _rule(kind: str, length: int | str = "", precision: int | str = "", scale: int | str = "") -> dict[str, Any]:
    fields = {"type": kind, "length": length, "precision": precision, "scale": scale}
    return {name: value for name, value in fields.items() if value != ""}


_WHOLE: dict[str, tuple[DmsType, DmsType]] = {
    "tinyint": (DmsType("INT1", "INT2"), DmsType("UINT1", "INT2")),
    "smallint": (DmsType("INT2", "INT2"), DmsType("UINT2", "INT2", "overflows above 32,767", _rule("int4"))),
    "mediumint": (DmsType("INT4", "INT4"), DmsType("UINT4", "INT4")),
    "int": (DmsType("INT4", "INT4"), DmsType("UINT4", "INT4", "overflows above 2,147,483,647", _rule("int8"))),
    "bigint": (DmsType("INT8", "INT8"), DmsType("UINT8", "NUMERIC(20,0)")),
}


def _zero_dates(column: Column, plain: DmsType) -> DmsType:
    if column.facts.zero_dates == 0:
        return plain
    refused = ", which NOT NULL refuses" if not column.nullable else ""
    return DmsType(plain.dms, plain.redshift, f"zero dates become NULL{refused}")


def _decimal(precision: int, scale: int) -> DmsType:
    if precision <= 38 and scale <= 37:
        return DmsType(f"NUMERIC({precision},{scale})", f"NUMERIC({precision},{scale})")
    fault = "overflows beyond 38 digits"
    return DmsType(f"NUMERIC({precision},{scale})", f"NUMERIC(38,{min(scale, 37)})", fault, _rule("string", length=precision + 3))


def _bit(bits: int) -> DmsType:
    if bits == 64:
        return DmsType("BYTES(8)", "VARCHAR", "the number arrives as hexadecimal text", _rule("numeric", precision=20, scale=0))
    return DmsType("BOOLEAN", "BOOL", "" if bits == 1 else "only whether it is zero is left", None if bits == 1 else _rule("int8"))


_SHORT: dict[str, Callable[[Column], DmsType]] = {
    "float": lambda column: DmsType("REAL8", "FLOAT8"),
    "double": lambda column: DmsType("REAL8", "FLOAT8"),
    "year": lambda column: DmsType("INT2", "INT2"),
    "time": lambda column: DmsType("STRING", "VARCHAR"),
    "date": lambda column: _zero_dates(column, DmsType("DATE", "DATE")),
    "datetime": lambda column: _zero_dates(column, DmsType("DATETIME", "TIMESTAMP")),
    "timestamp": lambda column: _zero_dates(column, DmsType("DATETIME", "TIMESTAMP")),
    "decimal": lambda column: _decimal(column.precision or 10, column.scale or 0),
    "bit": lambda column: _bit(column.precision or column.length or 1),
}


def _text(column: Column) -> DmsType:
    length = column.length or 1
    fault = "characters of four bytes (emoji) may be lost: the guide calls utf8mb4 unsupported" if column.charset == "utf8mb4" else ""
    return DmsType(f"WSTRING({length})", "NVARCHAR", fault)


def _lob(column: Column, dms: str, redshift: str, lob_kilobytes: int) -> DmsType:
    longest = column.facts.max_bytes
    if longest is not None and longest <= lob_kilobytes * 1024:
        return DmsType(dms, redshift)
    seen = "" if longest is None else f"; the longest has {longest:,}"
    return DmsType(dms, redshift, f"cut after {lob_kilobytes * 1024:,} bytes with only a line in the log{seen}")
