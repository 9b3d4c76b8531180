"""Many changes of one table to what is left of them: keys to delete, rows to insert.

For a table with a key, the last change of a row decides what it is, and the first whether the target has it already. For one without,
rows are a bag: each distinct row is inserted or deleted as many times as is left over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from localaws.dms.binlog.events import DELETE, INSERT, UPDATE

__all__ = ["Bag", "Net", "TableChanges", "moved_keys", "net", "net_bag", "with_deletes_kept"]


@dataclass(slots=True)
class TableChanges:
    """Changes in order, columns named as on the target. `before` has a row for each update: the key, or every column."""

    operation: np.ndarray
    rows: pa.Table
    before: pa.Table
    seconds: np.ndarray
    """When each was committed, since the epoch."""
    sequence: np.ndarray
    """Which change each is, as `RowChanges.sequence`."""
    transaction: np.ndarray
    """Which transaction each belongs to, as `RowChanges.transaction`."""

    @classmethod
    def joined(cls, parts: Sequence[TableChanges]) -> TableChanges:
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.operation for part in parts]),
            pa.concat_tables([part.rows for part in parts]),
            pa.concat_tables([part.before for part in parts]),
            np.concatenate([part.seconds for part in parts]),
            np.concatenate([part.sequence for part in parts]),
            np.concatenate([part.transaction for part in parts]),
        )

    def count(self, operation: int) -> int:
        return int((self.operation == operation).sum())


@dataclass(slots=True)
class Net:
    """Delete the rows with these keys, then insert those of `rows` that have these numbers, ascending; None is all of them."""

    deletes: pa.Table
    rows: pa.Table
    kept: np.ndarray | None = None

    @property
    def inserts(self) -> pa.Table:
        """All at once: see `parts` for many."""
        return pa.concat_tables([self.rows.slice(0, 0), *self.parts(len(self.rows) or 1)])

    def parts(self, most: int) -> Iterator[pa.Table]:
        """The rows to insert, at most so many at a time, so that never all of them are copied."""
        waiting: list[pa.Table] = []
        count = 0
        for piece in self._pieces(most):
            if waiting and count + len(piece) > most:
                yield pa.concat_tables(waiting)
                waiting, count = [], 0
            waiting.append(piece)
            count += len(piece)
        if waiting:
            yield pa.concat_tables(waiting)

    def _pieces(self, most: int) -> Iterator[pa.Table]:
        first = 0
        for batch in self.rows.to_batches(max_chunksize=most):
            piece = pa.Table.from_batches([batch])
            if self.kept is not None:
                begin, end = np.searchsorted(self.kept, (first, first + len(batch)))
                piece = piece.take(pa.array(self.kept[begin:end] - first))
            first += len(batch)
            if len(piece):
                yield piece


@dataclass(slots=True)
class Bag:
    """Insert these rows, and delete these as often as `times` says."""

    inserts: pa.Table
    deletes: pa.Table
    times: np.ndarray


def net(changes: TableChanges, key: Sequence[str], delete_always: bool = False) -> Net:
    """What is left of the changes. `delete_always` also deletes keys that the changes insert: for changes that may be applied already."""
    rows, count = changes.rows, len(changes.operation)
    keys = rows.select(key)
    if not delete_always and (changes.operation == INSERT).all():
        return Net(keys.slice(0, 0), rows)
    order = 2 * np.arange(count) + 1
    existed, gone = changes.operation != INSERT, changes.operation == DELETE
    index = np.arange(count)
    moved, old_keys = moved_keys(changes, key)
    if len(moved):
        # An update of the key is a delete of the old one and an insert of the new one.
        existed[moved] = False
        keys = pa.concat_tables([keys, old_keys])
        order, index = np.concatenate([order, 2 * moved]), np.concatenate([index, moved])
        existed, gone = np.concatenate([existed, np.ones(len(moved), bool)]), np.concatenate([gone, np.ones(len(moved), bool)])
    grouped = keys.append_column("\0order", pa.array(order)).group_by(list(key), use_threads=False)
    ends = grouped.aggregate([("\0order", "min"), ("\0order", "max")])
    entry = np.empty(2 * count + 1, np.int64)
    entry[order] = np.arange(len(order))
    first, last = (entry[ends.column(f"\0order_{end}").to_numpy()] for end in ("min", "max"))
    deleted = first if delete_always else first[existed[first]]
    kept = np.sort(index[last[~gone[last]]])
    return Net(keys.take(pa.array(deleted)), rows, kept)


def with_deletes_kept(changes: TableChanges, key: Sequence[str]) -> TableChanges:
    """The changes with an update in place of each delete: the row stays, as it was, with what expressions made of its columns."""
    kept = np.flatnonzero(changes.operation != INSERT)
    is_update = changes.operation[kept] == UPDATE
    places = np.where(is_update, np.cumsum(is_update) - 1, int(is_update.sum()) + kept)
    before = changes.before.select(key) if is_update.any() else changes.rows.select(key).slice(0, 0)
    old = pa.concat_tables([before, changes.rows.select(key)]).take(pa.array(places))
    operation = np.where(changes.operation == DELETE, UPDATE, changes.operation)
    return replace(changes, operation=operation, before=old)


def moved_keys(changes: TableChanges, key: Sequence[str]) -> tuple[np.ndarray, pa.Table]:
    """The updates that changed the key, and the keys before."""
    updates = np.flatnonzero(changes.operation == UPDATE)
    before = changes.before.select(key) if changes.before.num_columns else changes.rows.select(key).slice(0, 0)
    if not len(updates):
        return updates, before.slice(0, 0)
    after = changes.rows.select(key).take(pa.array(updates))
    different = np.zeros(len(updates), bool)
    for name in key:
        different |= ~pc.equal(before.column(name), after.column(name)).to_numpy()
    return updates[different], before.filter(pa.array(different))


def net_bag(changes: TableChanges) -> Bag:
    """What is left of changes of a table without a key; `before` must have every column."""
    names, updates = changes.rows.column_names, changes.operation == UPDATE
    pieces = [changes.rows, changes.before.select(names)] if updates.any() else [changes.rows]
    weights = [np.where(changes.operation == DELETE, -1, 1), np.full(int(updates.sum()), -1)]
    rows = pa.concat_tables(pieces).append_column("\0times", pa.array(np.concatenate(weights)[: sum(len(piece) for piece in pieces)]))
    summed = rows.group_by(names, use_threads=False).aggregate([("\0times", "sum")])
    times = summed.column("\0times_sum").to_numpy()
    distinct = summed.select(names)
    inserted = np.repeat(np.flatnonzero(times > 0), times[times > 0])
    return Bag(distinct.take(pa.array(inserted)), distinct.filter(pa.array(times < 0)), -times[times < 0])
