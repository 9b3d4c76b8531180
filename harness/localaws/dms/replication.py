"""One task from its start to its stop: full load, then changes, each batch committed with its checkpoint.

The target alone says what is done, so a process that is killed at any instant is followed by one that reads the checkpoint and goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from localaws.dms.binlog.events import Position
from localaws.dms.binlog.table_map import TableMap
from localaws.dms.bounds import AFTER_CACHED, AFTER_LOAD, LOADED, NORMAL, Until
from localaws.dms.capture import Capture
from localaws.dms.checkpoint import Checkpoint
from localaws.dms.data_errors import DataErrors
from localaws.dms.data_types import is_lob
from localaws.dms.exceptions import (
    CollisionError,
    ReplicationError,
    SettingsError,
    SourceError,
    SourceLostError,
    TargetError,
    TargetLostError,
    TaskStateError,
    UnsupportedColumnError,
)
from localaws.dms.full_load import FullLoad
from localaws.dms.known_faults import known_faults
from localaws.dms.plan import TablePlan
from localaws.dms.planning import is_selected, plan_dropped, plan_table
from localaws.dms.reloading import ReloadRequest
from localaws.dms.reporting import reporting
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.catalog import list_tables, read_table
from localaws.dms.source.connection import MySqlAddress, connected
from localaws.dms.source.positions import position_at
from localaws.dms.source.snapshot import current_position, open_snapshot
from localaws.dms.source.stream import BinlogStream
from localaws.dms.spilling import Waiting
from localaws.dms.statistics import Statistics
from localaws.dms.target.base import Target
from localaws.dms.target.comparing import ComparableTarget
from localaws.dms.types import SourceColumn, SourceTable
from localaws.dms.validation.validator import Validator

__all__ = ["Replication", "Task"]

_LOG = logging.getLogger(__name__)
_HEALTHY_SECONDS = 60.0
"""A connection that lasted this long was none of a series of failures."""


@dataclass(frozen=True)
class Task:
    """What a task is: `migration` is full-load, cdc or full-load-and-cdc; `start` a position, or seconds since the epoch, for tasks that
    only capture changes; `folder` has place for changes that are too many for memory."""

    name: str
    migration: str
    source: MySqlAddress
    mappings: TableMappings
    settings: TaskSettings
    server_id: int
    start: Position | int | None = None
    folder: Path | None = None


class Replication:
    """Runs a task on a target. `stopping` ends it after the batch under way."""

    def __init__(self, task: Task, make_target: Callable[[], Target], statistics: Statistics | None = None) -> None:
        self.task, self._make_target = task, make_target
        self.statistics = statistics or Statistics()
        self.stopping = threading.Event()
        self.plans: dict[tuple[str, str], TablePlan] = {}
        self._is_begun = False
        self.under_way = threading.Event()
        """Set while it is known which tables are suspended, and which phase the run is in."""
        self.resumed = False
        """Whether changes were captured before: the source's catalog may be ahead of what the target has."""
        self.suspended: dict[str, str] = {}
        """Tables that are left out, by their full name on the source, and why. Checkpoints carry it."""
        self.data_errors = DataErrors(task.settings.data_errors)
        self.reloads: SimpleQueue[ReloadRequest] = SimpleQueue()
        """Tables to load again, or to compare again, when changes are captured."""
        self.validator: Validator | None = None
        self.applied_up_to: Position | None = None
        """Everything before it is on the target; what is validated waits for it."""
        self.on_begun: Callable[[], Any] = lambda: None
        """Called when a process that follows could resume."""

    def run(self, start_type: str, until: Until | None = None) -> str:
        """`start-replication` begins anew, `resume-processing` goes on, `reload-target` loads everything again. Returns why it ended, in
        the words of StopReason, when the task is stopped, its full load was all it had to do, or everything before `until` is applied.

        Raises:
            ReplicationError: the task cannot go on. Lost connections are tried again, as often as the settings say.
        """
        attempt, fresh = 0, start_type != "resume-processing"
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                return self._run_once(fresh, until)
            except (SourceLostError, TargetLostError) as error:
                self.statistics.message = str(error)
                fresh = fresh and not self._is_begun  # what was begun anew is not begun anew twice
                attempt = 0 if time.monotonic() - began > _HEALTHY_SECONDS else attempt
                wait = self.task.settings.retries.wait(attempt)
                if wait is None:
                    raise
                attempt += 1
                self.stopping.wait(wait)
        return NORMAL

    def _run_once(self, fresh: bool, until: Until | None) -> str:
        target = self._make_target()
        self.under_way.clear()
        try:
            target.open()
            with reporting(self, target):
                return self._run_on(target, fresh, until)
        finally:
            target.close()

    def _run_on(self, target: Target, fresh: bool, until: Until | None) -> str:
        if self.task.settings.validation.only:
            return self._validate_only(target)
        found = target.checkpoint()
        if not fresh and found is None:
            raise TaskStateError(f"Task {self.task.name} has nothing to resume: start it with start-replication.")
        checkpoint = Checkpoint.parse(found) if found is not None and not fresh else None
        self.suspended = dict(checkpoint.suspended) if checkpoint is not None else {}
        self._read_plans()
        self._tell_faults(target)
        loaded_now = checkpoint is None or not checkpoint.loaded
        if checkpoint is None or not checkpoint.loaded:
            checkpoint = self._load(target, checkpoint)
        self._is_begun, self.resumed = True, not loaded_now
        self.statistics.position = checkpoint.position
        if self.stopping.is_set() or not checkpoint.loaded:
            return NORMAL
        if self.task.migration == "full-load":
            validator = self._make_validator(target)
            if validator is not None:
                validator.once()
            return LOADED
        if loaded_now and self.task.settings.stop_after_load and self.task.migration == "full-load-and-cdc":
            return AFTER_LOAD
        if loaded_now and checkpoint.cached and not _before(checkpoint.position, checkpoint.cached):
            return AFTER_CACHED  # nothing was changed during the load
        return self._capture(target, checkpoint, until)

    def _load(self, target: Target, former: Checkpoint | None) -> Checkpoint:
        """The full load, begun or gone on with."""
        task = self.task
        if task.migration == "cdc":
            position = self._begin()
            for plan in list(self.plans.values()):
                self._make_ready(target, plan)
            checkpoint = Checkpoint(str(position), str(position), loaded=True, suspended=dict(self.suspended))
            target.restart(checkpoint.text())
            self.on_begun()
            return checkpoint
        self.statistics.phase = "full load"
        self.under_way.set()
        snapshot = open_snapshot(task.source, task.settings.subtasks)
        try:
            if former is None:
                checkpoint = Checkpoint(str(snapshot.position), str(snapshot.position))
                target.restart(checkpoint.text())
            else:
                checkpoint = replace(former, settled=str(snapshot.position))
                target.save(checkpoint.text())
            self._is_begun = True
            self.on_begun()
            suspend = task.settings.table_error == "SUSPEND_TABLE"
            load = FullLoad(snapshot, target, self.statistics, self.stopping, self.data_errors, suspend, task.settings.strict)
            loaded = load.run(list(self.plans.values()), task.settings.prepare)
        finally:
            snapshot.close()
            target.release()
        if self.stopping.is_set():
            return checkpoint
        for name in set(self.plans) - {(plan.source.schema, plan.source.name) for plan in loaded}:
            self.suspended[".".join(name)] = self.statistics.table(*name).message
            del self.plans[name]
        with connected(task.source) as connection:
            cached = str(current_position(connection)) if task.settings.stop_after_cached and task.migration != "full-load" else ""
        checkpoint = replace(checkpoint, loaded=True, suspended=dict(self.suspended), cached=cached)
        target.save(checkpoint.text())
        return checkpoint

    def _make_ready(self, target: Target, plan: TablePlan) -> None:
        """For changes alone; a table that the target cannot have is suspended."""
        try:
            target.prepare(plan, "DO_NOTHING")
        except (TargetLostError, CollisionError):
            raise
        except TargetError as error:
            self.suspend(plan.source.schema, plan.source.name, error)

    def _begin(self) -> Position:
        task = self.task
        if isinstance(task.start, int):
            return position_at(task.source, task.start, task.server_id)
        with connected(task.source) as connection:
            return task.start or current_position(connection)

    def _capture(self, target: Target, checkpoint: Checkpoint, until: Until | None) -> str:
        for name in self.plans:
            self.statistics.table(*name).table_state = "Table completed"
        self.statistics.phase = "ongoing replication"
        self.under_way.set()
        limits = [until] if until is not None else []
        if checkpoint.cached and _before(checkpoint.position, checkpoint.cached):
            limits.append(Until(position=Position.parse(checkpoint.cached), reason=AFTER_CACHED))
        self.applied_up_to = None
        capture = Capture(self, target, checkpoint, limits)
        stream = BinlogStream(self.task.source, Position.parse(checkpoint.position), self.task.server_id, self.wants, self.before_columns)
        self.validator = self._make_validator(target)
        try:
            if self.validator is not None:
                self.validator.start()
            return capture.run(stream)
        finally:
            stream.close()
            if self.validator is not None:
                self.validator.stop()

    def _make_validator(self, target: Target) -> Validator | None:
        """One where the settings ask for it. Raises SettingsError where the target cannot be compared."""
        if not self.task.settings.validation.enabled:
            return None
        if not isinstance(target, ComparableTarget):
            raise SettingsError("$.ValidationSettings.EnableValidation", "only Redshift and MySQL targets are validated by this engine")
        return Validator(self, target)

    def _validate_only(self, target: Target) -> str:
        if self.task.migration != "full-load":
            raise SettingsError("$.ValidationSettings.ValidationOnly", "this engine does it for tasks of the type full-load only")
        self._read_plans()
        self._is_begun = True
        self.on_begun()
        validator = self._make_validator(target)
        assert validator is not None
        for name in self.plans:
            self.statistics.table(*name).table_state = "Table completed"
        validator.once()
        return LOADED

    def waiting(self) -> Waiting:
        """A place for changes that wait, as the settings limit its memory."""
        return Waiting(self.task.settings.memory_bytes, self.task.settings.memory_seconds, self.task.folder)

    def reload_request(self) -> ReloadRequest | None:
        """The next one that waits."""
        try:
            return self.reloads.get_nowait()
        except Empty:
            return None

    def wants(self, schema: str, table: str) -> bool:
        """Whether changes of the table are captured."""
        return f"{schema}.{table}" not in self.suspended and is_selected(self.task.mappings, schema, table)

    def before_columns(self, table: TableMap) -> frozenset[str] | None:
        """Which columns of a row before its update are needed: the key, or all where there is none. Called by the thread that decodes,
        which may be ahead of the plans."""
        plan, settings = self._plan_of(table), self.task.settings
        if settings.before_image and settings.before_image_columns != "pk-only":
            lobs = settings.before_image_columns == "all"
            plain = [column for column in plan.columns if not column.is_made]
            return frozenset(column.source for column in plain if lobs or not is_lob(column.type) or column.name in plan.key)
        return frozenset(plan.source_key) | plan.images if plan.key else None

    def _read_plans(self) -> None:
        with connected(self.task.source) as connection:
            for schema, name, is_view, rows in list_tables(connection):
                self.read_plan(connection, schema, name, is_view, rows)
        if not self.plans and self.task.settings.fail_without_tables:
            raise SourceError("The mappings select no table of the source that can be replicated, and FailOnNoTablesCaptured is true.")

    def _tell_faults(self, target: Target) -> None:
        """In strict mode, what DMS is known to do badly is told before it happens."""
        settings = self.task.settings
        for (schema, name), plan in self.plans.items() if settings.strict else ():
            narrows = target.narrows and settings.prepare == "DROP_AND_CREATE" and self.task.migration != "cdc"
            faults = list(known_faults(plan, settings.lob_bytes, narrows=narrows))
            self.statistics.table(schema, name).faults = faults
            for fault in faults:
                _LOG.warning("%s.%s: %s", schema, name, fault)

    def read_plan(self, connection: Any, schema: str, name: str, is_view: bool = False, rows: int = 0) -> TablePlan | None:
        """The plan of a table as it is now; None when it is not selected, or cannot be replicated, which its statistics tell."""
        if not is_selected(self.task.mappings, schema, name, is_view) or (is_view and self.task.migration == "cdc"):
            return None
        statistics = self.statistics.table(schema, name)
        if f"{schema}.{name}" in self.suspended:
            statistics.table_state, statistics.message = "Table error", self.suspended[f"{schema}.{name}"]
            return None
        try:
            table = read_table(connection, schema, name, is_view, rows)
            if table is None:
                return None
            plan = plan_table(self.task.mappings, table, changes=self.task.migration != "full-load")
        except UnsupportedColumnError as error:
            self.suspend(schema, name, error)
            return None
        return self._keep(plan)

    def plan_of_rows(self, table: TableMap) -> TablePlan | None:
        """The plan of a table as its rows in the binlog tell it; None when it is suspended."""
        if not self.wants(table.schema, table.table):
            return None
        return self._keep(self._plan_of(table))

    def plan_of_dropped(self, schema: str, name: str) -> TablePlan | None:
        """The plan of a table that the source has no more: its name on the target. None when it was not replicated."""
        if not self.wants(schema, name):
            return None
        plan = plan_dropped(self.task.mappings, schema, name)
        return replace(plan, schema=self._schema_of(plan))

    def _plan_of(self, table: TableMap) -> TablePlan:
        columns = tuple(SourceColumn(column.name, column.type, column.nullable) for column in table.columns)
        return plan_table(self.task.mappings, SourceTable(table.schema, table.table, columns, table.key), changes=True)

    def _keep(self, plan: TablePlan) -> TablePlan:
        plan = replace(plan, schema=self._schema_of(plan))
        self.plans[plan.source.schema, plan.source.name] = plan
        return plan

    def _schema_of(self, plan: TablePlan) -> str:
        target_schema = self.task.settings.target_schema
        return target_schema if target_schema and plan.schema == plan.source.schema else plan.schema

    def suspend(self, schema: str, name: str, error: ReplicationError) -> None:
        """Leave a table out from now on, by policy, or stop the task."""
        if self.task.settings.table_error != "SUSPEND_TABLE":
            raise error
        self.leave_out(schema, name, error)

    def leave_out(self, schema: str, name: str, error: ReplicationError) -> None:
        """Leave a table out from now on, and tell why."""
        self.plans.pop((schema, name), None)
        self.suspended[f"{schema}.{name}"] = str(error)
        statistics = self.statistics.table(schema, name)
        statistics.table_state, statistics.message = "Table error", str(error)


def _before(position: str, other: str) -> bool:
    return Position.parse(position).order < Position.parse(other).order
