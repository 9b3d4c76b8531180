"""What each rule type measures over a frame. Most are aggregates, which are read together in one pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from math import log
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.utils import AnalysisException, ParseException

from awsgluedq.columns import column_of, type_of
from awsgluedq.exceptions import RuleError
from awsgluedq.model import Rule
from awsgluedq.references import Sources, aggregate_match, matched_rows, metric_of_rows, number_of_sql, row_count_match, schema_match
from awsgluedq.values import value_test

__all__ = ["Measured", "Metrics", "measure_all"]


class Metrics(dict[str, float]):
    """Metrics of a rule by name, the one that its condition is about first; `value` is what a failure shows, where that is another."""

    value: str = ""


Measured = Metrics | RuleError
"""What was measured, or why nothing was."""

_AT_ONCE = 60
_MARKER = "@matched"


@dataclass(frozen=True)
class _Aggregates:
    """Columns of one pass over the frame and what is made of them."""

    columns: tuple[Column, ...]
    metrics: Callable[..., dict[str, float]]


def measure_all(rules: Iterable[Rule], frame: DataFrame, sources: Sources) -> dict[Rule, Measured]:
    """Metrics of rules and analyzers, each measured once."""
    found: dict[Rule, Measured] = {}
    shared: dict[str, list[tuple[Rule, _Aggregates]]] = {}
    for rule in dict.fromkeys(rules):
        try:
            rows = filtered(frame, rule)
            if rule.kind in _DIRECT and not (rule.kind.startswith("Custom") and _gives_rows(rule)):
                found[rule] = _metrics(_DIRECT[rule.kind](rows, rule, sources))
            elif rule.kind in _BY_SOURCE:
                found[rule] = _metrics(_share_of_rows(rows, rule, sources))
            else:
                plan = _SHARED[rule.kind](rows, rule)
                rows.select(*plan.columns)  # a type that does not fit is said of this rule alone
                shared.setdefault(rule.where, []).append((rule, plan))
        except RuleError as error:
            found[rule] = error
        except AnalysisException as error:
            found[rule] = RuleError(str(error).splitlines()[0])
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


def _read(frame: DataFrame, plans: list[tuple[Rule, _Aggregates]]) -> dict[Rule, Measured]:
    columns = [column for _, plan in plans for column in plan.columns]
    values = list(frame.agg(*[column.alias(f"c{at}") for at, column in enumerate(columns)]).collect()[0]) if columns else []
    found: dict[Rule, Measured] = {}
    for rule, plan in plans:
        own, values = values[: len(plan.columns)], values[len(plan.columns) :]
        found[rule] = _metrics(plan.metrics(*own))
    return found


def _metrics(found: dict[str, float]) -> Metrics:
    return found if isinstance(found, Metrics) else Metrics(found)


# ---- aggregates


def _number(value: Any) -> float:
    return 0.0 if value is None else float(value)


def _share(good: Any, total: Any) -> float:
    return _number(good) / total if total else 1.0


def _counted(condition: Column) -> Column:
    return F.sum(condition.cast("long"))


def _place(rule: Rule) -> str:
    return f"Column.{rule.arguments[0]}" if len(rule.arguments) == 1 else f"Multicolumn.{','.join(rule.arguments)}"


def _row_count(_: DataFrame, __: Rule) -> _Aggregates:
    return _Aggregates((F.count(F.lit(1)),), lambda rows: {"Dataset.*.RowCount": float(rows)})


def _completeness(frame: DataFrame, rule: Rule) -> _Aggregates:
    column = column_of(frame, rule.arguments[0])
    name = f"Column.{rule.arguments[0]}.Completeness"
    return _Aggregates((_counted(column.isNotNull()), F.count(F.lit(1))), lambda good, rows: {name: _share(good, rows)})


def _statistic(name: str, function: Callable[[Column], Column]) -> Callable[[DataFrame, Rule], _Aggregates]:
    def plan(frame: DataFrame, rule: Rule) -> _Aggregates:
        column = _numeric(frame, rule.arguments[0])
        return _Aggregates((function(column),), lambda value: {f"Column.{rule.arguments[0]}.{name}": _number(value)})

    return plan


def _numeric(frame: DataFrame, name: str) -> Column:
    kind = type_of(frame, name)
    if not isinstance(kind, T.NumericType):
        raise RuleError(f"Expected type of column {name} to be numeric, but found {kind.simpleString()} instead!")
    return column_of(frame, name).cast("double")


def _correlation(frame: DataFrame, rule: Rule) -> _Aggregates:
    first, second = (_numeric(frame, name) for name in rule.arguments)
    return _Aggregates((F.corr(first, second),), lambda value: {f"{_place(rule)}.ColumnCorrelation": _number(value)})


def _column_values(frame: DataFrame, rule: Rule) -> _Aggregates:
    """The share of rows that meet the condition, and of numbers the least and the greatest."""
    name = rule.arguments[0]
    column, test = column_of(frame, name), value_test(frame, rule) if rule.condition else F.lit(True)
    columns: tuple[Column, ...] = (F.count(F.lit(1)), _counted(test), _counted(column.isNull() & ~test))
    numbers = isinstance(type_of(frame, name), T.NumericType)
    columns += (F.min(column), F.max(column)) if numbers else ()

    def metrics(rows: int, good: int, nulls: int, *ends: Any) -> Metrics:
        return _of_values(rule, "ColumnValues", rows, good, nulls, dict(zip(("Minimum", "Maximum"), ends, strict=False)))

    return _Aggregates(columns, metrics)


def _column_length(frame: DataFrame, rule: Rule) -> _Aggregates:
    length = F.coalesce(F.length(column_of(frame, rule.arguments[0]).cast("string")), F.lit(0))
    columns = (F.count(F.lit(1)), _counted(value_test(frame, rule) if rule.condition else F.lit(True)), F.min(length), F.max(length))

    def metrics(rows: int, good: int, least: Any, most: Any) -> Metrics:
        return _of_values(rule, "ColumnLength", rows, good, 0, {"MinimumLength": least, "MaximumLength": most})

    return _Aggregates(columns, metrics)


def _of_values(rule: Rule, kind: str, rows: int, good: Any, nulls: Any, ends: Mapping[str, Any]) -> Metrics:
    """A failure shows the least or the greatest value where that decides, and NULL where only nulls fail ("ColumnValues")."""
    name = rule.arguments[0]
    share = {f"Column.{name}.{kind}.Compliance": _share(good, rows)} if rule.condition else {}
    found = Metrics(share | {f"Column.{name}.{end}": float(value) for end, value in ends.items() if value is not None})
    if nulls and _number(good) + nulls == rows:
        found.value = "NULL"
    elif rule.condition is not None and rule.threshold is None and rule.condition.kind == "number":
        least, most = [None if value is None else float(value) for value in (*ends.values(), None, None)][:2]
        decides = {">": least, ">=": least, "=": least, "<": most, "<=": most}.get(rule.condition.op)
        found.value = "" if decides is None else str(decides)
    return found


def _compliance(frame: DataFrame, rule: Rule) -> _Aggregates:
    name = f"Column.{rule.arguments[0]}.{rule.kind}.Compliance"
    return _Aggregates((_counted(value_test(frame, rule)), F.count(F.lit(1))), lambda good, rows: {name: _share(good, rows)})


def _column_count(frame: DataFrame, _: Rule) -> _Aggregates:
    return _Aggregates((), lambda: {"Dataset.*.ColumnCount": float(len(frame.columns))})


def _column_exists(frame: DataFrame, rule: Rule) -> _Aggregates:
    there = rule.arguments[0].strip("`").lower() in [one.lower() for one in frame.columns]
    return _Aggregates((), lambda: {f"Dataset.{rule.arguments[0]}.ColumnExists": float(there)})


def _names_match(frame: DataFrame, rule: Rule) -> _Aggregates:
    try:
        matching = sum(bool(re.fullmatch(rule.arguments[0], name)) for name in frame.columns)
    except re.error as error:
        raise RuleError(f"{rule.arguments[0]!r} is no regular expression: {error}") from error
    ratio = matching / len(frame.columns) if frame.columns else 1.0
    return _Aggregates((), lambda: {"Dataset.*.ColumnNamesPatternMatchRatio": ratio})


def _all_statistics(frame: DataFrame, rule: Rule) -> _Aggregates:
    """Counts of all, completeness of each column, the numbers of numbers and the lengths of texts."""
    whole = not rule.arguments or rule.arguments[0] == "AllColumns"
    names = frame.columns if whole else [rule.arguments[0]]
    plans = [_row_count(frame, rule), *([_column_count(frame, rule)] if whole else [])]
    for name in names:
        one = Rule(rule.kind, (name,))
        kinds = ["Completeness"]
        if isinstance(type_of(frame, name), T.NumericType):
            kinds += ["ColumnValues", "Mean", "Sum", "StandardDeviation"]
        elif isinstance(type_of(frame, name), T.StringType):
            kinds += ["ColumnLength"]
        plans += [_SHARED[kind](frame, one) for kind in kinds]

    def metrics(*values: Any) -> dict[str, float]:
        found: dict[str, float] = {}
        for plan in plans:
            found |= plan.metrics(*values[: len(plan.columns)])
            values = values[len(plan.columns) :]
        return found

    return _Aggregates(tuple(column for plan in plans for column in plan.columns), metrics)


# ---- what needs a pass of its own


def _groups(frame: DataFrame, rule: Rule, *more: Column) -> list[Any]:
    """Of the rows with a value in one of the columns at least: rows, values, values that occur once, and more."""
    columns = [column_of(frame, name) for name in rule.arguments]
    counted = frame.where(reduce(or_, [column.isNotNull() for column in columns])).groupBy(*columns).agg(F.count(F.lit(1)).alias("@n"))
    once = F.sum((F.col("@n") == 1).cast("long"))
    return [_number(value) for value in counted.agg(F.sum("@n"), F.count(F.lit(1)), once, *more).collect()[0]]


def _grouped(name: str, of: Callable[[float, float, float], float]) -> Callable[[DataFrame, Rule, Sources], dict[str, float]]:
    return lambda frame, rule, _: {f"{_place(rule)}.{name}": of(*_groups(frame, rule))}


_uniqueness = _grouped("Uniqueness", lambda rows, _, once: once / rows if rows else 1.0)


def _primary_key(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    found = _uniqueness(frame, rule, sources)
    columns = [_counted(column_of(frame, name).isNotNull()) for name in rule.arguments]
    rows, *complete = frame.agg(F.count(F.lit(1)), *columns).collect()[0]
    named = zip(rule.arguments, complete, strict=True)
    return found | {f"Column.{name}.Completeness": _share(good, rows) for name, good in named}


def _entropy(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    """-sum(p * ln p) of the values: ln(rows) - sum(n * ln n) / rows."""
    rows, _values, _once, weighted = _groups(frame, rule, F.sum(F.col("@n") * F.log("@n")))
    return {f"{_place(rule)}.Entropy": max(0.0, log(rows) - weighted / rows) if rows else 0.0}


def _share_of_rows(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    marked = matched_rows(frame, rule, sources, _MARKER)
    good, rows = marked.agg(_counted(F.col(f"`{_MARKER}`")), F.count(F.lit(1))).collect()[0]
    return {metric_of_rows(rule): _share(good, rows)}


def _gives_rows(rule: Rule) -> bool:
    return rule.condition is None


_SHARED: Mapping[str, Callable[[DataFrame, Rule], _Aggregates]] = {
    "RowCount": _row_count, "ColumnCount": _column_count, "ColumnExists": _column_exists, "ColumnNamesMatchPattern": _names_match,
    "Completeness": _completeness, "IsComplete": _completeness, "ColumnValues": _column_values, "ColumnLength": _column_length,
    "ColumnDataType": _compliance, "DataFreshness": _compliance, "ColumnCorrelation": _correlation, "AllStatistics": _all_statistics,
    "Mean": _statistic("Mean", F.avg), "Sum": _statistic("Sum", F.sum), "Variance": _statistic("Variance", F.var_pop),
    "StandardDeviation": _statistic("StandardDeviation", F.stddev_pop),
}  # fmt: skip
_DIRECT: Mapping[str, Callable[[DataFrame, Rule, Sources], dict[str, float]]] = {
    "Uniqueness": _uniqueness, "IsUnique": _uniqueness, "IsPrimaryKey": _primary_key, "Entropy": _entropy,
    "UniqueValueRatio": _grouped("UniqueValueRatio", lambda _, values, once: once / values if values else 1.0),
    "DistinctValuesCount": _grouped("DistinctValuesCount", lambda _, values, __: values),
    "CustomSql": number_of_sql, "CustomSQL": number_of_sql, "RowCountMatch": row_count_match, "SchemaMatch": schema_match,
    "AggregateMatch": aggregate_match,
}  # fmt: skip
_BY_SOURCE = ("ReferentialIntegrity", "DatasetMatch", "CustomSql", "CustomSQL")
