"""Applies a batch to the source database, as its applications would have: history by LOAD DATA, then inserts, updates and deletes.

A batch is one transaction together with its row in `_simulator_batches`, so that running it again does nothing and a killed run
leaves nothing. (The tables themselves are made before: MySQL commits when it makes one.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.exceptions import LoadError
from simulator.generator import generated_batches
from simulator.mysql_files import DELETES, FILES, REFERENCE
from simulator.mysql_schema import TABLES

if TYPE_CHECKING:
    from pymysql.connections import Connection
    from pymysql.cursors import Cursor

__all__ = ["applied_batches", "load_mysql"]

# LOAD DATA reads what `mysql_files` writes; the word NULL without quotes is null.
FORMAT = "character set utf8mb4 fields terminated by ',' optionally enclosed by '\"' escaped by '' lines terminated by '\\n'"
MARKER = "_simulator_batches"


def load_mysql(folder: Path | str, batch_id: str, connection: Connection) -> bool:
    """Apply a batch to the connection's database; False when it was there already (or, as a backfill, brings nothing to MySQL).

    The connection must allow LOAD DATA LOCAL (`local_infile=True`). Raises NotGeneratedError, LoadError.
    """
    known = generated_batches(folder)
    if batch_id not in known:
        raise LoadError(f"{folder} has no batch {batch_id!r}; it has {', '.join(known)}. Generate more batches, or name one of these.")
    batch = known[batch_id]
    if batch.is_late:
        return False
    with connection.cursor() as cursor:
        for statement in TABLES:
            cursor.execute(statement)
        with _bulk(cursor, batch.number == 1), _transaction(connection):
            # Two loads at once: the second waits here, and then finds the batch.
            cursor.execute(f"insert ignore into {MARKER} (batch_id, number) values (%s, %s)", (batch_id, batch.number))
            if cursor.rowcount == 0:
                return False
            cursor.execute(f"select coalesce(max(number), 0) from {MARKER} where number < %s", (batch.number,))
            (before,) = cursor.fetchone()
            if before != batch.number - 1:
                raise LoadError(
                    f"Batch {batch_id} is number {batch.number}, and the database has only {before} before it. Load the batches in order."
                )
            _apply(cursor, Path(folder) / "mysql" / batch_id, batch.number == 1)
    return True


def applied_batches(connection: Connection) -> list[str]:
    """The batches that the database has, in order; none when it is empty."""
    with connection.cursor() as cursor:
        cursor.execute("show tables like %s", (MARKER.replace("_", r"\_"),))
        if not cursor.fetchone():
            return []
        cursor.execute(f"select batch_id from {MARKER} order by number")
        return [batch_id for (batch_id,) in cursor.fetchall()]


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


@contextmanager
def _bulk(cursor: Cursor, is_history: bool) -> Iterator[None]:
    """The history is loaded into empty tables: without checks row by row,
    which the generator's own tests make, and without a binary log of it."""
    if not is_history:
        yield
        return
    cursor.execute("set session unique_checks = 0, foreign_key_checks = 0, sql_log_bin = 0")
    try:
        yield
    finally:
        cursor.execute("set session unique_checks = 1, foreign_key_checks = 1, sql_log_bin = 1")


def _apply(cursor: Cursor, folder: Path, is_history: bool) -> None:
    for table, columns in REFERENCE.items() if is_history else ():
        _load(cursor, table, columns, folder / f"{table}.csv")
    for name, (table, columns) in FILES.items():
        path = folder / f"{name}.csv"
        if path.exists() and is_history:
            _load(cursor, table, columns, path)
        elif path.exists():
            _upsert(cursor, table, columns, path)
    deletes = folder / f"{DELETES}.csv"
    if deletes.exists():
        keys = [int(line) for line in deletes.read_text(encoding="utf-8").split()]
        cursor.execute("delete from customer where customer_id in %s", (keys,))
        if cursor.rowcount != len(keys):
            raise LoadError(
                f"{deletes.name} deletes {len(keys)} customers, and the database had {cursor.rowcount} of them: "
                "it was changed by someone else. Begin with an empty database."
            )


def _load(cursor: Cursor, table: str, columns: str, path: Path) -> None:
    """LOAD DATA LOCAL turns errors into warnings, so warnings and the number of rows are both looked at."""
    cursor.execute(f"load data local infile %s into table {table} {FORMAT} ({_quoted(columns)})", (str(path),))
    loaded = cursor.rowcount
    cursor.execute("show warnings")
    warnings = cursor.fetchall()
    with path.open("rb") as lines:
        expected = sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b""))
    if warnings or loaded != expected:
        first = f" The first of {len(warnings)} warnings: {warnings[0][2]}." if warnings else ""
        raise LoadError(f"{path.name} has {expected} rows and {loaded} were loaded into {table}.{first}")


def _upsert(cursor: Cursor, table: str, columns: str, path: Path) -> None:
    cursor.execute(f"create temporary table _incoming like {table}")
    try:
        _load(cursor, "_incoming", columns, path)
        updates = ", ".join(f"`{column}` = values(`{column}`)" for column in columns.split(", "))
        cursor.execute(
            f"insert into {table} ({_quoted(columns)}) select {_quoted(columns)} from _incoming on duplicate key update {updates}"
        )
    finally:
        cursor.execute("drop temporary table _incoming")


def _quoted(columns: str) -> str:
    return ", ".join(f"`{column}`" for column in columns.split(", "))
