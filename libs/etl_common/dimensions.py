"""From versions to rows of a dimension: inferred members, surrogate keys, the unknown member, what a batch changed."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl_common.columns import names
from etl_common.frames import Transform, any_of, conform_to, instant, require
from etl_common.model import BEGINNING_OF_TIME, END_OF_TIME, Dimension
from etl_common.surrogate_keys import surrogate_key

__all__ = [
    "changed_members",
    "dimension_rows",
    "members_to_build",
    "replaced_members",
    "unknown_member",
    "with_change_marks",
    "with_inferred_members",
    "with_surrogate_key",
]


def with_inferred_members(*, keys: Sequence[str], referenced: DataFrame) -> Transform:
    """Transform that adds one version for each member that facts name and that has none, and is_inferred boolean to all.

    In: versions as `etl_common.changes.apply_changes` gives them. referenced: the keys that facts name, repeats and nulls allowed.
    An inferred version holds from 1900-01-01 and has null attributes; its key stays when records of the member come.
    """

    def transform(versions: DataFrame) -> DataFrame:
        named = referenced.select(*keys).dropna(how="any").distinct()
        fixed = {
            "effective_from": instant(BEGINNING_OF_TIME),
            "effective_to": instant(END_OF_TIME),
            "is_current": F.lit(True),
            "is_deleted": F.lit(False),
        }
        inferred = named.join(versions.select(*keys).distinct(), on=list(keys), how="left_anti").select(
            *(_inferred_value(field, keys, fixed) for field in versions.schema), F.lit(True).alias("is_inferred")
        )
        return versions.withColumn("is_inferred", F.lit(False)).unionByName(inferred)

    return transform


def members_to_build(dimension: Dimension, *, changed: DataFrame, referenced: DataFrame, before: DataFrame) -> DataFrame:
    """Natural keys whose versions a batch may change: those with records in the batch, and those named for the first time.

    changed, referenced: frames with the natural key, repeats and nulls allowed. before: the dimension's rows before the batch.
    """
    keys = list(names(dimension.natural_key))
    new = referenced.select(*keys).distinct().join(before.select(*keys).distinct(), on=keys, how="left_anti")
    return changed.select(*keys).union(new).dropna(how="any").distinct()


def replaced_members(dimension: Dimension, *, before: DataFrame) -> Transform:
    """Transform from the rows of some members to the whole dimension: their rows and those of all others as before."""
    keys = list(names(dimension.natural_key))

    def transform(rows: DataFrame) -> DataFrame:
        return before.join(rows.select(*keys).distinct(), on=keys, how="left_anti").select(*before.columns).unionByName(rows)

    return transform


def with_surrogate_key(dimension: Dimension) -> Transform:
    """Transform that adds the dimension's key column, bigint: of natural key and, if it keeps history, effective_from."""

    def transform(versions: DataFrame) -> DataFrame:
        natural_key = [F.col(name) for name in names(dimension.natural_key)]
        since = F.col("effective_from") if dimension.keeps_history else BEGINNING_OF_TIME
        return versions.withColumn(dimension.surrogate_key, surrogate_key(*natural_key, effective_from=since))

    return transform


def dimension_rows(dimension: Dimension) -> Transform:
    """Transform that adds the surrogate key and selects the dimension's columns in its order, with its types."""
    schema = T.StructType([T.StructField(field.name, field.dataType) for field in dimension.schema])

    def transform(versions: DataFrame) -> DataFrame:
        return versions.transform(with_surrogate_key(dimension)).transform(conform_to(schema, name=dimension.name))

    return transform


def unknown_member(dimension: Dimension) -> Transform:
    """Transform that appends the row with key -1 to the dimension's rows."""

    def transform(rows: DataFrame) -> DataFrame:
        values = dimension.unknown_member
        row = rows.sparkSession.range(1).select(
            *(_literal(values[field.name], field.dataType).alias(field.name) for field in dimension.schema)
        )
        return rows.unionByName(row)

    return transform


def with_change_marks(dimension: Dimension, *, before: DataFrame | None, batch_id: str, repoints: Sequence[str] = ()) -> Transform:
    """Transform that adds repointed_in (dimensions with history) and batch_id: which batch the facts and the load care about.

    In: all rows of the members concerned. before: their rows as the lake has them, with both columns; None for none.
    batch_id: the batch that last changed the row in any column; `batch_id` for new and changed rows, else what it was.
    repointed_in: the batch that last changed what facts take from the row: its key or one of `repoints` (columns
    that facts copy or look up by). Facts of the member from the row's effective_from on are affected.
    A version goes only when an earlier one comes in its place, so the rows of `changed_members` tell of that, too.
    """
    key, columns = dimension.surrogate_key, names(dimension.columns)
    marks = ("repointed_in", "batch_id") if dimension.keeps_history else ("batch_id",)

    def transform(rows: DataFrame) -> DataFrame:
        if before is None:
            return rows.select(*columns, *(F.lit(batch_id).alias(mark) for mark in marks))
        require(f"with_change_marks({dimension.name})", before, {*columns, *marks})
        was = before.select(F.col(key), F.struct(*columns, *marks).alias("_was"))
        compared = {"batch_id": [name for name in columns if name != key], "repointed_in": list(repoints)}
        is_new = F.col("_was").isNull()
        marked = [
            F.when(is_new | any_of(~F.col(name).eqNullSafe(F.col(f"_was.{name}")) for name in compared[mark]), F.lit(batch_id))
            .otherwise(F.col(f"_was.{mark}"))
            .alias(mark)
            for mark in marks
        ]
        return rows.join(was, on=key, how="left").select(*columns, *marked)

    return transform


def changed_members(dimension: Dimension, *, batch_id: str) -> Transform:
    """Transform from a dimension's rows in the lake to the members whose facts the batch affects.

    Out: natural key, changed_from timestamp: facts of the member at or after it must be looked up again.
    """

    def transform(rows: DataFrame) -> DataFrame:
        touched = rows.filter((F.col("repointed_in") == batch_id) & (F.col(dimension.surrogate_key) != -1))
        return touched.groupBy(*names(dimension.natural_key)).agg(F.min("effective_from").alias("changed_from"))

    return transform


def _inferred_value(field: T.StructField, keys: Sequence[str], fixed: dict[str, Column]) -> Column:
    if field.name in keys:
        return F.col(field.name).cast(field.dataType).alias(field.name)
    return fixed.get(field.name, F.lit(None)).cast(field.dataType).alias(field.name)


def _literal(value: object, data_type: T.DataType) -> Column:
    literal = instant(value) if isinstance(data_type, T.TimestampType) and value is not None else F.lit(value)  # type: ignore[arg-type]
    return literal.cast(data_type)
