"""A session: one connection to PostgreSQL that runs Redshift's statements.

Isolation is by snapshot, as in Redshift: REPEATABLE READ, whose snapshot is taken by the first statement that is not LOCK, so that a
load which waited for the ledger's lock sees what the other one committed.
"""

from __future__ import annotations

import contextlib
import hashlib
import select
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import pq

from localaws.redshift.copy.history import QueryNumber
from localaws.redshift.copy.load import load
from localaws.redshift.copy.unload import unload
from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import RedshiftError, StatementCancelledError
from localaws.redshift.external.tables import ExternalTables
from localaws.redshift.lexer import tokenize
from localaws.redshift.messages import redshift_error
from localaws.redshift.procedures.create import CallCommand
from localaws.redshift.settings import REDSHIFT_SETTINGS
from localaws.redshift.sql.scope import PSEUDO
from localaws.redshift.translation import Translation

__all__ = ["Rows", "Session", "prepared_connection", "refuse_in_block", "table_columns"]

_CHUNK_ROWS = 1000
_ROWS = {pq.ExecStatus.TUPLES_CHUNK, pq.ExecStatus.SINGLE_TUPLE, pq.ExecStatus.TUPLES_OK}
# Redshift's own of a session; users' passwords are kept as Redshift asks for them at log-in. PostgreSQL's log has no statement's text.
_SETTINGS = (
    "-c timezone=UTC -c synchronous_commit=on -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1 -c jit=off "
    "-c password_encryption=md5 -c log_min_error_statement=panic -c default_transaction_isolation=serializable"
    + "".join(f" -c local_redshift.{name}={value}" for name, value in REDSHIFT_SETTINGS.items())
)
_INSTALLED = (
    "10_declared.sql",
    "15_users.sql",
    "20_dates.sql",
    "30_texts.sql",
    "35_hashes.sql",
    "40_super.sql",
    "45_arrays.sql",
    "50_aggregates.sql",
    "60_catalog.sql",
    "65_show.sql",
    "66_privileges.sql",
    "70_loads.sql",
    "80_history.sql",
    "85_maintenance.sql",
    "87_views.sql",
    "90_procedures.sql",
    "95_explain.sql",
    "97_late_views.sql",
)
_installed: set[tuple[str, str]] = set()
_install_lock = threading.Lock()


@dataclass
class Rows:
    """What a statement gave: libpq's result with the columns (None without a result set), then chunks of rows, then the count."""

    columns: Any | None
    chunks: Iterator[Any]
    count: int = -1


