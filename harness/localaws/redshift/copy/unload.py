"""UNLOAD: the rows of a query into objects (Redshift guide, "UNLOAD"). One slice writes, one file after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from localaws.redshift.copy.unload_command import UnloadCommand
from localaws.redshift.copy.unload_files import NO_VALUE, Column, UnloadFiles, existing
from localaws.redshift.copy.unload_parquet import write_parquet
from localaws.redshift.copy.unload_text import write_text
from localaws.redshift.exceptions import RedshiftError, RefusedByRedshiftError, StatementCancelledError
from localaws.redshift.lexer import quote_identifier

__all__ = ["query_columns", "unload", "write_files"]


def unload(connection: psycopg.Connection, command: UnloadCommand, storage: Path, cancelled: Callable[[], bool] = lambda: False) -> int:
    """Runs the UNLOAD; the number of rows. Raises RedshiftError, as `write_files` does."""
    return sum(write_files(connection, command, storage, cancelled)[0].counts)


def write_files(
    connection: psycopg.Connection, command: UnloadCommand, storage: Path, cancelled: Callable[[], bool] = lambda: False
) -> tuple[UnloadFiles, list[Column]]:
    """The files that were written, and the query's columns.

    Raises:
        RedshiftError: the bucket does not exist, or something lies at the destination.
    """
    if not (storage / command.bucket).is_dir():
        raise RedshiftError(f"S3ServiceException: The specified bucket does not exist: {command.bucket}")
    if not (command.allow_overwrite or command.clean_path) and existing(storage, command):
        raise RedshiftError(
            "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing the target "
            "files in S3, or using the ALLOWOVERWRITE option."
        )
    files = UnloadFiles(command, storage)
    write = write_parquet if command.format == "PARQUET" else write_text
    try:
        columns = query_columns(connection, command.query)
        if command.partition_by:
            _write_partitions(connection, command, files, columns, write, cancelled)
        else:
            write(command, files, columns, _records(connection, command.query, cancelled))
        files.finish(columns)
    except BaseException:
        files.give_up()
        raise
    return files, columns


_Writer = Callable[[UnloadCommand, UnloadFiles, list[Column], Iterator[tuple[Any, ...]]], int]


def _write_partitions(
    connection: psycopg.Connection,
    command: UnloadCommand,
    files: UnloadFiles,
    columns: list[Column],
    write: _Writer,
    cancelled: Callable[[], bool],
) -> None:
    """A folder `column=value` for each value of the partition columns, in the order that PARTITION BY gives; rows come sorted by them."""
    names = [name for name, _, _ in columns]
    unknown = [name for name in command.partition_by if name not in names]
    if unknown:
        raise RedshiftError(f'column "{unknown[0]}" of PARTITION BY is not in the query', "42703")
    places = [names.index(name) for name in command.partition_by]
    kept = [place for place in range(len(names)) if command.include or place not in places]
    if not kept:
        raise RefusedByRedshiftError("PARTITION BY all columns needs INCLUDE: the files would have no columns")
    if command.key and not command.key.endswith("/"):
        command = replace(command, key=f"{command.key}/")
        files.command = command
    order = ", ".join(quote_identifier(name) for name in command.partition_by)
    rows = _records(connection, f"SELECT * FROM ({command.query}) AS unloaded ORDER BY {order}", cancelled)
    for values, group in groupby(rows, key=lambda row: tuple(row[place] for place in places)):
        told = tuple(NO_VALUE if value is None else value for value in values)
        files.enter("".join(f"{name}={quote(one, safe=' :,+@')}/" for name, one in zip(command.partition_by, told, strict=True)), told)
        write(command, files, [columns[place] for place in kept], (tuple(row[place] for place in kept) for row in group))


def query_columns(connection: psycopg.Connection, query: str) -> list[Column]:
    """Name, type and modifier of each column."""
    result = connection.execute(f"SELECT * FROM ({query}) AS unloaded LIMIT 0").pgresult  # type: ignore[call-overload]
    assert result is not None
    return [((result.fname(i) or b"").decode(), result.ftype(i), result.fmod(i)) for i in range(result.nfields)]


def _records(connection: psycopg.Connection, query: str, cancelled: Callable[[], bool]) -> Iterator[tuple[Any, ...]]:
    """The rows, every value as PostgreSQL writes it."""
    with connection.cursor().copy(f"COPY ({query}) TO STDOUT") as copy:  # type: ignore[call-overload]
        for number, row in enumerate(copy.rows()):
            if number % 10_000 == 0 and cancelled():
                raise StatementCancelledError
            yield row
