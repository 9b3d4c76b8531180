"""A task tells of itself on its target: what ControlTablesSettings asks for is written by a thread beside the one that applies."""

from __future__ import annotations

import logging
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from localaws.dms.exceptions import CollisionError, ReplicationError, TargetLostError
from localaws.dms.target.base import Target
from localaws.dms.target.sql import SqlTarget
from localaws.dms.target.task_tables import Slot, Status

if TYPE_CHECKING:
    from localaws.dms.replication import Replication

__all__ = ["Reporter", "reporting"]

_LOG = logging.getLogger(__name__)
_SECONDS = 2.0
_POLL = 0.1
_ATTEMPTS = 5
FULL_LOAD, CHANGES, NOT_RUNNING = "FULL LOAD", "CHANGE PROCESSING", "NOT RUNNING"


@contextmanager
def reporting(replication: Replication, target: Target) -> Iterator[None]:
    """Writes the tables that the settings ask for until the block ends."""
    control = replication.task.settings.control
    if not control.tables or replication.task.migration == "full-load":
        if control.tables:
            _LOG.warning("awsdms_%s: DMS writes it for tasks that capture changes only", ", awsdms_".join(control.tables))
        yield
        return
    if not isinstance(target, SqlTarget):
        _LOG.warning("awsdms_%s: this engine writes it on Redshift and MySQL targets only", ", awsdms_".join(control.tables))
        yield
        return
    reporter = Reporter(replication, target)
    try:
        yield
    except TargetLostError:
        reporter.attempts = 1  # each would wait until the target answers, and the run that follows tells all
        raise
    finally:
        reporter.close()


class Reporter:
    """Writes the status every few seconds, the history at the end of each time slot and of the task, suspended tables as they change."""

    def __init__(self, replication: Replication, target: SqlTarget) -> None:
        self._replication, self._target = replication, target
        self._statistics, self._control = replication.statistics, replication.task.settings.control
        self._tables = target.task_tables(socket.gethostname())
        for statement in self._tables.create(self._control.tables):
            target.write([statement])
        self._suspended: set[tuple[str, str]] = set()
        if "suspended_tables" in self._control.tables:
            self._suspended = {(owner, name) for owner, name in target.read(self._tables.known_suspended())}
        self._began, self._counts, self._seen = time.time(), self._counted(), set[str]()
        self.attempts = _ATTEMPTS
        """How often the last rows are tried to be written."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control tables", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The last rows: the task is not running any more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        # What a run before has told of suspended tables holds until this one knows of them.
        while not self._replication.under_way.wait(_POLL) and not self._ended.is_set():
            pass
        while not self._ended.is_set():
            self._tell()
            self._ended.wait(_SECONDS)
        for _ in range(self.attempts):
            if self._tell():
                return

    def _tell(self) -> bool:
        """What is new; whether it could be written. A target that is lost or in use is told at the next turn."""
        try:
            if "status" in self._control.tables:
                self._target.write(list(self._tables.status(self._status())))
            if not self._replication.under_way.is_set():
                return True  # it ended before there was anything else to tell
            self._seen.add(self._phase())
            if "suspended_tables" in self._control.tables:
                self._tell_suspended()
            if "history" in self._control.tables:
                self._tell_history()
        except CollisionError:
            return False
        except ReplicationError as error:
            _LOG.warning("control tables could not be written, the task goes on: %s", error)
            return False
        return True

    def _tell_suspended(self) -> None:
        now = {_owner_and_name(full): reason for full, reason in dict(self._replication.suspended).items()}
        new = {table: reason for table, reason in now.items() if table not in self._suspended}
        statements = list(self._tables.suspended(new, sorted(self._suspended - set(now)), time.time()))
        if statements:
            self._target.write(statements)
            self._suspended = set(now)

    def _tell_history(self) -> None:
        """The slot that is over: a row for each phase that it saw."""
        now, minutes = time.time(), self._control.slot_minutes
        end = self._began + 60 * minutes
        if now < end and not self._ended.is_set():
            return
        if now < end:  # the task ends within the slot
            end, minutes = now, -(-int(now - self._began) // 60) or 1
        counts = self._counted()
        slots = []
        for kind in (FULL_LOAD, CHANGES):
            records, volume = (after - before for after, before in zip(counts[kind], self._counts[kind], strict=True))
            if kind in self._seen or records:
                latency = int(self._statistics.target_latency) if kind == CHANGES else None
                slots.append(self._tables.history(Slot(kind, end, minutes, latency, records, volume)))
        if slots:
            self._target.write(slots)
        self._began, self._counts, self._seen = end, counts, set()

    def _counted(self) -> dict[str, tuple[int, int]]:
        """Rows and bytes since the process began."""
        statistics = self._statistics
        return {
            FULL_LOAD: (statistics.loaded_rows, statistics.loaded_bytes),
            CHANGES: (statistics.applied_changes, statistics.read_bytes),
        }

    def _phase(self) -> str:
        return CHANGES if self._statistics.phase == "ongoing replication" else FULL_LOAD

    def _status(self) -> Status:
        """The positions are both that of the last transaction that was read whole: the binlog has no others."""
        statistics = self._statistics
        return Status(
            NOT_RUNNING if self._ended.is_set() else self._phase(),
            time.time(),
            max(0, statistics.incoming_changes - statistics.applied_changes),
            _memory(),
            statistics.read_position or statistics.position,
            statistics.reading_seconds,
            statistics.read_position or statistics.position,
            statistics.read_seconds,
            statistics.applied_seconds,
        )


def _owner_and_name(full_name: str) -> tuple[str, str]:
    owner, _, name = full_name.partition(".")
    return owner, name


def _memory() -> int:
    """MB that the process has now, at most so far where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20
