"""Row events of a buffer to changes in columns: by table, all operations together, in the order they were made."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import numpy as np
import pyarrow as pa

from localaws.dms.binlog.events import UPDATE, Changes, RowChanges
from localaws.dms.binlog.frames import RowEvents
from localaws.dms.binlog.rows import Images, Places, scan
from localaws.dms.binlog.table_map import TableMap
from localaws.dms.binlog.values import column_array

__all__ = ["BeforeColumns", "decode"]

BeforeColumns = Callable[[TableMap], frozenset[str] | None]
"""Which columns of the row before an update are wanted; None is all of them."""


def decode(buffer: np.ndarray, events: RowEvents, before: BeforeColumns) -> Changes:
    """The changes of the events.

    Raises:
        BinlogError: an event is damaged.
        UnsupportedColumnError: a column is of a type that is not replicated.
    """
    starts, ends, *origins = (
        np.array(values, np.int64) for values in (events.start, events.end, events.base, events.seconds, events.transaction)
    )
    # Sorting by identity groups equal tables and operations; the sort is stable, so within a group events keep their order.
    places = sorted(range(len(events.group)), key=lambda i: (id(events.group[i][0]), events.group[i][1]))
    changes = Changes(bytes=int((ends - starts).sum()))
    for _, of_table in groupby(places, key=lambda i: id(events.group[i][0])):
        indexes = list(of_table)
        table = events.group[indexes[0]][0]
        parts = []
        for operation, of_operation in groupby(indexes, key=lambda i: events.group[i][1]):
            chosen = np.array(list(of_operation))
            parts.append(_Part(operation, chosen, scan(buffer, table, starts[chosen], ends[chosen])))
        changes.tables.append(_merged(buffer, table, parts, origins, before(table)))
    return changes


class _Part:
    """The images of one operation. An update's alternate: before, after."""

    def __init__(self, operation: int, chosen: np.ndarray, images: Images) -> None:
        self.operation = operation
        order = np.lexsort((images.step, images.event))
        event = chosen[images.event[order]]
        if operation == UPDATE:
            self.before = order[0::2]
            order, event = order[1::2], event[1::2]
        self.after, self.event, self.columns, self.start = order, event, images.columns, images.start[order]


def _merged(
    buffer: np.ndarray, table: TableMap, parts: list[_Part], origins: list[np.ndarray], wanted: frozenset[str] | None
) -> RowChanges:
    base, seconds, transaction = origins  # of every event
    event = np.concatenate([part.event for part in parts])
    sequence = base[event] + np.concatenate([part.start for part in parts])
    operation = np.concatenate([np.full(len(part.event), part.operation, np.uint8) for part in parts])
    order = np.argsort(event, kind="stable") if len(parts) > 1 else np.arange(len(event))
    arrays, old = [], {}
    updates = next((part for part in parts if part.operation == UPDATE), None)
    for i, column in enumerate(table.columns):
        pieces = [column_array(buffer, table.full_name, column, part.columns[i].take(part.after)) for part in parts]
        whole = pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces).take(pa.array(order))
        arrays.append(whole)
        if wanted is None or column.name in wanted:
            places = updates.columns[i].take(updates.before) if updates is not None else _no_places(parts[0], i)
            old[column.name] = column_array(buffer, table.full_name, column, places)
    rows = pa.RecordBatch.from_arrays(arrays, [column.name for column in table.columns])
    before = pa.RecordBatch.from_arrays(list(old.values()), list(old)) if old else pa.RecordBatch.from_pylist([])
    return RowChanges(table, operation[order], rows, before, sequence[order], transaction[event[order]], seconds[event[order]])


def _no_places(part: _Part, column: int) -> Places:
    """No places: for a table that has no updates here."""
    return part.columns[column].take(np.zeros(0, np.int64))
