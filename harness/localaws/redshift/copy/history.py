"""What COPY leaves in STL_LOAD_ERRORS and STL_LOAD_COMMITS: written on a connection of its own, so that it outlives a rollback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.errors import Failure
from localaws.redshift.copy.objects import SourceObject
from localaws.redshift.ddl import qualified

__all__ = ["LoadHistory", "QueryNumber"]

_ERRORS = """INSERT INTO local_redshift.load_errors VALUES (
    %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_COMMITS = "INSERT INTO local_redshift.load_commits VALUES (%s, %s, %s, %s, clock_timestamp() AT TIME ZONE 'UTC', %s, %s)"
_FORMATS = {"PARQUET": "Parquet", "JSON": "JSON", "ORC": "ORC", "AVRO": "AVRO"}
_GUESS = "SELECT CASE WHEN pg_input_is_valid(%s, %s) THEN CAST(CAST(%s AS text) AS {0})::text END"


@dataclass
class QueryNumber:
    """The number of a statement in the history: 0 until somebody draws one."""

    value: int = 0


class LoadHistory:
    """One COPY's. Its connection is opened when it is first needed."""

    def __init__(self, connection: psycopg.Connection, command: CopyCommand, number: QueryNumber | None = None) -> None:
        self._of, self._command, self._number = connection, command, number or QueryNumber()
        self._own: psycopg.Connection | None = None
        self._started = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        self._facts: tuple[Any, ...] = ()

    @property
    def query(self) -> int:
        """The COPY's number: what PG_LAST_COPY_ID gives and its rows carry."""
        return self._number.value

    def __enter__(self) -> LoadHistory:
        found = self._of.execute(
            """SELECT (SELECT oid::integer FROM pg_roles WHERE rolname = current_user), pg_backend_pid(), current_database(),
            coalesce(pg_current_xact_id_if_assigned()::text::bigint, 0), %s::regclass::oid::integer""",
            [qualified(self._command.table)],
        ).fetchone()
        self._facts = tuple(found or ())
        return self

    def __exit__(self, *_: object) -> None:
        if self._own is not None:
            self._own.close()

    def guess(self, kind: str, text: str) -> str | None:
        """The text as PostgreSQL reads it as a date or a timestamp; None when it cannot."""
        found = self._connection().execute(_GUESS.format(kind), [text, kind, text]).fetchone()  # type: ignore[arg-type]
        return found[0] if found else None

    def add_failures(self, failures: Iterable[Failure]) -> None:
        """Rows of STL_LOAD_ERRORS, visible at once."""
        user, session, database, transaction, table = self._facts
        connection = self._connection()
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(
                _ERRORS,
                [(user, session, database, transaction, table, self._started, self.query, *_told(one)) for one in failures],
            )

    def add_files(self, files: Iterable[tuple[SourceObject, int]]) -> None:
        """Rows of STL_LOAD_COMMITS: each file with its number of lines."""
        form = _FORMATS.get(self._command.format, "Text")
        connection = self._connection()
        with connection.transaction(), connection.cursor() as cursor:
            rows = [(self._facts[0], self.query, file.uri, lines, form, file.path.stat().st_size) for file, lines in files]
            cursor.executemany(_COMMITS, rows)

    def _connection(self) -> psycopg.Connection:
        if self._own is None:
            info = self._of.info
            parameters: dict[str, Any] = {**info.get_parameters(), "password": info.password, "application_name": "redshift load history"}
            self._own = psycopg.connect(**parameters, autocommit=True)
            self._own.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            if not self._number.value:
                found = self._own.execute("SELECT nextval('local_redshift.query_number')").fetchone()
                self._number.value = found[0] if found else 0
        return self._own


def _told(one: Failure) -> tuple[Any, ...]:
    where = (one.file, one.line, one.column, one.type, one.length, one.position)
    return (*where, _legible(one.raw_line), _legible(one.raw_value), one.code, one.reason)


def _legible(text: str) -> str:
    """Redshift shows multibyte characters as periods, and so do we bytes that no text may hold."""
    return "".join(sign if "\0" < sign < "\x80" else "." for sign in text[:1024])
