"""DMS's own data types: what a column of MySQL becomes on the way, and what a target makes of that. Every target reads this one table.

Sources: DMS guide, "Source data types for MySQL", "Data types for AWS Database Migration Service", and "Target data types" for Amazon
Redshift, MySQL, S3 Parquet and DynamoDB. Where the guide leaves a gap the row says what is taken here. Nothing of it was run on AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from localaws.dms.charsets import LONGEST_CHARACTER
from localaws.dms.types import ColumnType, Kind

__all__ = [
    "LARGEST_TEXT",
    "DataType",
    "column_type",
    "dms_type",
    "dynamodb_type",
    "is_lob",
    "mysql_type",
    "overflow",
    "parquet_type",
    "redshift_type",
]

LARGEST_TEXT = 65_535
_LARGEST_LOB = 63 * 1024
"""Of what a LOB has Redshift keeps no more."""
_MOST_DIGITS, _MOST_DECIMALS = 38, 37
"""Of a NUMERIC of Redshift: with more decimals the guide has a VARCHAR; with more digits it says nothing, and no wider NUMERIC exists."""
_LARGEST_VARCHAR, _LARGEST_VARBINARY = 16_383, 65_532
"""Characters of utf8mb4, and bytes, that a row of MySQL has room for: the guide says 21,845 and 65,535, which the server refuses."""
_LOBS = frozenset(("blob", "clob", "nclob"))


@dataclass(frozen=True, slots=True)
class DataType:
    """A type of DMS's own, as change-data-type names it: `length` is characters of a text and bytes of BYTES."""

    name: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    octets: int = 0
    """Bytes of the longest text, as the source has it; 0 where nobody knows, as in a rule."""

    def __str__(self) -> str:
        """As the guide writes it."""
        digits = f"({self.precision},{self.scale})" if self.name == "numeric" else ""
        return self.name.upper() + (digits or (f"({self.length})" if self.length else ""))


def dms_type(column: ColumnType) -> DataType:
    """What a column of the source becomes.

    >>> str(dms_type(ColumnType("int", 2, unsigned=True))), str(dms_type(ColumnType("text", 180, charset="utf8mb4")))
    ('UINT2', 'WSTRING(45)')
    """
    return _SOURCE[column.kind](column)


def column_type(kind: DataType) -> ColumnType:
    """A column of MySQL that has the values of a type which a rule gives."""
    if kind.name.startswith(("int", "uint")):
        return ColumnType("int", int(kind.name[-1]), unsigned=kind.name[0] == "u")
    if kind.name in ("string", "wstring"):
        return ColumnType("text", kind.length * LONGEST_CHARACTER["utf8mb4"], charset="utf8mb4")
    return _COLUMNS[kind.name](kind)


_COLUMNS: dict[str, Callable[[DataType], ColumnType]] = {
    "boolean": lambda kind: ColumnType("bit", 1),
    "bytes": lambda kind: ColumnType("binary", kind.length),
    "date": lambda kind: ColumnType("date"),
    "time": lambda kind: ColumnType("time"),
    "datetime": lambda kind: ColumnType("datetime", scale=kind.scale),
    "numeric": lambda kind: ColumnType("decimal", precision=kind.precision, scale=kind.scale),
    "real4": lambda kind: ColumnType("float"),
    "real8": lambda kind: ColumnType("double"),
}


def is_lob(column: ColumnType) -> bool:
    """Whether LobMaxSize limits the column."""
    return dms_type(column).name in _LOBS


def overflow(column: ColumnType) -> str:
    """What becomes of large numbers of the column in the type that DMS makes on Redshift; empty where each fits."""
    if column.kind == "int" and column.unsigned and column.size in _OVERFLOWS:
        return f"overflows above {_OVERFLOWS[column.size]:,}"
    if column.kind == "decimal" and column.precision > _MOST_DIGITS and column.scale <= _MOST_DECIMALS:
        return f"overflows beyond {_MOST_DIGITS} digits"
    return ""


_OVERFLOWS = {2: 32_767, 4: 2_147_483_647}
"""Largest number of the type that an unsigned one of so many bytes becomes."""


def _integer(column: ColumnType) -> DataType:
    size = 4 if column.size == 3 else column.size
    return DataType(f"{'u' if column.unsigned else ''}int{size}")


