"""Tables of a MySQL-compatible database over JDBC, in parallel key ranges, up to a high-water mark.

The mark is read before the rows: what changes while they are read lies above it and belongs to the next
extraction. Credentials come from Secrets Manager and are passed as connection properties only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from etl_common.exceptions import DatabaseContentError, DatabaseUnavailableError, SchemaDriftError
from etl_common.secrets import Secret
from etl_common.watermarks import Window

__all__ = ["Extract", "JdbcSource"]

DRIVER = "com.mysql.cj.jdbc.Driver"
# Connector/J's names. A server-side cursor keeps a partition's memory at one fetch; TINYINT(1) stays a
# number until the contract says boolean; a zero date is an error here, not a silent null.
_URL_OPTIONS = {
    "useCursorFetch": "true",
    "tinyInt1isBit": "false",
    "zeroDateTimeBehavior": "EXCEPTION",
    "connectionTimeZone": "UTC",
    "forceConnectionTimeZoneToSession": "true",
    "characterEncoding": "UTF-8",
    "connectTimeout": "10000",
    "socketTimeout": "300000",
    "tcpKeepAlive": "true",
}
# Connector/J's and JDBC's exceptions as their text begins; the message is its first line.
_DRIVER_EXCEPTION = re.compile(r"(?:java\.sql|com\.mysql\.cj)(?:\.\w+)*\.(?P<name>\w+(?:Exception|Error)): (?P<message>[^\n]*)")
# It answers, and has not what was declared, or a value that no reader can take.
_CONTENT_PROBLEMS = {"SQLSyntaxErrorException", "SQLDataException", "DataReadException", "DataConversionException"}
_FETCH = 10_000
_ROWS_PER_PARTITION = 250_000


@dataclass(frozen=True)
class Extract:
    """What to read of a table. columns: select list in SQL; partition_column: whole number, indexed."""

    table: str
    columns: tuple[str, ...]
    partition_column: str
    watermark: str | None = "updated_at"


@dataclass(frozen=True)
class JdbcSource:
    """A database, read by one Spark session. secret: host, port, username, password, dbname."""

    spark: SparkSession
    secret: Secret
    tls: str = "PREFERRED"

    @property
    def url(self) -> str:
        options = "&".join(f"{name}={value}" for name, value in {**_URL_OPTIONS, "sslMode": self.tls}.items())
        return f"jdbc:mysql://{self.secret['host']}:{self.secret['port']}/{self.secret['dbname']}?{options}"

    @property
    def database(self) -> str:
        """Host, port and name, for messages."""
        return f"{self.secret['host']}:{self.secret['port']}/{self.secret['dbname']}"

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Around everything that reads: rows are fetched by whoever writes them, so a database may vanish there too.

        Raises DatabaseUnavailableError when it does not answer, DatabaseContentError when it has not what is asked for,
        instead of a Java stack trace. What has another cause passes.
        """
        try:
            yield
        except Py4JJavaError as error:
            problem = _problem(error)
            if problem is None:
                raise
            kind, reason = problem
            wrong = DatabaseContentError if kind in _CONTENT_PROBLEMS else DatabaseUnavailableError
            raise wrong(self.database, reason) from error

    def check_columns(self, extract: Extract) -> None:
        """Raises SchemaDriftError when the table has other columns than those that are read, whatever their order."""
        found = self._query(f"SELECT * FROM {extract.table} WHERE 1 = 0").columns
        if set(found) != set(extract.columns):
            raise SchemaDriftError(f"The table {extract.table} of {self.database}", found, extract.columns)

    def high_watermark(self, extract: Extract, before: datetime) -> datetime | None:
        """The newest `updated_at` below the instant `before` (UTC, naive), None when there is none."""
        mark = extract.watermark
        query = f"SELECT MAX({mark}) AS high FROM {extract.table} WHERE {mark} < {_literal(before)}"
        row = self._query(query).selectExpr("date_format(high, 'yyyy-MM-dd HH:mm:ss.SSSSSS') AS high").first()
        return None if row is None or row["high"] is None else datetime.fromisoformat(row["high"])

    def read(self, extract: Extract, window: Window | None) -> DataFrame:
        """Rows of the window, the whole table without one. Raises SchemaDriftError."""
        self.check_columns(extract)
        condition = self._condition(extract, window)
        key = extract.partition_column
        bounds = self._first(f"SELECT COUNT(*) AS n, MIN({key}) AS low, MAX({key}) AS high FROM {extract.table} WHERE {condition}")
        reader = self._reader(f"SELECT {', '.join(extract.columns)} FROM {extract.table} WHERE {condition}")
        partitions = min(-(-int(bounds["n"]) // _ROWS_PER_PARTITION), 8 * self.spark.sparkContext.defaultParallelism)
        if partitions > 1:
            reader = reader.option("partitionColumn", key).option("numPartitions", partitions)
            reader = reader.option("lowerBound", str(bounds["low"])).option("upperBound", str(bounds["high"]))
        return reader.load()

    def keys(self, table: str, columns: tuple[str, ...]) -> DataFrame:
        """Every key of a table, for reconciliation."""
        return self._query(f"SELECT {', '.join(columns)} FROM {table}")

    def _condition(self, extract: Extract, window: Window | None) -> str:
        if window is None or extract.watermark is None:
            return "1 = 1"
        if window.high is None:
            return "1 = 0"
        upper = f"{extract.watermark} <= {_literal(window.high)}"
        return upper if window.after is None else f"{extract.watermark} > {_literal(window.after)} AND {upper}"

    def _first(self, query: str) -> Any:
        return self._query(query).first()

    def _query(self, query: str) -> DataFrame:
        return self._reader(query).load()

    def _reader(self, query: str) -> Any:
        return (
            self.spark.read.format("jdbc")
            .option("url", self.url)
            .option("driver", DRIVER)
            .option("user", self.secret["username"])
            .option("password", self.secret["password"])
            .option("dbtable", f"({query}) AS extract")
            .option("fetchsize", _FETCH)
        )


def _problem(error: Py4JJavaError) -> tuple[str, str] | None:
    """Name and message of the driver's exception among the causes, or in the report of the task that had it."""
    cause = error.java_exception
    while cause is not None:
        found = _DRIVER_EXCEPTION.search(str(cause.toString()))
        if found:
            return found["name"], found["message"].strip()
        cause = cause.getCause()
    return None


def _literal(instant: datetime) -> str:
    return f"TIMESTAMP'{instant.isoformat(sep=' ', timespec='microseconds')}'"
