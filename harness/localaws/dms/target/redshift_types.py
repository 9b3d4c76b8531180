"""Column types that the engine creates on Redshift (DMS guide, "Amazon Redshift target data types" and "MySQL source data types").

`strict` gives what DMS gives, where unsigned numbers overflow; `safe` gives a type that holds every value. Tables that exist
already, as `etl schema convert` makes them, are taken as they are.
"""

from __future__ import annotations

from localaws.dms.settings.table_mappings import DataType
from localaws.dms.types import ColumnType

__all__ = ["LARGEST_TEXT", "declared_type", "redshift_type"]

LARGEST_TEXT = 65535
_LARGEST_LOB = 63 * 1024
_WIDEST_UTF8 = 4
_INTEGERS = {1: "SMALLINT", 2: "SMALLINT", 3: "INTEGER", 4: "INTEGER", 8: "BIGINT"}
_WIDENED = {2: "INTEGER", 4: "BIGINT"}
_PLAIN = {
    "float": "REAL", "double": "DOUBLE PRECISION", "year": "SMALLINT", "date": "DATE",
    "datetime": "TIMESTAMP", "timestamp": "TIMESTAMP", "time": "VARCHAR(20)",
}  # fmt: skip


def redshift_type(column: ColumnType, lob_bytes: int, safe: bool) -> str:
    """The type in a CREATE TABLE. `lob_bytes` is LobMaxSize, at most 63 KB are kept."""
    kind = column.kind
    if kind == "int":
        if column.unsigned and column.size == 8:
            return "NUMERIC(20,0)"
        return _WIDENED.get(column.size, _INTEGERS[column.size]) if column.unsigned and safe else _INTEGERS[column.size]
    if kind == "decimal":
        fits = column.precision <= 38 and column.scale <= 37
        return f"NUMERIC({column.precision},{column.scale})" if fits else f"VARCHAR({column.precision + 3})"
    if kind == "bit":
        return "BOOLEAN" if column.size == 1 else f"VARCHAR({(column.size + 7) // 8 * 2})"
    if kind in _PLAIN:
        return _PLAIN[kind]
    if column.lob:
        limit = min(lob_bytes, _LARGEST_LOB)
        size = min(2 * limit, LARGEST_TEXT) if kind in ("binary", "geometry") else limit
        if safe and 0 < column.size < size:
            size = column.size
        return f"VARCHAR({size})"
    if kind == "binary":
        return f"VARCHAR({min(2 * column.size, LARGEST_TEXT)})"
    grows = safe and kind == "text" and column.charset not in ("utf8mb4", "utf8mb3", "utf8", "ascii")
    return f"VARCHAR({max(1, min(column.size * (_WIDEST_UTF8 if grows else 1), LARGEST_TEXT))})"


def declared_type(declared: DataType) -> str:
    """What a rule change-data-type asks for, in both modes the same: UINT4 gives an INTEGER that overflows, as in DMS."""
    if declared.name == "numeric":
        return f"NUMERIC({declared.precision},{declared.scale})"
    if declared.name in ("string", "wstring"):
        return f"VARCHAR({max(1, min(declared.length, LARGEST_TEXT))})"
    if declared.name == "bytes":
        return f"VARCHAR({max(1, min(2 * declared.length, LARGEST_TEXT))})"
    return _DECLARED[declared.name]


_DECLARED = {
    "boolean": "BOOLEAN", "date": "DATE", "time": "VARCHAR(20)", "datetime": "TIMESTAMP", "real4": "REAL", "real8": "DOUBLE PRECISION",
    "int1": "SMALLINT", "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT",
    "uint1": "SMALLINT", "uint2": "SMALLINT", "uint4": "INTEGER", "uint8": "NUMERIC(20,0)",
}  # fmt: skip
