"""Arrow columns to PostgreSQL's binary COPY format, whole columns at a time.

About twice as fast as CSV text (docs/decisions/0006-redshift-copy.md): PostgreSQL spends most of a COPY on parsing numbers and timestamps,
which the binary format spares it. Rows are built as an array of records, one payload per column; bytes that a row has not (nulls,
shorter texts) are masked out at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["HEADER", "TRAILER", "encode"]

HEADER = b"PGCOPY\n\xff\r\n\x00" + b"\x00" * 8
TRAILER = b"\xff\xff"
_MATRIX_BYTES = 16 << 20
_DAYS_TO_2000 = 10957
_MICROSECONDS_TO_2000 = 946_684_800_000_000
_NEGATIVE = 0x4000


@dataclass(frozen=True, slots=True)
class _Field:
    """One column of rows: payload (rows × width), and the length of each row's payload, -1 for null; None when all have the width."""

    payload: np.ndarray
    lengths: np.ndarray | None


def encode(columns: Sequence[pa.Array]) -> Iterator[bytes]:
    """The rows of the columns, in pieces of bounded size. Text columns are string arrays; timestamps are in microseconds."""
    rows = len(columns[0]) if columns else 0
    if not rows:
        return
    width = sum(_width(column) for column in columns)
    if rows > 1 and rows * width > _MATRIX_BYTES:
        half = rows // 2
        yield from encode([column.slice(0, half) for column in columns])
        yield from encode([column.slice(half) for column in columns])
        return
    yield _rows([_field(column) for column in columns], rows)


def _width(column: pa.Array) -> int:
    if _is_text(column.type):
        return 4 + int(pc.max(pc.binary_length(column)).as_py() or 0)
    return 4 + (24 if pa.types.is_decimal(column.type) else 8)


