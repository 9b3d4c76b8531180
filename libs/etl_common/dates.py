"""The date dimension: one row a day, with what reports group by."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from etl_common.asof import date_key

__all__ = ["date_dimension"]


def date_dimension(spark: SparkSession, first: date, last: date) -> DataFrame:
    """Days from first to last, both included.

    Out: date_key int (yyyymmdd), date, day_of_week (1 Monday to 7), day_name, day_of_month, day_of_year, iso_week, iso_year, month,
    month_name, year_month (1998-06), year_month_number, quarter, year, week_of_year ((day_of_year - 1) / 7 + 1), is_weekend, is_month_end.
    """
    days = spark.range(1).select(F.explode(F.sequence(F.lit(first), F.lit(last))).alias("date"))
    return days.select(
        date_key(F.col("date")).alias("date_key"), "date", *(column.alias(name) for name, column in _attributes(F.col("date")).items())
    )


def _attributes(day: Column) -> dict[str, Column]:
    day_of_week = F.weekday(day) + 1
    # The ISO 8601 week belongs to the year of its Thursday.
    thursday = F.date_add(day, 4 - day_of_week)
    return {
        "day_of_week": day_of_week,
        "day_name": F.date_format(day, "EEEE"),
        "day_of_month": F.dayofmonth(day),
        "day_of_year": F.dayofyear(day),
        "iso_week": F.weekofyear(day),
        "iso_year": F.year(thursday),
        "month": F.month(day),
        "month_name": F.date_format(day, "MMMM"),
        "year_month": F.date_format(day, "yyyy-MM"),
        "year_month_number": F.year(day) * 100 + F.month(day),
        "quarter": F.quarter(day),
        "year": F.year(day),
        "week_of_year": F.floor((F.dayofyear(day) - 1) / 7).cast("int") + 1,
        "is_weekend": day_of_week >= 6,
        "is_month_end": day == F.last_day(day),
    }
