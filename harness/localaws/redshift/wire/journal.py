"""What a session runs, told to the history: which statement an answer of PostgreSQL belongs to, and how it ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.history.entry import Entry, began, label_set
from localaws.redshift.translation import Translation

__all__ = ["Journal"]


class Journal:
    """One session's. Statements are answered in their order; a `None` stands where a ReadyForQuery is awaited."""

    def __init__(self, add: Callable[[Entry], None], flush: Callable[[], None], *, user: str, database: str, pid: int, label: str) -> None:
        self._add, self.flush = add, flush
        self._user, self._database, self._pid, self._label = user, database, pid, label
        self._running: deque[Entry | None] = deque()
        self._transaction = pid * 1_000_000
        self._in_transaction = False
        self._parsed: tuple[str, Translation | None] | None = None

    def parsed(self, text: str, translation: Translation | None) -> None:
        """A statement that is prepared: if that fails, it is the one that failed."""
        self._parsed = (text, translation)

    def begins(self, text: str, translation: Translation | None) -> Entry:
        """A statement is on its way."""
        if not self._in_transaction:
            self._transaction += 1
        self._in_transaction = True
        entry = began(text, translation, user=self._user, database=self._database, pid=self._pid, transaction=self._transaction)
        entry.label = self._label
        self._label = label_set(translation) or self._label
        self._running.append(entry)
        return entry

    def awaits(self) -> None:
        """A ReadyForQuery will come after what is on its way."""
        self._running.append(None)

    def completed(self, tag: str) -> None:
        """PostgreSQL's word that the next statement is done: `INSERT 0 5`, `SELECT 3`."""
        if self._running and (entry := self._running[0]) is not None:
            self._running.popleft()
            last = tag.rpartition(" ")[2]
            self._tell(entry.finish(int(last) if last.isdigit() else -1))

    def failed(self, error: RedshiftError) -> None:
        """The next statement failed; those after it, up to ReadyForQuery, are not run."""
        entry = self._running.popleft() if self._running and self._running[0] is not None else None
        if entry is None and self._parsed is not None:
            entry = began(
                self._parsed[0], self._parsed[1], user=self._user, database=self._database, pid=self._pid, transaction=self._transaction
            )
            entry.label = self._label
        self._parsed = None
        if entry is not None:
            self._tell(entry.finish(error=error))

    def ended(self, entry: Entry, rows: int = -1, error: RedshiftError | None = None) -> None:
        """A statement that the endpoint ran itself is done."""
        self._running.remove(entry)
        self._tell(entry.finish(rows, error))

    def ready(self, status: bytes) -> None:
        """A ReadyForQuery came."""
        while self._running and self._running.popleft() is not None:
            continue
        self._in_transaction = status != b"I"

    def _tell(self, entry: Entry) -> None:
        self._parsed = None
        if entry.text.strip():
            self._add(entry)
