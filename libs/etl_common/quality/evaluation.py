"""Evaluation of rulesets in few passes.

For each table: one pass for all conditions on rows, foreign keys and history together, one for each
unique key, one for all metrics. Only a rule that failed costs a further pass, for a sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from etl_common.exceptions import MissingReferenceError
from etl_common.model import BEGINNING_OF_TIME, END_OF_TIME
from etl_common.parallel import together
from etl_common.quality.engines import DeequEngine, MetricsEngine
from etl_common.quality.results import QualityReport, RuleResult
from etl_common.quality.rules import HistoryRule, MetricRule, Ruleset, Severity, UniqueRule

__all__ = ["evaluate"]

SAMPLE_ROWS = 5

# name, severity, what is expected, whether the row breaks it (never null)
_RowCheck = tuple[str, Severity, str, Column]


def evaluate(
    spark: SparkSession,
    tables: Mapping[str, DataFrame],
    rulesets: Iterable[Ruleset],
    *,
    engine: MetricsEngine | None = None,
) -> QualityReport:
    """Results of all rules. engine: measures metrics; Deequ unless another is given.

    tables: a frame for each table that the rulesets name, those that foreign keys refer to included.
    Raises MissingReferenceError when one is missing: a rule is never left out.
    """
    chosen, measuring = list(rulesets), engine or DeequEngine()
    for ruleset in chosen:
        for table in sorted(ruleset.needs - set(tables)):
            raise MissingReferenceError(ruleset.table, "tables", table, tables)

    def results_of(ruleset: Ruleset) -> list[RuleResult]:
        frame = tables[ruleset.table]
        unique = [_unique_result(ruleset.table, frame, rule) for rule in ruleset.unique]
        return [*_row_results(tables, ruleset), *unique, *_metric_results(frame, ruleset, measuring)]

    found = together(*(partial(results_of, ruleset) for ruleset in chosen))
    return QualityReport.of(result for results in found for result in results)


def _row_results(tables: Mapping[str, DataFrame], ruleset: Ruleset) -> Iterator[RuleResult]:
    frame, checks = _with_row_checks(tables, ruleset)
    if not checks:
        return
    counts = frame.agg(*(F.sum(broken.cast("bigint")).alias(f"c{n}") for n, (_, _, _, broken) in enumerate(checks))).collect()[0]
    columns = tables[ruleset.table].columns
    for n, (name, severity, expected, broken) in enumerate(checks):
        failed = counts[f"c{n}"] or 0  # the sum over no rows is null
        sample = _sample(frame.where(broken).select(*columns)) if failed else ()
        yield RuleResult(ruleset.table, name, severity, failed == 0, expected, f"{failed} rows break it", failed, sample)


def _with_row_checks(tables: Mapping[str, DataFrame], ruleset: Ruleset) -> tuple[DataFrame, list[_RowCheck]]:
    frame = tables[ruleset.table]
    checks: list[_RowCheck] = []
    for rule in ruleset.rows:
        checks.append((rule.name, rule.severity, rule.condition, ~F.coalesce(F.expr(rule.condition), F.lit(True))))
    for n, key in enumerate(ruleset.foreign_keys):
        referenced = tables[key.references].select(F.col(key.key).alias(f"_fk{n}")).distinct()
        frame = frame.join(referenced, F.col(key.column) == F.col(f"_fk{n}"), "left")
        broken = F.col(key.column).isNotNull() & F.col(f"_fk{n}").isNull()
        checks.append((key.name, key.severity, f"{key.column} is in {key.references}.{key.key}", broken))
    if ruleset.history is not None:
        frame = _with_neighbours(frame, ruleset.history)
        checks += _history_checks(ruleset.history)
    return frame, checks


def _with_neighbours(frame: DataFrame, rule: HistoryRule) -> DataFrame:
    versions = Window.partitionBy(*rule.natural_key).orderBy("effective_from", "effective_to")
    return frame.withColumns({"_next": F.lead("effective_from").over(versions), "_number": F.row_number().over(versions)})


def _history_checks(rule: HistoryRule) -> Iterator[_RowCheck]:
    last = F.col("_next").isNull()
    broken = {
        ("history_without_gap", "effective_to is not before the next version's effective_from"): F.col("effective_to") < F.col("_next"),
        ("history_without_overlap", "effective_to is not after the next version's effective_from"): F.col("effective_to") > F.col("_next"),
        ("history_from_the_beginning", f"a member's first version starts at {BEGINNING_OF_TIME:%Y-%m-%d}"): (F.col("_number") == 1)
        & (F.col("effective_from") != F.lit(BEGINNING_OF_TIME)),
        ("history_to_the_end", f"a member's last version ends at {END_OF_TIME:%Y-%m-%d}"): last
        & (F.col("effective_to") != F.lit(END_OF_TIME)),
        ("one_current_version", "a member's last version, and no other, is current"): F.col("is_current") != last,
    }
    for (name, expected), column in broken.items():
        yield name, rule.severity, expected, F.coalesce(column, F.lit(False))


def _unique_result(table: str, frame: DataFrame, rule: UniqueRule) -> RuleResult:
    shown = [F.sort_array(F.collect_set(F.concat_ws("|", *(F.col(c).cast("string") for c in rule.show)))).alias("of")] if rule.show else []
    repeated = frame.groupBy(*rule.columns).agg(F.count(F.lit(1)).alias("rows")).where("rows > 1")
    failed = repeated.agg(F.sum("rows").alias("n")).collect()[0]["n"] or 0
    sample: tuple[Mapping[str, str | None], ...] = ()
    if failed:
        keys = frame.groupBy(*rule.columns).agg(F.count(F.lit(1)).alias("rows"), *shown).where("rows > 1")
        sample = _sample(keys.orderBy(*rule.columns))
    expected = f"({', '.join(rule.columns)}) is unique"
    return RuleResult(table, rule.name, rule.severity, failed == 0, expected, f"{failed} rows share theirs", failed, sample)


def _metric_results(frame: DataFrame, ruleset: Ruleset, engine: MetricsEngine) -> Iterator[RuleResult]:
    metrics = list(dict.fromkeys(rule.metric for rule in ruleset.metrics))
    measured = engine.measure(frame, metrics)
    for rule in ruleset.metrics:
        yield _metric_result(ruleset.table, rule, measured[rule.metric])


def _metric_result(table: str, rule: MetricRule, observed: float | None) -> RuleResult:
    if observed is None:
        # Of no rows, or of none with a value, nothing can be said; that there are rows is a rule of its own.
        return RuleResult(table, rule.name, rule.severity, True, rule.expected, "no value to measure")
    return RuleResult(table, rule.name, rule.severity, rule.holds(observed), rule.expected, f"{observed:g}")


def _sample(frame: DataFrame) -> tuple[Mapping[str, str | None], ...]:
    rows = frame.select(*(F.col(column).cast("string") for column in frame.columns)).limit(SAMPLE_ROWS).collect()
    return tuple(row.asDict() for row in rows)
