"""Counts of a task and its tables, as DescribeTableStatistics gives them. The task's process writes them to a file."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Statistics", "TableStatistics"]


@dataclass
class TableStatistics:
    """One table. Names are the API's in Python's spelling; times are seconds since the epoch."""

    schema_name: str
    table_name: str
    inserts: int = 0
    deletes: int = 0
    updates: int = 0
    ddls: int = 0
    applied_inserts: int = 0
    applied_deletes: int = 0
    applied_updates: int = 0
    applied_ddls: int = 0
    full_load_rows: int = 0
    full_load_error_rows: int = 0
    full_load_start_time: float | None = None
    full_load_end_time: float | None = None
    full_load_reloaded: bool = False
    table_state: str = "Before load"
    message: str = ""
    faults: list[str] = field(default_factory=list)
    """What DMS is known to do badly with the table."""
    validation_state: str = "Not enabled"
    validation_details: str = ""
    validation_pending: int = 0
    validation_failed: int = 0
    validation_suspended: int = 0

    def as_answer(self) -> dict[str, Any]:
        """The TableStatistics structure of the API."""
        optional = {
            "FullLoadStartTime": self.full_load_start_time,
            "FullLoadEndTime": self.full_load_end_time,
            "ValidationStateDetails": self.validation_details or None,
        }
        return {
            "SchemaName": self.schema_name,
            "TableName": self.table_name,
            "Inserts": self.inserts,
            "Deletes": self.deletes,
            "Updates": self.updates,
            "Ddls": self.ddls,
            "AppliedInserts": self.applied_inserts,
            "AppliedDeletes": self.applied_deletes,
            "AppliedUpdates": self.applied_updates,
            "AppliedDdls": self.applied_ddls,
            "FullLoadRows": self.full_load_rows,
            "FullLoadCondtnlChkFailedRows": 0,
            "FullLoadErrorRows": self.full_load_error_rows,
            "FullLoadReloaded": self.full_load_reloaded,
            "LastUpdateTime": time.time(),
            "TableState": self.table_state,
            "ValidationState": self.validation_state if self.table_state != "Table error" else "Table error",
            "ValidationPendingRecords": self.validation_pending,
            "ValidationFailedRecords": self.validation_failed,
            "ValidationSuspendedRecords": self.validation_suspended,
            **{name: value for name, value in optional.items() if value is not None},
        }


@dataclass
class Statistics:
    """One task. `source_latency` and `target_latency` are seconds."""

    tables: dict[str, TableStatistics] = field(default_factory=dict)
    phase: str = ""
    position: str = ""
    source_latency: float = 0.0
    target_latency: float = 0.0
    incoming_changes: int = 0
    applied_changes: int = 0
    message: str = ""
    loaded_rows: int = 0
    loaded_bytes: int = 0
    read_bytes: int = 0
    """Of full loads, and of changes that were read, since the process began."""
    read_position: str = ""
    read_seconds: int = 0
    """The end of the last transaction that was read whole, and when it was committed."""
    reading_seconds: int = 0
    applied_seconds: int = 0
    """When the event was made that is being read, and when the last transaction was committed that is applied."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def table(self, schema: str, name: str) -> TableStatistics:
        with self._lock:
            return self.tables.setdefault(f"{schema}.{name}", TableStatistics(schema, name))

    def note_loaded(self, table: TableStatistics, rows: int, errors: int, size: int) -> None:
        """A part of a full load. Called by several threads."""
        with self._lock:
            table.full_load_rows += rows
            table.full_load_error_rows += errors
            self.loaded_rows += rows
            self.loaded_bytes += size

    @property
    def progress(self) -> int:
        """Percent of the tables that are loaded."""
        tables = list(self.tables.values())
        done = sum(table.table_state not in ("Before load", "Full load") for table in tables)
        return 100 * done // len(tables) if tables else 0

    def write(self, path: Path) -> None:
        with self._lock:
            draft = path.with_suffix(f".{os.getpid()}.draft")
            draft.write_text(json.dumps(asdict(self)), "utf-8")
            draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> Statistics:
        """What was written last; empty when nothing was."""
        try:
            found = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return cls()
        tables = {name: TableStatistics(**values) for name, values in found.pop("tables").items()}
        return cls(tables, **found)
