"""Runs statements, each in a thread and a connection of its own, and finds out what became of those that a crash cut off.

What makes the states true after a crash: before COMMIT is sent, the transaction's id is on disk. A statement without one cannot have
committed; for one with it PostgreSQL itself is asked (`pg_xact_status`), after the orphaned connection has been ended.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from localaws.engines.postgres import USER, PostgresEngine
from localaws.exceptions import LocalAwsError
from localaws.home import Home
from localaws.redshift.copy.history import QueryNumber
from localaws.redshift.dialect import Translation, translate
from localaws.redshift.exceptions import ConnectionLostError, RedshiftError, RefusedByRedshiftError, StatementCancelledError
from localaws.redshift.history.entry import Entry, began
from localaws.redshift.history.store import HistoryStore
from localaws.redshift.session import Session
from localaws.redshiftdata.exceptions import TooManyStatementsError, WarehouseUnreachableError
from localaws.redshiftdata.results import write_result
from localaws.redshiftdata.statements import Statement, StatementStore

__all__ = ["ACTIVE_LIMIT", "Runner", "runner_of"]

ACTIVE_LIMIT = 500  # "Maximum number of active queries": 500 per account and Region
_AT_ONCE = 48
_RESOLVE_SECONDS = 30.0
_runners: dict[Path, Runner] = {}
_runners_lock = threading.Lock()


def runner_of(home: Path) -> Runner:
    """The one runner of a home in this process; the first call looks after statements that an earlier endpoint left."""
    with _runners_lock:
        if home not in _runners:
            _runners[home] = Runner(home)
        return _runners[home]


class Runner:
    """Executes the statements of one home."""

    def __init__(self, home: Path) -> None:
        self.store = StatementStore(home / "redshift-data")
        self._engine, self._storage = PostgresEngine(Home(home)), home / "s3"
        self._history = HistoryStore(self.conninfo)
        self._slots = threading.Semaphore(_AT_ONCE)
        self._sessions: dict[str, Session] = {}
        self._resolving = threading.Lock()
        self._own: set[str] = set()
        self._started: dict[str, int] = {}

    def conninfo(self, database: str) -> dict[str, Any]:
        try:
            return dict(self._engine.conninfo(database))
        except (LocalAwsError, OSError, KeyError) as error:
            raise WarehouseUnreachableError(str(error)) from error

    def session(self, database: str, name: str = "redshift-data", user: str = "") -> Session:
        return Session(self.conninfo(database), self._storage, name=name, user=user)

    def submit(self, statement: Statement) -> Statement:
        """Keeps the statement and starts it; an earlier one with the same client token is given back instead.

        Raises:
            TooManyStatementsError: too many are active.
        """
        if sum(not other.final for other in self.store.all()) >= ACTIVE_LIMIT:
            raise TooManyStatementsError(ACTIVE_LIMIT)
        self._own.add(statement.id)
        kept = self.store.add(statement)
        if kept is statement:
            threading.Thread(target=self._run, args=(statement,), name=f"statement-{statement.id[:8]}", daemon=True).start()
        return kept

    def cancel(self, statement: Statement) -> None:
        """Asks a statement to stop; its thread marks it ABORTED when it has."""
        with self.store.changed:
            if statement.final:
                return
            statement.cancel_requested = True
            self.store.save(statement)
            session = self._sessions.get(statement.id)
        if session is not None:
            session.cancel()

    def close(self) -> None:
        """Cancels what runs; for an orderly stop."""
        for statement in self.store.all():
            if not statement.final and statement.id in self._own:
                self.cancel(statement)
                self.store.wait(statement, 5)
        self._history.close()

    def settle(self, statement: Statement) -> Statement:
        """Finds out what became of a statement that no thread of this process runs.

        Raises:
            WarehouseUnreachableError: PostgreSQL cannot be asked now.
        """
        if statement.final or statement.id in self._own:
            return statement
        with self._resolving:
            if not statement.final:
                self._resolve(statement, "the endpoint was stopped while it ran")
        return statement

    def settle_all(self) -> None:
        """Every statement that an earlier endpoint left."""
        for statement in self.store.all():
            self.settle(statement)

    def _run(self, statement: Statement) -> None:
        with self._slots:
            self._started[statement.id] = time.monotonic_ns()
            try:
                self._execute(statement)
            except ConnectionLostError as error:
                self._after_lost_connection(statement, error)
            except RedshiftError as error:
                self._failed(statement, error)
            except LocalAwsError as error:
                self._failed(statement, RedshiftError(str(error)))
            except Exception as error:  # noqa: BLE001 - a thread has nobody else to tell: the statement says it
                self._failed(statement, RedshiftError(f"internal error of the local endpoint: {error!r}"))
            finally:
                self._close(statement)
                self._started.pop(statement.id, None)

    def _execute(self, statement: Statement) -> None:
        self.store.mark(statement, "PICKED")
        session = self.session(statement.target.database, statement.application_name, statement.target.user)
        self._sessions[statement.id] = session
        if statement.cancel_requested:
            raise StatementCancelledError
        translations = _translated(statement, session)
        self.store.mark(statement, "STARTED", pid=session.pid, query_id=self._history.number(statement.target.database))
        if all(translation.in_transaction for translation in translations):
            session.begin()
        session.procedures_may_commit = not statement.is_batch
        for number, translation in enumerate(translations):
            self._one(statement, session, number, translation)
        if all(translation.in_transaction for translation in translations):
            # From here on the outcome is PostgreSQL's to tell.
            self.store.mark(statement, "STARTED", transaction=session.transaction_id() or "", committing=True)
            session.commit()
        self.store.mark(statement, "FINISHED", duration=self._elapsed(statement))

    def _one(self, statement: Statement, session: Session, number: int, translation: Translation) -> None:
        sub, started = statement.subs[number], time.monotonic_ns()
        sub.status, sub.created_at, sub.updated_at = "STARTED", time.time(), time.time()
        entry = _entry(statement, number, translation)
        query = QueryNumber(entry.query)
        if statement.is_batch:
            self.store.save(statement)
        try:
            rows = session.run(translation, {parameter["name"]: parameter["value"] for parameter in statement.parameters}, query)
            if rows.columns is not None:
                sub.size = write_result(session.connection, rows, self.store.results(statement.id, number + 1))
            sub.rows, sub.has_result = rows.count, rows.columns is not None
            sub.status = "FINISHED"
            entry.finish(rows.count)
        except psycopg.Error as error:
            sub.status, sub.error = "FAILED", str(error)
            entry.finish(error=ConnectionLostError(str(error)))
            raise ConnectionLostError(str(error)) from error
        except RedshiftError as error:
            sub.status = "ABORTED" if isinstance(error, StatementCancelledError) else "FAILED"
            sub.error = f"ERROR: {error.message}"
            entry.finish(error=error)
            raise
        finally:
            entry.query = query.value
            self._history.write([entry])
            sub.updated_at, sub.duration = time.time(), time.monotonic_ns() - started

    def _close(self, statement: Statement) -> None:
        session = self._sessions.pop(statement.id, None)
        if session is not None:
            session.close()

    def _failed(self, statement: Statement, error: RedshiftError) -> None:
        self._close(statement)  # rolled back, and its locks gone, before anyone reads that it failed
        aborted = isinstance(error, StatementCancelledError) or statement.cancel_requested
        number = next((i for i, sub in enumerate(statement.subs, 1) if sub.error), 0)
        text = f"ERROR: {error.message}"
        if statement.is_batch and number:
            text = f"Query #{number} failed with {text}"
        for sub in statement.subs:
            if sub.status not in ("FINISHED", "FAILED"):
                sub.status = "ABORTED"
        self.store.mark(statement, "ABORTED" if aborted else "FAILED", error=text, duration=self._elapsed(statement))

    def _elapsed(self, statement: Statement) -> int:
        """Nanoseconds since this process took it up; what is known already of one that an earlier endpoint ran."""
        started = self._started.get(statement.id)
        return statement.duration if started is None else time.monotonic_ns() - started

    def _after_lost_connection(self, statement: Statement, error: RedshiftError) -> None:
        if not statement.committing:
            self._failed(statement, error)
            return
        deadline = time.monotonic() + _RESOLVE_SECONDS
        while True:
            try:
                self._resolve(statement, error.message)
                return
            except WarehouseUnreachableError:
                if time.monotonic() > deadline:
                    # Whoever asks next has it looked up again: `settle` takes what no thread runs.
                    self._own.discard(statement.id)
                    return
                time.sleep(0.5)

    def _resolve(self, statement: Statement, reason: str) -> None:
        try:
            outcome = self._outcome(statement)
        except (psycopg.Error, RedshiftError) as error:
            raise WarehouseUnreachableError(str(error)) from error
        if outcome == "committed":
            self.store.mark(statement, "FINISHED")
        elif outcome == "unknown":
            self._failed(
                statement, RedshiftError(f"{reason}; whether its transaction {statement.transaction} committed is no longer known")
            )
        else:
            self._failed(statement, RedshiftError(f"{reason}; its transaction was rolled back"))

    def _outcome(self, statement: Statement) -> str:
        """committed, aborted or unknown."""
        with psycopg.connect(**self.conninfo(statement.target.database), autocommit=True) as connection:
            self._end_backend(connection, statement)
            if not statement.committing:
                return "aborted"
            if not statement.transaction:
                return "committed"  # it wrote nothing, and its results were complete
            try:
                row = connection.execute("SELECT pg_xact_status(%s::xid8)", [statement.transaction]).fetchone()
            except psycopg.errors.InvalidParameterValue:
                return "aborted"  # "is in the future": PostgreSQL was killed and never heard of it
            return (row[0] if row else None) or "unknown"

    def _end_backend(self, connection: psycopg.Connection, statement: Statement) -> None:
        """Ends the connection that the statement left behind, which may still hold its locks."""
        deadline = time.monotonic() + _RESOLVE_SECONDS
        query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s"
        while connection.execute(query, [statement.application_name]).fetchone() != (0,):
            if time.monotonic() > deadline:
                raise RedshiftError(f"the connection of statement {statement.id} (process {statement.pid}) cannot be ended")
            time.sleep(0.05)


def _entry(statement: Statement, number: int, translation: Translation) -> Entry:
    """The history's entry of one of its texts; the first one has the number that DescribeStatement tells."""
    entry = began(
        statement.subs[number].sql,
        translation,
        user=statement.target.user or USER,
        database=statement.target.database,
        pid=statement.pid,
        transaction=statement.query_id,
    )
    entry.query, entry.application = statement.query_id if number == 0 else 0, "redshift-data"
    return entry


def _translated(statement: Statement, session: Session) -> list[Translation]:
    """All of a statement's texts, before the first one runs.

    Raises:
        RedshiftError: one cannot be run, or not in a batch.
    """
    found = []
    for sub in statement.subs:
        try:
            translation = translate(sub.sql, session.columns)
            if translation.controls:
                what = f"{translation.kind.upper()} is not possible here"
                raise RefusedByRedshiftError(f"{what}: a batch of the Data API is one transaction, and so is a single statement")
            if statement.is_batch and translation.commits:
                raise RefusedByRedshiftError("TRUNCATE commits the transaction it runs in, so a batch would not be one: use DELETE")
            if statement.is_batch and not translation.in_transaction:
                raise RefusedByRedshiftError("VACUUM cannot run inside a transaction block")
            missing = set(translation.parameters) - {parameter["name"] for parameter in statement.parameters}
            if missing:
                raise RedshiftError(f"no value was given for the parameters {', '.join(sorted(missing))}", "08P01")
        except RedshiftError as error:
            sub.status, sub.error = "FAILED", f"ERROR: {error.message}"
            raise
        found.append(translation)
    return found