def _is_text(kind: pa.DataType) -> bool:
    """Texts and bytes: what PostgreSQL takes as it is."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _rows(fields: Sequence[_Field], rows: int) -> bytes:
    """The fields side by side: a record type with a length and a payload for each, so that NumPy copies whole payloads."""
    widths = [field.payload.shape[1] for field in fields]
    parts: list[tuple[str, str]] = [("fields", ">i2")]
    for number, width in enumerate(widths):
        parts += [(f"length{number}", ">i4"), (f"payload{number}", f"V{width}")] if width else [(f"length{number}", ">i4")]
    records = np.empty(rows, np.dtype(parts))
    records["fields"] = len(fields)
    for number, (field, width) in enumerate(zip(fields, widths, strict=True)):
        records[f"length{number}"] = width if field.lengths is None else field.lengths
        if width:
            records[f"payload{number}"] = np.ascontiguousarray(field.payload).view(f"V{width}").ravel()
    if all(field.lengths is None for field in fields):
        return records.tobytes()
    keep = np.ones((rows, records.dtype.itemsize), bool)
    at = 2
    for field, width in zip(fields, widths, strict=True):
        if field.lengths is not None:
            keep[:, at + 4 : at + 4 + width] = np.arange(width) < field.lengths[:, None]
        at += 4 + width
    return records.view(np.uint8).reshape(rows, -1)[keep].tobytes()


def _field(column: pa.Array) -> _Field:
    kind, rows = column.type, len(column)
    if _is_text(kind):
        return _text(column)
    if pa.types.is_decimal(kind):
        payload = _numeric(column)
    elif pa.types.is_boolean(kind):
        payload = _values(column.cast(pa.uint8()), np.uint8).reshape(rows, 1)
    elif pa.types.is_date32(kind):
        payload = _big_endian(_values(column.cast(pa.int32()), np.int32) - _DAYS_TO_2000, ">i4")
    elif pa.types.is_timestamp(kind):
        payload = _big_endian(_values(column.cast(pa.int64()), np.int64) - _MICROSECONDS_TO_2000, ">i8")
    else:
        numbers = _values(column, kind.to_pandas_dtype())
        payload = _big_endian(numbers, numbers.dtype.newbyteorder(">"))
    return _Field(payload, _null_lengths(column, payload.shape[1]))


def _values(column: pa.Array, dtype: type) -> np.ndarray:
    """The values with something harmless in place of nulls."""
    filled = pc.fill_null(column, pa.scalar(0, column.type)) if column.null_count else column
    return filled.to_numpy(zero_copy_only=False).astype(dtype, copy=False)


def _big_endian(values: np.ndarray, dtype: np.dtype[Any] | str) -> np.ndarray:
    return np.ascontiguousarray(values.astype(dtype)).view(np.uint8).reshape(len(values), -1)


def _null_lengths(column: pa.Array, width: int) -> np.ndarray | None:
    if not column.null_count:
        return None
    return np.where(pc.is_null(column).to_numpy(zero_copy_only=False), -1, width)


def _text(column: pa.Array) -> _Field:
    rows = len(column)
    filled = pc.fill_null(column, pa.scalar(b"", pa.binary()).cast(column.type)) if column.null_count else column
    # A cast to binary by concatenation gives one buffer that starts at this slice.
    flat = pa.concat_arrays([filled.cast(pa.large_binary())])
    offsets = np.frombuffer(flat.buffers()[1], np.int64)[flat.offset : flat.offset + rows + 1]
    data = np.frombuffer(flat.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    lengths = np.diff(offsets)
    width = int(lengths.max())
    if not column.null_count and int(lengths.min()) == width:
        return _Field(data.reshape(rows, width), None)
    payload = np.zeros((rows, width), np.uint8)
    payload[np.arange(width) < lengths[:, None]] = data
    if column.null_count:
        lengths = np.where(pc.is_null(column).to_numpy(zero_copy_only=False), -1, lengths)
    return _Field(payload, lengths)


def _numeric(column: pa.Array) -> np.ndarray:
    """numeric's form: digits to the base 10,000 with their count, weight, sign and scale; zero digits at the ends do no harm."""
    scale = column.type.scale
    unscaled = _unscaled(column)
    size = np.abs(unscaled)
    unit = 10**scale if unscaled.dtype == np.int64 else int(10**scale)
    fraction_groups = -(-scale // 4)
    # NumPy divides by a constant fast and takes remainders slowly.
    whole = size // unit
    fraction = (size - whole * unit) * 10 ** (4 * fraction_groups - scale)
    whole_groups = -(-len(str(int(whole.max()))) // 4)
    payload = np.zeros((len(column), 4 + whole_groups + fraction_groups), ">i2")
    payload[:, 0], payload[:, 1], payload[:, 3] = whole_groups + fraction_groups, whole_groups - 1, scale
    payload[:, 2] = np.where(unscaled < 0, _NEGATIVE, 0)
    _digits(payload[:, 4 + whole_groups :], fraction)
    _digits(payload[:, 4 : 4 + whole_groups], whole)
    return payload.view(np.uint8).reshape(len(column), -1)


def _digits(payload: np.ndarray, numbers: np.ndarray) -> None:
    """The base-10,000 digits of the numbers, right-aligned, into the columns of the payload."""
    for group in range(payload.shape[1] - 1, 0, -1):
        higher = numbers // 10_000
        payload[:, group] = numbers - higher * 10_000
        numbers = higher
    if payload.shape[1]:
        payload[:, 0] = numbers


def _unscaled(column: pa.Array) -> np.ndarray:
    """The whole numbers behind the decimals: int64 where all fit with room to spare, Python's otherwise."""
    rows = len(column)
    if pa.types.is_decimal256(column.type):
        column = column.cast(pa.decimal128(min(column.type.precision, 38), column.type.scale))
    words = np.frombuffer(column.buffers()[1], np.int64).reshape(-1, 2)[column.offset : column.offset + rows]
    low, high = words[:, 0], words[:, 1]
    if column.null_count:
        null = pc.is_null(column).to_numpy(zero_copy_only=False)
        low, high = np.where(null, 0, low), np.where(null, 0, high)
    if column.type.scale <= 16 and bool((high == low >> 63).all()) and bool((low != np.iinfo(np.int64).min).all()):
        return low
    return np.array([(int(h) << 64) | (int(w) & (2**64 - 1)) for h, w in zip(high, low, strict=True)], dtype=object)
