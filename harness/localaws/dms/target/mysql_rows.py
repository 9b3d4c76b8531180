"""Rows as LOAD DATA reads them: a line each, tabs between values, backslashes before what is special, \\N for null.

Bytes are written as hexadecimal digits and made bytes again by the server, so that no character set touches them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["MySqlColumn", "as_texts", "load_clause", "load_lines"]

_BYTES = frozenset(
    ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "linestring", "polygon", "multipoint",
     "multilinestring", "multipolygon", "geometrycollection", "geomcollection")
)  # fmt: skip
_SPECIAL = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"))


@dataclass(frozen=True, slots=True)
class MySqlColumn:
    """A column as the target has it: its name, its DATA_TYPE, and whether the server computes it."""

    name: str
    type: str
    generated: bool = False


def load_lines(rows: pa.Table, names: Sequence[str]) -> bytes:
    """The lines of these columns, in UTF-8."""
    columns = [_text(rows.column(name).combine_chunks()) for name in names]
    tab = pa.scalar("\t", pa.large_string())
    joined = pc.binary_join_element_wise(*columns, tab, null_handling="replace", null_replacement="\\N")
    return "".join(line + "\n" for line in joined.to_pylist()).encode()


def as_texts(rows: pa.Table) -> pa.Table:
    """The rows with every value as LOAD DATA reads it: what two servers hold is the same when these are."""
    return pa.table([_text(column.combine_chunks()).cast(pa.string()) for column in rows.columns], rows.column_names)


def _text(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if value is None else value.hex() for value in array.to_pylist()], pa.large_string())
    if pa.types.is_boolean(kind):
        return array.cast(pa.int8()).cast(pa.large_string())
    if pa.types.is_timestamp(kind):
        return pc.strftime(array, "%Y-%m-%d %H:%M:%S").cast(pa.large_string())
    text = array.cast(pa.large_string())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        for plain, written in _SPECIAL:
            text = pc.replace_substring(text, plain, written)
    return text


def load_clause(rows: pa.Table, names: Sequence[str], columns: Mapping[str, MySqlColumn], quoted: Mapping[str, str]) -> str:
    """The end of a LOAD DATA statement: the columns in the order of the lines, and how bytes and bits are made of their texts."""
    targets, made = [], []
    for number, name in enumerate(names):
        kind, target = rows.schema.field(name).type, columns[name].type
        binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        conversion = ""
        if target in _BYTES and binary:
            conversion = "UNHEX({})"
        elif target == "bit":
            conversion = "CAST(CONV({}, 16, 10) AS UNSIGNED)" if binary else "CAST({} AS UNSIGNED)"
        targets.append(f"@awsdms_{number}" if conversion else quoted[name])
        if conversion:
            made.append(f"{quoted[name]} = {conversion.format(f'@awsdms_{number}')}")
    return f"({', '.join(targets)})" + (f" SET {', '.join(made)}" if made else "")
