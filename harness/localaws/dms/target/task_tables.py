"""Control tables in which a task tells of itself on a target that speaks SQL: awsdms_status, awsdms_history, awsdms_suspended_tables.

Names, columns and words are DMS's (guide, "Control table task settings"); a task has one row of status, which is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from localaws.dms.target.control_tables import Dialect

__all__ = ["Slot", "Status", "TaskTables"]


@dataclass(frozen=True, slots=True)
class Status:
    """What awsdms_status has of a task, times in seconds since the epoch, None where there is none yet; memory in MB."""

    status: str
    at: float
    pending: int
    memory: int
    current_position: str = ""
    current_seconds: float | None = None
    tail_position: str = ""
    tail_seconds: float | None = None
    applied_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """What awsdms_history has of some minutes: FULL LOAD or CHANGE PROCESSING, their end, latency in seconds, rows, bytes."""

    kind: str
    end: float
    minutes: int
    latency: int | None
    records: int
    volume: int


class TaskTables:
    """Statements about one task's rows."""

    def __init__(self, task: str, schema: str, dialect: Dialect, server: str) -> None:
        self._dialect, self._task, self._server = dialect, dialect.literal(task), dialect.literal(server)
        self._schema = dialect.quoted(schema)

    def _table(self, name: str) -> str:
        return f"{self._schema}.awsdms_{name}"

    def create(self, names: Sequence[str]) -> Iterator[str]:
        """Those of `status`, `history` and `suspended_tables` that are asked for, where they are not there."""
        time = self._dialect.time
        columns = {
            "status": f"task_status VARCHAR(32) NOT NULL, status_time {time} NOT NULL, pending_changes BIGINT NOT NULL, "
            f"disk_swap_size BIGINT NOT NULL, task_memory BIGINT NOT NULL, source_current_position VARCHAR(128), "
            f"source_current_timestamp {time} NULL, source_tail_position VARCHAR(128), source_tail_timestamp {time} NULL, "
            f"source_timestamp_applied {time} NULL",
            "history": f"timeslot_type VARCHAR(32) NOT NULL, timeslot {time} NOT NULL, timeslot_duration BIGINT NOT NULL, "
            "timeslot_latency BIGINT, records BIGINT NOT NULL, timeslot_volume BIGINT NOT NULL",
            "suspended_tables": "table_owner VARCHAR(128) NOT NULL, table_name VARCHAR(128) NOT NULL, "
            f"suspend_reason {self._dialect.text} NOT NULL, suspend_timestamp {time} NOT NULL",
        }
        for name in names:
            yield (
                f"CREATE TABLE IF NOT EXISTS {self._table(name)} (server_name VARCHAR(128) NOT NULL, task_name VARCHAR(128) NOT NULL, "
                f"{columns[name]})"
            )

    def status(self, status: Status) -> Iterator[str]:
        """The task's row, replaced. What is not applied yet is in memory: nothing is swapped to the disk."""
        yield f"DELETE FROM {self._table('status')} WHERE task_name = {self._task}"
        literal = self._dialect.literal
        yield (
            f"INSERT INTO {self._table('status')} VALUES ({self._server}, {self._task}, {literal(status.status)}, {_moment(status.at)}, "
            f"{status.pending}, 0, {status.memory}, {literal(status.current_position)}, {_moment(status.current_seconds)}, "
            f"{literal(status.tail_position)}, {_moment(status.tail_seconds)}, {_moment(status.applied_seconds)})"
        )

    def history(self, slot: Slot) -> str:
        """A row more."""
        latency = "NULL" if slot.latency is None else slot.latency
        return (
            f"INSERT INTO {self._table('history')} VALUES ({self._server}, {self._task}, {self._dialect.literal(slot.kind)}, "
            f"{_moment(slot.end)}, {slot.minutes}, {latency}, {slot.records}, {slot.volume >> 20})"
        )

    def known_suspended(self) -> str:
        """Owner and name of the tables that the target's table has."""
        return f"SELECT table_owner, table_name FROM {self._table('suspended_tables')} WHERE task_name = {self._task}"

    def suspended(self, new: Mapping[tuple[str, str], str], gone: Sequence[tuple[str, str]], at: float) -> Iterator[str]:
        """Tables that were left out, by owner and name, with the reason, and those that are back."""
        literal = self._dialect.literal
        for owner, name in gone:
            of_table = f"table_owner = {literal(owner)} AND table_name = {literal(name)}"
            yield f"DELETE FROM {self._table('suspended_tables')} WHERE task_name = {self._task} AND {of_table}"
        for (owner, name), reason in new.items():
            values = f"{self._server}, {self._task}, {literal(owner)}, {literal(name)}, {literal(reason)}, {_moment(at)}"
            yield f"INSERT INTO {self._table('suspended_tables')} VALUES ({values})"


def _moment(seconds: float | None) -> str:
    return "NULL" if not seconds else f"'{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S.%f}'"
