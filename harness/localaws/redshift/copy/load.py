"""Loads what a COPY names into its table: a thread reads and encodes while this one sends, and at most a few pieces wait between them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from localaws.redshift.copy import binary
from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.csv_files import read_csv
from localaws.redshift.copy.fit import check_schema, fitted
from localaws.redshift.copy.objects import SourceObject, find_objects
from localaws.redshift.copy.target import TargetColumn, describe_target
from localaws.redshift.ddl import qualified
from localaws.redshift.exceptions import LoadError, StatementCancelledError
from localaws.redshift.lexer import quote_identifier

__all__ = ["load"]

_BATCH_ROWS = 32_768
_PIECES_WAITING = 4


def load(connection: psycopg.Connection, command: CopyCommand, storage: Path, cancelled: Callable[[], bool] = lambda: False) -> int:
    """Runs the COPY in the connection's transaction; the number of rows loaded.

    Raises:
        LoadError: nothing was found, or something does not fit; the caller rolls back.
    """
    targets = describe_target(connection, command)
    objects = find_objects(storage, command)
    columns = ", ".join(quote_identifier(target.name) for target in targets)
    into = f"COPY {qualified(command.table)} ({columns}) FROM STDIN"
    if command.format == "PARQUET":
        return _send(connection, command, f"{into} (FORMAT binary)", _parquet_pieces(command, objects, targets), cancelled, "")
    # One COPY a file, so that a record that PostgreSQL refuses is named with its file.
    sql = f"{into} (FORMAT csv, NULL '')"
    return sum(_send(connection, command, sql, read_csv(command, source, targets), cancelled, source.uri) for source in objects)


def _parquet_pieces(command: CopyCommand, objects: list[SourceObject], targets: list[TargetColumn]) -> Iterator[bytes]:
    yield binary.HEADER
    for source in objects:
        try:
            file = pq.ParquetFile(source.path, coerce_int96_timestamp_unit="us")
        except (pa.ArrowInvalid, OSError) as error:
            raise LoadError(command.name, f"The file is not Parquet or is cut off: {error}", file=source.uri) from error
        with file:
            check_schema(command.name, source.uri, file.schema_arrow, targets)
            first = 1
            for batch in _batches(command, source, file):
                arrays = [
                    fitted(command.name, source.uri, first, array, target) for array, target in zip(batch.columns, targets, strict=True)
                ]
                yield from binary.encode(arrays)
                first += batch.num_rows
    yield binary.TRAILER


def _batches(command: CopyCommand, source: SourceObject, file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    try:
        yield from file.iter_batches(batch_size=_BATCH_ROWS)
    except (pa.ArrowInvalid, OSError) as error:
        raise LoadError(command.name, f"The file cannot be read: {error}", file=source.uri) from error


def _send(
    connection: psycopg.Connection, command: CopyCommand, sql: str, pieces: Iterator[bytes], cancelled: Callable[[], bool], uri: str
) -> int:
    cursor = connection.cursor()
    try:
        with cursor.copy(sql) as copy:
            for piece in _ahead(pieces):
                if cancelled():
                    raise StatementCancelledError
                copy.write(piece)
    except psycopg.DataError as error:
        raise _load_error(command, uri, error) from error
    except psycopg.IntegrityError as error:
        raise _load_error(command, uri, error) from error
    return cursor.rowcount


def _load_error(command: CopyCommand, uri: str, error: psycopg.Error) -> LoadError:
    """PostgreSQL's own place, from its context: COPY t, line 3, column qty: "abc"."""
    reason = error.diag.message_primary or str(error)
    context = (error.diag.context or "").removeprefix("COPY ")
    return LoadError(command.name, f"{reason} [{context}]", file=uri)


def _ahead(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, made in a thread of their own. An error in it is raised here; leaving early ends it."""
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(_PIECES_WAITING)
    stop = threading.Event()

    def put(item: bytes | BaseException | None) -> None:
        while not stop.is_set():
            try:
                return waiting.put(item, timeout=0.1)
            except queue.Full:
                continue

    def produce() -> None:
        try:
            for piece in pieces:
                put(piece)
                if stop.is_set():
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - handed to the consumer, which raises it
            put(error)

    thread = threading.Thread(target=produce, name="copy-reader", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        thread.join()
