"""Values of the source as a target's column takes them, and which do not fit. Nothing is cut or rounded unasked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from localaws.dms.charsets import LONGEST_CHARACTER
from localaws.dms.data_types import DataType
from localaws.dms.exceptions import TargetError

__all__ = ["Fitted", "Refused", "TargetColumn", "declared_column", "fit", "fitted_type"]

_MISSING = "null in a column that is NOT NULL"
_INTEGERS = {"smallint": (pa.int16(), 15), "integer": (pa.int32(), 31), "bigint": (pa.int64(), 63)}


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """A column as the target has it: type in Redshift's words, bytes of a text, precision and scale of a number."""

    name: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that does not fit: its number, the column, and why. `truncated`: the value would have had to be cut."""

    row: int
    column: str
    reason: str
    truncated: bool


@dataclass(slots=True)
class Fitted:
    """Rows with the target's types. Those in `refused` hold null where the value did not fit."""

    rows: pa.Table
    refused: list[Refused]

    @property
    def good(self) -> pa.Table:
        """The rows without those refused."""
        if not self.refused:
            return self.rows
        keep = np.ones(len(self.rows), bool)
        keep[[refused.row for refused in self.refused]] = False
        return self.rows.filter(pa.array(keep))


def fit(rows: pa.Table, columns: Sequence[TargetColumn]) -> Fitted:
    """The rows' columns of the same names as the target's types.

    Raises:
        TargetError: a type of the source has no form in the target's type.
    """
    arrays, refused = [], []
    for column in columns:
        source = rows.column(column.name)
        source = source.combine_chunks() if source.num_chunks != 1 else source.chunk(0)
        array, bad, reason = _fitted(source, column)
        if column.required and array.null_count:
            missing = pc.is_null(array)
            bad, reason = (missing, _MISSING) if bad is None else (pc.or_(bad, missing), reason)
        if bad is not None and pc.any(bad).as_py():
            numbers = np.flatnonzero(bad.to_numpy(zero_copy_only=False)).tolist()
            refused += [Refused(row, column.name, reason, reason != _MISSING) for row in numbers]
            array = pc.if_else(bad, pa.scalar(None, array.type), array)
        arrays.append(array)
    return Fitted(pa.table(arrays, [column.name for column in columns]), refused)


def declared_column(name: str, kind: DataType) -> TargetColumn:
    """A column that takes what a type of a change-data-type rule does, for targets whose files have no columns of their own."""
    if kind.name in _DECLARED:
        return TargetColumn(name, _DECLARED[kind.name])
    if kind.name in ("numeric", "uint8"):
        return TargetColumn(name, "numeric", precision=kind.precision or 20, scale=kind.scale)
    characters = {"bytes": 2 * kind.length, "time": 20}.get(kind.name, kind.length * LONGEST_CHARACTER["utf8mb4"])
    return TargetColumn(name, "character varying", characters)


_DECLARED = {
    "boolean": "boolean", "date": "date", "datetime": "timestamp without time zone", "real4": "real", "real8": "double precision",
    "int1": "smallint", "int2": "smallint", "int4": "integer", "int8": "bigint",
    "uint1": "smallint", "uint2": "integer", "uint4": "bigint",
}  # fmt: skip


def fitted_type(column: TargetColumn) -> pa.DataType:
    """The type that `fit` gives a column. Raises TargetError where there is none."""
    if column.type == "numeric":
        return pa.decimal128(column.precision, column.scale)
    found = _INTEGERS[column.type][0] if column.type in _INTEGERS else _TYPES.get(column.type)
    if found is None:
        raise TargetError(f"The target's column {column.name} is {column.type}, which is not read yet.")
    return found


def _fitted(array: pa.Array, column: TargetColumn) -> tuple[pa.Array, pa.Array | None, str]:
    convert = _CONVERSIONS.get(column.type)
    if convert is None:
        raise TargetError(f"The target's column {column.name} is {column.type}, which is not written yet.")
    try:
        array, bad, reason = convert(array, column)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise TargetError(f"The target's column {column.name} is {column.type}, and the source gives {array.type}: {error}.") from error
    return array, None if bad is None else pc.fill_null(bad, False), reason


