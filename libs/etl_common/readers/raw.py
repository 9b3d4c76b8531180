"""Typed rows of a database in the shape of every other raw frame."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

__all__ = ["typed_records"]


def typed_records(rows: DataFrame, table: str) -> DataFrame:
    """The rows, their types kept, with the columns that readers add: the table as origin, and no position."""
    return rows.select(
        "*",
        F.lit(table).alias("_origin"),
        F.lit(None).cast("bigint").alias("_position"),
        F.lit(None).cast("string").alias("_raw"),
        F.lit(False).alias("_ragged"),
        F.lit(False).alias("_broken_encoding"),
    )
