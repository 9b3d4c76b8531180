"""Validates the tables of a task: all rows by ranges of keys after the load, then the rows that change.

A range is read on the source, then, once the target has applied everything up to that moment, on the target. Rows that differ may have been
changed in between: their keys are read again, until they agree or the source's row stands still and the target's is another.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from localaws.dms.exceptions import ReplicationError, SourceLostError, TargetLostError
from localaws.dms.netting import TableChanges
from localaws.dms.plan import TablePlan
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.comparing import ComparableTarget, keys_can_be_asked_for
from localaws.dms.validation.compare import Difference, differing
from localaws.dms.validation.sides import Key, Sides, rows_of

if TYPE_CHECKING:
    from localaws.dms.binlog.events import Position
    from localaws.dms.replication import Replication

__all__ = ["Validator"]

_LOG = logging.getLogger(__name__)
_POLL = 0.2
_MOST_KEYS = 20_000
"""Changed rows of a table that are remembered; beyond, the whole table is compared again."""
_TOLD = 5
"""Differences that the statistics tell; the control table has all."""
_ROUNDS = 5
_ROUND_SECONDS = 1.0

Name = tuple[str, str]


@dataclass(slots=True)
class _Table:
    """What is known of one table: keys to look at (None is all of it), and the differences found."""

    keys: set[Key] | None = None
    failures: dict[Key, Difference] = field(default_factory=dict)
    suspended: dict[Key, Difference] = field(default_factory=dict)
    given_up: bool = False
    since: float = 0.0


class Validator:
    """Compares a task's tables. `run` goes on until `stop`, `once` compares every table once."""

    def __init__(self, replication: Replication, target: ComparableTarget) -> None:
        self._replication, self._target, self._settings = replication, target, replication.task.settings.validation
        self._live = replication.task.migration != "full-load"
        """Whether this task applies changes, so that it is known what the target has."""
        self._tables: dict[Name, _Table] = {name: _Table() for name in replication.plans}
        self._lock, self._ending = threading.Lock(), threading.Event()
        self._sides = Sides(replication.task.source, target, self._wait_for if self._live else None)
        self._thread = threading.Thread(target=self._run, name="validation", daemon=True)
        for name in self._tables:
            self._statistics(name).validation_state = "Pending validation"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the rows under way."""
        self._ending.set()
        self._thread.join(timeout=30)

    def changed(self, plan: TablePlan, changes: TableChanges) -> None:
        """Rows of a table were changed on the target. Called by the thread that applies."""
        name = (plan.source.schema, plan.source.name)
        keys = changes.rows.select(list(plan.key)) if plan.key else None
        with self._lock:
            table = self._tables.setdefault(name, _Table())
            table.since = time.monotonic()
            if keys is None or table.keys is None or not keys_can_be_asked_for(keys.schema) or len(keys) + len(table.keys) > _MOST_KEYS:
                table.keys = None
                return
            before = [changes.before.select(list(plan.key))] if changes.before.num_columns else []
            for part in (keys, *before):
                table.keys.update(rows_of(part))
            statistics = self._statistics(name)
            statistics.validation_pending = len(table.keys)
            statistics.validation_state = "Pending records" if statistics.validation_state == "Validated" else statistics.validation_state

    def pause(self, name: Name) -> None:
        """Leave a table alone until `again`: it is loaded anew."""
        with self._lock:
            self._tables.setdefault(name, _Table()).given_up = True
            self._statistics(name).validation_state = "Pending revalidation"

    def again(self, name: Name) -> None:
        """Compare all of a table again."""
        with self._lock:
            self._tables[name] = _Table(since=time.monotonic())
            self._statistics(name).validation_state = "Pending revalidation"

    def once(self) -> None:
        """Every table once; differences are looked at again for some seconds, because another task may be applying changes."""
        for name, plan in list(self._replication.plans.items()):
            if not self._ending.is_set():
                self._validated(name, plan)
        self._sides.close()

    def _run(self) -> None:
        try:
            while not self._ending.wait(_POLL):
                self._turn()
        except Exception:
            _LOG.exception("validation ended")
            raise
        finally:
            self._sides.close()

    def _turn(self) -> None:
        for name, plan in list(self._replication.plans.items()):
            table = self._tables.setdefault(name, _Table())
            quiet = time.monotonic() - table.since >= self._settings.delay
            if (table.keys is None or table.keys) and not table.given_up and quiet and not self._ending.is_set():
                try:
                    self._validated(name, plan)
                except (SourceLostError, TargetLostError) as error:
                    _LOG.warning("validation tries again: %s", error)
                    self._sides.close()
                    table.keys = None
                    self._ending.wait(_ROUND_SECONDS)

    def _validated(self, name: Name, plan: TablePlan) -> None:
        table, statistics = self._tables.setdefault(name, _Table()), self._statistics(name)
        if not plan.key:
            table.given_up, statistics.validation_state = True, "No primary key"
            return
        with self._lock:
            keys, table.keys = table.keys, set()
        statistics.validation_state = "Preparing table" if keys is None else "Pending records"
        try:
            if not self._compared(name, plan, table, keys):
                table.keys = None
                return
            self._target.note_failures(plan, [*table.failures.values(), *table.suspended.values()])
        except (SourceLostError, TargetLostError):
            raise
        except ReplicationError as error:
            statistics.validation_state, statistics.validation_details, table.given_up = "Error", str(error), True
            return
        self._tell(name, table)

    def _compared(self, name: Name, plan: TablePlan, table: _Table, keys: set[Key] | None) -> bool:
        """All parts, then what differs in them again; False when it was to end in between."""
        statistics, open_ones = self._statistics(name), dict[Key, Difference]()
        known = table.failures | table.suspended if keys is not None else {}
        for part in self._parts(name, plan, keys):
            if self._ending.is_set():
                return False
            expected, found = self._sides.both(plan, part)
            open_ones |= {difference.key: difference for difference in differing(expected, found, plan.key)}
            statistics.validation_pending = max(0, statistics.validation_pending - max(len(expected), len(found)))
            if not isinstance(part, Chunk):
                looked_at = set(rows_of(self._target.as_written(plan, part)))
                known = {key: item for key, item in known.items() if key not in looked_at}
            if self._is_too_many(table, open_ones):
                table.given_up = True
                break
        open_ones, moved = self._settled(plan, open_ones)
        table.suspended = {key: item for key, item in known.items() if key in table.suspended} | {key: open_ones[key] for key in moved}
        table.failures = {key: item for key, item in known.items() if key in table.failures}
        table.failures |= {key: item for key, item in open_ones.items() if key not in moved}
        return not self._ending.is_set()

    def _is_too_many(self, table: _Table, more: dict[Key, Difference]) -> bool:
        """Never in a load, which compares everything once."""
        others = sum(len(other.failures) for other in self._tables.values() if other is not table)
        return self._live and (len(more) > self._settings.table_failures or others + len(more) > self._settings.failures)

    def _settled(self, plan: TablePlan, open_ones: dict[Key, Difference]) -> tuple[dict[Key, Difference], set[Key]]:
        """What differs still, and of that what changes all the time on the source."""
        deadline, moved = time.monotonic() + self._settings.failure_delay, set[Key]()
        for number in itertools.count():
            waiting = number < _ROUNDS or time.monotonic() < deadline
            conclusive = self._live and number > 0 and not moved and time.monotonic() >= deadline
            if not open_ones or not waiting or conclusive or (number and self._ending.wait(_ROUND_SECONDS)):
                break
            open_ones, moved = self._again(plan, open_ones)
        return open_ones, moved

    def _parts(self, name: Name, plan: TablePlan, keys: set[Key] | None) -> Iterable[Chunk | pa.Table]:
        if keys is not None:
            return self._sides.keys(plan, keys)
        self._statistics(name).validation_pending, ranges = self._sides.ranges(plan, self._settings.partition_rows)
        return ranges

    def _again(self, plan: TablePlan, open_ones: dict[Key, Difference]) -> tuple[dict[Key, Difference], set[Key]]:
        """Those that still differ, and of them those whose row changed on the source meanwhile."""
        still, moved = dict[Key, Difference](), set[Key]()
        for part in self._sides.with_keys(plan, list(open_ones)):
            before, found = self._sides.both(plan, part)
            after = self._target.as_written(plan, self._sides.source_rows(plan, part))
            still |= {item.key: item for item in differing(before, found, plan.key) if item.key in open_ones}
            moved |= {item.key for item in differing(before, after, plan.key)}
        return still, moved & still.keys()

    def _wait_for(self, position: Position) -> None:
        while self._replication.applied_up_to is None or self._replication.applied_up_to.order < position.order:
            if self._ending.wait(0.05):
                return

    def _tell(self, name: Name, table: _Table) -> None:
        statistics = self._statistics(name)
        statistics.validation_failed, statistics.validation_suspended = len(table.failures), len(table.suspended)
        waiting = table.keys is None or bool(table.keys)
        statistics.validation_pending = len(table.keys or ()) if not waiting else statistics.validation_pending
        if table.failures:
            statistics.validation_state = "Mismatched records"
        elif table.suspended:
            statistics.validation_state = "Suspended records"
        else:
            statistics.validation_state = "Pending records" if waiting or statistics.validation_pending else "Validated"
        known = [*table.failures.values(), *table.suspended.values()][:_TOLD]
        ended = ["Validation ended: more rows differ than TableFailureMaxCount or FailureMaxCount allow."] if table.given_up else []
        statistics.validation_details = " ".join([*ended, *(f"{item.kind} {item.key_text()} {item.details_text()}" for item in known)])

    def _failures(self) -> int:
        return sum(len(table.failures) for table in self._tables.values())

    def _statistics(self, name: Name) -> Any:
        return self._replication.statistics.table(*name)