class Session:
    """Runs statements; not for several threads, except `cancel`."""

    def __init__(self, conninfo: Mapping[str, Any], storage: Path, *, name: str = "redshift", user: str = "") -> None:
        self._take(prepared_connection(conninfo, {"application_name": name}, user), storage, threading.Event())
        self._begin = "BEGIN ISOLATION LEVEL REPEATABLE READ"
        (self.label,) = self.connection.execute("SELECT current_setting('local_redshift.query_group')").fetchone() or ("",)

    @classmethod
    def over(cls, connection: psycopg.Connection, storage: Path, cancelled: threading.Event) -> Session:
        """A session on a connection that is open already; its transactions are what the connection makes them."""
        session = cls.__new__(cls)
        session._take(connection, storage, cancelled)
        session._begin = "BEGIN"
        return session

    def _take(self, connection: psycopg.Connection, storage: Path, cancelled: threading.Event) -> None:
        self.connection, self._storage, self._cancelled = connection, storage, cancelled
        self._unread: Iterator[Any] = iter(())
        self.procedures_may_commit = False
        """Whether the transaction under way is that of the statement alone, so that a procedure may end it."""
        self.tell: Callable[[str, str], None] = lambda level, words: None
        """Takes what a procedure says by RAISE."""
        self.label = "default"
        """The query group that was set, for the history."""
        self._external = ExternalTables(connection, storage)

    @property
    def pid(self) -> int:
        return self.connection.info.backend_pid

    def columns(self, table: str) -> list[str] | None:
        """Columns of a table; None when there is none of that name."""
        self._give_up_unread()
        self._external.see(part.name for part in tokenize(table) if part.kind == "quoted")
        return table_columns(self.connection, table)

    def begin(self) -> None:
        self._plain(self._begin)

    def commit(self) -> None:
        self._plain("COMMIT")

    def rollback(self) -> None:
        self._plain("ROLLBACK")

    def end(self, what: str) -> None:
        """COMMIT or ROLLBACK."""
        self._plain(what)

    def renew(self) -> None:
        """For the next statement, after one that was cancelled."""
        self._cancelled.clear()

    def fail_transaction(self) -> None:
        """What failed before PostgreSQL saw it fails the transaction all the same."""
        with contextlib.suppress(psycopg.errors.DivisionByZero):
            self.connection.execute("SELECT 1/0")

    def transaction_id(self) -> str | None:
        """The transaction's id when it has written something."""
        self._give_up_unread()
        row = self.connection.execute("SELECT pg_current_xact_id_if_assigned()::text").fetchone()
        return row[0] if row else None

    def cancel(self) -> None:
        """From any thread: stops what runs and what would run next."""
        self._cancelled.set()
        if not self.connection.closed:
            self.connection.cancel_safe(timeout=5)

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def close(self) -> None:
        self.connection.close()

    def run(
        self, translation: Translation | str, values: Mapping[str, str | None] | None = None, number: QueryNumber | None = None
    ) -> Rows:
        """One statement, of that number in the history. Rows of an earlier one that nobody read are given up.

        Raises:
            RedshiftError: it failed, with Redshift's words.
        """
        if isinstance(translation, str):
            translation = translate(translation, self.columns)
        if self.cancelled:
            raise StatementCancelledError
        self._give_up_unread()
        refuse_in_block(translation, is_open=self.connection.info.transaction_status != pq.TransactionStatus.IDLE)
        self._external.prepare(translation.named, translation.kind)
        try:
            if translation.external is not None:
                self._external.run(translation.external)
                return Rows(None, iter(()))
            if translation.copy is not None:
                return Rows(None, iter(()), load(self.connection, translation.copy, self._storage, self._cancelled.is_set, number).loaded)
            if translation.unload is not None:
                return Rows(None, iter(()), unload(self.connection, translation.unload, self._storage, self._cancelled.is_set))
            if translation.call is not None:
                return self._call(translation.call, values or {})
            if translation.own_tag:
                for sql in translation.sql:
                    self.connection.execute(sql)  # type: ignore[call-overload]
                return Rows(None, iter(()))
            parameters = [(values or {})[name] for name in translation.parameters]
            rows = self._stream(translation.sql[0], parameters)
            for declaration in translation.sql[1:]:
                list(rows.chunks)
                self.connection.execute(declaration)
        except psycopg.Error as error:
            raise redshift_error(error, self.cancelled, translation.kind) from error
        return rows

    def _call(self, command: CallCommand, values: Mapping[str, str | None]) -> Rows:
        from localaws.redshift.procedures.call import call_by_values  # a procedure's statements run on sessions in their turn

        query = call_by_values(self, command, values, self.tell)
        return self._stream(query, []) if query else Rows(None, iter(()))

    def _give_up_unread(self) -> None:
        for _ in self._unread:
            pass

    def _plain(self, sql: str) -> None:
        self._give_up_unread()
        try:
            self.connection.execute(sql)
        except psycopg.Error as error:
            raise redshift_error(error, self.cancelled) from error

    def _stream(self, sql: str, parameters: Sequence[str | None]) -> Rows:
        """Sends by the extended protocol, which takes one command, and reads in chunks: memory does not grow with the result."""
        pgconn = self.connection.pgconn
        pgconn.send_query_params(sql.encode(), [None if value is None else value.encode() for value in parameters] or None)
        pgconn.set_chunked_rows_mode(_CHUNK_ROWS)
        first = self._next(pgconn)
        if first is None:
            raise RedshiftError("the statement gave no answer")
        if first.status not in _ROWS:
            count = first.command_tuples
            while self._next(pgconn) is not None:
                pass
            return Rows(None, iter(()), -1 if count is None else count)
        rows = Rows(first, iter(()))
        rows.chunks = self._unread = self._chunks(pgconn, first, rows)
        return rows

    def _chunks(self, pgconn: Any, first: Any, rows: Rows) -> Iterator[Any]:
        rows.count, result = 0, first
        try:
            while result is not None:
                rows.count += result.ntuples
                if result.ntuples:
                    yield result
                result = self._next(pgconn)
        except psycopg.Error as error:
            raise redshift_error(error, self.cancelled) from error

    def _next(self, pgconn: Any) -> Any:
        while pgconn.flush():
            select.select([pgconn.socket], [pgconn.socket], [])
            pgconn.consume_input()
        while pgconn.is_busy():
            select.select([pgconn.socket], [], [])
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is not None and result.status == pq.ExecStatus.FATAL_ERROR:
            while pgconn.status == pq.ConnStatus.OK and pgconn.get_result() is not None:
                pass
            raise psycopg.errors.error_from_result(result)
        return result


