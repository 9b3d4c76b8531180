"""Do a Parquet file's columns and values fit the table? By position, each type for itself (guide, "COPY from columnar data formats").

Nothing is widened, cut or rounded: what does not fit stops the load and names file, column and value.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from localaws.redshift.copy.target import TargetColumn
from localaws.redshift.exceptions import LoadError

__all__ = ["check_schema", "fitted"]

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
}


def check_schema(table: str, uri: str, schema: pa.Schema, targets: list[TargetColumn]) -> None:
    """Number and types of the columns.

    Raises:
        LoadError: they do not match.
    """
    if len(schema) != len(targets):
        raise LoadError(
            table,
            f"Unmatched number of columns between table and file. Table columns: {len(targets)}, Data columns: {len(schema)}",
            file=uri,
        )
    for field, target in zip(schema, targets, strict=True):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        accepts = _ACCEPTS.get(target.type)
        if accepts is None:
            raise LoadError(table, f"Columns of type {target.label} are not loaded from Parquet", file=uri, column=target.name)
        same = accepts(kind) and (target.type != "numeric" or kind.scale == target.scale)
        if not same:
            raise LoadError(
                table,
                f"The file has an incompatible Parquet schema for column '{field.name}'. "
                f"Column type: {target.label}, Parquet schema: {kind}",
                file=uri,
                column=target.name,
            )


def fitted(table: str, uri: str, first: int, array: pa.Array, target: TargetColumn) -> pa.Array:
    """The array in one form per target type; `first` is the number of its first record in the file.

    Raises:
        LoadError: a value does not fit.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if array.null_count and target.required:
        line = pc.index(pc.is_null(array), True).as_py()
        raise LoadError(table, "NULL value in a column that is NOT NULL", file=uri, column=target.name, line=first + line)
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
