"""Where each value of many row events lies, found by NumPy for all events at once.

Row images follow each other within an event, and their columns have lengths of their own, so an event can only be read from its
beginning. But events do not depend on each other: the first rows of all events are stepped through together, then all second rows,
and so on. That costs a few NumPy calls per column and step, so ten thousand transactions of one row cost what one such row
does, and a million rows in events of 8 KB a hundred steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from localaws.dms.binlog.table_map import TableMap, WireColumn
from localaws.dms.exceptions import BinlogError

__all__ = ["PADDING", "Images", "Places", "scan"]

PADDING = 8
"""Bytes that a buffer must have after its last event, so that eight bytes can be read at every place."""


@dataclass(slots=True)
class Places:
    """One column of many row images: where its content begins, how long it is (an array, or the same for all), and where it is null."""

    at: np.ndarray
    lengths: np.ndarray | int
    null: np.ndarray | None

    def take(self, rows: np.ndarray) -> Places:
        """Some of the rows, in the order given."""
        lengths = self.lengths if isinstance(self.lengths, int) else self.lengths[rows]
        return Places(self.at[rows], lengths, None if self.null is None else self.null[rows])


@dataclass(slots=True)
class Images:
    """The row images of some events: for each image its event (an index), its number within the event, where it begins in the buffer, and
    the columns' places."""

    event: np.ndarray
    step: np.ndarray
    start: np.ndarray
    columns: list[Places]


def scan(buffer: np.ndarray, table: TableMap, starts: np.ndarray, ends: np.ndarray) -> Images:
    """The images between `starts` and `ends`, one pair for each event, in the order of steps.

    Raises:
        BinlogError: an event does not end where its last image does.
    """
    active, cursor = np.arange(len(starts)), starts.astype(np.int64)
    events: list[np.ndarray] = []
    steps: list[np.ndarray] = []
    begins: list[np.ndarray] = []
    pieces: list[list[Places]] = []
    step = 0
    while active.size:
        begins.append(cursor)
        image, cursor = _image(buffer, table.columns, cursor)
        pieces.append(image)
        events.append(active)
        steps.append(np.full(active.size, step))
        left = ends[active] - cursor
        if (left < 0).any():
            raise BinlogError(
                f"A row event of {table.full_name} ends within a row: the binlog is damaged, or not of the form that is known."
            )
        going = left > 0
        if not going.all():
            active, cursor = active[going], cursor[going]
        step += 1
    if not pieces:
        empty = np.zeros(0, np.int64)
        return Images(empty, empty, empty, [Places(empty, 0, None) for _ in table.columns])
    columns = [_joined([piece[i] for piece in pieces]) for i in range(len(table.columns))]
    return Images(np.concatenate(events), np.concatenate(steps), np.concatenate(begins), columns)


def _image(buffer: np.ndarray, columns: Sequence[WireColumn], start: np.ndarray) -> tuple[list[Places], np.ndarray]:
    """One image at each start, and where it ends. Between columns of varying length only a constant is added, later."""
    cursor, shift = start + (len(columns) + 7) // 8, 0
    places = []
    for number, column in enumerate(columns):
        null = None
        if column.nullable:
            null = (buffer[start + number // 8] >> (number % 8) & 1).astype(bool)
            if not null.any():
                null = None
        if column.fixed:
            at = cursor + shift
            if null is None:
                shift += column.fixed
            else:
                cursor, shift = at + np.where(null, 0, column.fixed), 0
            places.append(Places(at, column.fixed, null))
            continue
        at = cursor + shift
        lengths = _little(buffer, at, column.length_bytes)
        at = at + column.length_bytes
        shift = 0
        if null is None:
            cursor = at + lengths
        else:
            lengths[null] = 0
            cursor = np.where(null, at - column.length_bytes, at + lengths)
        places.append(Places(at, lengths, null))
    return places, cursor + shift if shift else cursor


def _little(buffer: np.ndarray, at: np.ndarray, width: int) -> np.ndarray:
    # A null's place may lie at the very end; what is read there is not used.
    at = np.minimum(at, len(buffer) - width)
    value = buffer[at].astype(np.int64)
    for byte in range(1, width):
        value |= buffer[at + byte].astype(np.int64) << (8 * byte)
    return value


def _joined(pieces: list[Places]) -> Places:
    if len(pieces) == 1:
        return pieces[0]
    first = pieces[0].lengths
    lengths: np.ndarray | int = first if isinstance(first, int) else np.concatenate([np.asarray(piece.lengths) for piece in pieces])
    null = None
    if any(piece.null is not None for piece in pieces):
        null = np.concatenate([np.zeros(len(piece.at), bool) if piece.null is None else piece.null for piece in pieces])
    return Places(np.concatenate([piece.at for piece in pieces]), lengths, null)
