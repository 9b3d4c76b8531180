"""What the binlog gives: changes of rows as columns, commits, and statements that are no changes of rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from localaws.dms.binlog.table_map import TableMap

__all__ = ["DELETE", "INSERT", "UPDATE", "Changes", "Commit", "Item", "Position", "RowChanges", "Statement"]

INSERT, UPDATE, DELETE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two transactions of the source's binlog."""

    file: str
    offset: int

    def __str__(self) -> str:
        return f"{self.file}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """From `file:offset`, the form that DMS's CdcStartPosition has for MySQL. ValueError when it is not that."""
        found = re.fullmatch(r"([^:]+\.\d+):(\d+)", text)
        if found is None:
            raise ValueError(f"{text!r} is not file:offset")
        return cls(found[1], int(found[2]))

    @property
    def order(self) -> tuple[int, int]:
        """Files are numbered by the server."""
        return int(self.file.rpartition(".")[2]), self.offset

    @property
    def place(self) -> int:
        """The same as one number of 63 bits: the file's in the upper 31, the offset in the lower 32."""
        number, offset = self.order
        return (number << 32) + offset


@dataclass(slots=True)
class RowChanges:
    """Changes of one table in the order they were made.

    `rows` has the row after an insert or update, and the row that a delete took; `before` has, for each update in the same order, the
    row as it was (only the key's columns where the caller asked for no more).
    """

    table: TableMap
    operation: np.ndarray
    rows: pa.RecordBatch
    before: pa.RecordBatch
    sequence: np.ndarray
    """Where the change's row begins in the binlog, as `Position.place`: no other has it, it is the same when it is read again, and it
    orders changes across tables."""
    transaction: np.ndarray
    """Where the change's transaction begins in the binlog, as `Position.place`: its identity."""
    seconds: np.ndarray
    """When the change was committed, seconds since the epoch."""


@dataclass(slots=True)
class Changes:
    """Changes of some tables, perhaps of several transactions, perhaps of a part of one; a Commit follows that makes them final."""

    tables: list[RowChanges] = field(default_factory=list)
    bytes: int = 0

    @property
    def rows(self) -> int:
        return sum(len(table.operation) for table in self.tables)


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything before is committed; reading goes on at `position`. `transactions` were closed since the last Commit."""

    position: Position
    seconds: int
    transactions: int = 1


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that changes no rows by itself: DDL, TRUNCATE. It is committed."""

    schema: str
    sql: str
    position: Position
    seconds: int


Item = Changes | Commit | Statement
