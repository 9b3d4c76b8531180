"""Messages of the protocol, read and written (PostgreSQL documentation, "Frontend/Backend Protocol")."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from localaws.redshift.exceptions import RedshiftError

__all__ = [
    "CANCEL_REQUEST",
    "GSS_REQUEST",
    "LONGEST_MESSAGE",
    "PROTOCOL_3",
    "SSL_REQUEST",
    "ProtocolError",
    "bound_values",
    "command_complete",
    "data_row",
    "error_fields",
    "error_response",
    "message",
    "notice_response",
    "parameter_status",
    "parameter_types",
    "ready",
    "row_description",
    "text",
    "texts",
]

PROTOCOL_3 = 196608
CANCEL_REQUEST = 80877102
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
LONGEST_MESSAGE = 256 << 20  # of a client; a longer length is taken for nonsense, as PostgreSQL does


class ProtocolError(RedshiftError):
    """The client sent what the protocol does not allow; the connection ends."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"invalid message of the frontend: {detail}", "08P01")


def message(kind: bytes, body: bytes = b"") -> bytes:
    """A message with its length."""
    return kind + struct.pack(">I", len(body) + 4) + body


def text(value: str) -> bytes:
    """A text with the zero byte that ends it."""
    return value.encode() + b"\0"


def texts(body: bytes, count: int) -> tuple[list[str], bytes]:
    """That many texts from the start of a body, and the rest.

    Raises:
        ProtocolError: there are fewer, or they are no UTF-8.
    """
    found = []
    for _ in range(count):
        end = body.find(b"\0")
        if end < 0:
            raise ProtocolError("a text has no end")
        try:
            found.append(body[:end].decode())
        except UnicodeDecodeError as error:
            raise ProtocolError(f"a text is not UTF-8: {error}") from error
        body = body[end + 1 :]
    return found, body


def error_fields(body: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse or NoticeResponse by their letters."""
    return {part[:1].decode(): part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}


def _fields(kind: bytes, fields: Mapping[str, str]) -> bytes:
    return message(kind, b"".join(letter.encode() + text(value) for letter, value in _clean(fields)) + b"\0")


def _clean(fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((letter, value.replace("\0", "")) for letter, value in fields.items())


def error_response(error: RedshiftError, severity: str = "ERROR") -> bytes:
    """An ErrorResponse."""
    return _fields(b"E", {"S": severity, "C": error.sqlstate, "M": error.message, **error.fields})


def notice_response(words: str, severity: str = "INFO", sqlstate: str = "00000") -> bytes:
    """A NoticeResponse."""
    return _fields(b"N", {"S": severity, "C": sqlstate, "M": words})


def parameter_status(name: str, value: str) -> bytes:
    """A ParameterStatus."""
    return message(b"S", text(name) + text(value))


def row_description(result: Any) -> bytes:
    """A RowDescription of libpq's result."""
    parts = [struct.pack(">H", result.nfields)]
    for place in range(result.nfields):
        kind = (result.ftype(place), result.fsize(place), result.fmod(place), result.fformat(place))
        parts.append(result.fname(place) + b"\0" + struct.pack(">IHIhih", 0, 0, *kind))
    return message(b"T", b"".join(parts))


def data_row(result: Any, row: int) -> bytes:
    """A DataRow of libpq's result."""
    parts = [struct.pack(">H", result.nfields)]
    for place in range(result.nfields):
        value = result.get_value(row, place)
        parts.append(struct.pack(">i", -1) if value is None else struct.pack(">I", len(value)) + value)
    return message(b"D", b"".join(parts))


def bound_values(body: bytes) -> tuple[tuple[bytes | None, ...], tuple[int, ...], tuple[int, ...]]:
    """Of a Bind after its two names: the parameters, their formats, and the formats of results.

    Raises:
        ProtocolError: it ends too early.
    """
    try:
        formats, at = _numbers(body, 0)
        (count,) = struct.unpack_from(">H", body, at)
        at += 2
        values: list[bytes | None] = []
        for _ in range(count):
            (length,) = struct.unpack_from(">i", body, at)
            at += 4
            values.append(None if length < 0 else body[at : at + length])
            at += max(length, 0)
        return tuple(values), formats, _numbers(body, at)[0]
    except struct.error as error:
        raise ProtocolError(f"a Bind ends too early: {error}") from error


def parameter_types(body: bytes) -> tuple[int, ...]:
    """The types at the end of a Parse."""
    try:
        (count,) = struct.unpack_from(">H", body)
        return struct.unpack_from(f">{count}I", body, 2)
    except struct.error as error:
        raise ProtocolError(f"a Parse ends too early: {error}") from error


def _numbers(body: bytes, at: int) -> tuple[tuple[int, ...], int]:
    (count,) = struct.unpack_from(">H", body, at)
    return struct.unpack_from(f">{count}h", body, at + 2), at + 2 + 2 * count


def command_complete(tag: str) -> bytes:
    """A CommandComplete."""
    return message(b"C", text(tag))


def ready(status: bytes) -> bytes:
    """A ReadyForQuery: I, T or E."""
    return message(b"Z", status)
