"""Copies of external tables in PostgreSQL, made anew when the catalog or a file has changed since.

A copy is written on a connection of its own and frozen, so that a transaction sees it whose snapshot is older. Its table lies in the
schema of the external schema's name, so that grants, views, joins and procedures need nothing of their own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from localaws.home import Home
from localaws.redshift.copy.unload_files import NO_VALUE
from localaws.redshift.exceptions import RedshiftError, RefusedByRedshiftError
from localaws.redshift.external.catalog import ICEBERG, Definition, GlueCatalog
from localaws.redshift.external.create_as import create_as
from localaws.redshift.external.file_map import FileMap
from localaws.redshift.external.files import column_type, data_location, read_file, reader_of
from localaws.redshift.external.names import Named
from localaws.redshift.external.statements import (
    AddPartitions,
    CreateSchema,
    CreateTable,
    CreateTableAs,
    DropPartition,
    ExternalCommand,
)
from localaws.redshift.lexer import quote_identifier, quote_literal
from localaws.redshift.messages import redshift_error

__all__ = ["ExternalTables"]

_SCHEMAS = """SELECT n.nspname, coalesce(d.description::jsonb ->> 'region', ''), d.description::jsonb ->> 'database'
  FROM pg_namespace n JOIN pg_description d ON d.objoid = n.oid AND d.classoid = 'local_redshift.external_schema'::regclass"""
_CHANGES = frozenset(("insert", "update", "delete", "merge", "copy", "truncate", "alter table", "analyze", "vacuum"))
_LOCK_SECONDS = 5
_FORM = 3  # of copies: one that was made in another form is made anew


class ExternalTables:
    """Those that one session names. `connection` is the session's; it tells where the database is and who asks."""

    def __init__(self, connection: psycopg.Connection, storage: Path) -> None:
        self._of, self._storage = connection, storage
        self._mark = storage.parent / "redshift-external-schemas"
        self._seen: float | None = None
        self._schemas: dict[str, tuple[str, str]] = {}
        self._catalogs: dict[str, GlueCatalog] = {}

    def prepare(self, named: Named, kind: str) -> bool:
        """Copies of the external tables that a statement of that kind names are what the files hold; whether it names any.

        Raises:
            RedshiftError: one cannot be read, or the statement would change one.
        """
        if not (named.pairs or named.catalog or kind == "drop schema"):
            return False
        schemas = self._known()
        if not schemas:
            return False
        if kind == "drop schema" and len(named.target) == 1 and named.target[0] in schemas:
            self._on_own(lambda own: self._drop_copies(own, named.target[0]))
            return True
        tables = sorted(pair for pair in named.pairs if pair[0] in schemas)
        if named.target and named.target[0] in schemas and kind in _CHANGES:
            raise RefusedByRedshiftError(f"{kind.upper()} of the external table {'.'.join(named.target)} is not supported")
        if named.catalog:
            self._on_own(self._tell_all)
        if tables:
            self._on_own(lambda own: self._refresh_all(own, tables))
        if kind == "drop table" and named.target and named.target[0] in schemas:
            region, database = schemas[named.target[0]]
            self._catalog(region).drop_table(database, named.target[1])
        return bool(tables)

    def see(self, table: Iterable[str]) -> None:
        """The copy of one table, whose columns are about to be asked for."""
        parts = tuple(table)
        if len(parts) == 2:
            self.prepare(Named(frozenset(((parts[0], parts[1]),))), "select")

    def run(self, command: ExternalCommand) -> None:
        """What makes external schemas and tables.

        Raises:
            RedshiftError: it is refused.
        """
        try:
            self._of.execute("SELECT 1")  # libpq knows the state of the transaction from answers that it reads itself only
        except psycopg.Error as error:
            raise redshift_error(error) from error
        if self._of.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            raise RefusedByRedshiftError(f"{_TITLES[type(command)]} cannot run inside a transaction block")
        if isinstance(command, CreateSchema):
            return self._make_schema(command)
        schemas = self._known()
        if len(command.table) != 2 or command.table[0] not in schemas:
            raise RedshiftError(f'schema "{command.table[0]}" is not an external schema', "3F000")
        region, database = schemas[command.table[0]]
        catalog = self._catalog(region)
        if isinstance(command, CreateTable):
            for name, kind in (*command.columns, *command.partitions):
                column_type(name, kind)
            catalog.make_table(database, command)
        elif isinstance(command, CreateTableAs):
            self.prepare(command.named, "select")
            try:
                create_as(self._of, self._storage, catalog, database, command)
            except psycopg.Error as error:
                raise redshift_error(error) from error
        elif isinstance(command, AddPartitions):
            catalog.add_partitions(database, command)
        else:
            catalog.drop_partition(database, command)
        return None

    def _make_schema(self, command: CreateSchema) -> None:
        if command.create_database:
            self._catalog(command.region).make_database(command.database)
        name = quote_identifier(command.name)
        declared = quote_literal(json.dumps({"database": command.database, "region": command.region, "role": command.role}))
        try:
            with self._of.transaction():
                self._of.execute(f"CREATE SCHEMA {'IF NOT EXISTS ' if command.unless else ''}{name}")  # type: ignore[call-overload]
                self._of.execute(f"SELECT local_redshift.keep_external_schema({quote_literal(name)}::regnamespace, {declared}::jsonb)")  # type: ignore[call-overload]
        except psycopg.Error as error:
            raise redshift_error(error) from error
        self._mark.touch()
        os.utime(self._mark)

    def _catalog(self, region: str) -> GlueCatalog:
        if region not in self._catalogs:
            self._catalogs[region] = GlueCatalog(Home(self._storage.parent), region)
        return self._catalogs[region]

    def _known(self) -> dict[str, tuple[str, str]]:
        """External schemas with their regions and databases; asked again when one was made since."""
        try:
            made = self._mark.stat().st_mtime
        except FileNotFoundError:
            return {}
        if made != self._seen:
            self._schemas = {row[0]: (row[1], row[2]) for row in self._on_own(lambda own: own.execute(_SCHEMAS).fetchall())}
            self._seen = made
        return self._schemas

    def _on_own(self, work: Any) -> Any:
        info = self._of.info
        parameters: dict[str, Any] = {**info.get_parameters(), "password": info.password, "application_name": "redshift external tables"}
        try:
            with psycopg.connect(**parameters, autocommit=True) as own:
                own.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
                return work(own)
        except psycopg.Error as error:
            raise redshift_error(error) from error

    def _refresh_all(self, own: psycopg.Connection, tables: list[tuple[str, str]]) -> None:
        for schema, name in tables:
            self._refresh(own, schema, name)

    def _refresh(self, own: psycopg.Connection, schema: str, name: str) -> None:
        region, database = self._schemas[schema]
        definition = self._catalog(region).table(database, name)
        with own.transaction():
            own.execute("SELECT pg_advisory_xact_lock(5440, hashtext(%s))", [f"{schema}.{name}"])
            kept = own.execute(
                "SELECT columns, fingerprint FROM local_redshift.external_copies WHERE schema_name = %s AND table_name = %s", [schema, name]
            ).fetchone()
            if definition is None:
                if kept is not None:
                    self._forget(own, schema, name)
                return
            files = list(self._files(definition))
            shape = json.dumps([(column, column_type(column, kind)) for column, kind in (*definition.columns, *definition.keys)])
            state = json.dumps(
                [_FORM, shape, definition.serde, dict(definition.options), [(str(p), u, *v.values(), s, t) for p, u, v, s, t in files]]
            )
            fingerprint = hashlib.sha256(state.encode()).hexdigest()
            if kept is not None and kept[1] == fingerprint:
                return
            try:
                self._copy(own, schema, definition, files, shape if kept is None or kept[0] != shape else "", fingerprint)
            except psycopg.errors.LockNotAvailable as error:
                what = f"external table {schema}.{name} has changed while transactions that read it are open: end them first"
                raise RedshiftError(what, "55P03") from error

    def _copy(self, own: psycopg.Connection, schema: str, definition: Definition, files: list[Any], shape: str, fingerprint: str) -> None:
        """`shape` is empty where the copy's columns are what they were."""
        reader_of(definition)
        table = f"{quote_identifier(schema)}.{quote_identifier(definition.name.lower())}"
        own.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")  # type: ignore[call-overload]
        if shape:
            columns = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in json.loads(shape))
            own.execute(f"DROP TABLE IF EXISTS {table}")  # type: ignore[call-overload]
            own.execute(f"CREATE TABLE {table} ({columns})")  # type: ignore[call-overload]
            own.execute(f"GRANT SELECT ON {table} TO PUBLIC")  # type: ignore[call-overload]
        else:
            own.execute(f"TRUNCATE {table}")  # type: ignore[call-overload]
        kept = FileMap(own, table)
        for path, uri, partition, size, _ in files:
            try:
                with own.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv, NULL '', FREEZE)") as copy:  # type: ignore[call-overload]
                    for piece in read_file(definition, path, uri, partition):
                        copy.write(piece)
            except psycopg.DataError as error:
                where = (error.diag.context or "").removeprefix("COPY ")
                raise RedshiftError(f"Spectrum Scan Error: {error.diag.message_primary} (file {uri}, {where})") from error
            kept.written(uri, size)
        if definition.serde != ICEBERG:  # whose data files the catalog does not tell
            kept.keep()
        own.execute(
            """INSERT INTO local_redshift.external_copies VALUES (%s, %s, %s, %s)
            ON CONFLICT (schema_name, table_name) DO UPDATE SET columns = excluded.columns, fingerprint = excluded.fingerprint""",
            [schema, definition.name.lower(), shape or self._shape(definition), fingerprint],
        )

    def _shape(self, definition: Definition) -> str:
        return json.dumps([(column, column_type(column, kind)) for column, kind in (*definition.columns, *definition.keys)])

    def _files(self, definition: Definition) -> Iterable[tuple[Path, str, dict[str, str | None], int, int]]:
        """Each file with its URI, the values of its partition, its size and time. Names that begin with _ or . are no data."""
        places = definition.partitions if definition.keys else (((), data_location(definition)),)
        for values, location in places:
            given = (None if value == NO_VALUE else value for value in values)
            partition = dict(zip((key for key, _ in definition.keys), given, strict=True))
            root = self._storage / location.removeprefix("s3://")
            found = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else []
            for path in found:
                told = path.stat()
                hidden = any(part.startswith((".", "_")) for part in path.relative_to(root.parent).parts[1:])
                if told.st_size and not hidden:
                    yield path, f"s3://{path.relative_to(self._storage).as_posix()}", partition, told.st_size, told.st_mtime_ns

    def _forget(self, own: psycopg.Connection, schema: str, name: str) -> None:
        own.execute(f"DROP TABLE IF EXISTS {quote_identifier(schema)}.{quote_identifier(name)}")  # type: ignore[call-overload]
        own.execute("DELETE FROM local_redshift.external_copies WHERE schema_name = %s AND table_name = %s", [schema, name])

    def _drop_copies(self, own: psycopg.Connection, schema: str) -> None:
        with own.transaction():
            for (name,) in own.execute("SELECT table_name FROM local_redshift.external_copies WHERE schema_name = %s", [schema]).fetchall():
                self._forget(own, schema, name)

    def _tell_all(self, own: psycopg.Connection) -> None:
        """The catalog of every external schema, for the views that show it."""
        rows = []
        for schema, (region, database) in self._schemas.items():
            for one in self._catalog(region).tables(database):
                told = {
                    **{"columns": one.columns, "keys": one.keys, "partitions": one.partitions},
                    **{"location": one.location, "serde": one.serde, "input": one.input_format, "output": one.output_format},
                    **{"options": dict(one.options), "parameters": dict(one.properties or {})},
                }
                rows.append((schema, one.name.lower(), json.dumps(told)))
        with own.transaction(), own.cursor() as cursor:
            cursor.execute("DELETE FROM local_redshift.external_catalog")
            cursor.executemany("INSERT INTO local_redshift.external_catalog VALUES (%s, %s, %s)", rows)


_TITLES = {
    CreateSchema: "CREATE EXTERNAL SCHEMA",
    CreateTable: "CREATE EXTERNAL TABLE",
    CreateTableAs: "CREATE EXTERNAL TABLE AS",
    AddPartitions: "ALTER TABLE ADD PARTITION",
    DropPartition: "ALTER TABLE DROP PARTITION",
}
