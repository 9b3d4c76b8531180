"""The full load: one snapshot, tables by load order, ranges of keys in parallel, each committed with the note that it is loaded.

After an interruption the chunks that are committed stay. The others are read from a new snapshot, later than the first; changes between the
two are then applied to all of a table with a key as if they might be there already, and a table without one is loaded anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue

import pyarrow as pa

from localaws.dms.data_errors import STOP_TASK, DataErrors
from localaws.dms.exceptions import ReplicationError, SourceLostError, TargetError, TargetLostError
from localaws.dms.plan import TablePlan
from localaws.dms.segments import Segment, is_begun_otherwise, numbered, segments_of
from localaws.dms.source.snapshot import Chunk, Snapshot, chunks_of, remaining
from localaws.dms.statistics import Statistics
from localaws.dms.target.base import Target

__all__ = ["CHUNK_ROWS", "FullLoad"]

CHUNK_ROWS = 200_000


@dataclass
class FullLoad:
    """Loads plans from a snapshot to a target; `stopping` ends it between chunks."""

    snapshot: Snapshot
    target: Target
    statistics: Statistics
    stopping: threading.Event
    data_errors: DataErrors
    suspend_tables: bool = True
    """Whether a table that cannot be loaded is left out, instead of stopping the task."""
    strict: bool = True
    """Whether rows are left out that DMS leaves out: those with null in a column by whose ranges a table is loaded."""

    def run(self, plans: Sequence[TablePlan], prepare: str, *, anew: bool = False) -> list[TablePlan]:
        """Load the tables and return those that were. `prepare` is the mode that makes those ready of which nothing is loaded;
        with `anew` all, whatever is.

        Raises:
            ReplicationError: source or target failed, or a table did and `suspend_tables` is false.
        """
        loaded: list[TablePlan] = []
        self._ended = False
        free: SimpleQueue[int] = SimpleQueue()
        for number in range(len(self.snapshot.connections)):
            free.put(number)
        with ThreadPoolExecutor(len(self.snapshot.connections), thread_name_prefix="load") as pool:
            for plan in sorted(plans, key=lambda plan: -plan.load_order):
                if self.stopping.is_set():
                    break
                try:
                    if self._load_table(plan, prepare, pool, free, anew):
                        loaded.append(plan)
                except (SourceLostError, TargetLostError):
                    raise
                except ReplicationError as error:
                    if self._ended:
                        raise
                    self._failed(plan, error)
        return loaded

    def _load_table(self, plan: TablePlan, prepare: str, pool: ThreadPoolExecutor, free: SimpleQueue[int], anew: bool) -> bool:
        table = self.statistics.table(plan.source.schema, plan.source.name)
        done = [] if anew else self.target.loaded_chunks(plan)
        segments = self._segments(plan, free)
        if not done or not plan.key or is_begun_otherwise([chunk for chunk, _ in done], segments):
            # What an earlier process has loaded without a key cannot be told from what this one loads.
            self.target.prepare(plan, "TRUNCATE_BEFORE_LOAD" if done else prepare)
            done = []
        table.table_state = "Table is being reloaded" if anew else "Full load"
        table.full_load_start_time, table.full_load_rows = time.time(), sum(rows for _, rows in done)
        parts = self._parts(plan, segments, [chunk for chunk, _ in done], free)
        work = [pool.submit(self._load_chunk, plan, chunk, segment, free) for chunk, segment in parts]
        failures = [error for future in work if (error := future.exception()) is not None]
        if failures:
            raise failures[0]
        if self.stopping.is_set():
            return False
        table.full_load_end_time = time.time()
        if not anew:  # otherwise when the changes made meanwhile are applied
            table.table_state = "Table completed"
        return True

    def _segments(self, plan: TablePlan, free: SimpleQueue[int]) -> list[Segment]:
        number = free.get()
        try:
            return segments_of(self.snapshot.connections[number], plan, with_nulls=not self.strict)
        finally:
            free.put(number)

    def _parts(
        self, plan: TablePlan, segments: Sequence[Segment], done: Sequence[Chunk], free: SimpleQueue[int]
    ) -> list[tuple[Chunk, Segment]]:
        """What is left to load."""
        if segments:
            return [] if done else numbered(segments)
        number = free.get()
        try:
            chunks = remaining(done) if done else chunks_of(self.snapshot.connections[number], plan.source, CHUNK_ROWS)
        finally:
            free.put(number)
        return [(chunk, Segment(chunk.condition(f"`{chunk.column}`"))) for chunk in chunks]

    def _load_chunk(self, plan: TablePlan, chunk: Chunk, segment: Segment, free: SimpleQueue[int]) -> None:
        if self.stopping.is_set():
            return
        number = free.get()
        try:
            condition = " AND ".join(part for part in (segment.condition, plan.condition) if part)
            sizes: list[int] = []
            with self._read(number, plan, condition, segment.partition) as read:
                result = self.target.load(plan, chunk, (plan.made(_counted(batch, sizes)) for batch in read))
        finally:
            free.put(number)
        table = self.statistics.table(plan.source.schema, plan.source.name)
        self.statistics.note_loaded(table, result.rows, len(result.errors), sum(sizes))
        for policy, reason in self.data_errors.judged(result.errors).values():
            self._ended = self._ended or policy == STOP_TASK
            raise TargetError(reason)

    @contextmanager
    def _read(self, number: int, plan: TablePlan, condition: str, partition: str) -> Iterator[Iterator[pa.RecordBatch]]:
        """The rows; whatever is made of them, the connection has none left for the query that follows."""
        read = self.snapshot.read(number, plan.source, plan.reading, condition, partition)
        try:
            yield read
        except (SourceLostError, TargetLostError):
            self.snapshot.retire(number)  # the run ends: nobody waits for the rest
            raise
        except ReplicationError:
            for _ in read:
                pass
            raise

    def _failed(self, plan: TablePlan, error: ReplicationError) -> None:
        table = self.statistics.table(plan.source.schema, plan.source.name)
        table.table_state, table.message = "Table error", str(error)
        if not self.suspend_tables:
            raise error


def _counted(batch: pa.RecordBatch, sizes: list[int]) -> pa.RecordBatch:
    sizes.append(batch.nbytes)
    return batch
