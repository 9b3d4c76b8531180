"""A source column's type, the same from the catalog and from the binlog, and the Arrow type that holds it without loss.

Narrowing to what AWS DMS would create on a target (an INT UNSIGNED in an INT4) happens where the target is written, never here.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

__all__ = ["ColumnType", "Kind", "SourceColumn", "SourceTable", "arrow_type", "labels_size"]

Kind = str
"""int, decimal, float, double, bit, year, date, time, datetime, timestamp, text, enum, set, binary, json or geometry."""

_LARGEST_DECIMAL = 38


@dataclass(frozen=True, slots=True)
class ColumnType:
    """What decides how a value is read and written. `size` is bytes for integers, binaries and texts, bits for BIT."""

    kind: Kind
    size: int = 0
    unsigned: bool = False
    precision: int = 0
    scale: int = 0
    charset: str = ""
    labels: tuple[str, ...] = ()
    lob: bool = False
    """Of the families of TEXT and BLOB, JSON or a geometry: `size` is bytes whatever the character set."""


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column of the source."""

    name: str
    type: ColumnType
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table (or view) of the source with its primary key, in the key's order; without one, `key` is empty."""

    schema: str
    name: str
    columns: tuple[SourceColumn, ...]
    key: tuple[str, ...] = ()
    is_view: bool = False
    rows: int = 0
    """The server's estimate."""

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> SourceColumn:
        return next(column for column in self.columns if column.name == name)


def arrow_type(column: ColumnType) -> pa.DataType:
    """The Arrow type that holds every value of the column.

    DECIMALs of more than 38 digits and TIMEs, which may be negative or longer than a day, are texts.
    """
    kind = column.kind
    if kind == "int":
        if column.size == 8:
            return pa.decimal128(20, 0) if column.unsigned else pa.int64()
        bits = column.size * 8 + column.unsigned
        return pa.int16() if bits <= 16 else pa.int32() if bits <= 32 else pa.int64()
    if kind == "decimal":
        return pa.decimal128(column.precision, column.scale) if column.precision <= _LARGEST_DECIMAL else pa.string()
    if kind == "bit":
        return pa.bool_() if column.size == 1 else pa.binary()
    return _PLAIN[kind]


_PLAIN: dict[Kind, pa.DataType] = {
    "float": pa.float32(),
    "double": pa.float64(),
    "year": pa.int16(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "timestamp": pa.timestamp("us"),
    "time": pa.string(),
    "text": pa.string(),
    "enum": pa.string(),
    "set": pa.string(),
    "json": pa.string(),
    "binary": pa.binary(),
    "geometry": pa.binary(),
}


def labels_size(kind: Kind, labels: tuple[str, ...]) -> int:
    """Bytes of UTF-8 that the longest value of an ENUM or SET has."""
    sizes = [len(label.encode()) for label in labels]
    return max(sizes, default=0) if kind == "enum" else sum(sizes) + max(0, len(sizes) - 1)
