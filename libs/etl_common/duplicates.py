"""Every record read is accepted, quarantined or a known duplicate.

The stated order: what an earlier batch accepted comes first, then the records of this batch by
origin (file or page name) and position in it. A record that breaks a rule is out of the contest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from etl_common.cleaning import clean, record_as_json
from etl_common.contracts import SourceTable
from etl_common.exceptions import MissingReferenceError
from etl_common.frames import Transform, computed_once, require, same_values

__all__ = ["accepted", "classify", "counts", "quarantined", "with_orphans", "with_verdict"]

ACCEPTED, QUARANTINED, DUPLICATE = "accepted", "quarantined", "duplicate"


def classify(
    table: SourceTable,
    *,
    window_end: datetime,
    codes: Mapping[str, Collection[object]] | None = None,
    parents: Mapping[str, DataFrame] | None = None,
    existing: DataFrame | None = None,
    small: bool = False,
) -> Transform:
    """Transform from records as read to typed records with a verdict: cleaned, with their parents, against what is known.

    In: see `etl_common.cleaning.clean`. parents: name -> frame with the columns of the contract's ParentKey, of this and of earlier
    batches. existing: the accepted records of earlier batches (identity and content; for `newest_wins` identity); None for none.
    small: the batch is small beside what it is compared with: its cleaned records are computed when the transform is called, and
    what is known is searched by a broadcast of their keys.
    Out: the table's columns, _origin, _position, _raw, _record_key, _rule, _reason and _verdict: accepted, quarantined or duplicate.
    """

    def transform(records: DataFrame) -> DataFrame:
        cleaned = records.transform(clean(table, window_end=window_end, codes=codes))
        known, before = dict(parents or {}), existing
        if small:
            # Each search below would otherwise be planned with every rule of the contract again.
            cleaned = computed_once(cleaned)
            for parent in table.parents:
                if parent.name in known:
                    known[parent.name] = _of_the_batch(known[parent.name], cleaned, parent.columns)
            before = None if existing is None else _of_the_batch(existing, cleaned, _searched_by(table))
        return cleaned.transform(with_orphans(table, known)).transform(with_verdict(table, before))

    return transform


def with_orphans(table: SourceTable, parents: Mapping[str, DataFrame]) -> Transform:
    """Transform that gives rule `orphan_key` to records that break no rule and miss a parent.

    In and out: as `clean` gives them. Raises MissingReferenceError when a parent of the contract is not given.
    """

    def transform(records: DataFrame) -> DataFrame:
        for parent in table.parents:
            if parent.name not in parents:
                raise MissingReferenceError(table.name, "parents", parent.name, parents)
            known = parents[parent.name].select(*parent.columns).distinct().withColumn("_has_parent", F.lit(True))
            orphan = F.col("_rule").isNull() & F.col("_has_parent").isNull()
            named = F.concat_ws("|", *(F.col(name).cast("string") for name in parent.columns))
            reason = F.concat(F.lit(f"{', '.join(parent.columns)} '"), named, F.lit(f"' is not among the accepted {parent.name}"))
            records = (
                records.join(known, on=list(parent.columns), how="left")
                .withColumn("_reason", F.when(orphan, reason).otherwise(F.col("_reason")))
                .withColumn("_rule", F.when(orphan, F.lit("orphan_key")).otherwise(F.col("_rule")))
                .select(*records.columns)
            )
        return records

    return transform


def with_verdict(table: SourceTable, existing: DataFrame | None) -> Transform:
    """Transform that adds _verdict and, to conflicting duplicates, their rule and reason.

    `newest_wins` tables are extracts by primary key, hence unique by key within a batch: they need no window.
    """
    judge = _against_newest if table.duplicates == "newest_wins" else _against_first

    def transform(records: DataFrame) -> DataFrame:
        require(f"with_verdict({table.name})", records, {*table.column_names, "_origin", "_position", "_rule", "_reason"})
        return judge(table, records, existing).select(*records.columns, "_verdict")

    return transform


def accepted(table: SourceTable, batch_id: str) -> Transform:
    """Transform from classified records to the curated ones: the table's columns and batch_id string."""

    def transform(records: DataFrame) -> DataFrame:
        return records.filter(F.col("_verdict") == ACCEPTED).select(*table.column_names, F.lit(batch_id).alias("batch_id"))

    return transform


