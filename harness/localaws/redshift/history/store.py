"""Where the history is kept: a table of the database that the statement ran in, written on a connection of its own.

Rows outlive the transaction of their statement, and no transaction of a client waits for them or conflicts with them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from localaws.exceptions import LocalAwsError
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.history.entry import Entry
from localaws.redshift.messages import redshift_error
from localaws.redshift.session import prepared_connection

__all__ = ["HistoryStore"]

_LOG = logging.getLogger("localaws.redshift")
_INSERT = """INSERT INTO local_redshift.queries (query, userid, database, pid, xid, starttime, endtime, kind, label, querytxt, rows, state,
    error, application, caller, detail)
  VALUES (coalesce(nullif(%s, 0), nextval('local_redshift.query_number')),
    coalesce((SELECT oid::integer FROM pg_roles WHERE rolname = %s), 0), %s, %s, %s, to_timestamp(%s) AT TIME ZONE 'UTC',
    to_timestamp(%s) AT TIME ZONE 'UTC', %s, %s, %s, %s, %s, %s, %s, %s, %s)
  ON CONFLICT (query) DO NOTHING"""
_FORGET = "DELETE FROM local_redshift.queries WHERE endtime < now() AT TIME ZONE 'UTC' - interval '7 days'"


class HistoryStore:
    """Writes entries; for several threads. `conninfo` gives libpq's arguments for a database."""

    def __init__(self, conninfo: Callable[[str], Mapping[str, Any]]) -> None:
        self._conninfo = conninfo
        self._connections: dict[str, psycopg.Connection] = {}
        self._lock = threading.Lock()

    def number(self, database: str) -> int:
        """A number for a statement that is about to run.

        Raises:
            RedshiftError: the database cannot be asked.
        """
        with self._lock:
            try:
                found = self._connection(database).execute("SELECT nextval('local_redshift.query_number')").fetchone()
            except psycopg.Error as error:
                self._forget(database)
                raise redshift_error(error) from error
        return int(found[0]) if found else 0

    def write(self, entries: Sequence[Entry]) -> None:
        """Keeps them. What cannot be written is logged: the statement itself has its outcome already."""
        for database in dict.fromkeys(entry.database for entry in entries):
            rows = [_row(entry) for entry in entries if entry.database == database]
            with self._lock:
                try:
                    self._write(database, rows)
                except (psycopg.Error, RedshiftError, LocalAwsError, OSError) as error:
                    self._forget(database)
                    _LOG.warning("%d statement(s) of %s are missing from the query history: %s", len(rows), database, error)

    def close(self) -> None:
        with self._lock:
            for database in list(self._connections):
                self._forget(database)

    def _write(self, database: str, rows: list[tuple[Any, ...]]) -> None:
        """A connection that PostgreSQL closed since it was last used (it was restarted) is opened again once."""
        for again in (True, False):
            try:
                connection = self._connection(database)
                with connection.transaction(), connection.cursor() as cursor:
                    cursor.executemany(_INSERT, rows)
                return
            except psycopg.OperationalError:
                self._forget(database)
                if not again:
                    raise

    def _connection(self, database: str) -> psycopg.Connection:
        if database not in self._connections:
            connection = prepared_connection(self._conninfo(database), {"application_name": "redshift query history"})
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            connection.execute(_FORGET)
            self._connections[database] = connection
        return self._connections[database]

    def _forget(self, database: str) -> None:
        connection = self._connections.pop(database, None)
        if connection is not None:
            connection.close()


def _row(entry: Entry) -> tuple[Any, ...]:
    when = (entry.started, entry.ended, entry.kind)
    told = (entry.label[:320], entry.text, entry.rows, entry.state, entry.error.replace("\0", ""))  # 320: its length in STL_QUERY
    return (
        entry.query,
        entry.user,
        entry.database,
        entry.pid,
        entry.transaction,
        *when,
        *told,
        entry.application,
        entry.caller,
        Jsonb(entry.detail),
    )
