"""The transforms of Glue Studio's editor, as functions of a DataFrame ("Transform data with AWS Glue managed transforms")."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue.exceptions import BadOptionError
from gluestudio.nested import column_of, names_of

__all__ = ["concat", "derived", "format_timestamp", "now", "null_rows", "pivot", "regex_extract", "repartition", "split", "to_timestamp",
           "uuid"]  # fmt: skip

_STRFTIME = {"%Y": "yyyy", "%m": "MM", "%d": "dd", "%H": "HH", "%M": "mm", "%S": "ss", "%y": "yy", "%B": "MMMM", "%b": "MMM", "%j": "DDD"}
_AGGREGATES: Mapping[str, Callable[[Any], Column]] = {
    "avg": F.avg, "mean": F.mean, "sum": F.sum, "min": F.min, "max": F.max, "count": F.count, "first": F.first, "last": F.last,
    "countDistinct": F.count_distinct, "stddev": F.stddev,
}  # fmt: skip
_NULL_TEXTS = ("", "null", "na", "n/a", "none", "nan")


def derived(frame: DataFrame, colName: str, expr: str) -> DataFrame:
    """A column that a SQL expression over the others gives."""
    return frame.withColumn(colName, F.expr(expr))


def concat(frame: DataFrame, colName: str, colList: Sequence[str], spacer: str = "", nullString: str | None = None) -> DataFrame:
    """Columns joined by a text; null is left out unless `nullString` says what to write for it."""
    parts = [column_of(frame, name, "gs_concat").cast("string") for name in names_of(colList)]
    if nullString is not None:
        parts = [F.coalesce(part, F.lit(nullString)) for part in parts]
    return frame.withColumn(colName, F.concat_ws(spacer, *parts))


def split(frame: DataFrame, colName: str, pattern: str, newColName: str | None = None) -> DataFrame:
    """A text split at a regular expression, as an array."""
    return frame.withColumn(newColName or colName.strip("`"), F.split(column_of(frame, colName, "gs_split"), pattern))


def to_timestamp(frame: DataFrame, colName: str, colType: str = "autodetect", newColName: str | None = None) -> DataFrame:
    """A number or a text as a timestamp: `iso`, `seconds`, `milliseconds`, `microseconds`, or whichever it looks like."""
    column = column_of(frame, colName, "gs_to_timestamp")
    number = column.cast("double")
    kinds = {"seconds": 1, "milliseconds": 1000, "microseconds": 1000000}
    moments = {kind: F.timestamp_seconds(number / scale) for kind, scale in kinds.items()}
    moments["iso"] = column.cast("timestamp")
    size = F.abs(number)
    moments["autodetect"] = (
        F.when(number.isNull(), column.cast("timestamp"))
        .when(size < 1e11, moments["seconds"])
        .when(size < 1e14, moments["milliseconds"])
        .otherwise(moments["microseconds"])
    )
    if isinstance(frame.schema[colName.strip("`")].dataType, T.TimestampType | T.DateType):
        moments["autodetect"] = column.cast("timestamp")
    if colType not in moments:
        raise BadOptionError("gs_to_timestamp", f"colType {colType!r}", moments)
    return frame.withColumn(newColName or colName.strip("`"), moments[colType])


def format_timestamp(frame: DataFrame, colName: str, dateFormat: str, newColName: str | None = None) -> DataFrame:
    """A timestamp as a text, by a pattern of Spark or of strftime."""
    column = column_of(frame, colName, "gs_format_timestamp").cast("timestamp")
    return frame.withColumn(newColName or colName.strip("`"), F.date_format(column, _pattern(dateFormat)))


def now(frame: DataFrame, colName: str = "current_timestamp", dateFormat: str | None = None) -> DataFrame:
    """The time of processing, as a timestamp or as a text by a pattern."""
    moment = F.current_timestamp()
    return frame.withColumn(colName, F.date_format(moment, _pattern(dateFormat)) if dateFormat else moment)


def _pattern(given: str) -> str:
    return re.sub(r"%[A-Za-z]", lambda match: _STRFTIME.get(match[0], match[0]), given)


def uuid(frame: DataFrame, colName: str = "uuid") -> DataFrame:
    """A random identifier for each row."""
    return frame.withColumn(colName, F.expr("uuid()"))


def regex_extract(frame: DataFrame, colName: str, regex: str, newCols: Any) -> DataFrame:
    """Groups of a regular expression as columns; without groups, the match. Null where it does not match."""
    column, names = column_of(frame, colName, "gs_regex_extract").cast("string"), names_of(newCols)
    groups = re.compile(regex).groups
    for index, name in enumerate(names):
        found = F.regexp_extract(column, regex, index + 1 if groups else 0)
        frame = frame.withColumn(name, F.when(column.rlike(regex), found))
    return frame


def pivot(frame: DataFrame, aggCol: str, aggFunction: str, colList: Any) -> DataFrame:
    """Values of columns as columns of their own, holding the aggregate of another; what is left groups the rows."""
    if aggFunction not in _AGGREGATES:
        raise BadOptionError("gs_pivot", f"aggFunction {aggFunction!r}", _AGGREGATES)
    names = names_of(colList)
    for name in (*names, aggCol):
        column_of(frame, name, "gs_pivot")
    groups = [f"`{name}`" for name in frame.columns if name not in (*names, aggCol)]
    key = F.concat_ws("_", *[F.col(f"`{name}`").cast("string") for name in names])
    return frame.withColumn("@pivot", key).groupBy(*groups).pivot("@pivot").agg(_AGGREGATES[aggFunction](f"`{aggCol}`"))


def null_rows(frame: DataFrame, extended: bool = False) -> DataFrame:
    """Rows in which something is there. extended: texts such as `null` or `N/A`, and empty ones, are nothing too."""
    present = F.lit(False)
    for field in frame.schema.fields:
        column = F.col(f"`{field.name}`")
        there = column.isNotNull()
        if extended and isinstance(field.dataType, T.StringType):
            there = there & ~F.lower(F.trim(column)).isin(*_NULL_TEXTS)
        present = present | there
    return frame.where(present)


def repartition(frame: DataFrame, numPartitionsStr: str | int = "", colList: Any = None) -> DataFrame:
    """The rows in as many partitions, or evenly in as many as Spark takes; rows with the same values of columns together."""
    columns = [column_of(frame, name, "gs_repartition") for name in names_of(colList or [])]
    if not str(numPartitionsStr).strip() and not columns:
        return frame.repartition(int(frame.sparkSession.conf.get("spark.sql.shuffle.partitions") or 200))
    if str(numPartitionsStr).strip() and not str(numPartitionsStr).strip().isdigit():
        raise BadOptionError("gs_repartition", f"numPartitionsStr {numPartitionsStr!r}", ["a number of partitions"])
    return frame.repartition(int(numPartitionsStr), *columns) if str(numPartitionsStr).strip() else frame.repartition(*columns)
