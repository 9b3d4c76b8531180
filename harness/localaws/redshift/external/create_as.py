"""CREATE EXTERNAL TABLE … AS: a query's rows as files at the table's location, then the table and its partitions in the catalog.

Files have names of their own (date, time and a number), so that what lies at the location stays. Source: Redshift guide, "CREATE EXTERNAL
TABLE", usage notes.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from dataclasses import replace
from pathlib import Path

import psycopg

from localaws.redshift.copy.unload import query_columns, write_files
from localaws.redshift.copy.unload_command import UnloadCommand
from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError, RefusedByRedshiftError
from localaws.redshift.external.catalog import GlueCatalog
from localaws.redshift.external.statements import AddPartitions, CreateTableAs

__all__ = ["create_as"]

_HIVE = {
    **{16: "boolean", 20: "bigint", 21: "smallint", 23: "int", 25: "string", 700: "float", 701: "double"},
    **{1082: "date", 1114: "timestamp", 1184: "timestamp"},
}
_TEXTS = {1042: "char", 1043: "varchar"}
_NUMERIC = 1700
_REFUSED = ("write.kms.key.id", "compression_type")
_MEGABYTE = 1 << 20


def create_as(connection: psycopg.Connection, storage: Path, catalog: GlueCatalog, database: str, command: CreateTableAs) -> None:
    """Runs it. Files of a table that the catalog did not take are removed.

    Raises:
        RedshiftError: the table exists, the query fails, or a column has no type in the catalog.
    """
    made = command.made
    if catalog.table(database, made.table[-1]) is not None:
        raise RedshiftError(f'relation "{".".join(made.table)}" already exists', "42P07")
    unload = _as_unload(command, storage)
    _require_different_names(connection, command.query)
    files, columns = write_files(connection, unload, storage)
    is_made = False
    try:
        kinds = {name: _hive(name, kind, modifier) for name, kind, modifier in columns}
        partitions = tuple((name, kinds.pop(name)) for name in command.partition_by)
        catalog.make_table(database, replace(made, columns=tuple(kinds.items()), partitions=partitions))
        is_made = True
        found = tuple(
            (dict(zip(command.partition_by, values, strict=True)), f"{made.location.rstrip('/')}/{folder}")
            for values, folder in files.partitions
        )
        catalog.add_partitions(database, AddPartitions(made.table, unless=True, partitions=found))
    except BaseException:
        for _, path in files.made:
            path.unlink(missing_ok=True)
        if is_made:  # and not all of its partitions
            catalog.drop_table(database, made.table[-1])
        raise


def _require_different_names(connection: psycopg.Connection, query: str) -> None:
    """The catalog knows columns by their names in lower case."""
    counts = Counter(name.lower() for name, _, _ in query_columns(connection, query))
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise RedshiftError(f'column "{twice[0]}" specified more than once', "42701")


def _as_unload(command: CreateTableAs, storage: Path) -> UnloadCommand:
    made = command.made
    refused = [name for name in _REFUSED if name in made.properties]
    if refused:
        raise NotSupportedHereError(f"CREATE EXTERNAL TABLE … AS with the property {refused[0]}")
    bucket, _, key = made.location.removeprefix("s3://").partition("/")
    if not key.strip("/"):
        raise RefusedByRedshiftError(f"LOCATION '{made.location}' is not s3://bucket/folder/")
    megabytes = made.properties.get("write.maxfilesize.mb", "6200")
    if not megabytes.isdecimal() or not 5 <= int(megabytes) <= 6200:
        raise RefusedByRedshiftError(f"write.maxfilesize.mb must be between 5 and 6200: {megabytes}")
    is_text = "Parquet" not in made.formats[2]
    return UnloadCommand(
        command.query,
        bucket,
        f"{key.rstrip('/')}/",
        format="TEXT" if is_text else "PARQUET",
        delimiter=made.serde.get("field.delim", "\x01") if is_text else None,
        null="\\N" if is_text else None,
        allow_overwrite=True,
        parallel=made.properties.get("write.parallel", "on") != "off",
        max_file_size=int(megabytes) * _MEGABYTE,
        partition_by=command.partition_by,
        prefix=f"{dt.datetime.now(dt.UTC):%Y%m%d_%H%M%S_%f}_{secrets.randbelow(10_000):04d}_",
        bare=is_text,
    )


def _hive(name: str, kind: int, modifier: int) -> str:
    """The catalog's name of PostgreSQL's type; a number without a precision is written as one of 38 digits."""
    if kind in _TEXTS:
        return f"{_TEXTS[kind]}({modifier - 4})" if modifier > 0 else "string"
    if kind == _NUMERIC:
        return f"decimal({(modifier - 4) >> 16 & 65535},{(modifier - 4) & 2047})" if modifier > 0 else "decimal(38,10)"
    if kind not in _HIVE:
        what = f"The type of the column {name} in CREATE EXTERNAL TABLE … AS"
        raise NotSupportedHereError(what, f"CAST it to char, varchar, decimal, {', '.join(dict.fromkeys(_HIVE.values()))}.")
    return _HIVE[kind]
