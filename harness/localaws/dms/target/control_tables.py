"""Control tables on a target that speaks SQL: what is committed, what was loaded, what could not be applied.

`awsdms_txn_state` and `awsdms_apply_exceptions` have the names that DMS gives them (guide, "Control table task settings"; its
TaskRecoveryTableEnabled makes the first). Checkpoints are added, never updated: tasks that share a target then write no common row.
"""

from __future__ import annotations

from collections.abc import Sequence

from localaws.dms.plan import TablePlan
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.base import ApplyError

__all__ = ["ControlTables", "literal", "quoted"]

_LONGEST_STATEMENT = 20_000


def quoted(name: str) -> str:
    """A name in a statement."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in a statement."""
    return "'" + text.replace("'", "''") + "'"


class ControlTables:
    """Statements about one task's rows of the control tables."""

    def __init__(self, task: str, schema: str) -> None:
        self._task, self._schema = literal(task), schema
        self._states, self._loads = self._table("awsdms_txn_state"), self._table("awsdms_load_state")
        self._exceptions = self._table("awsdms_apply_exceptions")

    def _table(self, name: str) -> str:
        return f"{quoted(self._schema)}.{name}"

    def create(self) -> Sequence[str]:
        return (
            f"CREATE SCHEMA IF NOT EXISTS {quoted(self._schema)}",
            f"CREATE TABLE IF NOT EXISTS {self._states} (task_name VARCHAR(128) NOT NULL, "
            "noted BIGINT NOT NULL, checkpoint VARCHAR(65535) NOT NULL, noted_at TIMESTAMP NOT NULL)",
            f"CREATE TABLE IF NOT EXISTS {self._loads} (task_name VARCHAR(128) NOT NULL, table_owner VARCHAR(128) NOT NULL, "
            "table_name VARCHAR(128) NOT NULL, chunk_column VARCHAR(128) NOT NULL, chunk_from NUMERIC(20,0), chunk_to NUMERIC(20,0), "
            "rows_loaded BIGINT NOT NULL)",
            f"CREATE TABLE IF NOT EXISTS {self._exceptions} (task_name VARCHAR(128) NOT NULL, table_owner VARCHAR(128) NOT NULL, "
            "table_name VARCHAR(128) NOT NULL, error_time TIMESTAMP NOT NULL, statement VARCHAR(65535) NOT NULL, "
            '"error" VARCHAR(65535) NOT NULL)',
        )

    def lock(self) -> str:
        return f"LOCK {self._states}, {self._loads}"

    def last_checkpoint(self) -> str:
        return f"SELECT checkpoint, noted FROM {self._states} WHERE task_name = {self._task} ORDER BY noted DESC LIMIT 1"

    def trim(self) -> str:
        """Only the last checkpoint counts."""
        last = f"(SELECT MAX(noted) FROM {self._states} WHERE task_name = {self._task})"
        return f"DELETE FROM {self._states} WHERE task_name = {self._task} AND noted < {last}"

    def note(self, number: int, checkpoint: str) -> str:
        """Numbers must grow: an IDENTITY of Redshift does not always, and clocks jump."""
        return f"INSERT INTO {self._states} VALUES ({self._task}, {number}, {literal(checkpoint)}, GETDATE())"

    def forget(self) -> Sequence[str]:
        return tuple(f"DELETE FROM {table} WHERE task_name = {self._task}" for table in (self._states, self._loads))

    def forget_load(self, plan: TablePlan) -> str:
        return f"DELETE FROM {self._loads} WHERE {self._of(plan)}"

    def chunks(self, plan: TablePlan) -> str:
        return f"SELECT chunk_column, chunk_from, chunk_to, rows_loaded FROM {self._loads} WHERE {self._of(plan)}"

    def note_chunk(self, plan: TablePlan, chunk: Chunk, rows: int) -> str:
        names = f"{self._task}, {literal(plan.schema)}, {literal(plan.name)}"
        low, high = ("NULL" if edge is None else edge for edge in (chunk.low, chunk.high))
        return f"INSERT INTO {self._loads} VALUES ({names}, {literal(chunk.column)}, {low}, {high}, {rows})"

    def note_exception(self, error: ApplyError) -> str:
        names = f"{self._task}, {literal(error.table.schema)}, {literal(error.table.name)}"
        statement = literal(error.statement[:_LONGEST_STATEMENT])
        return f"INSERT INTO {self._exceptions} VALUES ({names}, GETDATE(), {statement}, {literal(error.reason)})"

    def _of(self, plan: TablePlan) -> str:
        return f"task_name = {self._task} AND table_owner = {literal(plan.schema)} AND table_name = {literal(plan.name)}"
