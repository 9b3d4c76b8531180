"""What each rule type measures over a frame. Most are aggregates, which are read together in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from math import log
from operator import or_
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.utils import AnalysisException, ParseException

from awsgluedq.aggregates import SHARED, Aggregates, Metrics, counted, number, place_of, share
from awsgluedq.columns import column_of
from awsgluedq.exceptions import RuleError
from awsgluedq.model import Rule
from awsgluedq.references import Sources, aggregate_match, matched_rows, metric_of_rows, number_of_sql, row_count_match, schema_match

__all__ = ["FAILURES", "Measured", "Metrics", "measure_all", "reason_of"]

Measured = Metrics | RuleError
"""What was measured, or why nothing was."""

FAILURES = (PySparkException, Py4JJavaError)
"""What Spark raises of a rule that it cannot evaluate, while it plans it or only over the rows. A JVM that is gone is none of them."""

_ABORTED = "org.apache.spark.SparkException"
_AT_ONCE = 60
_MARKER = "@matched"


def measure_all(rules: Iterable[Rule], frame: DataFrame, sources: Sources) -> dict[Rule, Measured]:
    """Metrics of rules and analyzers, each measured once."""
    found: dict[Rule, Measured] = {}
    shared: dict[str, list[tuple[Rule, Aggregates]]] = {}
    for rule in dict.fromkeys(rules):
        try:
            rows = filtered(frame, rule)
            if rule.kind in _DIRECT and not (rule.kind == "CustomSql" and _gives_rows(rule)):
                found[rule] = _metrics(_DIRECT[rule.kind](rows, rule, sources))
            elif rule.kind in _BY_SOURCE:
                found[rule] = _metrics(_share_of_rows(rows, rule, sources))
            else:
                plan = SHARED[rule.kind](rows, rule)
                rows.select(*plan.columns)  # a type that does not fit is said of this rule alone
                shared.setdefault(rule.where, []).append((rule, plan))
        except RuleError as error:
            found[rule] = error
        except FAILURES as error:
            found[rule] = RuleError(reason_of(error))
    for plans in shared.values():
        for start in range(0, len(plans), _AT_ONCE):
            found |= _read(filtered(frame, plans[start][0]), plans[start : start + _AT_ONCE])
    return found


def filtered(frame: DataFrame, rule: Rule) -> DataFrame:
    """The rows that the rule's where clause keeps."""
    if not rule.where:
        return frame
    try:
        return frame.where(rule.where)
    except (AnalysisException, ParseException) as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), "")
        raise RuleError(f"Rule {rule.text} has provided an invalid where clause: {reason}") from error


def _read(frame: DataFrame, plans: list[tuple[Rule, Aggregates]]) -> dict[Rule, Measured]:
    columns = [column for _, plan in plans for column in plan.columns]
    try:
        values = list(frame.agg(*[column.alias(f"c{at}") for at, column in enumerate(columns)]).collect()[0]) if columns else []
    except FAILURES as error:
        if len(plans) == 1:
            return {plans[0][0]: RuleError(reason_of(error))}
        # One of them fails over the rows, as `matches "["` does, and the pass does not say which: it is looked for by halves.
        half = len(plans) // 2
        return _read(frame, plans[:half]) | _read(frame, plans[half:])
    found: dict[Rule, Measured] = {}
    for rule, plan in plans:
        own, values = values[: len(plan.columns)], values[len(plan.columns) :]
        found[rule] = _metrics(plan.metrics(*own))
    return found


def reason_of(error: BaseException) -> str:
    """The first line of what Spark says; of an error over the rows what went wrong there, without the task and the stage."""
    java = getattr(error, "java_exception", None)
    while java is not None and java.getClass().getName() == _ABORTED and java.getCause() is not None:
        java = java.getCause()
    said = str(error if java is None else java.getMessage() or java.toString())
    return next((line.strip() for line in said.splitlines() if line.strip()), type(error).__name__)


def _metrics(found: dict[str, float]) -> Metrics:
    return found if isinstance(found, Metrics) else Metrics(found)


# ---- what needs a pass of its own


def _groups(frame: DataFrame, rule: Rule, *more: Column) -> list[Any]:
    """Of the rows with a value in one of the columns at least: rows, values, values that occur once, and more."""
    columns = [column_of(frame, name) for name in rule.arguments]
    groups = frame.where(reduce(or_, [column.isNotNull() for column in columns])).groupBy(*columns).agg(F.count(F.lit(1)).alias("@n"))
    once = F.sum((F.col("@n") == 1).cast("long"))
    return [number(value) for value in groups.agg(F.sum("@n"), F.count(F.lit(1)), once, *more).collect()[0]]


def _grouped(name: str, of: Callable[[float, float, float], float]) -> Callable[[DataFrame, Rule, Sources], dict[str, float]]:
    return lambda frame, rule, _: {f"{place_of(rule)}.{name}": of(*_groups(frame, rule))}


_uniqueness = _grouped("Uniqueness", lambda rows, _, once: once / rows if rows else 1.0)


def _primary_key(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    found = _uniqueness(frame, rule, sources)
    columns = [counted(column_of(frame, name).isNotNull()) for name in rule.arguments]
    rows, *complete = frame.agg(F.count(F.lit(1)), *columns).collect()[0]
    named = zip(rule.arguments, complete, strict=True)
    return found | {f"Column.{name}.Completeness": share(good, rows) for name, good in named}


def _entropy(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    """-sum(p * ln p) of the values: ln(rows) - sum(n * ln n) / rows."""
    rows, _values, _once, weighted = _groups(frame, rule, F.sum(F.col("@n") * F.log("@n")))
    return {f"{place_of(rule)}.Entropy": max(0.0, log(rows) - weighted / rows) if rows else 0.0}


def _share_of_rows(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    marked = matched_rows(frame, rule, sources, _MARKER)
    good, rows = marked.agg(counted(F.col(f"`{_MARKER}`")), F.count(F.lit(1))).collect()[0]
    return {metric_of_rows(rule): share(good, rows)}


def _gives_rows(rule: Rule) -> bool:
    return rule.condition is None


_DIRECT: Mapping[str, Callable[[DataFrame, Rule, Sources], dict[str, float]]] = {
    "Uniqueness": _uniqueness, "IsUnique": _uniqueness, "IsPrimaryKey": _primary_key, "Entropy": _entropy,
    "UniqueValueRatio": _grouped("UniqueValueRatio", lambda _, values, once: once / values if values else 1.0),
    "DistinctValuesCount": _grouped("DistinctValuesCount", lambda _, values, __: values),
    "CustomSql": number_of_sql, "RowCountMatch": row_count_match, "SchemaMatch": schema_match,
    "AggregateMatch": aggregate_match,
}  # fmt: skip
_BY_SOURCE = ("ReferentialIntegrity", "DatasetMatch", "CustomSql")
