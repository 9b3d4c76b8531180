"""From the Data Catalog into Spark's: the databases there are, and the tables that a text may mean.

Which names of a text are tables is not parsed: every table whose name occurs in it, of a database whose name occurs or which is the
current one, is brought. One too many costs a statement's time and changes nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import SparkSession

from awsglue._storage.catalog import Table, glue_client
from awsglue.exceptions import SourceError

__all__ = ["Imported", "name_of", "text_of", "words_of"]

_SPARK_FORMATS = ("csv", "json", "parquet", "orc", "avro")
_LISTS = re.compile(r"^\s*show\b", re.IGNORECASE)


class Imported:
    """What of the Data Catalog one of Spark's catalogs holds: a fingerprint for each table by (database, name)."""

    def __init__(self) -> None:
        self.databases: set[str] = set()
        self.tables: dict[tuple[str, str], str] = {}
        self.session: Any = None
        self._glue: tuple[str, Any] = ("", None)
        self.sql: Callable[[str], Any] = lambda text: None

    def attach(self, session: SparkSession, sql: Callable[[str], Any]) -> None:
        """The session that statements go through; `sql` runs one without looking into the Data Catalog."""
        self.session, self.sql = session, sql

    @property
    def glue(self) -> Any:
        """The client, made once for an endpoint: a statement is asked for often."""
        where = os.environ.get("AWS_ENDPOINT_URL_GLUE") or os.environ.get("AWS_ENDPOINT_URL") or ""
        if self._glue[0] != where:
            self._glue = where, glue_client()
        return self._glue[1]

    @property
    def catalog(self) -> Any:
        """Spark's ExternalCatalog of the session."""
        return self.session._jsparkSession.sharedState().externalCatalog()

    def forget(self, database: str) -> None:
        """The database is gone on both sides."""
        self.databases.discard(database)
        self.tables = {key: value for key, value in self.tables.items() if key[0] != database}

    def note(self, glue: Any, database: str, name: str) -> None:
        """Both sides agree about the table."""
        table = Table(database, name, glue.get_table(DatabaseName=database, Name=name)["Table"])
        self.tables[database, name] = _mark(table, _partitions(glue, table))

    def bring(self, text: str, whole: bool = False) -> None:
        """Makes Spark's catalog agree with the Data Catalog in all that the text may name; whole: all tables of those databases."""
        glue, words = self.glue, words_of(text)
        there = {one["Name"]: one for page in glue.get_paginator("get_databases").paginate() for one in page["DatabaseList"]}
        current = self.current_database()
        for name in there.keys() - self.databases:
            self._make_database(there[name])
        for name in self.databases - there.keys():
            for base, table in [key for key in self.tables if key[0] == name]:
                self._drop(base, table)
            self.sql(f"DROP DATABASE IF EXISTS {name_of(name)} CASCADE")
            self.forget(name)
        for database in sorted(name for name in there if name in words or name == current):
            self._bring_tables(glue, database, None if whole or _LISTS.match(text) else words)

    def has_database_of(self, text: str, whole: bool = False) -> bool:
        """Whether the text names a database that the Data Catalog has, is said in one, or, without a name, lists all that it has."""
        return bool(self.databases & {*words_of(text), self.current_database()}) or (whole and not text.strip() and bool(self.databases))

    def current_database(self) -> str:
        return str(self.session._jsparkSession.sessionState().catalog().getCurrentDatabase())

    def _make_database(self, found: Mapping[str, Any]) -> None:
        location = f" LOCATION {text_of(found['LocationUri'])}" if found.get("LocationUri") else ""
        self.sql(f"CREATE DATABASE IF NOT EXISTS {name_of(found['Name'])}{location}")
        self.databases.add(found["Name"])

    def _bring_tables(self, glue: Any, database: str, words: set[str] | None) -> None:
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
        found = {one["Name"]: one for page in pages for one in page["TableList"]}
        for name in [name for base, name in self.tables if base == database and name not in found]:
            self._drop(database, name)
        for name, raw in found.items():
            if words is None or name in words:
                self._bring_table(glue, Table(database, name, raw))

    def _bring_table(self, glue: Any, table: Table) -> None:
        partitions = _partitions(glue, table)
        mark = _mark(table, partitions)
        key = table.database, table.name
        if self.tables.get(key) == mark:
            return
        made = self._make_view(table) if table.raw.get("TableType") == "VIRTUAL_VIEW" else self._make_table(table, partitions)
        if made:
            self.tables[key] = mark

    def _make_table(self, table: Table, partitions: list[tuple[tuple[str, ...], str]]) -> bool:
        with_delta = "DeltaCatalog" in str(self.session.conf.get("spark.sql.catalog.spark_catalog", ""))
        statement = _delta(table) if with_delta and table.lake == "delta" else _definition(table)
        if statement is None:
            return False
        target = name_of(table.database, table.name)
        if (table.database, table.name) in self.tables:
            self._drop(table.database, table.name)
        self.sql(statement)
        keys = [one["Name"] for one in table.raw.get("PartitionKeys") or []]
        for start in range(0, len(partitions), 200):
            added = " ".join(
                f"PARTITION ({', '.join(f'{name_of(key)} = {text_of(value)}' for key, value in zip(keys, values, strict=True))}) "
                f"LOCATION {text_of(location)}"
                for values, location in partitions[start : start + 200]
            )
            self.sql(f"ALTER TABLE {target} ADD IF NOT EXISTS {added}")
        if table.raw.get("TableType") == "MANAGED_TABLE":
            self._become(table.database, table.name, "MANAGED")
        return True

    def _drop(self, database: str, name: str) -> None:
        """Takes a table or view out of Spark's catalog, and leaves its files."""
        if self.catalog.getTable(database, name).tableType().name() == "VIEW":
            self.sql(f"DROP VIEW {name_of(database, name)}")
        else:
            self._become(database, name, "EXTERNAL")
            self.sql(f"DROP TABLE {name_of(database, name)}")
        del self.tables[database, name]

    def _become(self, database: str, name: str, kind: str) -> None:
        """Makes the table one whose files go with it (MANAGED), or one whose files stay (EXTERNAL): no statement does."""
        kinds = self.session._jvm.org.apache.spark.sql.catalyst.catalog.CatalogTableType
        table = self.catalog.getTable(database, name)
        parts = [table.productElement(index) for index in range(table.productArity())]
        parts[1] = getattr(kinds, kind)()
        self.catalog.alterTable(table.copy(*parts))

    def _make_view(self, table: Table) -> bool:
        """A view that Spark wrote; Athena's are in another dialect, encoded, and Spark on Glue cannot read them either."""
        text = str(table.raw.get("ViewOriginalText") or "")
        if not text or text.startswith("/* Presto View"):
            return False
        self.bring(text)
        self.sql(f"CREATE OR REPLACE VIEW {name_of(table.database, table.name)} AS {text}")
        return True


