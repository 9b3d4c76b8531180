"""Column types that the engine creates on a MySQL-compatible target (DMS guide, "Target data types for MySQL").

`strict` gives what DMS's own types lead to; `safe` gives the source's own type. Tables that exist are taken as they are, and are what a
standby needs: DMS makes neither AUTO_INCREMENT nor secondary keys, in either mode.
"""

from __future__ import annotations

from localaws.dms.settings.table_mappings import DataType
from localaws.dms.types import ColumnType

__all__ = ["declared_mysql_type", "mysql_type"]

_INTEGERS = {1: "TINYINT", 2: "SMALLINT", 3: "MEDIUMINT", 4: "INT", 8: "BIGINT"}
_LARGEST_VARCHAR, _LARGEST_VARBINARY = 16_383, 65_535
_BYTES = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "ucs2": 2, "utf16": 4, "utf16le": 4, "utf32": 4}
"""Most bytes of a character; others have one or two."""
_PLAIN = {"date": "DATE", "float": "FLOAT", "double": "DOUBLE", "year": "SMALLINT", "geometry": "LONGBLOB", "json": "LONGTEXT"}
"""Types of one form: what strict gives; safe gives the source's own."""
_LOBS = ((255, "TINY"), (65_535, ""), (16_777_215, "MEDIUM"))


def mysql_type(column: ColumnType, lob_bytes: int, safe: bool) -> str:
    """The type in a CREATE TABLE. `lob_bytes` is LobMaxSize, which DMS's BLOB and CLOB take their size from."""
    kind = column.kind
    if kind == "int":
        size = 4 if column.size == 3 and not safe else column.size
        return _INTEGERS[size] + (" UNSIGNED" if column.unsigned else "")
    if kind == "decimal":
        return f"DECIMAL({column.precision},{column.scale})"
    if kind == "bit":
        return f"BIT({column.size})" if safe else "TINYINT(1)" if column.size == 1 else f"VARBINARY({(column.size + 7) // 8})"
    if kind in ("datetime", "timestamp", "time"):
        return f"{kind.upper() if safe or kind == 'time' else 'DATETIME'}({column.scale})"
    if kind in ("enum", "set"):
        labels = ", ".join("'" + label.replace("\\", "\\\\").replace("'", "''") + "'" for label in column.labels)
        return f"{kind.upper()}({labels})" if safe else f"VARCHAR({max(1, column.size)})"
    if kind in _PLAIN:
        return kind.upper() if safe else _PLAIN[kind]
    return _binary(column, lob_bytes, safe) if kind == "binary" else _text(column, lob_bytes, safe)


def _binary(column: ColumnType, lob_bytes: int, safe: bool) -> str:
    if column.lob:
        return _lob("BLOB", column.size, safe, lob_bytes)
    return f"VARBINARY({max(1, column.size)})" if column.size <= _LARGEST_VARBINARY else "LONGBLOB"


def _text(column: ColumnType, lob_bytes: int, safe: bool) -> str:
    if column.lob:
        return _lob("TEXT", column.size, safe, lob_bytes)
    characters = -(-column.size // _BYTES.get(column.charset, 1))
    return f"VARCHAR({max(1, characters)})" if characters <= _LARGEST_VARCHAR else "LONGTEXT"


def _lob(kind: str, size: int, safe: bool, lob_bytes: int) -> str:
    if safe and size:
        return next((prefix for limit, prefix in _LOBS if size <= limit), "LONG") + kind
    return kind if 0 < lob_bytes <= 65_535 else f"LONG{kind}"


def declared_mysql_type(declared: DataType) -> str:
    """What a rule change-data-type asks for."""
    if declared.name == "numeric":
        return f"DECIMAL({declared.precision},{declared.scale})"
    if declared.name in ("string", "wstring"):
        return f"VARCHAR({max(1, declared.length)})" if declared.length <= _LARGEST_VARCHAR else "LONGTEXT"
    if declared.name == "bytes":
        return f"VARBINARY({max(1, declared.length)})" if declared.length <= _LARGEST_VARBINARY else "LONGBLOB"
    return _DECLARED[declared.name]


_DECLARED = {
    "boolean": "TINYINT(1)", "date": "DATE", "time": "TIME(6)", "datetime": "DATETIME(6)", "real4": "FLOAT", "real8": "DOUBLE",
    "int1": "TINYINT", "int2": "SMALLINT", "int4": "INT", "int8": "BIGINT",
    "uint1": "TINYINT UNSIGNED", "uint2": "SMALLINT UNSIGNED", "uint4": "INT UNSIGNED", "uint8": "BIGINT UNSIGNED",
}  # fmt: skip
