"""Changes that wait (for their transaction's commit, for the load of their table), however many: beyond a limit in files instead of memory.

A file is mapped, and its name is gone at once: the system reads from it what is looked at, and takes the space back when it is not needed
any more, also when the process is killed.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from localaws.dms.binlog.events import Changes
from localaws.dms.exceptions import SettingsError

__all__ = ["Waiting"]

_ALIGNMENT = 64
_WORTH_A_FILE = 16 << 20
"""Bytes that stay in memory however long they wait."""


class Waiting:
    """Kept in memory up to `limit` bytes of binlog, and for `seconds`; then in files of a folder (None: where temporary files are)."""

    def __init__(self, limit: int, seconds: float, folder: Path | None) -> None:
        self._limit, self._seconds, self._folder = limit, seconds, folder
        self._changes: list[Changes] = []
        self._bytes = self._spilled = 0
        self._since = 0.0

    def add(self, changes: Changes) -> None:
        """Changes that follow the others.

        Raises:
            SettingsError: there is no place for them on the disk.
        """
        if not self._changes:
            self._since = time.monotonic()
        self._changes.append(changes)
        self._bytes += changes.bytes
        late = time.monotonic() - self._since > self._seconds and self._bytes >= _WORTH_A_FILE
        if self._bytes > self._limit or late:
            self._changes[self._spilled :] = self._on_disk(self._changes[self._spilled :])
            self._spilled, self._bytes = len(self._changes), 0

    def take(self) -> list[Changes]:
        """All of them: they wait no longer."""
        found, self._changes, self._bytes, self._spilled = self._changes, [], 0, 0
        return found

    def _on_disk(self, waiting: Sequence[Changes]) -> list[Changes]:
        """The same in one file, however many they are: the system maps so many files of a process only."""
        try:
            number, path = tempfile.mkstemp(prefix="awsdms-", suffix=".arrow", dir=self._folder)
            try:
                with os.fdopen(number, "wb") as file:
                    places = [_written(file, rows) for rows in _batches(waiting)]
                mapped = pa.memory_map(path).read_buffer() if any(places) else pa.py_buffer(b"")
            finally:
                Path(path).unlink()
        except OSError as error:
            reason = f"changes that wait have no place in {self._folder or tempfile.gettempdir()}: {error}"
            raise SettingsError("$.ChangeProcessingTuning.MemoryLimitTotal", f"{reason}; make place, or allow more memory") from error
        found = (_read(mapped, place) if place else rows for rows, place in zip(_batches(waiting), places, strict=True))
        return [
            replace(changes, tables=[replace(table, rows=next(found), before=next(found)) for table in changes.tables])
            for changes in waiting
        ]


def _batches(waiting: Sequence[Changes]) -> Iterator[pa.RecordBatch]:
    for changes in waiting:
        for table in changes.tables:
            yield from (table.rows, table.before)


def _written(file: BinaryIO, rows: pa.RecordBatch) -> tuple[int, int] | None:
    """Where the rows begin in the file, and their size there; None where there is nothing to write."""
    if not rows.num_rows or not rows.num_columns:
        return None
    file.write(bytes(-file.tell() % _ALIGNMENT))
    start = file.tell()
    with pa.ipc.new_stream(file, rows.schema) as writer:
        writer.write_batch(rows)
    return start, file.tell() - start


def _read(mapped: pa.Buffer, place: tuple[int, int]) -> pa.RecordBatch:
    return pa.ipc.open_stream(mapped.slice(*place)).read_next_batch()
