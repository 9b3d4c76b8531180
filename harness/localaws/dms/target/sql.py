"""What targets that speak SQL have in common: the checkpoint and the notes of loaded chunks, in control tables beside the data."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from localaws.dms.plan import TablePlan
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.base import ApplyError, Target
from localaws.dms.target.control_tables import ControlTables

__all__ = ["SqlTarget"]


class SqlTarget(Target):
    """A target whose batch is one transaction. The note of the checkpoint is the first write of each: whoever opens the target locks that
    table once, and so waits until nothing that an earlier process of the task has sent can still be committed."""

    def __init__(self, control: ControlTables) -> None:
        self._control = control
        self._noted = 0

    @abstractmethod
    def _run(self, sql: str) -> Any:
        """A cursor with the statement's result."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[None]:
        """Everything within it, or nothing."""

    def checkpoint(self) -> str | None:
        row = self._run(self._control.last_checkpoint()).fetchone()
        self._noted = int(row[1]) if row else 0
        return row[0] if row else None

    def restart(self, checkpoint: str) -> None:
        with self._transaction():
            for statement in self._control.forget():
                self._run(statement)
            self._note(checkpoint)

    def save(self, checkpoint: str) -> None:
        with self._transaction():
            self._note(checkpoint)

    def loaded_chunks(self, plan: TablePlan) -> list[tuple[Chunk, int]]:
        found = self._run(self._control.chunks(plan)).fetchall()
        return [(Chunk(column, *(None if edge is None else int(edge) for edge in edges)), int(rows)) for column, *edges, rows in found]

    def _note(self, checkpoint: str) -> None:
        self._noted += 1
        self._run(self._control.note(self._noted, checkpoint))

    def _note_errors(self, errors: Sequence[ApplyError]) -> None:
        for statement in self._control.note_exceptions(errors):
            self._run(statement)