def refuse_in_block(translation: Translation, *, is_open: bool) -> None:
    """What cannot be part of a transaction is refused where one is open. Raises RedshiftError, as PostgreSQL does for VACUUM."""
    if is_open and translation.sql and not translation.in_transaction:
        raise RedshiftError(f"{translation.kind.upper()} cannot run inside a transaction block", "25001")


def prepared_connection(conninfo: Mapping[str, Any], settings: Mapping[str, str], user: str = "") -> psycopg.Connection:
    """A connection whose session has Redshift's functions, settings and user.

    Raises:
        RedshiftError: it cannot be opened.
    """
    application = settings.get("application_name", "redshift")
    try:
        connection = psycopg.connect(**conninfo, autocommit=True, application_name=application, options=_SETTINGS)
    except psycopg.Error as error:
        raise redshift_error(error) from error
    connection.prepare_threshold = None  # its names would be those of a client that is psycopg too
    try:
        _install(connection, conninfo)
        own = connection.execute("SELECT setting, value FROM local_redshift.settings_of(%s)", [user]).fetchall() if user else []
        for setting, value in {**dict(own), **settings}.items():
            if setting != "application_name":
                connection.execute("SELECT set_config(%s, %s, false)", [setting, value])
        if user:
            connection.execute(psycopg.sql.SQL("SET SESSION AUTHORIZATION {}").format(psycopg.sql.Identifier(user)))
    except psycopg.Error as error:
        connection.close()
        raise redshift_error(error) from error
    return connection


@cache
def _script() -> str:
    folder = resources.files("localaws.redshift.install")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in _INSTALLED)


def _install(connection: psycopg.Connection, conninfo: Mapping[str, Any]) -> None:
    script = _script()
    digest = hashlib.sha256(script.encode()).hexdigest()
    key = (f"{conninfo.get('host')}:{conninfo.get('port')}/{conninfo.get('dbname')}", digest)
    with _install_lock:
        if key in _installed:
            return
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")  # sees what whoever had the lock before has installed
            connection.execute("SELECT pg_advisory_xact_lock(5439)")
            there = connection.execute("SELECT to_regclass('local_redshift.version')").fetchone()
            seen = there and there[0] and connection.execute(f"SELECT FROM local_redshift.version WHERE digest = '{digest}'").fetchone()
            if not seen:
                connection.execute("SET LOCAL allow_system_table_mods = on")
                connection.execute(script)  # type: ignore[call-overload]
                connection.execute(f"INSERT INTO local_redshift.version VALUES ('{digest}') ON CONFLICT DO NOTHING")
        _installed.add(key)


def table_columns(connection: psycopg.Connection, table: str) -> list[str] | None:
    """What `Catalog` is asked for; None when there is no such table, too, when the transaction has failed."""
    if table.endswith(f".{PSEUDO}"):
        table = table.removesuffix(f".{PSEUDO}")
        query = "SELECT '$path' FROM pg_class WHERE oid = to_regclass('local_redshift.external_files_' || to_regclass(%s)::oid)"
        return _names(connection, query, table)
    query = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    return _names(connection, query, table)


def _names(connection: psycopg.Connection, query: LiteralString, table: str) -> list[str] | None:
    try:
        return [row[0] for row in connection.execute(query, [table])] or None
    except psycopg.errors.InFailedSqlTransaction:
        return None
