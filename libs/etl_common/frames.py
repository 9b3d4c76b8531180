"""What every transform needs of a frame: its type, required columns, a final select by schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl_common.exceptions import MissingColumnError

__all__ = ["Transform", "all_of", "any_of", "computed_once", "conform_to", "instant", "planned_for_few_rows", "require", "same_values"]

Transform = Callable[[DataFrame], DataFrame]


def require(transform: str, frame: DataFrame, columns: Iterable[str]) -> None:
    """Raises MissingColumnError when the frame lacks one of the columns."""
    missing = set(columns) - set(frame.columns)
    if missing:
        raise MissingColumnError(transform, missing, frame.columns)


def conform_to(schema: T.StructType, *, name: str) -> Transform:
    """Transform that selects the schema's columns in its order and with its types: the contract of a table.

    A type is cast only when it differs. Raises MissingColumnError, naming the table, for a column that is not there.
    """

    def conform(frame: DataFrame) -> DataFrame:
        require(name, frame, schema.names)
        given = {field.name: field.dataType for field in frame.schema}
        return frame.select(
            *(
                F.col(field.name) if given[field.name] == field.dataType else F.col(field.name).cast(field.dataType).alias(field.name)
                for field in schema
            )
        )

    return conform


def same_values(left: Iterable[Column], right: Iterable[Column]) -> Column:
    """Whether the columns are equal pair by pair, null equal to null."""
    return all_of(one.eqNullSafe(other) for one, other in zip(left, right, strict=True))


def all_of(conditions: Iterable[Column]) -> Column:
    """Whether every condition holds; true for none."""
    return reduce(lambda one, other: one & other, conditions, F.lit(True))


def any_of(conditions: Iterable[Column]) -> Column:
    """Whether a condition holds; false for none."""
    return reduce(lambda one, other: one | other, conditions, F.lit(False))


def computed_once(frame: DataFrame) -> DataFrame:
    """The same rows, computed now and kept, with a plan that no longer says how they came about.

    For small frames that several queries use. `persist` keeps rows, too, but every later query is planned with the whole history of
    the frame, which takes far longer than its rows when they are few. The rows are kept by the executors: a lost one fails the job,
    which can be run again.
    """
    return frame.localCheckpoint(eager=True)


@contextmanager
def planned_for_few_rows(spark: SparkSession) -> Iterator[None]:
    """While the block runs, queries are planned once and shuffled into no more parts than there are cores.

    Adaptive execution plans a query again after each of its stages, which for few rows takes longer than the stages themselves.
    """
    settings = {"spark.sql.adaptive.enabled": "false"}
    cores = spark.sparkContext.defaultParallelism
    if int(str(spark.conf.get("spark.sql.shuffle.partitions"))) > cores:
        settings["spark.sql.shuffle.partitions"] = str(cores)
    before = {name: spark.conf.get(name) for name in settings}
    try:
        for name, value in settings.items():
            spark.conf.set(name, value)
        yield
    finally:
        for name, earlier in before.items():
            spark.conf.set(name, str(earlier))


def instant(moment: datetime) -> Column:
    """A literal timestamp, whatever the time zones of the process and of the session; a naive moment is UTC."""
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return F.lit(f"{utc:%Y-%m-%dT%H:%M:%S.%f}Z").cast("timestamp")
