"""Values of row images as Arrow arrays, whole columns at a time.

Formats: MySQL internals, "Rows_event"; for decimals and times the comments of `strings/decimal.c` and `sql-common/my_time.c`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from localaws.dms.binlog.rows import Places
from localaws.dms.binlog.table_map import WireColumn
from localaws.dms.charsets import IS_UTF8, decoder
from localaws.dms.exceptions import UnsupportedColumnError
from localaws.dms.types import arrow_type

__all__ = ["binary_array", "column_array", "days_of", "decimal_array"]

_JOIN_FROM = 64
_SAFE_DIGITS = 18


def column_array(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    """The column's values. `buffer` has `rows.PADDING` bytes more than its events.

    Raises:
        UnsupportedColumnError: the column cannot be read.
    """
    if column.refusal:
        raise UnsupportedColumnError(table, column.name, column.refusal)
    return _READERS[column.type.kind](buffer, table, column, places)


def _little(buffer: np.ndarray, at: np.ndarray, width: int) -> np.ndarray:
    """Unsigned little-endian numbers of `width` bytes, as uint64."""
    words = np.ndarray(len(buffer) - 7, "<u8", buffer, strides=(1,))[np.minimum(at, len(buffer) - 8)]
    return words if width == 8 else words & np.uint64((1 << (8 * width)) - 1)


def _big(buffer: np.ndarray, at: np.ndarray, width: int) -> np.ndarray:
    """Unsigned big-endian numbers of `width` bytes (at most 8), as int64."""
    words = np.ndarray(len(buffer) - 7, ">u8", buffer, strides=(1,))[np.minimum(at, len(buffer) - 8)]
    return (words.astype(np.uint64) >> np.uint64(64 - 8 * width)).astype(np.int64)


def _array(values: np.ndarray, kind: pa.DataType, null: np.ndarray | None) -> pa.Array:
    return pa.array(values, type=kind, mask=null)


def _integer(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    width, kind = column.fixed, arrow_type(column.type)
    values = _little(buffer, places.at, width)
    if column.type.unsigned:
        if width == 8:
            return decimal_array(values.view(np.int64), np.zeros(len(values), np.int64), kind, places.null)
        return _array(values.astype(kind.to_pandas_dtype()), kind, places.null)
    move = np.int64(64 - 8 * width)
    return _array((values.view(np.int64) << move >> move).astype(kind.to_pandas_dtype()), kind, places.null)


def decimal_array(low: np.ndarray, high: np.ndarray, kind: pa.DataType, null: np.ndarray | None) -> pa.Array:
    """Decimals from the two halves of their unscaled numbers."""
    words = np.empty((len(low), 2), np.int64)
    words[:, 0], words[:, 1] = low, high
    valid = None if null is None else pa.py_buffer(np.packbits(~null, bitorder="little"))
    return pa.Array.from_buffers(kind, len(low), [valid, pa.py_buffer(words)])


def _decimal(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    """Groups of nine digits in four bytes, shorter ones at both ends; the sign is the first bit, inverted; negatives are inverted."""
    precision, scale, kind = column.type.precision, column.type.scale, arrow_type(column.type)
    data = buffer[np.minimum(places.at, len(buffer) - column.fixed)[:, None] + np.arange(column.fixed)]
    negative = data[:, 0] < 0x80
    data[:, 0] ^= 0x80
    data[negative] ^= 0xFF
    number: np.ndarray = np.zeros(len(data), np.int64 if precision <= _SAFE_DIGITS else object)
    at = 0
    for digits in _groups(precision, scale):
        width = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)[digits]
        group = np.zeros(len(data), np.int64)
        for byte in range(width):
            group = group << 8 | data[:, at + byte]
        number = number * 10**digits + group
        at += width
    number = np.where(negative, -number, number)
    if precision <= _SAFE_DIGITS:
        return decimal_array(number, number >> 63, kind, places.null)
    return _wide_decimals(number, scale, kind, places.null)


def _groups(precision: int, scale: int) -> list[int]:
    whole = precision - scale
    return [n for n in (whole % 9, *[9] * (whole // 9), *[9] * (scale // 9), scale % 9) if n]


def _wide_decimals(numbers: np.ndarray, scale: int, kind: pa.DataType, null: np.ndarray | None) -> pa.Array:
    skip = np.zeros(len(numbers), bool) if null is None else null
    if pa.types.is_decimal(kind):
        low = np.array([0 if no else number & (2**64 - 1) for number, no in zip(numbers, skip, strict=True)], np.uint64)
        high = np.array([0 if no else number >> 64 for number, no in zip(numbers, skip, strict=True)], np.int64)
        return decimal_array(low.view(np.int64), high, kind, null)
    texts = []
    for number, no in zip(numbers, skip, strict=True):
        digits = f"{abs(number):0{scale + 1}d}"
        sign = "-" if number < 0 else ""
        texts.append(None if no else f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}")
    return pa.array(texts, pa.string())


def _real(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    bits = _little(buffer, places.at, column.fixed)
    values = bits.view(np.float64) if column.fixed == 8 else bits.astype(np.uint32).view(np.float32)
    return _array(values, arrow_type(column.type), places.null)


def _year(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    value = buffer[np.minimum(places.at, len(buffer) - 1)].astype(np.int16)
    return _array(np.where(value == 0, 0, value + 1900).astype(np.int16), pa.int16(), places.null)


def _bit(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    if column.type.size == 1:
        return pa.array(buffer[np.minimum(places.at, len(buffer) - 1)] != 0, pa.bool_(), mask=places.null)
    return binary_array(buffer, places, pa.binary())


def days_of(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970, and where there is no such day: zero dates, and those that ALLOW_INVALID_DATES lets in, are null as in DMS."""
    months = (year - 1970) * 12 + np.maximum(month, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    no_day = (month < 1) | (month > 12) | (day < 1) | (day > following - first)
    return first + day - 1, no_day


def _nulls(null: np.ndarray | None, more: np.ndarray) -> np.ndarray | None:
    if not more.any():
        return null
    return more if null is None else null | more


def _date(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    packed = _little(buffer, places.at, 3).astype(np.int64)
    days, no_day = days_of(packed >> 9, packed >> 5 & 15, packed & 31)
    return pa.array(days.astype(np.int32), pa.int32(), mask=_nulls(places.null, no_day)).cast(pa.date32())


def _fraction(buffer: np.ndarray, at: np.ndarray, digits: int) -> np.ndarray | int:
    """Microseconds: two digits to a byte."""
    width = (digits + 1) // 2
    return _big(buffer, at, width) * 10 ** (6 - 2 * width) if width else 0


def _datetime(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    packed = _big(buffer, places.at, 5) - 0x8000000000
    month_count, day = packed >> 22, packed >> 17 & 31
    days, no_day = days_of(month_count // 13, month_count % 13, day)
    seconds = (packed >> 12 & 31) * 3600 + (packed >> 6 & 63) * 60 + (packed & 63)
    micros = (days * 86400 + seconds) * 1_000_000 + _fraction(buffer, places.at + 5, column.type.scale)
    return pa.array(micros, pa.timestamp("us"), mask=_nulls(places.null, no_day))


def _timestamp(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    seconds = _big(buffer, places.at, 4)
    micros = seconds * 1_000_000 + _fraction(buffer, places.at + 4, column.type.scale)
    return pa.array(micros, pa.timestamp("us"), mask=_nulls(places.null, micros == 0))


def _time(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    """Texts as MySQL writes them. The number with its fraction is one two's complement with an offset."""
    digits, width = column.type.scale, column.fixed
    signed = _big(buffer, places.at, width) - (1 << (8 * width - 1))
    size = np.abs(signed)
    part = 8 * (width - 3)
    clock, fraction = size >> part, size & ((1 << part) - 1)
    if digits % 2:
        fraction = fraction // 10
    null = np.zeros(len(size), bool) if places.null is None else places.null
    rows = zip(signed < 0, clock >> 12, clock >> 6 & 63, clock & 63, fraction, null, strict=True)
    texts = [
        None if no else f"{'-' if minus else ''}{hour:02d}:{minute:02d}:{second:02d}" + (f".{rest:0{digits}d}" if digits else "")
        for minus, hour, minute, second, rest, no in rows
    ]
    return pa.array(texts, pa.string())


def binary_array(buffer: np.ndarray, places: Places, kind: pa.DataType) -> pa.Array:
    """Bytes, or texts whose bytes are UTF-8, gathered from their places."""
    rows = len(places.at)
    lengths = np.full(rows, places.lengths, np.int64) if isinstance(places.lengths, int) else places.lengths
    if places.null is not None:
        lengths = np.where(places.null, 0, lengths)
    offsets = np.zeros(rows + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    total = int(offsets[-1])
    if total > _JOIN_FROM * rows:
        whole = buffer.data
        data = b"".join([whole[at : at + length] for at, length in zip(places.at.tolist(), lengths.tolist(), strict=True)])
    else:
        data = buffer[np.repeat(places.at - offsets[:-1], lengths) + np.arange(total)].tobytes()
    valid = None if places.null is None else pa.py_buffer(np.packbits(~places.null, bitorder="little"))
    large = pa.large_string() if pa.types.is_string(kind) else pa.large_binary()
    if total >= 1 << 31:
        return pa.Array.from_buffers(large, rows, [valid, pa.py_buffer(offsets), pa.py_buffer(data)])
    return pa.Array.from_buffers(kind, rows, [valid, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data)])


def _text(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    if column.type.charset in IS_UTF8:
        return binary_array(buffer, places, pa.string())
    decode = decoder(column.type.charset)
    if decode is None:
        raise UnsupportedColumnError(table, column.name, f"in the character set {column.type.charset}")
    values = binary_array(buffer, places, pa.binary()).to_pylist()
    return pa.array([None if value is None else decode(value) for value in values], pa.string())


def _binary(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    """BINARY(n) is written without its trailing zeros."""
    found = binary_array(buffer, places, pa.binary())
    padded = column.type.precision
    if not padded or (not isinstance(places.lengths, int) and bool((places.lengths == padded).all())):
        return found
    return pa.array([None if value is None else value.ljust(padded, b"\0") for value in found.to_pylist()], pa.binary())


def _enum(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    """A number of the label, from 1; 0 is the empty text that a value out of range became."""
    labels = pa.array(["", *column.type.labels], pa.string())
    numbers = pa.array(_little(buffer, places.at, column.fixed).astype(np.int32), pa.int32(), mask=places.null)
    return labels.take(numbers)


def _set(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    bits, index = np.unique(_little(buffer, places.at, column.fixed), return_inverse=True)
    texts = [",".join(label for n, label in enumerate(column.type.labels) if int(number) >> n & 1) for number in bits]
    return pa.array(texts, pa.string()).take(pa.array(index.astype(np.int32), pa.int32(), mask=places.null))


def _geometry(buffer: np.ndarray, table: str, column: WireColumn, places: Places) -> pa.Array:
    return binary_array(buffer, places, pa.binary())


_READERS: dict[str, Callable[[np.ndarray, str, WireColumn, Places], pa.Array]] = {
    "int": _integer,
    "decimal": _decimal,
    "float": _real,
    "double": _real,
    "year": _year,
    "bit": _bit,
    "date": _date,
    "datetime": _datetime,
    "timestamp": _timestamp,
    "time": _time,
    "text": _text,
    "json": _text,
    "binary": _binary,
    "geometry": _geometry,
    "enum": _enum,
    "set": _set,
}
