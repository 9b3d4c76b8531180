"""Where Spark is asked about databases and tables: SQL, readers, writers and `spark.catalog`."""

from __future__ import annotations

import functools
import logging
import os
import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import EndpointConnectionError
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrameReader, DataFrameWriter, SparkSession
from pyspark.sql.catalog import Catalog

from awsglue._session_catalog.exporting import export
from awsglue._session_catalog.importing import Imported

__all__ = ["ASKED", "OWN", "SWITCH", "UNASKED", "use_glue_catalog"]

_LOG = logging.getLogger("awsglue")
SWITCH = "ETL_SPARK_CATALOG"
OWN, ASKED, UNASKED = "own", "glue", ""
"""Values of the switch: Spark's own catalog alone, as with --enable-glue-datacatalog false; the Data Catalog; nobody said."""
_MISSING = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "VIEW_NOT_FOUND")
_TELLS = ("listDatabases", "listTables", "tableExists", "databaseExists")

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


def _statement(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def sql(self: SparkSession, sqlQuery: str, *args: Any, **kwargs: Any) -> Any:
        text = _EXTERNAL.sub(r"\1", _STORED_AS.sub(r"USING \1", sqlQuery)) if _STORED_AS.search(sqlQuery) else sqlQuery
        if _mode() == OWN or not _ASKS.search(sqlQuery.lower()):
            return original(self, sqlQuery, *args, **kwargs)
        changes = bool(_CHANGES.match(text))
        return _run(self, text, functools.partial(original, self, text, *args, **kwargs), original, changes=changes)

    sql.asks_glue = True  # type: ignore[attr-defined]
    return sql


def _named(original: Callable[..., Any], session_of: Callable[[Any], SparkSession], changes: bool = False) -> Callable[..., Any]:
    """A call whose arguments name what is wanted; without any it lists. A name of another catalog has three parts."""

    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        text = " ".join(str(value) for value in (*args[:2], *kwargs.values()) if isinstance(value, str))
        if _mode() == OWN or re.match(r"\s*(?!`?spark_catalog)[^.\s]+\.[^.]+\.\S", text):
            return original(self, *args, **kwargs)
        sql = SparkSession.sql.__wrapped__  # type: ignore[attr-defined]
        lists, tells = original.__name__ in ("listTables", "listDatabases"), original.__name__ in _TELLS
        if original.__name__ == "listTables" and not text:
            text = str(session_of(self)._jsparkSession.sessionState().catalog().getCurrentDatabase())
        work = functools.partial(original, self, *args, **kwargs)
        return _run(session_of(self), text, work, sql, changes=changes, whole=lists, tells=tells)

    return call


def _run(
    session: SparkSession,
    text: str,
    work: Callable[[], Any],
    sql: Callable[..., Any],
    changes: bool,
    whole: bool = False,
    tells: bool = False,
) -> Any:
    """The call, with what it names brought before and what it changed brought back after it.

    Where nobody said whether the catalog is wanted, a call that finds what it names goes as it is; one that does not, and every one that
    answers instead of failing (tells), asks the Data Catalog, and from then on the catalog is wanted.
    """
    if _mode() == UNASKED and not tells:
        try:
            return work()
        except AnalysisException as error:
            if error.getErrorClass() not in _MISSING:
                raise
            if not _asked(session, text, sql, whole):
                raise
    elif _mode() == UNASKED and not _asked(session, text, sql, whole):
        return work()
    imported = _imported(session, sql)
    imported.bring(text, whole)
    result = work()
    if changes:
        export(imported, text)
    return result


def _asked(session: SparkSession, text: str, sql: Callable[..., Any], whole: bool) -> bool:
    """Whether the Data Catalog has what the text names: then it is wanted from now on, which the log says."""
    imported = _imported(session, sql)
    try:
        imported.bring(text, whole)
    except EndpointConnectionError as error:
        _LOG.warning("Spark SQL has its own tables only, since the Glue Data Catalog is not there: %s", error)
        os.environ[SWITCH] = OWN
        return False
    if not imported.has_database_of(text, whole):
        return False
    _LOG.warning("Spark SQL has the tables of the Glue Data Catalog. On Glue a job needs the argument --enable-glue-datacatalog for that.")
    os.environ[SWITCH] = ASKED
    return True


def _mode() -> str:
    """What is to be done now: without an endpoint there is no Data Catalog."""
    where = os.environ.get("AWS_ENDPOINT_URL_GLUE") or os.environ.get("AWS_ENDPOINT_URL")
    return os.environ.get(SWITCH, UNASKED) if where else OWN


def _imported(session: SparkSession, sql: Callable[..., Any]) -> Imported:
    """One for each catalog that Spark keeps: sessions that were made from one another share it."""
    key = session._jsparkSession.sharedState().externalCatalog().hashCode()
    if key not in _catalogs:
        _catalogs[key] = Imported()
    found = _catalogs[key]
    found.attach(session, functools.partial(sql, session))
    return found