def quarantined(table: SourceTable, batch_id: str, business_date: date) -> Transform:
    """Transform from classified records to the refused ones.

    Out: source, batch_id string, business_date date, rule, reason, origin string, position bigint, record_key, raw string.
    """

    def transform(records: DataFrame) -> DataFrame:
        return records.filter(F.col("_verdict") == QUARANTINED).select(
            F.lit(table.name).alias("source"),
            F.lit(batch_id).alias("batch_id"),
            F.lit(business_date).alias("business_date"),
            F.col("_rule").alias("rule"),
            F.col("_reason").alias("reason"),
            F.col("_origin").alias("origin"),
            F.col("_position").alias("position"),
            F.col("_record_key").alias("record_key"),
            F.coalesce("_raw", record_as_json(table.column_names)).alias("raw"),
        )

    return transform


def counts(records: DataFrame) -> DataFrame:
    """Classified records counted: _verdict, _rule string (null when none), records bigint."""
    return records.groupBy("_verdict", "_rule").agg(F.count("*").alias("records"))


def _against_newest(table: SourceTable, records: DataFrame, existing: DataFrame | None) -> DataFrame:
    breaks = F.col("_rule").isNotNull()
    if existing is None:
        return records.withColumn("_verdict", F.when(breaks, F.lit(QUARANTINED)).otherwise(F.lit(ACCEPTED)))
    key, sequence = list(table.natural_key), table.identity[-1]
    known = existing.groupBy(*key).agg(F.max(sequence).alias("_known_sequence"))
    stale = F.col(sequence) <= F.col("_known_sequence")
    verdict = F.when(breaks, F.lit(QUARANTINED)).when(stale, F.lit(DUPLICATE)).otherwise(F.lit(ACCEPTED))
    return records.join(known, on=key, how="left").withColumn("_verdict", verdict)


def _against_first(table: SourceTable, records: DataFrame, existing: DataFrame | None) -> DataFrame:
    breaks = F.col("_rule").isNotNull()
    identity = list(table.identity)
    same_place = Window.partitionBy(*identity, breaks)
    # Position is unique in an origin; the content decides between records that a reader could not place.
    arrival = same_place.orderBy("_origin", "_position", *table.content)
    content = F.struct(*table.content)
    placed = records.withColumn("_place", F.row_number().over(arrival)).withColumn("_first", F.first(content).over(arrival))
    if existing is None:
        known, earlier_content = F.lit(False), F.col("_first")
    else:
        earlier = existing.select(*identity, content.alias("_accepted_before"))
        placed = placed.join(earlier, on=identity, how="left")
        known, earlier_content = F.col("_accepted_before").isNotNull(), F.coalesce("_accepted_before", "_first")
    repeats = known | (F.col("_place") > 1)
    conflicts = ~breaks & repeats & _differs(table, earlier_content)
    verdict = F.when(breaks | conflicts, F.lit(QUARANTINED)).when(repeats, F.lit(DUPLICATE)).otherwise(F.lit(ACCEPTED))
    reason = F.lit(f"an accepted record has the same {', '.join(identity)} and other content")
    return (
        placed.withColumn("_verdict", verdict)
        .withColumn("_reason", F.when(conflicts, reason).otherwise(F.col("_reason")))
        .withColumn("_rule", F.when(conflicts, F.lit("conflicting_duplicate")).otherwise(F.col("_rule")))
    )


def _differs(table: SourceTable, earlier: Column) -> Column:
    if table.duplicates == "first_wins":
        return F.lit(False)
    return ~same_values((F.col(name) for name in table.content), (earlier[name] for name in table.content))


def _searched_by(table: SourceTable) -> tuple[str, ...]:
    """The columns by which the verdict looks for earlier records."""
    return tuple(table.natural_key if table.duplicates == "newest_wins" else table.identity)


def _of_the_batch(known: DataFrame, records: DataFrame, columns: Collection[str]) -> DataFrame:
    """What is known of the keys of the batch's records: a search of the large side, without a shuffle of it."""
    wanted = records.filter(F.col("_rule").isNull()).select(*columns).distinct()
    return known.join(F.broadcast(wanted), on=list(columns), how="left_semi")
