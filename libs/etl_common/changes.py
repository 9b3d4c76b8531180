"""Records of changes become the versions of their members, in whatever order they came.

The arguments have the shape that users of declarative change-data-capture pipelines know: keys, sequence_by,
apply_as_deletes, ignore_null_updates, stored_as_scd_type, track_history. The result is a pure function of the
set of records, so that several changes of one key in a batch, late, repeated and idle ones need no case of their own:
hand in all records of the members concerned, also the earlier ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from etl_common.exceptions import ConfigurationError
from etl_common.frames import Transform, instant, require, same_values
from etl_common.model import BEGINNING_OF_TIME, END_OF_TIME

__all__ = ["VALIDITY_COLUMNS", "apply_changes"]

VALIDITY_COLUMNS = ("effective_from", "effective_to", "is_current", "is_deleted")


def apply_changes(
    *,
    keys: Sequence[str],
    sequence_by: str,
    apply_as_deletes: Column | None = None,
    ignore_null_updates: bool = False,
    stored_as_scd_type: Literal[1, 2] = 2,
    track_history: Sequence[str] | None = None,
    begins: datetime = BEGINNING_OF_TIME,
) -> Transform:
    """Transform from the records of members to their versions.

    In: keys, sequence_by timestamp and the attributes, which are all other columns but those named as the validity's
    (is_deleted may be what apply_as_deletes reads); all records of each member.
    Out: keys, attributes, effective_from timestamp, effective_to timestamp (exclusive), is_current, is_deleted boolean.
    One row per version; the first begins at `begins`, each other at its record's sequence; 9999-12-31 ends the last.

    apply_as_deletes: condition of records that delete. A delete keeps the attributes that the member had; one without
    records before it makes no member. A record after it brings the member back.
    ignore_null_updates: a null keeps the value before it (partial updates).
    stored_as_scd_type: 1 keeps the last state of the members that are not deleted, as one version. 2 keeps history.
    track_history: attributes whose change makes a version (all when left out); the others are Type 1: every version has
    those of the member's last record.
    Of records with one key and sequence, which a contract excludes, the greatest by attributes counts, deletes last.
    Raises MissingColumnError and, for an unknown storage type, ConfigurationError.
    """
    if stored_as_scd_type not in (1, 2):
        raise ConfigurationError(f"stored_as_scd_type={stored_as_scd_type} is not known. Use 1 (last state) or 2 (history).")

    def transform(records: DataFrame) -> DataFrame:
        require("apply_changes", records, {*keys, sequence_by, *(track_history or ())})
        attributes = [name for name in records.columns if name not in (*keys, sequence_by, *VALIDITY_COLUMNS)]
        states = records.transform(_states(keys, sequence_by, attributes, apply_as_deletes, ignore_null_updates))
        if stored_as_scd_type == 1:
            return states.transform(_last_state(keys, attributes, begins))
        tracked = attributes if track_history is None else list(track_history)
        return states.transform(_versions(keys, attributes, tracked, begins))

    return transform


def _states(keys: Sequence[str], sequence_by: str, attributes: list[str], deletes: Column | None, ignore_nulls: bool) -> Transform:
    """Keys, _sequence, _deleted and _state (struct of the attributes after the record), one row per key and sequence."""

    def transform(records: DataFrame) -> DataFrame:
        deleted = F.lit(False) if deletes is None else F.coalesce(deletes, F.lit(False))
        marked = records.select(*keys, F.col(sequence_by).alias("_sequence"), deleted.alias("_deleted"), *attributes)
        order = Window.partitionBy(*keys).orderBy("_sequence", "_deleted", *attributes)
        so_far = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
        unique = marked.withColumn("_next", F.lead("_sequence").over(order)).filter("_next is null or _next <> _sequence")
        if ignore_nulls:
            values = [F.last(F.when(~F.col("_deleted"), F.col(name)), ignorenulls=True).over(so_far).alias(name) for name in attributes]
            # A member exists from its first record that is no delete, whatever values that has.
            exists = F.max((~F.col("_deleted")).cast("int")).over(so_far) == 1
            state: Column = F.when(exists, F.struct(*values))
        else:
            alive = F.when(~F.col("_deleted"), F.struct(*attributes))
            # Without deletes every record is a state: no window is needed to carry one on.
            state = alive if deletes is None else F.last(alive, ignorenulls=True).over(so_far)
        return unique.withColumn("_state", state).filter("_state is not null").select(*keys, "_sequence", "_deleted", "_state")

    return transform


def _in_order(keys: Sequence[str]) -> WindowSpec:
    return Window.partitionBy(*keys).orderBy("_sequence")


def _versions(keys: Sequence[str], attributes: list[str], tracked: list[str], begins: datetime) -> Transform:
    def transform(states: DataFrame) -> DataFrame:
        order = _in_order(keys)
        whole = order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
        watched = [F.col(f"_state.{name}") for name in tracked] + [F.col("_deleted")]
        before = [F.lag(column).over(order) for column in watched]
        is_first = F.row_number().over(order) == 1
        changes = (
            states.withColumn("_first", is_first)
            .withColumn("_changed", is_first | ~same_values(watched, before))
            .withColumn("_last", F.last("_state").over(whole))
            .filter("_changed")
        )
        ends = F.coalesce(F.lead("_sequence").over(order), instant(END_OF_TIME))
        return changes.withColumn("_ends", ends).select(
            *keys,
            *((F.col(f"_state.{name}") if name in tracked else F.col(f"_last.{name}")).alias(name) for name in attributes),
            *_validity(F.when(F.col("_first"), instant(begins)).otherwise(F.col("_sequence")), F.col("_ends"), F.col("_deleted")),
        )

    return transform


def _last_state(keys: Sequence[str], attributes: list[str], begins: datetime) -> Transform:
    def transform(states: DataFrame) -> DataFrame:
        later = F.lead("_sequence").over(_in_order(keys))
        last = states.withColumn("_later", later).filter("_later is null and not _deleted")
        values = [F.col(f"_state.{name}").alias(name) for name in attributes]
        return last.select(*keys, *values, *_validity(instant(begins), instant(END_OF_TIME), F.lit(False)))

    return transform


def _validity(begins: Column, ends: Column, deleted: Column) -> tuple[Column, ...]:
    values = (begins, ends, ends == instant(END_OF_TIME), deleted)
    return tuple(value.alias(name) for name, value in zip(VALIDITY_COLUMNS, values, strict=True))
