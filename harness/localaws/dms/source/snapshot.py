"""One snapshot for several connections, with its binlog position; and a table's key ranges to read in parallel.

MariaDB tells each transaction the position of its snapshot, so connections that began while nothing was committed in between are
simply compared, without a lock. On a busy source, and on MySQL, a global read lock is held for as long as the transactions take to begin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pymysql

from localaws.dms.binlog.events import Position
from localaws.dms.exceptions import SourceError
from localaws.dms.source.connection import MySqlAddress, fileno, open_source, shut_down, source_errors
from localaws.dms.source.result import query_batches
from localaws.dms.types import SourceColumn, SourceTable

__all__ = ["Chunk", "Snapshot", "chunks_of", "current_position", "open_snapshot", "read_rows", "remaining"]

_ATTEMPTS = 5
_LOCK_SECONDS = 10
_BEGIN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a table: rows whose key column lies in [low, high), open where None."""

    column: str = ""
    low: int | None = None
    high: int | None = None

    def condition(self, name: str) -> str:
        """The range in SQL, empty for a whole table; `name` is the column's there, quoted."""
        limits = [f"{name} >= {self.low}"] if self.low is not None else []
        return " AND ".join(limits + ([f"{name} < {self.high}"] if self.high is not None else []))


@dataclass
class Snapshot:
    """Connections that all see the source as it was at `position`. Each is for one thread at a time."""

    connections: list[pymysql.connections.Connection[Any]]
    position: Position

    def read(
        self, number: int, table: SourceTable, columns: Sequence[SourceColumn], condition: str, partition: str = ""
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a part of a table, by the connection `number`."""
        return read_rows(self.connections[number], table, columns, condition, partition)

    def retire(self, number: int) -> None:
        """Whoever asks the connection `number` from now on is told that it is lost."""
        self.connections[number]._force_close()  # type: ignore[attr-defined] # a query may be half read

    def interrupt(self) -> None:
        """Whoever reads has an error. For another thread than those that do."""
        for connection in self.connections:
            if (number := fileno(connection)) is not None:
                shut_down(number)

    def close(self) -> None:
        for connection in self.connections:
            if connection.open:
                connection._force_close()  # type: ignore[attr-defined] # a query may be half read


def read_rows(
    connection: pymysql.connections.Connection[Any],
    table: SourceTable,
    columns: Sequence[SourceColumn],
    condition: str,
    partition: str = "",
) -> Iterator[pa.RecordBatch]:
    """Rows of a table, or of one of its partitions, under a condition in MySQL's SQL; all of them where it is empty."""
    chosen = ", ".join(_selected(column) for column in columns)
    where = f" WHERE {condition}" if condition else ""
    part = f" PARTITION (`{partition}`)" if partition else ""
    return query_batches(connection, f"SELECT {chosen} FROM `{table.schema}`.`{table.name}`{part}{where}", columns)


def _selected(column: SourceColumn) -> str:
    """A FLOAT would be written with six digits; as a DOUBLE it is written with all it has."""
    name = "`" + column.name.replace("`", "``") + "`"
    return f"CAST({name} AS DOUBLE)" if column.type.kind == "float" else name


def current_position(connection: pymysql.connections.Connection[Any]) -> Position:
    """The end of the binlog.

    Raises:
        SourceError: there is no binlog, or the user may not see it.
    """
    with source_errors(), connection.cursor() as cursor:
        try:
            cursor.execute("SHOW MASTER STATUS")
        except pymysql.err.ProgrammingError:  # MySQL 8.4's words
            cursor.execute("SHOW BINARY LOG STATUS")
        row = cursor.fetchone()
    if not row:
        raise SourceError("The source has no binlog: set log_bin (RDS: automated backups on), or migrate by full-load only.")
    return Position(row[0], int(row[1]))


def open_snapshot(address: MySqlAddress, connections: int) -> Snapshot:
    """Connections with one snapshot.

    Raises:
        SourceError: no common snapshot can be had.
    """
    opened: list[pymysql.connections.Connection[Any]] = []
    try:
        opened += [open_source(address) for _ in range(connections)]
        for _ in range(_ATTEMPTS):
            positions = {_begin(connection) for connection in opened}
            if None in positions:
                break
            if len(positions) == 1:
                return Snapshot(opened, next(position for position in positions if position))
        return Snapshot(opened, _begin_locked(address, opened))
    except BaseException:
        for connection in opened:
            connection.close()
        raise


def _begin(connection: pymysql.connections.Connection[Any]) -> Position | None:
    """Begins a transaction; the position of its snapshot where the server tells it."""
    with source_errors(), connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(_BEGIN)
        cursor.execute("SHOW STATUS LIKE 'binlog_snapshot_%'")
        found = dict(cursor.fetchall())
    file, offset = found.get("Binlog_snapshot_file"), found.get("Binlog_snapshot_position")
    return Position(file, int(offset)) if file and offset else None


def _begin_locked(address: MySqlAddress, opened: Sequence[pymysql.connections.Connection[Any]]) -> Position:
    lock = open_source(address)
    try:
        with source_errors(), lock.cursor() as cursor:
            cursor.execute(f"SET SESSION lock_wait_timeout = {_LOCK_SECONDS}")
            try:
                cursor.execute("FLUSH TABLES WITH READ LOCK")
            except pymysql.err.Error as error:
                raise SourceError(
                    f"A consistent snapshot needs FLUSH TABLES WITH READ LOCK for a moment, which the source refuses: {error.args[-1]}. "
                    "Grant RELOAD to the endpoint's user, or start when no long statement runs."
                ) from error
            for connection in opened:
                _begin(connection)
            return current_position(lock)
    finally:
        lock.close()  # which unlocks


def chunks_of(connection: pymysql.connections.Connection[Any], table: SourceTable, rows_each: int) -> list[Chunk]:
    """Ranges of the first column of the key where that is a whole number; otherwise the table is one chunk."""
    first = next((column for column in table.columns if table.key and column.name == table.key[0]), None)
    if first is None or first.type.kind != "int" or table.is_view:
        return [Chunk()]
    with source_errors(), connection.cursor() as cursor:
        cursor.execute(f"SELECT MIN(`{first.name}`), MAX(`{first.name}`) FROM `{table.schema}`.`{table.name}`")
        low, high = cursor.fetchone() or (None, None)
    parts = max(1, -(-table.rows // rows_each))
    if low is None or parts == 1:
        return [Chunk()]
    smallest, size = int(low), int(high or 0) - int(low) + 1
    limits = sorted({smallest + size * part // parts for part in range(1, parts)} - {smallest})
    edges: list[int | None] = [None, *limits, None]
    return [Chunk(first.name, edges[number], edges[number + 1]) for number in range(len(edges) - 1)]


def remaining(done: Sequence[Chunk]) -> list[Chunk]:
    """The ranges between those that are done, whatever the source's smallest and largest keys are now."""
    ordered = sorted(done, key=lambda chunk: (chunk.low is not None, chunk.low or 0))
    left, low = [], None  # type: list[Chunk], int | None
    for number, chunk in enumerate(ordered):
        if chunk.low is not None and (number == 0 or chunk.low != low):
            left.append(Chunk(chunk.column, low, chunk.low))
        low = chunk.high
    return left if low is None else [*left, Chunk(ordered[0].column, low, None)]
