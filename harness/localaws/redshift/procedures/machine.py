"""What a procedure's statements run on: the session's connection, its transaction, and the procedures that it calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from psycopg import pq

from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import RedshiftError, RefusedByRedshiftError
from localaws.redshift.procedures.values import Result, result_of
from localaws.redshift.session import Session
from localaws.redshift.translation import Translation

__all__ = ["Machine"]

_DEEPEST = 16  # "Up to 16 levels of nesting" (guide, "Stored procedure limitations")
_ATOMIC = (
    "{} cannot be invoked from a procedure that is executing in an atomic context. "
    "Try calling the procedure as a top-level call, not from within an explicit transaction block."
)


@dataclass
class Machine:
    """One top-level CALL. `may_end` says whether a transaction of its own is under way, which COMMIT may end."""

    session: Session
    tell: Callable[[str, str], None]
    may_end: bool
    nonatomic: bool = False
    depth: int = 0
    cursors: int = 0
    last: Result = field(default_factory=lambda: Result((), [], 0))

    @property
    def open(self) -> bool:
        """Whether a transaction is under way."""
        return self.session.connection.info.transaction_status != pq.TransactionStatus.IDLE

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise RedshiftError(f"stored procedure nested call limit of {_DEEPEST} exceeded", "54001")

    def run(self, sql: str, values: Mapping[str, str | None], most: int | None = None) -> Result:
        """One statement of SQL; `most` rows of it are kept."""
        self.last = result_of(self.session.run(self._checked(translate(sql, self.session.columns)), values), most)
        return self.last

    def _checked(self, translation: Translation) -> Translation:
        if translation.controls:
            raise RefusedByRedshiftError(f"{translation.kind.upper()} cannot be run by EXECUTE: it is a statement of the procedure itself")
        if not translation.in_transaction:
            raise RefusedByRedshiftError(f"{translation.kind.upper()} cannot be executed from a procedure")
        if translation.commits and not self.may_end:
            raise RefusedByRedshiftError(_ATOMIC.format(translation.kind.upper()))
        return translation

    def run_and_commit(self, sql: str) -> None:
        """TRUNCATE: it commits what was done before, too."""
        self.run(sql, {})
        if self.open:
            self.end("COMMIT")

    def end(self, what: str) -> None:
        """COMMIT or ROLLBACK; a new transaction begins at once, but for a NONATOMIC procedure's."""
        if not self.may_end:
            raise RefusedByRedshiftError(_ATOMIC.format(what))
        self.session.end(what)
        if not self.nonatomic:
            self.session.begin()

    def give_up(self) -> None:
        """What was done in the transaction is undone, whoever began it; handlers start from here."""
        self.session.end("ROLLBACK")
        if not self.nonatomic:
            self.session.begin()

    def next_cursor(self) -> str:
        """A name for a cursor of the database."""
        self.cursors += 1
        return f"local_procedure_cursor_{self.cursors}"
