"""What fact tables share: exact amounts, milestones of accumulating snapshots, periodic snapshots, affected rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl_common.frames import Transform, instant

__all__ = ["days_between", "exact_decimal", "milestone", "snapshot_instant", "snapshots_at", "value_intervals", "with_rows_of"]


def exact_decimal(value: Column, precision: int, scale: int, *, name: str) -> Column:
    """The value as decimal(precision, scale), rounded half away from zero; an overflow is an error that names the column.

    value: an exact product whose own type loses no digits; with more than 38 digits Spark would cut it before the rounding.
    A plain cast gives null on overflow unless ANSI mode is on: an amount would vanish silently.
    """
    target = T.DecimalType(precision, scale)
    # The least amount that would round to one digit more than there is room for.
    limit = Decimal(10) ** (precision - scale) - Decimal(5) / Decimal(10) ** (scale + 1)
    problem = F.concat(
        F.lit(f"{name}: "), value.cast("string"), F.lit(f" does not fit decimal({precision},{scale}). Correct the source's amount.")
    )
    return F.when(value.isNull() | (F.abs(value) < F.lit(limit)), value.cast(target)).otherwise(F.raise_error(problem).cast(target))


def days_between(end: str, start: str) -> Column:
    """Whole days from start to end, negative when end is earlier, null while one is unknown; int."""
    return F.datediff(end, start)


def milestone(*reached: tuple[str, str], otherwise: str) -> Column:
    """Name of the furthest milestone: of the first (name, date column) whose date is known, else `otherwise`."""
    first, *rest = reached
    status = F.when(F.col(first[1]).isNotNull(), F.lit(first[0]))
    for name, day in rest:
        status = status.when(F.col(day).isNotNull(), F.lit(name))
    return status.otherwise(F.lit(otherwise))


def value_intervals(*, keys: Sequence[str], sequence_by: str) -> Transform:
    """Transform that adds _next timestamp: when the next record of the keys takes over, null for the last."""

    def transform(records: DataFrame) -> DataFrame:
        return records.withColumn("_next", F.lead(sequence_by).over(Window.partitionBy(*keys).orderBy(sequence_by)))

    return transform


def snapshots_at(days: Sequence[date], *, keys: Sequence[str], sequence_by: str) -> Transform:
    """Transform from records to the last record of each key before the end of each day: a periodic snapshot.

    Out: the records' columns, snapshot_date date, snapshot_at timestamp (the day's last microsecond). A record that
    came late takes its place in earlier snapshots.
    """

    def transform(records: DataFrame) -> DataFrame:
        # The cast gives an empty list of days its type.
        listed = F.array(*(F.struct(F.lit(day).alias("day"), snapshot_instant(day).alias("at")) for day in sorted(set(days))))
        ends = listed.cast("array<struct<day: date, at: timestamp>>")
        holds = records.transform(value_intervals(keys=keys, sequence_by=sequence_by))
        valid = F.filter(ends, lambda end: (F.col(sequence_by) <= end["at"]) & (F.col("_next").isNull() | (F.col("_next") > end["at"])))
        return holds.withColumn("_end", F.explode(valid)).select(
            *records.columns, F.col("_end.day").alias("snapshot_date"), F.col("_end.at").alias("snapshot_at")
        )

    return transform


def snapshot_instant(day: date) -> Column:
    """The day's last microsecond (UTC)."""
    return instant(datetime.combine(day, time.min) + timedelta(days=1) - timedelta(microseconds=1))


def with_rows_of(keys: DataFrame | None, *, on: Sequence[str]) -> Transform:
    """Transform that keeps the rows with one of the keys; None keeps all. The keys are broadcast: a batch's affected rows."""

    def transform(frame: DataFrame) -> DataFrame:
        if keys is None:
            return frame
        return frame.join(F.broadcast(keys.select(*on).distinct()), on=list(on), how="left_semi")

    return transform
