"""Loads what a COPY names into its table: a thread reads and encodes while this one sends, and at most a few pieces wait between them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from localaws.redshift.copy.avro_records import read_avro
from localaws.redshift.copy.check import RecordLoad
from localaws.redshift.copy.columnar import columnar_pieces
from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.csv_files import PLAIN_TYPES, read_csv
from localaws.redshift.copy.history import LoadHistory, QueryNumber
from localaws.redshift.copy.json_records import json_fields, read_json
from localaws.redshift.copy.objects import SourceObject, find_objects
from localaws.redshift.copy.records import read_records
from localaws.redshift.copy.target import TargetColumn, describe_target
from localaws.redshift.copy.values import converter
from localaws.redshift.ddl import qualified
from localaws.redshift.exceptions import LoadError, StatementCancelledError
from localaws.redshift.lexer import quote_identifier

__all__ = ["LoadResult", "load"]

_PIECES_WAITING = 4


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Records loaded, and records that failed and were left out (below MAXERROR)."""

    loaded: int
    rejected: int = 0


def load(
    connection: psycopg.Connection,
    command: CopyCommand,
    storage: Path,
    cancelled: Callable[[], bool] = lambda: False,
    number: QueryNumber | None = None,
) -> LoadResult:
    """Runs the COPY in the connection's transaction, or in one of its own where none is open. It takes its number, or draws one for it.

    Raises:
        LoadError: nothing was found, or something does not fit; nothing of the COPY is left.
    """
    targets = describe_target(connection, command)
    objects = find_objects(storage, command)
    with LoadHistory(connection, command, number) as history:
        result, lines = None, []
        if command.columnar or (command.plain and {target.type for target in targets} <= PLAIN_TYPES):
            try:
                with connection.transaction():
                    lines = _by_postgres(connection, command, objects, targets, cancelled)
                result = LoadResult(sum(lines))
            except LoadError:
                if command.columnar:
                    raise
        if result is None:
            # What PostgreSQL's COPY refused is read again record by record: to leave out what fails, or to say all about it.
            result, lines = _by_record(connection, command, objects, targets, history, storage, cancelled)
        if command.no_load:
            return LoadResult(0, result.rejected)
        if command.analyze:
            connection.execute(f"ANALYZE {qualified(command.table)}")  # type: ignore[arg-type]
        history.add_files((source, count) for source, count in zip(objects, lines, strict=True))
        settings = "SELECT set_config('local_redshift.last_copy_id', %s, false), set_config('local_redshift.last_copy_count', %s, false)"
        connection.execute(settings, [str(history.query), str(result.loaded)])
    return result


def _by_postgres(
    connection: psycopg.Connection,
    command: CopyCommand,
    objects: list[SourceObject],
    targets: list[TargetColumn],
    cancelled: Callable[[], bool],
) -> list[int]:
    """The number of records of each file, read by PostgreSQL's own COPY: one a file, so that a refused record is named with its file."""
    into = _into(command, targets)
    if command.columnar:
        loaded: list[int] = []
        _send(connection, command, f"{into} (FORMAT binary)", columnar_pieces(command, objects, targets, loaded), cancelled, "")
        return loaded
    sql = f"{into} (FORMAT csv, NULL '')"
    return [_send(connection, command, sql, read_csv(command, source, targets), cancelled, source.uri) for source in objects]


def _by_record(
    connection: psycopg.Connection,
    command: CopyCommand,
    objects: list[SourceObject],
    targets: list[TargetColumn],
    history: LoadHistory,
    storage: Path,
    cancelled: Callable[[], bool],
) -> tuple[LoadResult, list[int]]:
    converters = [converter(command, target, history.guess) for target in targets]
    if command.format in ("JSON", "AVRO"):
        fields = json_fields(command, targets, storage)
        read = partial(read_json, command, fields=fields) if command.format == "JSON" else partial(read_avro, fields=fields)
    else:
        read = partial(read_records, command)
    records = RecordLoad(command, targets, converters, history.add_failures, read)
    lines = []
    try:
        with connection.transaction():
            for source in objects:
                before = records.loaded + records.rejected
                if command.no_load:
                    for _ in records.rows(source):
                        _stop_if(cancelled)
                else:
                    _send(connection, command, _into(command, targets), records.rows(source), cancelled, source.uri)
                lines.append(records.loaded + records.rejected - before)
    finally:
        records.finish()
    return LoadResult(records.loaded, records.rejected), lines


def _into(command: CopyCommand, targets: list[TargetColumn]) -> str:
    return f"COPY {qualified(command.table)} ({', '.join(quote_identifier(target.name) for target in targets)}) FROM STDIN"


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise StatementCancelledError


def _send(
    connection: psycopg.Connection, command: CopyCommand, sql: str, pieces: Iterator[bytes], cancelled: Callable[[], bool], uri: str
) -> int:
    cursor = connection.cursor()
    try:
        with cursor.copy(sql) as copy:
            for piece in _ahead(pieces):
                _stop_if(cancelled)
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
