"""What targets that speak SQL have in common: the checkpoint and the notes of loaded chunks, in control tables beside the data; a batch
that is one transaction, tried again when others were in its way; and the statements of DDL that all of them know."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any

from localaws.dms.binlog.events import INSERT
from localaws.dms.exceptions import CollisionError, TargetError
from localaws.dms.netting import Bag, Net, TableChanges, net, net_bag, with_deletes_kept
from localaws.dms.plan import PlannedColumn, TablePlan
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.base import ApplyError, Batch
from localaws.dms.target.comparing import ComparableTarget
from localaws.dms.target.control_tables import ControlTables, Dialect
from localaws.dms.target.task_tables import TaskTables
from localaws.dms.validation.compare import Difference

__all__ = ["SqlTarget"]

_ATTEMPTS = 5


class SqlTarget(ComparableTarget):
    """A target whose batch is one transaction. The note of the checkpoint is the first write of each: whoever opens the target locks that
    table once, and so waits until nothing that an earlier process of the task has sent can still be committed."""

    engine: str
    """The target's name in errors."""

    def __init__(self, control: ControlTables, dialect: Dialect) -> None:
        self._control, self._dialect = control, dialect
        self._noted = 0

    @abstractmethod
    def _run(self, sql: str) -> Any:
        """A cursor with the statement's result."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[None]:
        """Everything within it, or nothing."""

    def task_tables(self, server: str) -> TaskTables:
        """The tables in which the task tells of itself; `server` is the machine's name."""
        return TaskTables(*self._control.place, self._dialect, server)

    def write(self, statements: Sequence[str]) -> None:
        """One transaction. May be called by another thread than the one that applies."""
        with self._transaction():
            for statement in statements:
                self._run(statement)

    def read(self, query: str) -> list[Any]:
        """The rows of a query. May be called by another thread than the one that applies."""
        return list(self._run(query).fetchall())

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

    def obstacle(self, plan: TablePlan, changes: TableChanges) -> str:
        if plan.key or plan.flags_deletes or not plan.volatile or (changes.operation == INSERT).all():
            return ""
        return (
            f"{plan.full_name} has no primary key, and {', '.join(plan.volatile)} may be another each time it is made: "
            "the row to delete would not be found. Leave the column out, or give the table a key, and reload it."
        )

    def apply(self, batch: Batch) -> list[ApplyError]:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._apply(batch)
            except CollisionError as error:
                if attempt == _ATTEMPTS:
                    reason = f"The batch could not be applied in {_ATTEMPTS} attempts, others write the same tables: {error}"
                    raise TargetError(reason) from error
        raise AssertionError("not reached")

    def _apply(self, batch: Batch) -> list[ApplyError]:
        errors: list[ApplyError] = []
        with self._transaction():
            self._note(batch.checkpoint)
            for plan, changes in batch.changes:
                if plan.flags_deletes:
                    errors += self._apply_net(plan, net(with_deletes_kept(changes, plan.key), plan.key, delete_always=True))
                elif plan.key:
                    errors += self._apply_net(plan, net(changes, plan.key, batch.repeated))
                elif reason := self.obstacle(plan, changes):
                    raise TargetError(reason)
                else:
                    errors += self._apply_bag(plan, net_bag(changes))
            self._note_errors(errors)
        return errors

    @abstractmethod
    def _apply_net(self, plan: TablePlan, found: Net) -> list[ApplyError]:
        """A table with a key: these keys go, these rows come. Rows that the target does not take leave the row as it was."""

    @abstractmethod
    def _apply_bag(self, plan: TablePlan, found: Bag) -> list[ApplyError]:
        """A table without a key: of equal rows as many go as went on the source."""

    def _ddl(self, plan: TablePlan, action: str, details: Sequence[str], there: Collection[str]) -> list[str]:
        """The statements, fewer where an earlier process has done some already. `there` are the table's columns, in lower case."""
        table, quoted = self._name(plan), self._dialect.quoted
        name = details[0] if details else ""
        if action == "create-table":
            return self._creation(plan)
        if not there:
            return []
        if action == "truncate":
            return [self._emptying(plan)]
        if action == "drop-table":
            return [f"DROP TABLE IF EXISTS {table}"]
        if action == "add-column":
            return [] if name.lower() in there else [f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {self._type_of(plan, name)}"]
        if action == "drop-column":
            return [f"ALTER TABLE {table} DROP COLUMN {quoted(name)}"] if name.lower() in there else []
        if action == "rename-column":
            done = name.lower() not in there or details[1].lower() in there
            return [] if done else [f"ALTER TABLE {table} RENAME COLUMN {quoted(name)} TO {quoted(details[1])}"]
        if action == "change-type":
            return self._retyping(plan, name, self._type_of(plan, name))
        raise TargetError(f"{plan.source.full_name}: {action} is not done on {self.engine}. Reload the table.")

    def missing_columns(self, plan: TablePlan) -> list[str]:
        there = self._read_columns(plan)
        return [column.name for column in plan.columns if column.name.lower() not in {name.lower() for name in there}] if there else []

    @abstractmethod
    def _read_columns(self, plan: TablePlan) -> Collection[str]:
        """The target's columns of the table by their names there; none where there is no table."""

    @abstractmethod
    def _creation(self, plan: TablePlan) -> list[str]:
        """Statements that make the table and its schema where they are not there."""

    @abstractmethod
    def _emptying(self, plan: TablePlan) -> str:
        """The statement that empties the table."""

    @abstractmethod
    def _retyping(self, plan: TablePlan, name: str, kind: str) -> list[str]:
        """Statements that give a column another type."""

    @abstractmethod
    def _type(self, column: PlannedColumn) -> str:
        """The type in a CREATE TABLE."""

    def _type_of(self, plan: TablePlan, name: str) -> str:
        return next(self._type(column) for column in plan.columns if column.name == name)

    def _name(self, plan: TablePlan) -> str:
        return f"{self._dialect.quoted(plan.schema)}.{self._dialect.quoted(plan.name)}"

    def note_failures(self, plan: TablePlan, failures: Sequence[Difference]) -> None:
        for statement in self._control.create_failures():
            self._run(statement)
        with self._transaction():
            self._run(self._control.forget_failures(plan))
            for statement in self._control.note_failures(plan, failures):
                self._run(statement)

    def _note(self, checkpoint: str) -> None:
        self._noted += 1
        self._run(self._control.note(self._noted, checkpoint))

    def _note_errors(self, errors: Sequence[ApplyError]) -> None:
        for statement in self._control.note_exceptions(errors):
            self._run(statement)
