"""Statements that the endpoint runs itself, on the session's own connection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import pq

from localaws.redshift.copy.history import QueryNumber
from localaws.redshift.copy.load import load
from localaws.redshift.copy.unload import unload
from localaws.redshift.copy.unload_command import UnloadCommand
from localaws.redshift.dialect import Translation
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.messages import redshift_error
from localaws.redshift.wire.protocol import notice_response

__all__ = ["LocalRunner"]


class LocalRunner:
    """Runs a translation that is not one statement of PostgreSQL."""

    def __init__(self, connection: psycopg.Connection, storage: Path) -> None:
        self._connection, self._storage = connection, storage
        self.cancelled = threading.Event()

    def error(self, error: psycopg.Error) -> RedshiftError:
        return redshift_error(error, self.cancelled.is_set())

    def run(self, translation: Translation, status: bytes, send: Callable[[bytes], None], number: QueryNumber) -> tuple[str, int]:
        """The command tag, and the number of rows where there is one.

        Raises:
            RedshiftError: it failed; a transaction that it began itself is over.
        """
        self.cancelled.clear()
        if translation.copy is not None:
            return self._copy(translation, status, send, number)
        if translation.unload is not None:
            return self._unload(translation.unload, send)
        if not translation.in_transaction:
            for sql in translation.sql:
                self._script(sql)
            return translation.kind.upper(), -1
        sql = "; ".join(translation.sql)
        if translation.commits and status == b"T":
            sql += "; COMMIT"
        self._script(sql)
        return translation.kind.upper(), -1

    def _copy(self, translation: Translation, status: bytes, send: Callable[[bytes], None], number: QueryNumber) -> tuple[str, int]:
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
        return "COPY", result.loaded

    def _unload(self, command: UnloadCommand, send: Callable[[bytes], None]) -> tuple[str, int]:
        try:
            count = unload(self._connection, command, self._storage, self.cancelled.is_set)
        except psycopg.Error as error:
            raise self.error(error) from error
        send(notice_response(f"UNLOAD completed, {count} record(s) unloaded successfully."))
        return "UNLOAD", count

    def _script(self, sql: str) -> None:
        """Several statements in one message are one transaction where none is open."""
        result = self._connection.pgconn.exec_(sql.encode())
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise self.error(psycopg.errors.error_from_result(result))
