"""Runs statements, each in a thread, on a connection of its own or of its session, and settles those that a crash cut off."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from localaws.engines.postgres import PostgresEngine
from localaws.exceptions import LocalAwsError
from localaws.home import Home
from localaws.redshift.exceptions import ConnectionLostError, RedshiftError, StatementCancelledError
from localaws.redshift.history.store import HistoryStore
from localaws.redshift.session import Session
from localaws.redshiftdata.events import tell_end
from localaws.redshiftdata.exceptions import TooManyStatementsError, WarehouseUnreachableError
from localaws.redshiftdata.execution import AUTO_COMMIT, Execution, failed_text
from localaws.redshiftdata.recovery import RESOLVE_SECONDS, outcome_of
from localaws.redshiftdata.sessions import Sessions
from localaws.redshiftdata.statements import Statement, StatementStore

__all__ = ["ACTIVE_LIMIT", "Runner", "runner_of"]

ACTIVE_LIMIT = 500  # "Maximum number of active queries": 500 per account and Region
_AT_ONCE = 48
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
        self.sessions = Sessions(home / "redshift-data" / "sessions")
        self._home = home
        self._running: dict[str, Session] = {}
        self._cancelling = threading.Lock()
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

    def submit(self, statement: Statement, keep_alive: int | None = None) -> Statement:
        """Keeps the statement and starts it; an earlier one with the same client token is given back instead.

        It runs in the session that it names, in a new one if `keep_alive` (seconds) is given, or else on a connection of its own.

        Raises:
            TooManyStatementsError: too many are active.
            ValidationError: its session is busy, closed or unknown.
            TooManySessionsError: there are too many.
        """
        if sum(not other.final for other in self.store.all()) >= ACTIVE_LIMIT:
            raise TooManyStatementsError(ACTIVE_LIMIT)
        with self.store.changed:
            earlier = self.store.earlier(statement.token)
            if earlier is not None:
                return earlier
            if statement.session:
                statement.target = self.sessions.take(statement.session, keep_alive, statement.id).target
            elif keep_alive:
                statement.session = self.sessions.open(statement.target, keep_alive, statement.id).id
            self._own.add(statement.id)
            self.store.add(statement)
        threading.Thread(target=self._run, args=(statement,), name=f"statement-{statement.id[:8]}", daemon=True).start()
        return statement

    def cancel(self, statement: Statement) -> None:
        """Asks a statement to stop; its thread marks it ABORTED when it has."""
        with self.store.changed:
            if statement.final:
                return
            statement.cancel_requested = True
            self.store.save(statement)
        with self._cancelling:  # so that it is not the session's next statement that is cancelled
            session = self._running.get(statement.id)
            if session is not None:
                session.cancel()

    def close(self) -> None:
        """Cancels what runs; for an orderly stop."""
        for statement in self.store.all():
            if not statement.final and statement.id in self._own:
                self.cancel(statement)
                self.store.wait(statement, 5)
        self.sessions.close()
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
                self._let_go(statement)
                self._started.pop(statement.id, None)

    def _execute(self, statement: Statement) -> None:
        self.store.mark(statement, "PICKED")
        session = self.sessions.connection(statement.session) if statement.session else None
        if session is None:
            session = self.session(statement.target.database, statement.application_name, statement.target.user)
            if statement.session:
                self.sessions.keep(statement.session, session)
        else:
            session.renew()
        self._running[statement.id] = session
        if statement.cancel_requested:
            raise StatementCancelledError
        Execution(statement, session, self.store, self._history).run()
        self._finish(statement, "FINISHED")

    def _finish(self, statement: Statement, status: str, error: str = "") -> None:
        """The last status; its connection is free, or closed, and its locks are gone, before anyone reads it."""
        self._let_go(statement)
        self.store.mark(statement, status, duration=self._elapsed(statement), **({"error": error} if error else {}))
        if statement.resource:
            tell_end(self._home, statement)

    def _let_go(self, statement: Statement) -> None:
        with self._cancelling:
            session = self._running.pop(statement.id, None)
        if statement.session:
            self.sessions.release(statement.session, statement.id)
        elif session is not None:
            session.close()

    def _failed(self, statement: Statement, error: RedshiftError) -> None:
        aborted = isinstance(error, StatementCancelledError) or statement.cancel_requested
        for sub in statement.subs:
            if sub.status not in ("FINISHED", "FAILED"):
                sub.status = "ABORTED"
        self._finish(statement, "ABORTED" if aborted else "FAILED", failed_text(statement, error))

    def _elapsed(self, statement: Statement) -> int:
        """Nanoseconds since this process took it up; what is known already of one that an earlier endpoint ran."""
        started = self._started.get(statement.id)
        return statement.duration if started is None else time.monotonic_ns() - started

    def _after_lost_connection(self, statement: Statement, error: RedshiftError) -> None:
        if not statement.committing:
            self._failed(statement, error)
            return
        deadline = time.monotonic() + RESOLVE_SECONDS
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
        """Raises WarehouseUnreachableError: PostgreSQL cannot be asked now."""
        outcome = outcome_of(statement, self.conninfo(statement.target.database))
        is_whole = statement.mode != AUTO_COMMIT
        if outcome == "committed" and (is_whole or all(sub.status == "FINISHED" for sub in statement.subs)):
            self._finish(statement, "FINISHED")
            return
        if outcome == "committed":
            what = "what came after it was not run"
        elif outcome == "unknown":
            what = f"whether its transaction {statement.transaction} committed is no longer known"
        else:
            what = "its transaction was rolled back"
            if statement.committing and not is_whole:
                [sub for sub in statement.subs if sub.status == "FINISHED"][-1].status = "ABORTED"
        self._failed(statement, RedshiftError(f"{reason}; {what}"))
