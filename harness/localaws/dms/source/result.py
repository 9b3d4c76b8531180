"""A query's rows as Arrow batches, straight from the socket: the packets' beginnings in one loop, everything else by NumPy.

A row in the text protocol is each column's length and text. All rows of a buffer are stepped through together, column by column, and
numbers and dates are read from their digits without making texts of them (protocol, "Text Resultset Row").
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pymysql

from localaws.dms.binlog.rows import PADDING, Places
from localaws.dms.binlog.values import binary_array, days_of, decimal_array
from localaws.dms.exceptions import SourceLostError
from localaws.dms.source.connection import source_errors
from localaws.dms.types import ColumnType, SourceColumn, arrow_type

__all__ = ["query_batches"]

_BUFFER = 4 << 20
_COM_QUERY = 3
_WHOLE = 0xFFFFFF
_LENGTH = struct.Struct("<I")
_DIGITS = 18


def query_batches(connection: pymysql.connections.Connection[Any], sql: str, columns: Sequence[SourceColumn]) -> Iterator[pa.RecordBatch]:
    """The rows of a query that gives these columns, in batches of a few megabytes.

    Raises:
        SourceError: the query failed, or the connection ended.
    """
    wire: Any = connection
    with source_errors():
        wire._execute_command(_COM_QUERY, sql)
        count = wire._read_packet().read_length_encoded_integer()
        for _ in range(count + 1):  # definitions, and the end of them
            wire._read_packet()
        # What PyMySQL's reader has read already, or what comes first; it holds nothing after this.
        rest, size, done = wire._rfile.read1(io.DEFAULT_BUFFER_SIZE), _BUFFER, False
    names = [column.name for column in columns]
    read = False
    while not done:
        buffer, end = _filled(wire, rest, size, read)
        read = True
        starts, at, done = _rows(wire, buffer, end)
        rest = bytes(memoryview(buffer)[at:end])
        size = max(_BUFFER, 2 * len(rest))
        if starts:
            array = np.frombuffer(buffer, np.uint8)
            yield pa.RecordBatch.from_arrays(_columns(array, np.array(starts, np.int64), columns), names)
    if rest:
        raise SourceLostError("The source sent more than the query's rows. The task tries again.")


def _filled(wire: Any, rest: bytes, size: int, read: bool) -> tuple[bytearray, int]:
    """A buffer that begins with the rest of the last one; with `read`, something more has been read."""
    buffer = bytearray(size + PADDING)
    end = len(rest)
    buffer[:end] = rest
    view = memoryview(buffer)[:size]
    with source_errors():
        # Not until it is full: the end of the rows may have come already.
        while read and end < size:
            count = wire._sock.recv_into(view[end:])
            if not count:
                raise SourceLostError("The source closed the connection during a query. The task tries again.")
            end += count
            if end >= size // 2 or _ends_with_last_packet(buffer, end):
                break
    return buffer, end


def _ends_with_last_packet(buffer: bytearray, end: int) -> bool:
    """Whether an EOF packet (or an error, which is read at once) may be the last that came."""
    return (end >= 9 and buffer[end - 9 : end - 6] == b"\x05\0\0" and buffer[end - 5] == 0xFE) or (end > 4 and buffer[4] == 0xFF)


def _rows(wire: Any, buffer: bytearray, end: int) -> tuple[list[int], int, bool]:
    """Where rows begin, where the first that is not whole does, and whether the last has come."""
    starts: list[int] = []
    at, unpack = 0, _LENGTH.unpack_from
    while end - at > 4:
        length = unpack(buffer, at)[0] & _WHOLE
        after = at + 4 + length
        if length == _WHOLE:
            after = _closed_up(buffer, at, end)
        if after > end:
            break
        first = buffer[at + 4]
        if first >= 0xFE and (first == 0xFF or length < 9):
            if first == 0xFF:
                with source_errors():
                    pymysql.err.raise_mysql_exception(bytes(buffer[at + 4 : after]))
            wire._result = None
            return starts, after, True
        starts.append(at + 4)
        at = after
    return starts, at, False


def _closed_up(buffer: bytearray, at: int, end: int) -> int:
    """A row in several packets, made contiguous once all of it is there; what is between its end and the next packet is skipped."""
    parts, place, size = [], at, _WHOLE
    while size == _WHOLE:
        if place + 4 > end:
            return end + 1
        size = _LENGTH.unpack_from(buffer, place)[0] & _WHOLE
        parts.append((place + 4, place + 4 + size))
        place += 4 + size
    if place > end:
        return place
    finish = at + 4
    for begin, stop in parts:
        buffer[finish : finish + stop - begin] = buffer[begin:stop]
        finish += stop - begin
    return place


def _columns(buffer: np.ndarray, cursor: np.ndarray, columns: Sequence[SourceColumn]) -> list[pa.Array]:
    arrays = []
    for column in columns:
        places, cursor = _places(buffer, cursor)
        arrays.append(_READERS[column.type.kind](buffer, column.type, places))
    return arrays


def _places(buffer: np.ndarray, cursor: np.ndarray) -> tuple[Places, np.ndarray]:
    first = buffer[cursor]
    if first.max() < 251:
        lengths = first.astype(np.int64)
        at = cursor + 1
        return Places(at, lengths, None), at + lengths
    null = first == 251
    lengths, header = np.where(first < 251, first, 0).astype(np.int64), np.ones(len(cursor), np.int64)
    for mark, width in ((252, 2), (253, 3), (254, 8)):
        chosen = np.flatnonzero(first == mark)
        header[chosen] = 1 + width
        for byte in range(width):
            lengths[chosen] |= buffer[cursor[chosen] + 1 + byte].astype(np.int64) << (8 * byte)
    at = cursor + header
    return Places(at, lengths, null if null.any() else None), at + lengths


def _number(buffer: np.ndarray, places: Places, scale: int) -> np.ndarray | None:
    """The digits as whole numbers, the point left out; None when there are too many for 64 bits."""
    lengths = np.asarray(places.lengths)
    width = int(lengths.max(initial=0))
    if width > _DIGITS + 2 or (width > _DIGITS and not scale):
        return None
    last = places.at + lengths - 1
    number = np.zeros(len(last), np.int64)
    point = scale if scale else -1
    for place in range(width - 1, -1, -1):
        if place == point:
            continue
        digit = buffer[np.maximum(last - place, 0)] - np.uint8(48)
        digit[(digit > 9) | (lengths <= place)] = 0  # a sign, or another column's
        number *= 10
        number += digit
    negative = buffer[places.at] == 45
    return np.where(negative, -number, number) if negative.any() else number


def _integer(buffer: np.ndarray, column: ColumnType, places: Places) -> pa.Array:
    kind, number = arrow_type(column), _number(buffer, places, 0)
    if number is None:
        return pc.cast(binary_array(buffer, places, pa.string()), kind)
    if pa.types.is_decimal(kind):
        return decimal_array(number, number >> 63, kind, places.null)
    return pa.array(number.astype(kind.to_pandas_dtype()), kind, mask=places.null)


def _decimal(buffer: np.ndarray, column: ColumnType, places: Places) -> pa.Array:
    kind = arrow_type(column)
    number = _number(buffer, places, column.scale) if pa.types.is_decimal(kind) else None
    if number is not None:
        return decimal_array(number, number >> 63, kind, places.null)
    return pc.cast(binary_array(buffer, places, pa.string()), kind)


def _real(buffer: np.ndarray, column: ColumnType, places: Places) -> pa.Array:
    return pc.cast(pc.cast(binary_array(buffer, places, pa.string()), pa.float64()), arrow_type(column), safe=False)


def _text(buffer: np.ndarray, column: ColumnType, places: Places) -> pa.Array:
    return binary_array(buffer, places, arrow_type(column))


def _bit(buffer: np.ndarray, column: ColumnType, places: Places) -> pa.Array:
    if column.size == 1:
        return pa.array(buffer[places.at] != 0, pa.bool_(), mask=places.null)
    return binary_array(buffer, places, pa.binary())


def _digits(buffer: np.ndarray, at: np.ndarray, count: int) -> np.ndarray:
    number = np.zeros(len(at), np.int64)
    for place in range(count):
        number = number * 10 + (buffer[np.minimum(at + place, len(buffer) - 1)] - np.uint8(48))
    return number


def _day(buffer: np.ndarray, places: Places) -> tuple[np.ndarray, np.ndarray | None]:
    at = places.at
    days, no_day = days_of(_digits(buffer, at, 4), _digits(buffer, at + 5, 2), _digits(buffer, at + 8, 2))
    if places.null is not None:
        no_day = no_day | places.null
    return days, no_day if no_day.any() else None


def _date(buffer: np.ndarray, column: ColumnType, places: Places) -> pa.Array:
    days, null = _day(buffer, places)
    return pa.array(days.astype(np.int32), pa.int32(), mask=null).cast(pa.date32())


def _datetime(buffer: np.ndarray, column: ColumnType, places: Places) -> pa.Array:
    days, null = _day(buffer, places)
    at = places.at
    seconds = _digits(buffer, at + 11, 2) * 3600 + _digits(buffer, at + 14, 2) * 60 + _digits(buffer, at + 17, 2)
    micros = (days * 86400 + seconds) * 1_000_000
    if column.scale:
        micros += _digits(buffer, at + 20, column.scale) * 10 ** (6 - column.scale)
    return pa.array(micros, pa.timestamp("us"), mask=null)


_READERS: dict[str, Callable[[np.ndarray, ColumnType, Places], pa.Array]] = {
    **dict.fromkeys(("int", "year"), _integer),
    **dict.fromkeys(("float", "double"), _real),
    **dict.fromkeys(("text", "enum", "set", "json", "time", "binary", "geometry"), _text),
    **dict.fromkeys(("datetime", "timestamp"), _datetime),
    "decimal": _decimal,
    "bit": _bit,
    "date": _date,
}
