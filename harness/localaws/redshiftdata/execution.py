"""One statement or batch on its connection: translated as a whole, then run, each text with its result and its entry in the history.

A batch is one transaction, or with AUTO_COMMIT one for each text. In a session a transaction may be open already (BEGIN): then nothing is
committed here. What makes the states true after a crash: before COMMIT is sent, the transaction's id is on disk.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import psycopg
from psycopg import pq

from localaws.engines.postgres import USER
from localaws.redshift.copy.history import QueryNumber
from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import ConnectionLostError, RedshiftError, RefusedByRedshiftError, StatementCancelledError
from localaws.redshift.history.entry import Entry, began, label_set
from localaws.redshift.history.store import HistoryStore
from localaws.redshift.session import Session
from localaws.redshift.translation import Translation
from localaws.redshiftdata.results import write_result
from localaws.redshiftdata.statements import Statement, StatementStore

__all__ = ["AUTO_COMMIT", "Execution", "failed_text"]

AUTO_COMMIT = "AUTO_COMMIT"
_IDLE = pq.TransactionStatus.IDLE


class Execution:
    """A statement that is run now."""

    def __init__(self, statement: Statement, session: Session, store: StatementStore, history: HistoryStore) -> None:
        self._statement, self._session, self._store, self._history = statement, session, store, history

    def run(self) -> None:
        """All of it.

        Raises:
            RedshiftError: a text failed, and with it the statement.
        """
        was_open = self._is_open
        if was_open and self._statement.mode == AUTO_COMMIT:  # before anything that could end the transaction of the session's user
            what = "AUTO_COMMIT is not possible while the session has a transaction open"
            raise RefusedByRedshiftError(f"{what}: send COMMIT or ROLLBACK first")
        try:
            if self._statement.mode == AUTO_COMMIT:
                self._one_by_one()
            else:
                self._as_one(self._translated(self._statement.is_batch))
        except RedshiftError:
            self._after_failure(was_open)
            raise

    @property
    def _is_open(self) -> bool:
        return self._session.connection.info.transaction_status != _IDLE

    def _after_failure(self, was_open: bool) -> None:
        """A transaction of ours is rolled back; one that the session's user has begun has failed, and waits for their ROLLBACK."""
        if self._session.connection.closed or not self._is_open:
            return
        if not was_open:
            self._session.rollback()
        elif self._session.connection.info.transaction_status == pq.TransactionStatus.INTRANS:
            self._session.fail_transaction()

    def _as_one(self, translations: Sequence[Translation]) -> None:
        self._started()
        is_own = not self._is_open and all(one.in_transaction and not one.controls for one in translations)
        if is_own:
            self._session.begin()
        self._session.procedures_may_commit = is_own and not self._statement.is_batch
        for number, translation in enumerate(translations):
            if translation.kind == "commit":
                self._before_commit()
            self._one(number, translation)
            if translation.commits and not is_own:
                self._session.commit()
        if is_own:
            self._before_commit()
            self._session.commit()

    def _one_by_one(self) -> None:
        """Each text for itself, whatever became of those before it; the first failure is the batch's."""
        failed: RedshiftError | None = None
        self._started()
        for number in range(len(self._statement.subs)):
            try:
                translation = self._translation(number, in_batch=False)
                if translation.in_transaction:
                    self._session.begin()
                self._one(number, translation)
                if translation.in_transaction:
                    self._before_commit()
                    self._session.commit()
            except (ConnectionLostError, StatementCancelledError):
                raise
            except RedshiftError as error:
                if self._is_open:
                    self._session.rollback()
                self._fail(number, error)
                failed = failed or error
            self._store.mark(self._statement, "STARTED", transaction="", committing=False)
        if failed is not None:
            raise failed

    def _started(self) -> None:
        statement = self._statement
        number = self._history.number(statement.target.database)
        self._store.mark(statement, "STARTED", pid=self._session.pid, query_id=number)

    def _before_commit(self) -> None:
        """From here on the outcome is PostgreSQL's to tell."""
        self._store.mark(self._statement, "STARTED", transaction=self._session.transaction_id() or "", committing=True)

    def _one(self, number: int, translation: Translation) -> None:
        statement, session = self._statement, self._session
        sub, started = statement.subs[number], time.monotonic_ns()
        sub.status, sub.created_at, sub.updated_at = "STARTED", time.time(), time.time()
        entry = self._entry(number, translation)
        query = QueryNumber(entry.query)
        if statement.is_batch:
            self._store.save(statement)
        try:
            values = {parameter["name"]: parameter["value"] for parameter in statement.parameters}
            rows = session.run(translation, values, query)
            if rows.columns is not None:
                folder = self._store.results(statement.id, number + 1)
                sub.size = write_result(session.connection, rows, folder, statement.format)
            sub.rows, sub.has_result = rows.count, rows.columns is not None
            sub.status = "FINISHED"
            entry.finish(rows.count)
            session.label = label_set(translation) or session.label
        except psycopg.Error as error:
            sub.status, sub.error = "FAILED", str(error)
            entry.finish(error=ConnectionLostError(str(error)))
            raise ConnectionLostError(str(error)) from error
        except RedshiftError as error:
            self._fail(number, error)
            entry.finish(error=error)
            raise
        finally:
            entry.query = query.value
            self._history.write([entry])
            sub.updated_at, sub.duration = time.time(), time.monotonic_ns() - started

    def _fail(self, number: int, error: RedshiftError) -> None:
        sub = self._statement.subs[number]
        sub.status = "ABORTED" if isinstance(error, StatementCancelledError) else "FAILED"
        sub.error = f"ERROR: {error.message}"

    def _entry(self, number: int, translation: Translation) -> Entry:
        """The history's entry of one of its texts; the first one has the number that DescribeStatement tells."""
        statement = self._statement
        entry = began(
            statement.subs[number].sql,
            translation,
            user=statement.target.user or USER,
            database=statement.target.database,
            pid=statement.pid,
            transaction=statement.query_id,
        )
        entry.query, entry.application, entry.label = statement.query_id if number == 0 else 0, "redshift-data", self._session.label
        return entry

    def _translated(self, in_batch: bool) -> list[Translation]:
        """All of its texts, before the first one runs. Raises RedshiftError: one cannot be run, or not in a batch."""
        return [self._translation(number, in_batch) for number in range(len(self._statement.subs))]

    def _translation(self, number: int, in_batch: bool) -> Translation:
        statement = self._statement
        try:
            translation = translate(statement.subs[number].sql, self._session.columns)
            if translation.controls and (statement.is_batch or not statement.session):
                what = f"{translation.kind.upper()} is not possible here"
                where = "a batch of the Data API is one transaction, and so is a single statement outside a session"
                raise RefusedByRedshiftError(f"{what}: {where}")
            if in_batch and translation.commits:
                raise RefusedByRedshiftError("TRUNCATE commits the transaction it runs in, so a batch would not be one: use DELETE")
            if in_batch and not translation.in_transaction:
                raise RefusedByRedshiftError(f"{translation.kind.upper()} cannot run inside a transaction block")
            missing = set(translation.parameters) - {parameter["name"] for parameter in statement.parameters}
            if missing:
                raise RedshiftError(f"no value was given for the parameters {', '.join(sorted(missing))}", "08P01")
        except RedshiftError as error:
            self._fail(number, error)
            raise
        return translation


def failed_text(statement: Statement, error: RedshiftError) -> str:
    """What DescribeStatement says of a statement that failed: in a batch, which text it was."""
    number = next((i for i, sub in enumerate(statement.subs, 1) if sub.error), 0)
    return f"Query #{number} failed with ERROR: {error.message}" if statement.is_batch and number else f"ERROR: {error.message}"
