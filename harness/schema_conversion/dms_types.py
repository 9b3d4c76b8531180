"""What DMS itself makes of a column when it creates the table in Redshift, and where that loses or refuses values.

The types are those of the replication engine (`localaws.dms.data_types`), so that the assessment and a task in strict mode agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from localaws.dms import data_types
from localaws.dms.charsets import LONGEST_CHARACTER
from localaws.dms.source.catalog import column_type
from localaws.dms.types import ColumnType
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
    source = _source_type(column)
    if source is None:
        return DmsType("not listed", "not listed", "the type is not in DMS's list of MySQL's types")
    kind = data_types.dms_type(source)
    fault, rule = _fault(column, source, lob_kilobytes)
    return DmsType(str(kind), data_types.redshift_type(kind, lob_kilobytes * 1024), fault, rule)


def _source_type(column: Column) -> ColumnType | None:
    """The column as the engine reads it from the source's catalog."""
    kind, charset = ("json", "") if column.is_json else (column.data_type, column.charset)
    octets = column.length
    if kind in ("char", "varchar") and charset:
        octets = (column.length or 0) * LONGEST_CHARACTER.get(charset, 1)
    precision = column.precision or column.length if kind == "bit" else column.precision
    return column_type(kind, column.column_type, octets, precision, column.scale, column.fraction, charset)


def _fault(column: Column, source: ColumnType, lob_kilobytes: int) -> tuple[str, dict[str, Any] | None]:
    overflow = data_types.overflow(source)
    if overflow and source.kind == "decimal":
        return overflow, {"type": "string", "length": source.precision + 3}
    if overflow:
        return overflow, {"type": "int4" if source.size == 2 else "int8"}
    if source.kind == "bit" and source.size > 1:
        number = {"type": "numeric", "precision": 20, "scale": 0} if source.size == 64 else {"type": "int8"}
        return "the number arrives as hexadecimal text", number
    if source.kind in ("date", "datetime", "timestamp") and column.facts.zero_dates != 0:
        return f"zero dates become NULL{'' if column.nullable else ', which NOT NULL refuses'}", None
    if data_types.is_lob(source):
        return _cut(column, lob_kilobytes), None
    if source.kind in ("text", "enum", "set") and column.charset == "utf8mb4":
        return "characters of four bytes (emoji) may be lost: the guide calls utf8mb4 unsupported", None
    return "", None


def _cut(column: Column, lob_kilobytes: int) -> str:
    longest, limit = column.facts.max_bytes, lob_kilobytes * 1024
    if longest is not None and longest <= limit:
        return ""
    seen = "" if longest is None else f"; the longest has {longest:,}"
    return f"cut after {limit:,} bytes with only a line in the log{seen}"
