"""What every target can do. A target decides what is applied: it keeps the checkpoint, together with the data where it has transactions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from localaws.dms.netting import TableChanges
from localaws.dms.plan import TablePlan
from localaws.dms.source.snapshot import Chunk

__all__ = ["ApplyError", "Batch", "LoadResult", "Target", "gathered"]

_FILE_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class ApplyError:
    """A row that was not applied, for the exceptions table. `truncated`: it would have had to be cut."""

    table: TablePlan
    statement: str
    reason: str
    truncated: bool = False


@dataclass(slots=True)
class Batch:
    """Changes of whole transactions, by table, and the checkpoint that holds when they are applied."""

    changes: list[tuple[TablePlan, TableChanges]]
    checkpoint: str
    repeated: bool = False
    """Whether some of it may be applied already, because tables were loaded after the position."""


@dataclass(slots=True)
class LoadResult:
    """Rows loaded, and rows refused."""

    rows: int = 0
    errors: list[ApplyError] = field(default_factory=list)


class Target(ABC):
    """One target of one task. Methods may be called by several threads only where they say so."""

    narrows = False
    """Whether tables that it makes have DMS's own types, in which unsigned numbers overflow."""

    keeps_keys = False
    """Whether a table holds on to the key that it was made with, so that another one asks for a reload."""

    @abstractmethod
    def open(self) -> None:
        """Connect, make the control tables, and wait until nothing of an earlier run of the task is under way."""

    @abstractmethod
    def checkpoint(self) -> str | None:
        """The checkpoint of the last committed batch; None when the task was never started on this target."""

    @abstractmethod
    def restart(self, checkpoint: str) -> None:
        """Forget what the task has loaded and applied, and begin with this checkpoint."""

    @abstractmethod
    def save(self, checkpoint: str) -> None:
        """A checkpoint without data."""

    @abstractmethod
    def prepare(self, plan: TablePlan, mode: str) -> None:
        """Make the table ready for its full load: `DO_NOTHING`, `DROP_AND_CREATE` or `TRUNCATE_BEFORE_LOAD`."""

    @abstractmethod
    def loaded_chunks(self, plan: TablePlan) -> list[tuple[Chunk, int]]:
        """Chunks of the table's load that are committed, with their rows."""

    @abstractmethod
    def load(self, plan: TablePlan, chunk: Chunk, batches: Iterable[pa.RecordBatch]) -> LoadResult:
        """Rows of a chunk, committed together with the note that it is loaded. Called by several threads."""

    @abstractmethod
    def apply(self, batch: Batch) -> list[ApplyError]:
        """All of the batch with its checkpoint, or nothing."""

    def obstacle(self, plan: TablePlan, changes: TableChanges) -> str:
        """Why these changes of a table can never be applied here, whatever their values; empty where they can."""
        return ""

    @abstractmethod
    def statement(self, plan: TablePlan, action: str, checkpoint: str, details: Sequence[str] = ()) -> None:
        """DDL of the source on the target: `truncate`, `add-column`, `drop-column`, `rename-column`, `change-type`, `create-table`."""

    def missing_columns(self, plan: TablePlan) -> list[str]:
        """Columns of the plan that the target's table has not; none where the target has no tables with columns."""
        return []

    def release(self) -> None:
        """Give up what is held for threads that have ended. There may be nothing."""
        return

    @abstractmethod
    def close(self) -> None:
        """Give up connections, also those that other threads wait for."""


def gathered(batches: Iterable[pa.RecordBatch], rows: int = _FILE_ROWS) -> Iterator[pa.Table]:
    """Batches joined, for few files of a good size: with about so many rows each."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if count >= rows:
            yield pa.Table.from_batches(waiting)
            waiting, count = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)
