"""Column types that a task in safe mode makes: DMS's own where they hold every value of the source, else one that does.

Tables that exist are taken as they are, as `etl schema convert` makes them, and are what a standby needs: neither AUTO_INCREMENT nor
secondary keys are made, in either mode.
"""

from __future__ import annotations

from localaws.dms.charsets import IS_UTF8
from localaws.dms.data_types import LARGEST_TEXT, dms_type, mysql_type, overflow, redshift_type
from localaws.dms.types import ColumnType

__all__ = ["safe_mysql_type", "safe_redshift_type"]

_WIDENED = {2: "INTEGER", 4: "BIGINT"}
_WIDEST_UTF8 = 4
_INTEGERS = {1: "TINYINT", 2: "SMALLINT", 3: "MEDIUMINT", 4: "INT", 8: "BIGINT"}
_SIZES = ((255, "TINY"), (65_535, ""), (16_777_215, "MEDIUM"))


def safe_redshift_type(column: ColumnType, lob_bytes: int) -> str:
    """The type on Redshift. `lob_bytes` is LobMaxSize, of which at most 63 KB are kept."""
    if overflow(column):
        return _WIDENED[column.size] if column.kind == "int" else f"VARCHAR({column.precision + 3})"
    if column.kind == "float":
        return "REAL"
    if column.kind == "text" and column.charset not in IS_UTF8 and column.size <= LARGEST_TEXT:
        return f"VARCHAR({max(1, min(column.size * _WIDEST_UTF8, LARGEST_TEXT))})"
    return redshift_type(dms_type(column), lob_bytes)


def safe_mysql_type(column: ColumnType) -> str:
    """The source's own type."""
    kind = column.kind
    if kind == "int":
        return _INTEGERS[column.size] + (" UNSIGNED" if column.unsigned else "")
    if kind == "bit":
        return f"BIT({column.size})"
    if kind in ("datetime", "timestamp", "time"):
        return f"{kind.upper()}({column.scale})"
    if kind in ("enum", "set"):
        labels = ", ".join("'" + label.replace("\\", "\\\\").replace("'", "''") + "'" for label in column.labels)
        return f"{kind.upper()}({labels})"
    if kind in ("float", "double", "year", "geometry", "json"):
        return kind.upper()
    if column.lob:
        return next((prefix for limit, prefix in _SIZES if column.size <= limit), "LONG") + ("BLOB" if kind == "binary" else "TEXT")
    return mysql_type(dms_type(column), 0)
