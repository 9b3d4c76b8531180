"""Statements that the endpoint runs itself, on the session's own connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq

from localaws.redshift.copy.history import QueryNumber
from localaws.redshift.copy.load import load
from localaws.redshift.copy.unload import unload
from localaws.redshift.copy.unload_command import UnloadCommand
from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError
from localaws.redshift.external.tables import ExternalTables
from localaws.redshift.messages import redshift_error
from localaws.redshift.procedures.call import arguments_query, call, find_procedure, postgres_call, result_query
from localaws.redshift.procedures.create import CallCommand
from localaws.redshift.session import Session, refuse_in_block
from localaws.redshift.translation import Translation
from localaws.redshift.wire.protocol import notice_response

__all__ = ["Bound", "LocalRunner", "Ran"]


@dataclass(frozen=True, slots=True)
class Bound:
    """What a client bound to a portal: parameters with their formats and types, and the formats that it wants results in."""

    values: tuple[bytes | None, ...] = ()
    formats: tuple[int, ...] = ()
    types: tuple[int, ...] = ()
    result_formats: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ran:
    """The command tag, the number of rows where there is one, and the rows of a CALL."""

    tag: str
    count: int = -1
    result: Any = None


class LocalRunner:
    """Runs a translation that is not one statement of PostgreSQL."""

    def __init__(self, connection: psycopg.Connection, storage: Path) -> None:
        self._connection, self._storage = connection, storage
        self.cancelled = threading.Event()
        self._session = Session.over(connection, storage, self.cancelled)
        self.external = ExternalTables(connection, storage)

    def error(self, error: psycopg.Error, kind: str = "") -> RedshiftError:
        return redshift_error(error, self.cancelled.is_set(), kind)

    def run(
        self, translation: Translation, status: bytes, send: Callable[[bytes], None], number: QueryNumber, bound: Bound | None = None
    ) -> Ran:
        """Runs it.

        Raises:
            RedshiftError: it failed; a transaction that it began itself is over.
        """
        self.cancelled.clear()
        refuse_in_block(translation, is_open=status != b"I")
        if translation.copy is not None:
            return self._copy(translation, status, send, number)
        if translation.unload is not None:
            return self._unload(translation.unload, send)
        if translation.external is not None:
            self.external.run(translation.external)
            return Ran(translation.kind.upper())
        if translation.call is not None:
            return Ran("CALL", result=self._call(translation.call, bound or Bound(), send))
        if not translation.in_transaction:
            for sql in translation.sql:
                self._script(sql, translation.kind)
            return Ran(translation.kind.upper())
        sql = "; ".join(translation.sql)
        if translation.commits and status == b"T":
            sql += "; COMMIT"
        self._script(sql, translation.kind)
        return Ran(translation.kind.upper())

    def _copy(self, translation: Translation, status: bytes, send: Callable[[bytes], None], number: QueryNumber) -> Ran:
        assert translation.copy is not None
        own = status == b"I"
        if own:
            self._script("BEGIN")
        try:
            result = load(self._connection, translation.copy, self._storage, self.cancelled.is_set, number)
            if own:
                self._script("COMMIT")
        except (psycopg.Error, RedshiftError) as error:
            if own:
                self._connection.pgconn.exec_(b"ROLLBACK")
            raise self.error(error) if isinstance(error, psycopg.Error) else error from error
        done = f"Load into table '{translation.copy.name}' completed"
        send(notice_response(f"{done}, {result.loaded} record(s) loaded successfully."))
        if result.rejected:
            words = f"{done}, {result.rejected} record(s) could not be loaded.  Check 'stl_load_errors' system table for details."
            send(notice_response(words))
        return Ran("COPY", result.loaded)

    def _unload(self, command: UnloadCommand, send: Callable[[bytes], None]) -> Ran:
        try:
            count = unload(self._connection, command, self._storage, self.cancelled.is_set)
        except psycopg.Error as error:
            raise self.error(error) from error
        send(notice_response(f"UNLOAD completed, {count} record(s) unloaded successfully."))
        return Ran("UNLOAD", count)

    def prepared_call(self, command: CallCommand) -> str:
        """What PostgreSQL is to prepare in place of a CALL, so that it tells the client its parameters and its result."""
        return postgres_call(find_procedure(self._connection, command), command)

    def _call(self, command: CallCommand, bound: Bound, send: Callable[[bytes], None]) -> Any:
        """PostgreSQL's result with what the OUT and INOUT arguments are in the end; None without them."""
        procedure = find_procedure(self._connection, command)
        given: list[str | None] = []
        if command.arguments:
            query = translate(arguments_query(procedure, command), self._session.columns).sql[0]
            found = self._ask(query, bound.values, bound.types, bound.formats)
            values = [found.get_value(0, place) for place in range(found.nfields)]
            given = [None if value is None else value.decode() for value in values]
        self._session.tell = lambda level, words: send(notice_response(words, level))
        query = result_query(procedure, call(self._session, procedure, given, self._session.tell))
        if not query:
            return None
        formats = set(bound.result_formats) or {0}
        if len(formats) > 1:
            raise NotSupportedHereError("CALL with results of which some are binary and some are text")
        return self._ask(query, result_format=formats.pop())

    def _ask(
        self,
        sql: str,
        values: Sequence[bytes | None] = (),
        types: Sequence[int] = (),
        formats: Sequence[int] = (),
        result_format: int = 0,
    ) -> Any:
        every = list(formats) if len(formats) == len(values) else list(formats or (0,)) * len(values)
        kinds = [*types, *([0] * (len(values) - len(types)))]
        result = self._connection.pgconn.exec_params(sql.encode(), list(values), kinds, every, result_format)
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise self.error(psycopg.errors.error_from_result(result))
        return result

    def _script(self, sql: str, kind: str = "") -> None:
        """Several statements in one message are one transaction where none is open."""
        result = self._connection.pgconn.exec_(sql.encode())
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise self.error(psycopg.errors.error_from_result(result), kind)
