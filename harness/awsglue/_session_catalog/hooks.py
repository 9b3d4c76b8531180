"""Where Spark is asked about databases and tables: SQL, readers, writers and `spark.catalog`."""

from __future__ import annotations

import functools
import logging
import os
import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import EndpointConnectionError
from pyspark.sql import DataFrameReader, DataFrameWriter, SparkSession
from pyspark.sql.catalog import Catalog

from awsglue._session_catalog.exporting import export
from awsglue._session_catalog.importing import Imported

__all__ = ["SWITCH", "use_glue_catalog"]

_LOG = logging.getLogger("awsglue")
SWITCH = "ETL_SPARK_CATALOG"
"""Environment: `own` leaves Spark its own catalog, as a job without --enable-glue-datacatalog has it."""

_ASKS = re.compile(r"\b(from|join|into|tables?|views?|databases?|schemas?|namespaces?|use|desc|describe|partitions|columns)\b")
_CHANGES = re.compile(
    r"^\s*(create(?!\s+(or\s+replace\s+)?(global\s+)?temp)|drop|alter|insert|replace|msck|repair|load|truncate|comment)\b", re.IGNORECASE
)
_OF_CATALOG = (
    "listDatabases", "listTables", "listColumns", "tableExists", "databaseExists", "getTable", "getDatabase", "setCurrentDatabase",
    "refreshTable", "recoverPartitions",
)  # fmt: skip
# What Hive's syntax says and Spark without Hive takes in its own: CREATE EXTERNAL TABLE … STORED AS PARQUET.
_STORED_AS = re.compile(r"\bstored\s+as\s+(parquet|orc|avro)\b", re.IGNORECASE)
_EXTERNAL = re.compile(r"^(\s*create\s+)external\s+(?=table\b)", re.IGNORECASE)

_catalogs: dict[int, Imported] = {}


def use_glue_catalog() -> None:
    """From now on the sessions of this process find the databases and tables of the Data Catalog. Called again, it does nothing."""
    if hasattr(SparkSession.sql, "asks_glue"):
        return
    SparkSession.sql = _statement(SparkSession.sql)  # type: ignore[method-assign]
    SparkSession.table = _named(SparkSession.table, lambda session: session)  # type: ignore[method-assign]
    DataFrameReader.table = _named(DataFrameReader.table, lambda reader: reader._spark)  # type: ignore[method-assign]
    for name in _OF_CATALOG:
        setattr(Catalog, name, _named(getattr(Catalog, name), lambda catalog: catalog._sparkSession))
    for name in ("saveAsTable", "insertInto"):
        setattr(DataFrameWriter, name, _named(getattr(DataFrameWriter, name), lambda writer: writer._spark, changes=True))


def _is_on() -> bool:
    where = os.environ.get("AWS_ENDPOINT_URL_GLUE") or os.environ.get("AWS_ENDPOINT_URL")
    return bool(where) and os.environ.get(SWITCH) != "own"


def _statement(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def sql(self: SparkSession, sqlQuery: str, *args: Any, **kwargs: Any) -> Any:
        if not _is_on() or not _ASKS.search(sqlQuery.lower()):
            return original(self, sqlQuery, *args, **kwargs)
        text = _EXTERNAL.sub(r"\1", _STORED_AS.sub(r"USING \1", sqlQuery)) if _STORED_AS.search(sqlQuery) else sqlQuery
        imported = _imported(self, original)
        if not _brought(imported, text):
            return original(self, text, *args, **kwargs)
        result = original(self, text, *args, **kwargs)
        if _CHANGES.match(text):
            export(imported, text)
        return result

    sql.asks_glue = True  # type: ignore[attr-defined]
    return sql


def _named(original: Callable[..., Any], session_of: Callable[[Any], SparkSession], changes: bool = False) -> Callable[..., Any]:
    """A call whose arguments name what is wanted; without any it lists."""

    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_on():
            return original(self, *args, **kwargs)
        text = " ".join(str(value) for value in (*args[:2], *kwargs.values()) if isinstance(value, str))
        imported = _imported(session_of(self), SparkSession.sql.__wrapped__)  # type: ignore[attr-defined]
        brought = _brought(imported, text, whole=original.__name__ in ("listTables", "listDatabases"))
        result = original(self, *args, **kwargs)
        if changes and brought:
            export(imported, text)
        return result

    return call


def _brought(imported: Imported, text: str, whole: bool = False) -> bool:
    """Whether the Data Catalog could be asked. A job that wants it fails when it is away; whoever did not say so is told."""
    try:
        imported.bring(text, whole)
    except EndpointConnectionError as error:
        if os.environ.get(SWITCH):
            raise
        _LOG.warning("Spark SQL has its own tables only, since the Glue Data Catalog is not there: %s", error)
        os.environ[SWITCH] = "own"
        return False
    return True


def _imported(session: SparkSession, sql: Callable[..., Any]) -> Imported:
    """One for each catalog that Spark keeps: sessions that were made from one another share it."""
    key = session._jsparkSession.sharedState().externalCatalog().hashCode()
    if key not in _catalogs:
        _catalogs[key] = Imported()
    found = _catalogs[key]
    found.attach(session, functools.partial(sql, session))
    return found
