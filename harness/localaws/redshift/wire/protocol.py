"""Messages of the protocol, read and written (PostgreSQL documentation, "Frontend/Backend Protocol")."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from localaws.redshift.exceptions import RedshiftError

__all__ = [
    "CANCEL_REQUEST",
    "GSS_REQUEST",
    "LONGEST_MESSAGE",
    "PROTOCOL_3",
    "SSL_REQUEST",
    "ProtocolError",
    "command_complete",
    "error_fields",
    "error_response",
    "message",
    "notice_response",
    "parameter_status",
    "ready",
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


def command_complete(tag: str) -> bytes:
    """A CommandComplete."""
    return message(b"C", text(tag))


def ready(status: bytes) -> bytes:
    """A ReadyForQuery: I, T or E."""
    return message(b"Z", status)
