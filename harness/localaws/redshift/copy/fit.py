"""Do the columns and values of a Parquet or ORC file fit the table? By position, each type for itself.

Source: Redshift guide, "COPY from columnar data formats".

Nothing is widened, cut or rounded: what does not fit stops the load and names file, column and value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.json_records import compact
from localaws.redshift.copy.target import TargetColumn
from localaws.redshift.exceptions import LoadError

__all__ = ["check_schema", "fitted"]

_SUPER_VERSION = b"\x01"  # of jsonb's binary form
_SURROGATE = re.compile("[\udc80-\udcff]")
_ACCEPTS: dict[str, Callable[[pa.DataType], bool]] = {
    "int2": lambda t: pa.types.is_int8(t) or pa.types.is_int16(t) or pa.types.is_int32(t),
    "int4": lambda t: pa.types.is_int8(t) or pa.types.is_int16(t) or pa.types.is_int32(t),
    "int8": pa.types.is_int64,
    "numeric": pa.types.is_decimal,
    "varchar": lambda t: pa.types.is_string(t) or pa.types.is_large_string(t),
    "bpchar": lambda t: pa.types.is_string(t) or pa.types.is_large_string(t),
    "date": pa.types.is_date32,
    "timestamp": pa.types.is_timestamp,
    "timestamptz": pa.types.is_timestamp,
    "bool": pa.types.is_boolean,
    "float4": pa.types.is_float32,
    "float8": pa.types.is_float64,
    "bytea": lambda t: pa.types.is_binary(t) or pa.types.is_large_binary(t),
    "jsonb": lambda t: True,
}


def check_schema(command: CopyCommand, uri: str, schema: pa.Schema, targets: list[TargetColumn]) -> None:
    """Number and types of the columns; with FILLRECORD the last ones may be missing.

    Raises:
        LoadError: they do not match.
    """
    table, format = command.name, command.format.title() if command.format == "PARQUET" else command.format
    if len(schema) > len(targets) or (len(schema) < len(targets) and not command.fill_record):
        raise LoadError(
            table,
            f"Unmatched number of columns between table and file. Table columns: {len(targets)}, Data columns: {len(schema)}",
            file=uri,
        )
    for field, target in zip(schema, targets, strict=False):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        accepts = _ACCEPTS.get(target.type)
        if target.type == "jsonb" and not command.serialize_to_json:
            raise LoadError(table, f"A SUPER column is loaded from {format} with SERIALIZETOJSON", file=uri, column=target.name)
        if accepts is None:
            raise LoadError(table, f"Columns of type {target.label} are not loaded from {format}", file=uri, column=target.name)
        same = accepts(kind) and (target.type != "numeric" or kind.scale == target.scale)
        if not same:
            raise LoadError(
                table,
                f"The file has an incompatible {format} schema for column '{field.name}'. "
                f"Column type: {target.label}, {format} schema: {kind}",
                file=uri,
                column=target.name,
            )


def fitted(command: CopyCommand, uri: str, first: int, array: pa.Array, target: TargetColumn) -> pa.Array:
    """The array in one form per target type; `first` is the number of its first record in the file.

    Raises:
        LoadError: a value does not fit.
    """
    table = command.name
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if array.null_count and target.required:
        line = pc.index(pc.is_null(array), True).as_py()
        raise LoadError(table, "NULL value in a column that is NOT NULL", file=uri, column=target.name, line=first + line)
    if target.type == "jsonb":
        return pa.array(
            [None if value is None else _SUPER_VERSION + compact(_plain(value, array.type)).encode() for value in array.to_pylist()]
        )
    if target.text and command.replacement is not None:
        array = _with_replacements(array, command.replacement)
    if target.text:
        _stop_where(
            pc.greater(pc.binary_length(array), target.bytes), table, uri, first, array, target, f"String length exceeds {target.label}"
        )
        return array
    if target.type == "int2" and not pa.types.is_int16(array.type):
        wide = array.cast(pa.int32())
        _stop_where(
            pc.or_(pc.less(wide, -32768), pc.greater(wide, 32767)), table, uri, first, array, target, "Value out of range of SMALLINT"
        )
        return wide.cast(pa.int16())
    if target.type == "int4":
        return array.cast(pa.int32())
    if target.type == "numeric" and array.type.precision > (target.precision or 0):
        return _narrowed(table, uri, first, array, target)
    if target.type in ("timestamp", "timestamptz"):
        return _microseconds(table, uri, first, array, target)
    return array


def _with_replacements(array: pa.Array, replacement: str) -> pa.Array:
    """Bytes that are no UTF-8 replaced, each by the character (ACCEPTINVCHARS)."""
    raw = array.cast(pa.large_binary())
    try:
        return raw.cast(pa.large_string())
    except pa.ArrowInvalid:
        texts = (None if value is None else value.decode(errors="surrogateescape") for value in raw.to_pylist())
        return pa.array([None if text is None else _SURROGATE.sub(replacement.replace("\\", "\\\\"), text) for text in texts], pa.string())


def _plain(value: Any, kind: pa.DataType) -> Any:
    """A value as JSON has it: maps are objects, what JSON has no type for is a text."""
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {field.name: _plain(value[field.name], field.type) for field in kind}
    if pa.types.is_map(kind):
        return {str(key): _plain(member, kind.item_type) for key, member in value}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [_plain(member, kind.value_type) for member in value]
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, bool | int | float | str | Decimal) else str(value)


def _narrowed(table: str, uri: str, first: int, array: pa.Array, target: TargetColumn) -> pa.Array:
    digits = (target.precision or 0) - (target.scale or 0)
    limit = pa.scalar(Decimal(10**digits), pa.decimal256(76, target.scale))
    too_large = pc.greater_equal(pc.abs(array.cast(pa.decimal256(76, target.scale))), limit)
    _stop_where(too_large, table, uri, first, array, target, f"Numeric data overflow of {target.label}")
    return array


def _microseconds(table: str, uri: str, first: int, array: pa.Array, target: TargetColumn) -> pa.Array:
    if array.type.unit == "ns":
        lost = pc.not_equal(
            array.cast(pa.timestamp("us"), safe=False).cast(pa.timestamp("ns"), safe=False).cast(pa.int64()), array.cast(pa.int64())
        )
        _stop_where(lost, table, uri, first, array, target, "Timestamp is finer than a microsecond")
    return array.cast(pa.timestamp("us", tz=array.type.tz))


def _stop_where(bad: pa.Array, table: str, uri: str, first: int, array: pa.Array, target: TargetColumn, reason: str) -> None:
    if pc.any(bad).as_py():
        at = pc.index(bad, True).as_py()
        raise LoadError(table, reason, file=uri, column=target.name, line=first + at, value=str(array[at].as_py()))
