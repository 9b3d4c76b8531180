"""Changes that wait (for their transaction's commit, for the load of their table), however many: beyond a limit in files instead of memory.

A file is mapped, and its name is gone at once: the system reads from it what is looked at, and takes the space back when it is not needed
any more, also when the process is killed.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from localaws.dms.binlog.events import Changes, RowChanges
from localaws.dms.exceptions import SettingsError

__all__ = ["Waiting"]


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
        if self._bytes > self._limit or time.monotonic() - self._since > self._seconds:
            self._changes[self._spilled :] = [self._on_disk(item) for item in self._changes[self._spilled :]]
            self._spilled, self._bytes = len(self._changes), 0

    def take(self) -> list[Changes]:
        """All of them: they wait no longer."""
        found, self._changes, self._bytes, self._spilled = self._changes, [], 0, 0
        return found

    def _on_disk(self, changes: Changes) -> Changes:
        try:
            return replace(changes, tables=[self._table_on_disk(table) for table in changes.tables])
        except OSError as error:
            reason = f"changes that wait have no place in {self._folder or tempfile.gettempdir()}: {error}"
            raise SettingsError("$.ChangeProcessingTuning.MemoryLimitTotal", f"{reason}; make place, or allow more memory") from error

    def _table_on_disk(self, table: RowChanges) -> RowChanges:
        return replace(table, rows=self._mapped(table.rows), before=self._mapped(table.before))

    def _mapped(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        if not rows.num_rows or not rows.num_columns:
            return rows
        number, path = tempfile.mkstemp(prefix="awsdms-", suffix=".arrow", dir=self._folder)
        try:
            with os.fdopen(number, "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
                writer.write_batch(rows)
            return pa.ipc.open_file(pa.memory_map(path)).get_batch(0)
        finally:
            Path(path).unlink()