def _integer(array: pa.Array, column: TargetColumn) -> tuple[pa.Array, pa.Array | None, str]:
    kind, bits = _INTEGERS[column.type]
    array = _bits_as_number(array)
    if array.type == kind:
        return array, None, ""
    if pa.types.is_boolean(array.type):
        return array.cast(kind), None, ""
    if pa.types.is_integer(array.type) and array.type.bit_width < kind.bit_width:
        return array.cast(kind), None, ""
    if pa.types.is_integer(array.type):
        limits, zero = (pa.scalar(edge, array.type) for edge in (-(1 << bits), (1 << bits) - 1)), pa.scalar(0, array.type)
    else:
        wide = pa.decimal128(38, getattr(array.type, "scale", 0))
        array = array.cast(wide)
        limits, zero = (pa.scalar(Decimal(edge), wide) for edge in (-(1 << bits), (1 << bits) - 1)), pa.scalar(Decimal(0), wide)
    low, high = limits
    bad = pc.or_(pc.less(array, low), pc.greater(array, high))
    zeroed = pc.if_else(pc.fill_null(bad, False), zero, array)
    return zeroed.cast(kind), bad, f"value out of range of {column.type.upper()}"


def _bits_as_number(array: pa.Array) -> pa.Array:
    """BIT of several bits is bytes, most significant first; only it can meet a number on the target."""
    if not pa.types.is_binary(array.type):
        return array
    return pa.array([None if value is None else Decimal(int.from_bytes(value, "big")) for value in array.to_pylist()], pa.decimal128(20, 0))


def _numeric(array: pa.Array, column: TargetColumn) -> tuple[pa.Array, pa.Array | None, str]:
    kind = pa.decimal128(column.precision, column.scale)
    array = _bits_as_number(array)
    if array.type == kind:
        return array, None, ""
    if pa.types.is_integer(array.type) or pa.types.is_boolean(array.type):
        array = array.cast(pa.int64()).cast(pa.decimal128(19, 0))
    found = array.type
    if pa.types.is_decimal(found) and found.scale <= column.scale and found.precision - found.scale <= column.precision - column.scale:
        return array.cast(kind), None, ""
    wide = array.cast(pa.decimal256(76, max(column.scale, getattr(array.type, "scale", column.scale))))
    limit = pa.scalar(Decimal(10) ** (column.precision - column.scale), pa.decimal256(40, 0))
    bad = pc.greater_equal(pc.abs(wide), limit)
    rounded = pc.round(wide, column.scale)
    bad = pc.or_(bad, pc.not_equal(rounded, wide))
    zeroed = pc.if_else(pc.fill_null(bad, False), pa.scalar(Decimal(0), wide.type), wide)
    return zeroed.cast(pa.decimal256(76, column.scale)).cast(kind), bad, f"value does not fit NUMERIC({column.precision},{column.scale})"


def _text(array: pa.Array, column: TargetColumn) -> tuple[pa.Array, pa.Array | None, str]:
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        array = pa.array([None if value is None else value.hex() for value in array.to_pylist()], pa.string())
    elif pa.types.is_timestamp(array.type):
        array = pc.strftime(array, "%Y-%m-%d %H:%M:%S")
    elif not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        array = array.cast(pa.string())
    bad = pc.greater(pc.binary_length(array), column.length)
    reason = f"text is longer than the {column.length} bytes of the column"
    zero = pc.match_substring(array, "\0")
    if pc.any(zero).as_py():
        bad, reason = pc.or_(bad, zero), f"{reason}, or has a null character"
    return array, bad, reason


def _cast(kind: pa.DataType) -> Callable[[pa.Array, TargetColumn], tuple[pa.Array, pa.Array | None, str]]:
    def convert(array: pa.Array, column: TargetColumn) -> tuple[pa.Array, pa.Array | None, str]:
        return array if array.type == kind else array.cast(kind), None, ""

    return convert


_TYPES: dict[str, pa.DataType] = {
    "real": pa.float32(), "double precision": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"), "character varying": pa.string(), "character": pa.string(),
}  # fmt: skip
_CONVERSIONS: dict[str, Callable[[pa.Array, TargetColumn], tuple[pa.Array, pa.Array | None, str]]] = {
    **dict.fromkeys(_INTEGERS, _integer),
    "numeric": _numeric,
    "real": _cast(_TYPES["real"]),
    "double precision": _cast(_TYPES["double precision"]),
    "boolean": _cast(_TYPES["boolean"]),
    "date": _cast(_TYPES["date"]),
    "timestamp without time zone": _cast(_TYPES["timestamp without time zone"]),
    "character varying": _text,
    "character": _text,
}
