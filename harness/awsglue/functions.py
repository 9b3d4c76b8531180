"""Column functions of the API, as Spark expressions."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

__all__ = ["explodeWithIndex", "namedStruct", "replaceArrayElement"]


def replaceArrayElement(srcCol, replaceCol, idx):
    """The array with its element at `idx` (from 0) replaced. An index outside leaves it as it is."""
    source, value = _column(srcCol), _column(replaceCol)
    return F.transform(source, lambda element, position: F.when(position == F.lit(int(idx)), value).otherwise(element))


def namedStruct(*cols):
    """Struct of name and value pairs: `namedStruct(lit("a"), col("x"))`. A list or set of them does too."""
    given = list(cols[0]) if len(cols) == 1 and isinstance(cols[0], list | set) else list(cols)
    return F.named_struct(*[_column(one) for one in given])


def explodeWithIndex(col):
    """One row for each element of the array, as columns `index` and `val`."""
    return F.posexplode(_column(col)).alias("index", "val")


def _column(given: Any) -> Column:
    return given if isinstance(given, Column) else F.col(given)