def _delta(table: Table) -> str | None:
    """CREATE TABLE of a table of Delta, whose columns are in its own log; None for one that nothing was written to."""
    where = table.lake_path
    return f"CREATE TABLE {name_of(table.database, table.name)} USING delta LOCATION {text_of(where)}" if where else None


def _definition(table: Table) -> str | None:
    """CREATE TABLE of a table of files; None for what Spark's own catalog cannot hold: lake tables, databases, formats of Glue's own."""
    if table.lake or not table.location:
        return None
    try:
        kind = table.format
    except SourceError:
        return None
    if kind not in _SPARK_FORMATS:
        return None
    keys = table.raw.get("PartitionKeys") or []
    columns = ", ".join(_column(one) for one in [*(table.storage.get("Columns") or []), *keys])
    options = _csv_options(table) if kind == "csv" else {}
    if not keys:
        options["recursiveFileLookup"] = "true"  # a table's files may lie in folders below its location, as those of Athena and crawlers do
    parts = [f"CREATE TABLE {name_of(table.database, table.name)} ({columns}) USING {kind}"]
    if options:
        parts.append(f"OPTIONS ({', '.join(f'{text_of(name)} {text_of(value)}' for name, value in options.items())})")
    if keys:
        parts.append(f"PARTITIONED BY ({', '.join(name_of(one['Name']) for one in keys)})")
    parts.append(f"LOCATION {text_of(table.location)}")
    if table.raw.get("Description"):
        parts.append(f"COMMENT {text_of(table.raw['Description'])}")
    return " ".join(parts)


def _column(one: Mapping[str, Any]) -> str:
    comment = f" COMMENT {text_of(one['Comment'])}" if one.get("Comment") else ""
    return f"{name_of(one['Name'])} {one.get('Type') or 'string'}{comment}"


def _csv_options(table: Table) -> dict[str, str]:
    """As the SerDe reads: LazySimpleSerDe knows no quotes, OpenCSVSerde does."""
    options = table.format_options
    serde = str((table.storage.get("SerdeInfo") or {}).get("SerializationLibrary", ""))
    quote = str(options.get("quoteChar", '"')) if "OpenCSV" in serde or not serde else ""
    return {"sep": str(options["separator"]), "header": str(options["skipFirst"]).lower(), "quote": quote, "nullValue": "\\N"}


def _mark(table: Table, partitions: list[tuple[tuple[str, ...], str]]) -> str:
    return json.dumps([table.raw, partitions], sort_keys=True, default=str)


def _partitions(glue: Any, table: Table) -> list[tuple[tuple[str, ...], str]]:
    if not table.raw.get("PartitionKeys"):
        return []
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=table.database, TableName=table.name)
    return sorted((tuple(one["Values"]), str(one["StorageDescriptor"].get("Location", ""))) for page in pages for one in page["Partitions"])


def words_of(text: str) -> set[str]:
    """What of a text may be the name of a database or a table, in lower case."""
    lowered = text.lower()
    return {*re.findall(r"\w+", lowered), *re.findall(r"`([^`]+)`", lowered)}


def name_of(*parts: str) -> str:
    """A name for Spark SQL, each part in backticks."""
    return ".".join(f"`{part.replace('`', '``')}`" for part in parts)


def text_of(value: str) -> str:
    """A text for Spark SQL."""
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
