"""Control tables on a target that speaks SQL: what is committed, what was loaded, what could not be applied.

`awsdms_txn_state` and `awsdms_apply_exceptions` have the names that DMS gives them (guide, "Control table task settings"; its
TaskRecoveryTableEnabled makes the first). Checkpoints are added, never updated: tasks that share a target then write no common row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from localaws.dms.plan import TablePlan
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.base import ApplyError
from localaws.dms.validation.compare import Difference

__all__ = ["MYSQL", "REDSHIFT", "ControlTables", "Dialect", "literal", "quoted"]

_LONGEST_STATEMENT = 20_000
_AT_ONCE = 100


def quoted(name: str) -> str:
    """A name in a statement."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in a statement: a backslash escapes what follows on Redshift, as on MySQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _mysql_quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a target writes names, texts, long texts' type, times' type, and the time now."""

    quoted: Callable[[str], str]
    literal: Callable[[str], str]
    text: str
    time: str
    now: str


REDSHIFT = Dialect(quoted, literal, "VARCHAR(65535)", "TIMESTAMP", "GETDATE()")
MYSQL = Dialect(_mysql_quoted, literal, "LONGTEXT", "DATETIME(3)", "UTC_TIMESTAMP(3)")


class ControlTables:
    """Statements about one task's rows of the control tables."""

    def __init__(self, task: str, schema: str, dialect: Dialect = REDSHIFT) -> None:
        self._dialect, self._literal = dialect, dialect.literal
        self._name, self._task, self._schema = task, dialect.literal(task), schema
        self._states, self._loads = self._table("awsdms_txn_state"), self._table("awsdms_load_state")
        self._exceptions, self._failures = self._table("awsdms_apply_exceptions"), self._table("awsdms_validation_failures_v1")

    def _table(self, name: str) -> str:
        return f"{self._dialect.quoted(self._schema)}.{name}"

    @property
    def noting(self) -> tuple[str, str]:
        """The tables that each transaction of a task writes one of first."""
        return self._states, self._loads

    @property
    def place(self) -> tuple[str, str]:
        """The task, and the schema of its tables."""
        return self._name, self._schema

    def create(self) -> Sequence[str]:
        text, time = self._dialect.text, self._dialect.time
        return (
            f"CREATE SCHEMA IF NOT EXISTS {self._dialect.quoted(self._schema)}",
            f"CREATE TABLE IF NOT EXISTS {self._states} (task_name VARCHAR(128) NOT NULL, "
            f"noted BIGINT NOT NULL, checkpoint {text} NOT NULL, noted_at {time} NOT NULL)",
            f"CREATE TABLE IF NOT EXISTS {self._loads} (task_name VARCHAR(128) NOT NULL, table_owner VARCHAR(128) NOT NULL, "
            "table_name VARCHAR(128) NOT NULL, chunk_column VARCHAR(128) NOT NULL, chunk_from NUMERIC(20,0), chunk_to NUMERIC(20,0), "
            "rows_loaded BIGINT NOT NULL)",
            f"CREATE TABLE IF NOT EXISTS {self._exceptions} (task_name VARCHAR(128) NOT NULL, table_owner VARCHAR(128) NOT NULL, "
            f"table_name VARCHAR(128) NOT NULL, error_time {time} NOT NULL, statement {text} NOT NULL, "
            f"{self._dialect.quoted('error')} {text} NOT NULL)",
        )

    def last_checkpoint(self) -> str:
        return f"SELECT checkpoint, noted FROM {self._states} WHERE task_name = {self._task} ORDER BY noted DESC LIMIT 1"

    def trim(self) -> str:
        """Only the last checkpoint counts."""
        # Within another SELECT, because MySQL deletes from no table that the same statement reads.
        last = f"(SELECT newest FROM (SELECT MAX(noted) AS newest FROM {self._states} WHERE task_name = {self._task}) notes)"
        return f"DELETE FROM {self._states} WHERE task_name = {self._task} AND noted < {last}"

    def note(self, number: int, checkpoint: str) -> str:
        """Numbers must grow: an IDENTITY of Redshift does not always, and clocks jump."""
        return f"INSERT INTO {self._states} VALUES ({self._task}, {number}, {self._literal(checkpoint)}, {self._dialect.now})"

    def forget(self) -> Sequence[str]:
        return tuple(f"DELETE FROM {table} WHERE task_name = {self._task}" for table in (self._states, self._loads))

    def forget_load(self, plan: TablePlan) -> str:
        return f"DELETE FROM {self._loads} WHERE {self._of(plan)}"

    def chunks(self, plan: TablePlan) -> str:
        return f"SELECT chunk_column, chunk_from, chunk_to, rows_loaded FROM {self._loads} WHERE {self._of(plan)}"

    def note_chunk(self, plan: TablePlan, chunk: Chunk, rows: int) -> str:
        names = f"{self._task}, {self._literal(plan.schema)}, {self._literal(plan.name)}"
        low, high = ("NULL" if edge is None else edge for edge in (chunk.low, chunk.high))
        return f"INSERT INTO {self._loads} VALUES ({names}, {self._literal(chunk.column)}, {low}, {high}, {rows})"

    def note_exceptions(self, errors: Sequence[ApplyError]) -> Iterator[str]:
        """Statements that keep every one of them."""
        for start in range(0, len(errors), _AT_ONCE):
            rows = ", ".join(self._exception(error) for error in errors[start : start + _AT_ONCE])
            yield f"INSERT INTO {self._exceptions} VALUES {rows}"

    def create_failures(self) -> Sequence[str]:
        """The table of what a validation found (guide, "AWS DMS data validation", "Troubleshooting")."""
        text, time, key = self._dialect.text, self._dialect.time, self._dialect.quoted("key")
        return (
            f"CREATE SCHEMA IF NOT EXISTS {self._dialect.quoted(self._schema)}",
            f"CREATE TABLE IF NOT EXISTS {self._failures} (task_name VARCHAR(128) NOT NULL, table_owner VARCHAR(128) NOT NULL, "
            f"table_name VARCHAR(128) NOT NULL, failure_time {time} NOT NULL, key_type VARCHAR(128) NOT NULL, {key} {text} NOT NULL, "
            "failure_type VARCHAR(128) NOT NULL, details VARCHAR(8000) NOT NULL)",
        )

    def forget_failures(self, plan: TablePlan) -> str:
        return f"DELETE FROM {self._failures} WHERE {self._of(plan)}"

    def note_failures(self, plan: TablePlan, failures: Sequence[Difference]) -> Iterator[str]:
        """Statements that keep every one of them."""
        names = f"{self._task}, {self._literal(plan.schema)}, {self._literal(plan.name)}, {self._dialect.now}, 'Row'"
        for start in range(0, len(failures), _AT_ONCE):
            rows = ", ".join(
                f"({names}, {self._literal(item.key_text())}, {self._literal(item.kind)}, {self._literal(item.details_text())})"
                for item in failures[start : start + _AT_ONCE]
            )
            yield f"INSERT INTO {self._failures} VALUES {rows}"

    def _exception(self, error: ApplyError) -> str:
        names = f"{self._task}, {self._literal(error.table.schema)}, {self._literal(error.table.name)}"
        statement = self._literal(error.statement[:_LONGEST_STATEMENT])
        return f"({names}, {self._dialect.now}, {statement}, {self._literal(error.reason)})"

    def _of(self, plan: TablePlan) -> str:
        return f"task_name = {self._task} AND table_owner = {self._literal(plan.schema)} AND table_name = {self._literal(plan.name)}"
