"""Databases by JDBC: parallel reads by hash, key bookmarks, appends ("JDBC connections", "Reading from JDBC tables in parallel")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue._core.paths import quoted
from awsglue._core.records import Records, Stage
from awsglue._storage import columnar_formats, redshift
from awsglue._storage.connections import connection_options, vendor_of
from awsglue._storage.options import JDBC, checked, is_true
from awsglue.exceptions import BadOptionError, SourceError
from awsglue.job import current_bookmarks

__all__ = ["OPTIONS", "read", "write"]

OPTIONS = ("url", "user", "password", "dbtable", "database", "useConnectionProperties", "connectionName", "hashfield", "hashexpression",
           "hashpartitions", "sampleQuery", "jobBookmarkKeys", "jobBookmarkKeysSortOrder", "redshiftTmpDir", "redshift_tmp_dir",
           "aws_iam_role",
           "preactions", "postactions", "extracopyoptions", "extraunloadoptions", "DbUser", "forward_spark_s3_credentials", "query",
           "customJdbcDriverS3Path", "customJdbcDriverClassName")  # fmt: skip
_DRIVERS = {"mysql": "com.mysql.cj.jdbc.Driver", "postgresql": "org.postgresql.Driver"}
_QUOTES = {"mysql": "`", "postgresql": '"', "redshift": '"'}
_BACKSLASH_ESCAPES = ("mysql", "redshift")
# A number from the text of a column, for splitting rows: the same row gives the same number at every call.
_HASHES = {"mysql": "CRC32({})", "postgresql": "HASHTEXT(CAST({} AS TEXT))"}
_WHOLE = {"mysql": "CAST({} AS SIGNED)", "postgresql": "CAST({} AS BIGINT)"}


def read(spark: SparkSession, vendor: str, given: Mapping[str, Any], context: str = "") -> Records:
    """Rows of a table or query. With bookmarks, the rows after the keys of the last run, up to those that are there now."""
    options = _complete(vendor, given)
    source = str(options.get("sampleQuery") or options.get("query") or f"SELECT * FROM {_table(options)}")
    if vendor == "redshift":
        keyed = _bookmark_conditions(spark, vendor, options, source, context) if options.get("jobBookmarkKeys") else []
        wanted = {"query": f"SELECT * FROM ({source}) AS glue_keyed WHERE {' AND '.join(keyed)}"} if keyed else {}
        return redshift.read(spark, {**options, **wanted}, context)
    columnar_formats.require(spark, vendor)
    with _named_errors(vendor, options):
        conditions = _bookmark_conditions(spark, vendor, options, source, context)
    query = f"SELECT * FROM ({source}) glue_rows WHERE {' AND '.join(conditions)}" if conditions else source
    with _named_errors(vendor, options):
        return Records.of(_loaded(spark, vendor, options, query), (Stage(context or vendor),))


def write(frame: DataFrame, vendor: str, given: Mapping[str, Any]) -> None:
    """Appends the rows to a table, which is made when it is not there."""
    options = _complete(vendor, given)
    if vendor == "redshift":
        redshift.write(frame, options)
        return
    columnar_formats.require(frame.sparkSession, vendor)
    for name in ("preactions", "postactions", "aws_iam_role"):
        if options.get(name):
            raise BadOptionError(vendor, f"no option {name!r}", ["url", "user", "password", "dbtable"])
    # Spark makes a column NOT NULL where it knows the rows of this frame to be so; fields of a DynamicFrame may always be absent.
    nullable = frame.select(*[F.when(F.lit(True), F.col(quoted(name))).alias(name) for name in frame.columns])
    with _named_errors(vendor, options):
        nullable.write.format("jdbc").options(**_reader_options(vendor, options), dbtable=_table(options)).mode("append").save()


def _complete(vendor: str, given: Mapping[str, Any]) -> dict[str, Any]:
    options = checked(f"connection_options of {vendor}", given, OPTIONS)
    if is_true(options.get("useConnectionProperties", False)) or ("connectionName" in options and "url" not in options):
        options = {**connection_options(str(options["connectionName"])), **options}
    # A statement of a query may end with a semicolon; here it is put into another one.
    options |= {name: str(options[name]).rstrip().rstrip(";") for name in ("query", "sampleQuery") if options.get(name)}
    missing = [name for name in ("url", "user", "password") if name not in options and vendor != "redshift"]
    if not (options.get("dbtable") or options.get("query") or options.get("sampleQuery")):
        missing.append("dbtable")
    if missing:
        raise BadOptionError(vendor, f"connection_options lacks {', '.join(missing)}", OPTIONS)
    if options.get("url") and vendor_of(str(options["url"])) != vendor:
        raise BadOptionError(vendor, f"{options['url']!r} is of {vendor_of(str(options['url']))}", [f"jdbc:{vendor}://…", *JDBC])
    if options.get("database") and options.get("url") and not re.search(r"//[^/]+/\w", str(options["url"])):
        options["url"] = f"{str(options['url']).rstrip('/')}/{options['database']}"
    return options


@contextmanager
def _named_errors(vendor: str, options: Mapping[str, Any]) -> Iterator[None]:
    """SourceError with what the database said, in the place of a Java stack trace."""
    try:
        yield
    except Py4JJavaError as error:
        cause = error.java_exception
        while cause.getCause() is not None:
            cause = cause.getCause()
        what = str(options.get("dbtable") or options.get("sampleQuery") or options.get("query"))
        raise SourceError(
            f"{vendor} {what}", str(cause.getMessage()), f"The address is {options['url']}, the user {options['user']}"
        ) from error


def _table(options: Mapping[str, Any]) -> str:
    return str(options["dbtable"])


def _reader_options(vendor: str, options: Mapping[str, Any]) -> dict[str, str]:
    return {"driver": _DRIVERS[vendor], **{name: str(options[name]) for name in ("url", "user", "password")}}


def _loaded(spark: SparkSession, vendor: str, options: Mapping[str, Any], query: str) -> DataFrame:
    common = _reader_options(vendor, options)
    dbtable = f"({query}) glue_source"
    expression = options.get("hashexpression")
    if not expression and options.get("hashfield"):
        expression = _HASHES[vendor].format(_quoted(vendor, str(options["hashfield"])))
    if not expression:
        return spark.read.format("jdbc").options(**common, dbtable=dbtable).load()
    parts = int(options.get("hashpartitions", 7))
    # A number that is not whole would be in no part.
    split = f"MOD({_WHOLE[vendor].format(f'({expression})')}, {parts})"
    predicates = [f"{split} IN ({index}, -{index})" if index else f"{split} = 0 OR ({expression}) IS NULL" for index in range(parts)]
    properties = {name: value for name, value in common.items() if name != "url"}
    return spark.read.jdbc(common["url"], dbtable, predicates=predicates, properties=properties)


def _quoted(vendor: str, name: str) -> str:
    mark = _QUOTES[vendor]
    return mark + name.replace(mark, mark * 2) + mark


def _bookmark_conditions(spark: SparkSession, vendor: str, options: Mapping[str, Any], source: str, context: str) -> list[str]:
    """Conditions that leave the rows of this run: after the last run's keys, and not after the keys that are the last ones now.

    The upper end is fixed before anything is read, so that rows which arrive meanwhile are left to the next run.
    """
    bookmarks = current_bookmarks()
    if not bookmarks.is_active or not context:
        return []
    keys = options.get("jobBookmarkKeys") or (_primary_key(spark, vendor, options) if options.get("dbtable") else [])
    keys = [keys] if isinstance(keys, str) else list(keys)
    if not keys:
        raise BadOptionError(
            f"Bookmark of {options.get('dbtable') or source}", "it has no primary key", ["jobBookmarkKeys: columns that only grow"]
        )
    down = str(options.get("jobBookmarkKeysSortOrder", "asc")).lower() == "desc"
    columns = [_quoted(vendor, key) for key in keys]
    above, below = bookmarks.key_range(context)
    after = [_beyond(vendor, columns, above, "<" if down else ">")] if above else []
    if below is None:
        order = ", ".join(f"{column} {'ASC' if down else 'DESC'}" for column in columns)
        where = " AND ".join([*[f"{column} IS NOT NULL" for column in columns], *after])
        newest = f"SELECT {', '.join(columns)} FROM ({source}) glue_rows WHERE {where} ORDER BY {order} LIMIT 1"
        first = _first_row(spark, vendor, options, newest)
        if first is None:
            return ["1 = 0"]
        below = [_plain(key, value) for key, value in zip(keys, first, strict=True)]
    bookmarks.note_keys(context, below)
    return [*after, f"NOT ({_beyond(vendor, columns, below, '<' if down else '>')})"]


def _first_row(spark: SparkSession, vendor: str, options: Mapping[str, Any], query: str) -> Sequence[Any] | None:
    if vendor == "redshift":
        return redshift.first_row(options, query)
    found = spark.read.format("jdbc").options(**_reader_options(vendor, options), query=query).load().collect()
    return found[0] if found else None


def _beyond(vendor: str, columns: list[str], values: list[Any], sign: str) -> str:
    """Rows whose compound key lies beyond the values."""
    parts = []
    for index in range(len(columns)):
        same = [f"{column} = {_literal(vendor, value)}" for column, value in zip(columns[:index], values[:index], strict=True)]
        parts.append(" AND ".join([*same, f"{columns[index]} {sign} {_literal(vendor, values[index])}"]))
    return "(" + " OR ".join(f"({part})" for part in parts) + ")"


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        raise BadOptionError("jobBookmarkKeys", f"{key} is binary", ["columns of numbers, texts, dates or timestamps that only grow"])
    return value if isinstance(value, int | float | str) else str(value)


_ESCAPES: Mapping[type, Callable[[Any], str]] = {int: str, float: repr}


def _literal(vendor: str, value: Any) -> str:
    """The value in the database's SQL; PostgreSQL alone takes a backslash as it is."""
    write = _ESCAPES.get(type(value))
    if write:
        return write(value)
    text = str(value).replace("\\", "\\\\") if vendor in _BACKSLASH_ESCAPES else str(value)
    return "'" + text.replace("'", "''") + "'"


def _primary_key(spark: SparkSession, vendor: str, options: Mapping[str, Any]) -> list[str]:
    schema, _, table = _table(options).rpartition(".")
    here = "DATABASE()" if vendor == "mysql" else "CURRENT_SCHEMA()"
    where = f"k.table_name = {_literal(vendor, table)} AND k.table_schema = {_literal(vendor, schema) if schema else here}"
    query = (
        "SELECT k.column_name AS name FROM information_schema.table_constraints c JOIN information_schema.key_column_usage k "
        "ON k.constraint_name = c.constraint_name AND k.table_name = c.table_name AND k.table_schema = c.table_schema "
        f"WHERE c.constraint_type = 'PRIMARY KEY' AND {where} ORDER BY k.ordinal_position"
    )
    return [str(row[0]) for row in spark.read.format("jdbc").options(**_reader_options(vendor, options), query=query).load().collect()]
