"""AVRO files for COPY: their records, by the names of the columns or by jsonpaths (Redshift guide, "COPY from Avro format").

Values of logical types are what they mean: a date for a DATE, a decimal with its scale.
"""

from __future__ import annotations

import datetime as dt
import io
import struct
import uuid
import zlib
from collections.abc import Iterator
from typing import Any

import fastavro

from localaws.redshift.copy.errors import FieldError
from localaws.redshift.copy.json_records import Fields, compact
from localaws.redshift.copy.records import LONGEST_RECORD, Record

__all__ = ["avro_values", "read_avro"]

_BROKEN = (ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)


def read_avro(stream: io.BufferedReader, fields: Fields) -> Iterator[Record]:
    """The records, numbered from 1. OSError: the file is not AVRO, or it breaks off."""
    for number, found in enumerate(avro_values(stream), 1):
        record = Record(number, compact(_shown(found))[:LONGEST_RECORD])
        try:
            record.fields = fields(found)
            record.exempt = frozenset(range(len(record.fields)))
        except FieldError as error:
            record.error = error
        yield record


def avro_values(stream: io.BufferedReader) -> Iterator[Any]:
    """The records as JSON's values, but for bytes and decimals; times and dates are texts. OSError as of `read_avro`."""
    whole = _Tail(stream)
    try:
        reader = fastavro.reader(whole)  # type: ignore[arg-type]
        for value in reader:
            yield _plain(value)
    except _BROKEN as error:
        raise OSError(f"Invalid AVRO file found: {str(error) or 'it breaks off within a block'}") from error
    # The reader takes a file that breaks off between two numbers for one that ends there.
    if whole.last != reader._header["sync"]:
        raise OSError("Invalid AVRO file found: it breaks off within a block")


class _Tail:
    """A stream that keeps its last 16 bytes: every AVRO file ends with its marker."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream, self.last = stream, b""

    def read(self, size: int = -1) -> bytes:
        found = self._stream.read(size)
        self.last = (self.last + found[-16:])[-16:]
        return found


def _plain(value: Any) -> Any:
    """Values as JSON's; times and dates as texts, bytes as they are."""
    if isinstance(value, dict):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        return value.isoformat(" ")
    return str(value) if isinstance(value, dt.date | dt.time | uuid.UUID) else value


def _shown(value: Any) -> Any:
    """A record as it is shown in STL_LOAD_ERRORS."""
    if isinstance(value, dict):
        return {key: _shown(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_shown(member) for member in value]
    return value.hex() if isinstance(value, bytes) else value