def _bit(column: ColumnType) -> DataType:
    """The guide lists BIT, which is BIT(1), and BIT(64): those between are taken for bytes too."""
    return DataType("boolean") if column.size == 1 else DataType("bytes", (column.size + 7) // 8)


def _text(column: ColumnType) -> DataType:
    if column.lob and column.size > LARGEST_TEXT:
        return DataType("nclob")
    characters = column.size if column.lob else -(-column.size // LONGEST_CHARACTER.get(column.charset, 1))
    return DataType("wstring", max(1, characters), octets=max(1, column.size))


def _labelled(column: ColumnType) -> DataType:
    lengths = [len(label) for label in column.labels]
    longest = max(lengths, default=0) if column.kind == "enum" else sum(lengths) + max(0, len(lengths) - 1)
    return DataType("wstring", max(1, longest), octets=max(1, column.size))


def _binary(column: ColumnType) -> DataType:
    return DataType("blob") if column.lob and column.size > LARGEST_TEXT else DataType("bytes", max(1, column.size))


def _always(name: str, length: int = 0) -> Callable[[ColumnType], DataType]:
    return lambda column: DataType(name, length)


_SOURCE: dict[Kind, Callable[[ColumnType], DataType]] = {
    "int": _integer,
    "decimal": lambda column: DataType("numeric", precision=column.precision, scale=column.scale),
    "float": _always("real8"),  # a FLOAT is REAL(DOUBLE)
    "double": _always("real8"),
    "bit": _bit,
    "year": _always("int2"),
    "date": _always("date"),
    "time": _always("string", 20),  # the guide gives no length: that of a TIME on Redshift
    "datetime": lambda column: DataType("datetime", scale=column.scale),
    "timestamp": lambda column: DataType("datetime", scale=column.scale),
    "text": _text,
    "enum": _labelled,
    "set": _labelled,
    "json": _always("clob"),
    "binary": _binary,
    "geometry": _always("blob"),
}

_LengthOrLob = Callable[[DataType, int], str]


def redshift_type(kind: DataType, lob_bytes: int) -> str:
    """The type in a CREATE TABLE of Redshift; `lob_bytes` is LobMaxSize.

    >>> redshift_type(DataType("uint4"), 32768), redshift_type(DataType("blob"), 32768)
    ('INTEGER', 'VARCHAR(65535)')
    """
    found = _REDSHIFT[kind.name]
    return found if isinstance(found, str) else found(kind, lob_bytes)


def _varchar(size: int) -> str:
    return f"VARCHAR({max(1, min(size, LARGEST_TEXT))})"


def _numeric(kind: DataType, lob_bytes: int) -> str:
    if kind.scale > _MOST_DECIMALS:
        return _varchar(kind.precision + 3)  # sign, point, and the zero before it
    return f"NUMERIC({min(kind.precision, _MOST_DIGITS)},{kind.scale})"


_REDSHIFT: dict[str, str | _LengthOrLob] = {
    "boolean": "BOOLEAN",
    "bytes": lambda kind, lob: _varchar(2 * kind.length),  # hexadecimal digits
    "date": "DATE",
    "time": "VARCHAR(20)",
    "datetime": "TIMESTAMP",
    "int1": "SMALLINT", "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT",
    "uint1": "SMALLINT", "uint2": "SMALLINT", "uint4": "INTEGER", "uint8": "NUMERIC(20,0)",
    "numeric": _numeric,
    "real4": "REAL", "real8": "DOUBLE PRECISION",
    "string": lambda kind, lob: _varchar(kind.octets or kind.length),
    "wstring": lambda kind, lob: _varchar(kind.octets or kind.length),
    "blob": lambda kind, lob: _varchar(2 * min(lob, _LARGEST_LOB)),
    "clob": lambda kind, lob: _varchar(min(lob, _LARGEST_LOB)),
    "nclob": lambda kind, lob: _varchar(min(lob, _LARGEST_LOB)),
}  # fmt: skip


def mysql_type(kind: DataType, lob_bytes: int) -> str:
    """The type in a CREATE TABLE of MySQL; `lob_bytes` is LobMaxSize."""
    found = _MYSQL[kind.name]
    return found if isinstance(found, str) else found(kind, lob_bytes)


def _mysql_text(kind: DataType, lob_bytes: int) -> str:
    return f"VARCHAR({max(1, kind.length)})" if kind.length <= _LARGEST_VARCHAR else "LONGTEXT"


def _mysql_lob(word: str) -> _LengthOrLob:
    return lambda kind, lob: word if 0 < lob <= LARGEST_TEXT else f"LONG{word}"


_MYSQL: dict[str, str | _LengthOrLob] = {
    "boolean": "TINYINT(1)",
    "bytes": lambda kind, lob: f"VARBINARY({max(1, kind.length)})" if kind.length <= _LARGEST_VARBINARY else "LONGBLOB",
    "date": "DATE",
    "time": "TIME(6)",
    "datetime": lambda kind, lob: f"DATETIME({kind.scale})",
    "int1": "TINYINT", "int2": "SMALLINT", "int4": "INT", "int8": "BIGINT",
    "uint1": "TINYINT UNSIGNED", "uint2": "SMALLINT UNSIGNED", "uint4": "INT UNSIGNED", "uint8": "BIGINT UNSIGNED",
    "numeric": lambda kind, lob: f"DECIMAL({kind.precision},{kind.scale})",
    "real4": "FLOAT", "real8": "DOUBLE",
    "string": _mysql_text, "wstring": _mysql_text,
    "blob": _mysql_lob("BLOB"), "clob": _mysql_lob("TEXT"),
    "nclob": _mysql_lob("TEXT"),  # the guide has ucs2 for a LONGTEXT: this engine's tables are utf8mb4, which holds the same and more
}  # fmt: skip


def parquet_type(kind: DataType) -> pa.DataType:
    """The column of a Parquet file."""
    if kind.name == "numeric":
        # No reader of the platform takes a DECIMAL of more than 38 digits: as on Redshift it is a text.
        return pa.decimal128(kind.precision, kind.scale) if kind.precision <= _MOST_DIGITS else pa.string()
    return _PARQUET[kind.name]


_PARQUET: dict[str, pa.DataType] = {
    "boolean": pa.bool_(), "date": pa.date32(), "time": pa.time32("ms"), "datetime": pa.timestamp("us"),
    "int1": pa.int8(), "int2": pa.int16(), "int4": pa.int32(), "int8": pa.int64(),
    "uint1": pa.uint8(), "uint2": pa.uint16(), "uint4": pa.uint32(), "uint8": pa.uint64(),
    "real4": pa.float32(), "real8": pa.float64(),
    "bytes": pa.binary(), "blob": pa.binary(),
    "string": pa.string(), "wstring": pa.string(), "clob": pa.string(), "nclob": pa.string(),
}  # fmt: skip


def dynamodb_type(kind: DataType) -> str:
    """The letter of an attribute's type: S, N or BOOL; empty for what DynamoDB gets nothing of (bytes and LOBs but CLOBs)."""
    if kind.name in ("bytes", "blob", "nclob"):
        return ""
    if kind.name == "boolean":
        return "BOOL"
    return "N" if kind.name.startswith(("int", "uint", "numeric", "real")) else "S"
