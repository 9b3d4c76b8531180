"""Changes from the binlog to batches of whole transactions, applied in their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from localaws.dms.binlog.events import DELETE, INSERT, UPDATE, Changes, Commit, Item, Position, RowChanges, Statement
from localaws.dms.bounds import NORMAL, Until
from localaws.dms.checkpoint import Checkpoint
from localaws.dms.data_errors import STOP_TASK
from localaws.dms.ddl import read_ddl
from localaws.dms.exceptions import ReplicationError, SourceError, SourceLostError, TargetError, TargetLostError
from localaws.dms.expressions import Facts
from localaws.dms.following import Following
from localaws.dms.netting import TableChanges
from localaws.dms.plan import TablePlan
from localaws.dms.reloading import ReloadRequest, Reloads, later_than
from localaws.dms.source.items import items_of
from localaws.dms.source.positions import end_after
from localaws.dms.source.stream import BinlogStream
from localaws.dms.target.base import ApplyError, Batch, Target

if TYPE_CHECKING:
    from localaws.dms.replication import Replication

__all__ = ["Capture"]

_IDLE_CHECKPOINT = 10.0
_CLOCK_SECONDS = 0.5
"""Between two looks at the source's clock, when the time to stop at has come by this machine's."""


class Capture:
    """Applies changes until the task stops."""

    def __init__(self, replication: Replication, target: Target, checkpoint: Checkpoint, limits: Sequence[Until]) -> None:
        self._replication, self._target, self._checkpoint, self._limits = replication, target, checkpoint, list(limits)
        self._settings, self._statistics = replication.task.settings, replication.statistics
        self._pending = replication.waiting()  # of a transaction that is still open
        self._committed: list[Changes] = []
        self._bytes, self._changes, self._seconds, self._saved = 0, 0, 0, time.monotonic()
        self._since: float | None = None
        self._reached: Until | None = None
        self._reloads = Reloads(replication, target)
        self._following = Following(replication, target)
        self._clock_read = 0.0

    def run(self, stream: BinlogStream) -> str:
        """Until the task stops, or one of the limits is reached; why, in the words of StopReason."""
        settled = [Position.parse(self._checkpoint.settled)]
        stream.framer.boundaries = settled + [limit.position for limit in self._limits if limit.position is not None]
        stream.framer.moments = [limit.seconds for limit in self._limits if limit.seconds is not None]
        try:
            for name in self._checkpoint.reloading:
                self._reload(stream, (name.partition(".")[0], name.partition(".")[2]))
            return self._until_the_end(stream)
        finally:
            self._reloads.close()

    def _until_the_end(self, stream: BinlogStream) -> str:
        for item in items_of(stream, self._flush):
            if item is not None:
                self._take(item)
            elif self._reached is None:
                self._look_at_the_clock()
            self._latency(stream)
            if self._is_due():
                self._flush()
            if self._since is None:
                self._replication.applied_up_to = Position.parse(self._checkpoint.position)
            self._turn_reloads(stream)
            if self._reached is not None or self._replication.stopping.is_set():
                self._flush()
                return NORMAL if self._reached is None else self._reached.reason
        raise AssertionError("not reached: items come until the stream fails")

    def _look_at_the_clock(self) -> None:
        """A server time that is over becomes the position that the source has then: what was committed before may still be under way."""
        for number, limit in enumerate(self._limits):
            if limit.over(time.time()) and time.monotonic() - self._clock_read > _CLOCK_SECONDS:
                self._clock_read = time.monotonic()
                assert limit.seconds is not None
                if (end := end_after(self._replication.task.source, limit.seconds)) is not None:
                    self._limits[number] = replace(limit, position=end, by_clock=False)

    def _take(self, item: Item) -> None:
        if isinstance(item, Changes):
            if item.tables:
                self._pending.add(item)
                self._count(item)
        elif self._passed(item):
            self._pending.take()
        elif isinstance(item, Commit):
            if self._committed and self._checkpoint.repeated and not self._checkpoint.at(item.position).repeated:
                self._flush()  # what may be there already is applied otherwise than what comes after
            committed = self._pending.take()
            size = sum(changes.bytes for changes in committed)
            self._committed += committed
            self._bytes, self._statistics.read_bytes = self._bytes + size, self._statistics.read_bytes + size
            self._changes += sum(changes.rows for changes in committed)
            self._checkpoint, self._seconds = self._checkpoint.at(item.position), item.seconds or self._seconds
            self._statistics.read_position, self._statistics.read_seconds = self._checkpoint.position, self._seconds
            if self._committed and self._since is None:
                self._since = time.monotonic()
            self._reached = next((limit for limit in self._limits if limit.reached(item.position)), None)
        else:
            self._flush()
            if self._follow(item):
                self._checkpoint = self._checkpoint.at(item.position)
                self._reached = next((limit for limit in self._limits if limit.reached(item.position)), None)

    def _passed(self, item: Commit | Statement) -> bool:
        """Whether it was committed after the time to stop at, and so is not applied."""
        self._reached = next((limit for limit in self._limits if limit.excludes(item.seconds)), None)
        return self._reached is not None

    def _is_due(self) -> bool:
        if self._since is None:
            # Without changes of its tables the position still moves on, so that the source may purge its binlogs.
            return time.monotonic() - self._saved > _IDLE_CHECKPOINT and self._checkpoint.position != self._statistics.position
        waited = time.monotonic() - self._since
        many = self._settings.batch_changes and self._changes >= self._settings.batch_changes
        full = many or self._bytes >= self._settings.batch_bytes or waited >= self._settings.batch_seconds_max
        return full or waited >= self._settings.batch_seconds

    def _flush(self) -> None:
        """Apply what is committed."""
        committed, self._committed, self._bytes, self._changes, self._since = self._committed, [], 0, 0, None
        self._saved = time.monotonic()
        if not committed and self._checkpoint.position == self._statistics.position:
            return
        by_table: dict[tuple[str, str], list[RowChanges]] = {}
        for changes in committed:
            for table in changes.tables:
                by_table.setdefault((table.table.schema, table.table.table), []).append(table)
        batch: list[tuple[TablePlan, TableChanges]] = []
        for name, all_parts in by_table.items():
            if name in self._reloads:
                self._reloads.hold(name, all_parts)
                continue
            parts = self._not_reloaded(name, all_parts)
            plan = self._following.plan_for(parts[0].table, self._applied_text) if parts else None
            # A table without a key was loaded as a whole from the youngest snapshot, and has all of this.
            if plan is not None and (plan.key or not self._checkpoint.repeated):
                batch += self._appliable(plan, parts)
        repeated = self._checkpoint.repeated or self._settings.replace_existing
        errors = self._target.apply(Batch(batch, self._text(self._checkpoint), repeated))
        self._applied(batch)
        self._statistics.position = self._checkpoint.position
        self._checkpoint = self._checkpoint.pruned() if self._checkpoint.reloaded else self._checkpoint
        self._judge(errors)
        if committed:
            self._statistics.applied_seconds = self._seconds
            self._statistics.target_latency = max(0.0, time.time() - self._seconds)

    def _appliable(self, plan: TablePlan, parts: list[RowChanges]) -> list[tuple[TablePlan, TableChanges]]:
        """The table's part of a batch; none where the table is suspended because of it."""
        changes = _table_changes(plan, parts)
        reason = self._target.obstacle(plan, changes)
        if reason:
            self._replication.suspend(plan.source.schema, plan.source.name, TargetError(reason))
        return [] if reason else [(plan, changes)]

    def _judge(self, errors: Sequence[ApplyError]) -> None:
        """Leaves out tables whose rows were refused, or ends the task, where the settings ask for it."""
        verdicts = self._replication.data_errors.judged(errors)
        for (schema, name), (policy, reason) in verdicts.items():
            if policy == STOP_TASK:
                raise TargetError(reason)
            self._replication.leave_out(schema, name, TargetError(reason))
        if verdicts:
            self._target.save(self._applied_text())

    def _not_reloaded(self, name: tuple[str, str], parts: list[RowChanges]) -> list[RowChanges]:
        """Without what the table's last load has."""
        end = self._checkpoint.reloaded.get(".".join(name))
        if end is None:
            return parts
        return [part for part in (later_than(part, Position.parse(end)) for part in parts) if len(part.operation)]

    def _turn_reloads(self, stream: BinlogStream) -> None:
        """Begins the loads that were asked for, and goes on with tables whose load has ended."""
        while (request := self._replication.reload_request()) is not None:
            name = (request.schema, request.table)
            if request.validate and self._replication.validator is not None:
                self._replication.validator.again(name)
            elif not request.validate and name not in self._reloads:
                self._begin_reload(stream, name, request)
            request.noted()
        self._finish_reloads()

    def _begin_reload(self, stream: BinlogStream, name: tuple[str, str], request: ReloadRequest) -> None:
        is_flushed = False
        try:
            self._flush()
            is_flushed = True
            self._reload(stream, name)
        except (SourceLostError, TargetLostError):
            self._replication.reloads.put(request)  # for the run that follows
            raise
        except ReplicationError:
            if is_flushed:
                request.noted()  # the request itself ended the task: the next start would fail by it again
            raise

    def _reload(self, stream: BinlogStream, name: tuple[str, str]) -> None:
        self._flush()
        save: Callable[[Checkpoint], None] = lambda checkpoint: self._target.save(self._text(checkpoint))  # noqa: E731
        self._checkpoint = self._reloads.begin(name, self._checkpoint, save, stream.framer.forget)

    def _finish_reloads(self, wait_for: tuple[str, str] | None = None) -> None:
        """The target's checkpoint has a load under way until the one that comes with the changes that were held."""
        for name, load in self._reloads.ended(wait_for):
            statistics = self._statistics.table(*name)
            if not load.loaded:
                self._replication.suspend(*name, SourceError(statistics.message))
                self._checkpoint = self._checkpoint.given_up(name)
                self._target.save(self._applied_text())
                self._reloads.forget(name)
                continue
            held = [part for changes in load.held.take() for part in changes.tables]
            # Where the rows have other columns the target is altered, and a checkpoint kept, that still has the load.
            plan = (self._following.plan_for(held[0].table, self._applied_text) if held else None) or load.plan
            batch = self._appliable(plan, held) if held else []
            self._checkpoint = self._checkpoint.reloaded_to(name, load.snapshot.position)
            errors = self._target.apply(Batch(batch, self._applied_text(), False))
            self._reloads.forget(name)
            if ".".join(name) not in self._replication.suspended:
                statistics.table_state = "Table completed"
            self._applied(batch)
            self._judge(errors)

    def _applied_text(self) -> str:
        """The checkpoint without what is committed and not applied yet."""
        return self._text(replace(self._checkpoint, position=self._statistics.position or self._checkpoint.position))

    def _text(self, checkpoint: Checkpoint) -> str:
        return replace(checkpoint, suspended=dict(self._replication.suspended)).text()

    def _count(self, item: Changes) -> None:
        for changes in item.tables:
            table = self._statistics.table(changes.table.schema, changes.table.table)
            table.inserts += int((changes.operation == INSERT).sum())
            table.updates += int((changes.operation == UPDATE).sum())
            table.deletes += int((changes.operation == DELETE).sum())
        self._statistics.incoming_changes += item.rows

    def _applied(self, batch: list[tuple[TablePlan, TableChanges]]) -> None:
        for plan, changes in batch:
            table = self._statistics.table(plan.source.schema, plan.source.name)
            table.applied_inserts += changes.count(INSERT)
            table.applied_updates += changes.count(UPDATE)
            table.applied_deletes += changes.count(DELETE)
            self._statistics.applied_changes += len(changes.operation)
            if self._replication.validator is not None:
                self._replication.validator.changed(plan, changes)

    def _latency(self, stream: BinlogStream) -> None:
        framer = stream.framer
        self._statistics.reading_seconds = framer.seconds
        self._statistics.source_latency = 0.0 if framer.caught_up or not framer.seconds else max(0.0, time.time() - framer.seconds)
        if framer.caught_up and self._since is None:
            self._statistics.target_latency = 0.0

    def _follow(self, statement: Statement) -> bool:
        """Does the statement on the target; not where the task is to stop before a load ends that must come first."""
        found = read_ddl(statement.schema, statement.sql)
        for ddl in found:
            name = (ddl.schema, ddl.table)
            if name in self._reloads:
                self._finish_reloads(name)
                if name in self._reloads:
                    return False
        after = self._checkpoint.at(statement.position)
        for number, ddl in enumerate(found, 1):
            end = self._checkpoint.reloaded.get(f"{ddl.schema}.{ddl.table}")
            if end is not None and statement.position.order <= Position.parse(end).order:
                continue  # the load has seen it
            # A process that is ended between two tables does all of them again.
            checkpoint = self._text(after if number == len(found) else self._checkpoint)
            self._following.follow(ddl, statement.position, checkpoint, has_truncated=after.repeated)
        return True


def _table_changes(plan: TablePlan, parts: list[RowChanges]) -> TableChanges:
    """The parts of one table under the target's names."""
    found = []
    for part in parts:
        before = part.before if part.before.num_columns else part.rows.slice(0, 0)
        old = plan.renamed(before) if plan.key else plan.made(before)
        rows = plan.made(part.rows, Facts(part.operation, part.seconds, part.sequence))
        rows = plan.with_images(rows, old, np.flatnonzero(part.operation == UPDATE))
        after, earlier = (pa.Table.from_batches([batch]) for batch in (rows, old))
        found.append(TableChanges(part.operation, after, earlier, part.seconds, part.sequence, part.transaction))
    return TableChanges.joined(found)
