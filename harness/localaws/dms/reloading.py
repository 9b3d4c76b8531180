"""Tables of a running task that are loaded again (ReloadTables), while the changes of the others are applied.

A table is loaded from a snapshot of its own. Its changes up to the snapshot are left out, those after it are held until it is loaded, and
then applied together with the note that it is. A process that is killed before begins the table's load anew; so does a run that ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from localaws.dms.binlog.events import UPDATE, Changes, Position, RowChanges
from localaws.dms.checkpoint import Checkpoint
from localaws.dms.exceptions import SourceError, SourceLostError
from localaws.dms.full_load import FullLoad
from localaws.dms.plan import TablePlan
from localaws.dms.source.catalog import list_tables
from localaws.dms.source.connection import connected
from localaws.dms.source.snapshot import Snapshot, open_snapshot
from localaws.dms.spilling import Waiting
from localaws.dms.target.base import Target

if TYPE_CHECKING:
    from localaws.dms.replication import Replication

__all__ = ["Load", "ReloadRequest", "Reloads", "later_than"]

_PATIENCE = 60.0
"""Seconds for a load that is broken off to end by itself, before its connections to the target are."""

_POLL = 0.1

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ReloadRequest:
    """A table to load again, or (`validate`) only to compare again. `noted` is called when a process that follows would know of it."""

    schema: str
    table: str
    validate: bool = False
    noted: Callable[[], object] = lambda: None


@dataclass
class Load:
    """A table that is being loaded, by a thread of its own."""

    plan: TablePlan
    snapshot: Snapshot
    thread: threading.Thread
    held: Waiting
    loaded: bool = False
    error: BaseException | None = None


class Reloads:
    """The loads under way of one task. For the thread that applies."""

    def __init__(self, replication: Replication, target: Target) -> None:
        self._replication, self._target = replication, target
        self._loads: dict[Name, Load] = {}
        self._ending = threading.Event()

    def __contains__(self, name: Name) -> bool:
        return name in self._loads

    def hold(self, name: Name, parts: Sequence[RowChanges]) -> None:
        """Keep changes of a table that is being loaded, but for those that its snapshot has."""
        load = self._loads[name]
        later = [part for part in (later_than(part, load.snapshot.position) for part in parts) if len(part.operation)]
        if later:
            load.held.add(Changes(later, sum(part.rows.nbytes + part.before.nbytes for part in later)))

    def begin(self, name: Name, checkpoint: Checkpoint, save: Callable[[Checkpoint], None], forget: Callable[[], None]) -> Checkpoint:
        """Starts a load; the checkpoint that has it, saved. `forget` makes the reader ask anew which tables are wanted."""
        replication, statistics = self._replication, self._replication.statistics.table(*name)
        replication.suspended.pop(".".join(name), None)
        plan = self._plan(name)
        if plan is None:
            reason = f"There is no table {'.'.join(name)} on the source that the mappings select: it cannot be reloaded."
            return self._given_up(name, SourceError(reason), checkpoint, save)
        checkpoint = replace(checkpoint, reloading=tuple(sorted({*checkpoint.reloading, ".".join(name)})))
        save(checkpoint)
        if replication.validator is not None:
            replication.validator.pause(name)
        forget()  # before the snapshot: what the reader leaves out of a table that was suspended, the snapshot has
        try:
            snapshot = open_snapshot(replication.task.source, replication.task.settings.subtasks)
        except SourceLostError:
            raise
        except SourceError as error:  # a busy source; the others go on
            return self._given_up(name, error, checkpoint, save)
        thread = threading.Thread(target=self._run, args=(name, snapshot), name="reload", daemon=True)
        load = Load(plan, snapshot, thread, replication.waiting())
        self._loads[name] = load
        statistics.table_state, statistics.message, statistics.full_load_reloaded = "Table is being reloaded", "", True
        load.thread.start()
        return checkpoint

    def _given_up(self, name: Name, error: SourceError, checkpoint: Checkpoint, save: Callable[[Checkpoint], None]) -> Checkpoint:
        """A load that failed before it began."""
        self._replication.suspend(*name, error)
        if self._replication.validator is not None:
            self._replication.validator.again(name)
        checkpoint = checkpoint.given_up(name)
        save(checkpoint)
        return checkpoint

    def ended(self, wait_for: Name | None = None) -> list[tuple[Name, Load]]:
        """Loads that have ended now; they stay until `forget`. With `wait_for`, that one has, unless the task is to stop.

        Raises:
            SourceLostError: a load's connection was lost; so does TargetLostError.
        """
        while wait_for is not None and self._loads[wait_for].thread.is_alive() and not self._replication.stopping.is_set():
            self._loads[wait_for].thread.join(timeout=_POLL)
        found = [(name, load) for name, load in self._loads.items() if not load.thread.is_alive()]
        for _, load in found:
            if load.error is not None:
                raise load.error
        # A load that a stop has cut short did not fail: the checkpoint has it still.
        return [(name, load) for name, load in found if load.loaded or not self._replication.stopping.is_set()]

    def forget(self, name: Name) -> None:
        """The table's load and the changes that were held are done with."""
        del self._loads[name]
        self._target.release()
        if self._replication.validator is not None:
            self._replication.validator.again(name)

    def close(self) -> None:
        """Breaks off the loads, and waits until they have ended: nothing of this run is written beside the one that follows."""
        self._ending.set()
        for load in self._loads.values():
            load.snapshot.interrupt()
        deadline = time.monotonic() + _PATIENCE
        for load in self._loads.values():
            load.thread.join(timeout=max(0.0, deadline - time.monotonic()))
        if any(load.thread.is_alive() for load in self._loads.values()):
            self._target.close()  # it waits for an answer that may never come
        for load in self._loads.values():
            load.thread.join()

    def _plan(self, name: Name) -> TablePlan | None:
        with connected(self._replication.task.source) as connection:
            found = next((item for item in list_tables(connection) if item[:2] == name), None)
            return None if found is None else self._replication.read_plan(connection, *found)

    def _run(self, name: Name, snapshot: Snapshot) -> None:
        load, replication = self._loads[name], self._replication
        mode = replication.task.settings.prepare
        mode = "TRUNCATE_BEFORE_LOAD" if mode == "DO_NOTHING" else mode
        try:
            strict, errors = replication.task.settings.strict, replication.data_errors
            work = FullLoad(snapshot, self._target, replication.statistics, self._ending, errors, strict=strict)
            load.loaded = bool(work.run([load.plan], mode, anew=True))
        except BaseException as error:  # noqa: BLE001 - raised by the thread that applies
            load.error = error
        finally:
            snapshot.close()


def later_than(changes: RowChanges, position: Position) -> RowChanges:
    """Those that were made after a position."""
    later = changes.sequence >= position.place
    if later.all():
        return changes
    keep = pa.array(later)
    before = changes.before.filter(pa.array(later[changes.operation == UPDATE])) if changes.before.num_columns else changes.before
    arrays = (changes.sequence[later], changes.transaction[later], changes.seconds[later])
    return RowChanges(changes.table, changes.operation[later], changes.rows.filter(keep), before, *arrays)
