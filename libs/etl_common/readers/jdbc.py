"""Tables of a MySQL-compatible database over JDBC, in parallel key ranges, up to a high-water mark.

The mark is read before the rows: what changes while they are read lies above it and belongs to the next
extraction. Credentials come from Secrets Manager and are passed as connection properties only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from etl_common.exceptions import DatabaseUnavailableError
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

    def high_watermark(self, extract: Extract, before: datetime) -> datetime | None:
        """The newest `updated_at` below the instant `before` (UTC, naive), None when there is none."""
        mark = extract.watermark
        query = f"SELECT MAX({mark}) AS high FROM {extract.table} WHERE {mark} < {_literal(before)}"
        row = self._query(query).selectExpr("date_format(high, 'yyyy-MM-dd HH:mm:ss.SSSSSS') AS high").first()
        return None if row is None or row["high"] is None else datetime.fromisoformat(row["high"])

    def read(self, extract: Extract, window: Window | None) -> DataFrame:
        """Rows of the window, the whole table without one. Raises DatabaseUnavailableError at once when it does not answer."""
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
        return _Guarded(
            self.spark.read.format("jdbc")
            .option("url", self.url)
            .option("driver", DRIVER)
            .option("user", self.secret["username"])
            .option("password", self.secret["password"])
            .option("dbtable", f"({query}) AS extract")
            .option("fetchsize", _FETCH),
            f"{self.secret['host']}:{self.secret['port']}/{self.secret['dbname']}",
        )


@dataclass(frozen=True)
class _Guarded:
    """A reader whose `load` says which database failed, and why, instead of a Java stack trace."""

    reader: Any
    database: str

    def option(self, name: str, value: Any) -> _Guarded:
        return _Guarded(self.reader.option(name, value), self.database)

    def load(self) -> DataFrame:
        try:
            return self.reader.load()
        except Py4JJavaError as error:
            raise DatabaseUnavailableError(self.database, str(error.java_exception.getMessage())) from error


def _literal(instant: datetime) -> str:
    return f"TIMESTAMP'{instant.isoformat(sep=' ', timespec='microseconds')}'"
