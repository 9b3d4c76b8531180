"""What is measured by aggregates, which are read together in one pass over a frame: counts, shares of rows, statistics."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsgluedq.columns import column_of, type_of
from awsgluedq.exceptions import RuleError
from awsgluedq.model import Rule
from awsgluedq.values import value_test

__all__ = ["SHARED", "Aggregates", "Metrics", "counted", "number", "place_of", "share"]


class Metrics(dict[str, float]):
    """Metrics of a rule by name, the one that its condition is about first; `value` is what a failure shows, where that is another."""

    value: str = ""


@dataclass(frozen=True)
class Aggregates:
    """Columns of one pass over the frame and what is made of them."""

    columns: tuple[Column, ...]
    metrics: Callable[..., dict[str, float]]


def number(value: Any) -> float:
    """A value of an aggregate, 0 where there is none."""
    return 0.0 if value is None else float(value)


def share(good: Any, total: Any) -> float:
    """Share of rows, 1 where there are none."""
    return number(good) / total if total else 1.0


def counted(condition: Column) -> Column:
    """How many rows meet a condition."""
    return F.sum(condition.cast("long"))


def place_of(rule: Rule) -> str:
    """What names of metrics begin with: the column or columns of a rule."""
    return f"Column.{rule.arguments[0]}" if len(rule.arguments) == 1 else f"Multicolumn.{','.join(rule.arguments)}"


def _row_count(_: DataFrame, __: Rule) -> Aggregates:
    return Aggregates((F.count(F.lit(1)),), lambda rows: {"Dataset.*.RowCount": float(rows)})


def _completeness(frame: DataFrame, rule: Rule) -> Aggregates:
    column = column_of(frame, rule.arguments[0])
    name = f"Column.{rule.arguments[0]}.Completeness"
    return Aggregates((counted(column.isNotNull()), F.count(F.lit(1))), lambda good, rows: {name: share(good, rows)})


def _statistic(name: str, function: Callable[[Column], Column]) -> Callable[[DataFrame, Rule], Aggregates]:
    def plan(frame: DataFrame, rule: Rule) -> Aggregates:
        column = _numeric(frame, rule.arguments[0])
        return Aggregates((function(column),), lambda value: {f"Column.{rule.arguments[0]}.{name}": number(value)})

    return plan


def _numeric(frame: DataFrame, name: str) -> Column:
    kind = type_of(frame, name)
    if not isinstance(kind, T.NumericType):
        raise RuleError(f"Expected type of column {name} to be numeric, but found {kind.simpleString()} instead!")
    return column_of(frame, name).cast("double")


def _correlation(frame: DataFrame, rule: Rule) -> Aggregates:
    first, second = (_numeric(frame, name) for name in rule.arguments)
    return Aggregates((F.corr(first, second),), lambda value: {f"{place_of(rule)}.ColumnCorrelation": number(value)})


def _column_values(frame: DataFrame, rule: Rule) -> Aggregates:
    """The share of rows that meet the condition, and of numbers the least and the greatest."""
    name = rule.arguments[0]
    column, test = column_of(frame, name), value_test(frame, rule) if rule.condition else F.lit(True)
    columns: tuple[Column, ...] = (F.count(F.lit(1)), counted(test), counted(column.isNull() & ~test))
    numbers = isinstance(type_of(frame, name), T.NumericType)
    columns += (F.min(column), F.max(column)) if numbers else ()

    def metrics(rows: int, good: int, nulls: int, *ends: Any) -> Metrics:
        return _of_values(rule, "ColumnValues", rows, good, nulls, dict(zip(("Minimum", "Maximum"), ends, strict=False)))

    return Aggregates(columns, metrics)


def _column_length(frame: DataFrame, rule: Rule) -> Aggregates:
    length = F.coalesce(F.length(column_of(frame, rule.arguments[0]).cast("string")), F.lit(0))
    columns = (F.count(F.lit(1)), counted(value_test(frame, rule) if rule.condition else F.lit(True)), F.min(length), F.max(length))

    def metrics(rows: int, good: int, least: Any, most: Any) -> Metrics:
        return _of_values(rule, "ColumnLength", rows, good, 0, {"MinimumLength": least, "MaximumLength": most})

    return Aggregates(columns, metrics)


def _of_values(rule: Rule, kind: str, rows: int, good: Any, nulls: Any, ends: Mapping[str, Any]) -> Metrics:
    """A failure shows the least or the greatest value where that decides, and NULL where only nulls fail ("ColumnValues")."""
    name = rule.arguments[0]
    whole = {f"Column.{name}.{kind}.Compliance": share(good, rows)} if rule.condition else {}
    found = Metrics(whole | {f"Column.{name}.{end}": float(value) for end, value in ends.items() if value is not None})
    if nulls and number(good) + nulls == rows:
        found.value = "NULL"
    elif rule.condition is not None and rule.threshold is None and rule.condition.kind == "number":
        least, most = [None if value is None else float(value) for value in (*ends.values(), None, None)][:2]
        decides = {">": least, ">=": least, "=": least, "<": most, "<=": most}.get(rule.condition.op)
        found.value = "" if decides is None else str(decides)
    return found


def _compliance(frame: DataFrame, rule: Rule) -> Aggregates:
    name = f"Column.{rule.arguments[0]}.{rule.kind}.Compliance"
    return Aggregates((counted(value_test(frame, rule)), F.count(F.lit(1))), lambda good, rows: {name: share(good, rows)})


def _column_count(frame: DataFrame, _: Rule) -> Aggregates:
    return Aggregates((), lambda: {"Dataset.*.ColumnCount": float(len(frame.columns))})


def _column_exists(frame: DataFrame, rule: Rule) -> Aggregates:
    there = rule.arguments[0].strip("`").lower() in [one.lower() for one in frame.columns]
    return Aggregates((), lambda: {f"Dataset.{rule.arguments[0]}.ColumnExists": float(there)})


def _names_match(frame: DataFrame, rule: Rule) -> Aggregates:
    try:
        matching = sum(bool(re.fullmatch(rule.arguments[0], name)) for name in frame.columns)
    except re.error as error:
        raise RuleError(f"{rule.arguments[0]!r} is no regular expression: {error}") from error
    ratio = matching / len(frame.columns) if frame.columns else 1.0
    return Aggregates((), lambda: {"Dataset.*.ColumnNamesPatternMatchRatio": ratio})


def _all_statistics(frame: DataFrame, rule: Rule) -> Aggregates:
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
        plans += [SHARED[kind](frame, one) for kind in kinds]

    def metrics(*values: Any) -> dict[str, float]:
        found: dict[str, float] = {}
        for plan in plans:
            found |= plan.metrics(*values[: len(plan.columns)])
            values = values[len(plan.columns) :]
        return found

    return Aggregates(tuple(column for plan in plans for column in plan.columns), metrics)


SHARED: Mapping[str, Callable[[DataFrame, Rule], Aggregates]] = {
    "RowCount": _row_count, "ColumnCount": _column_count, "ColumnExists": _column_exists, "ColumnNamesMatchPattern": _names_match,
    "Completeness": _completeness, "IsComplete": _completeness, "ColumnValues": _column_values, "ColumnLength": _column_length,
    "ColumnDataType": _compliance, "DataFreshness": _compliance, "ColumnCorrelation": _correlation, "AllStatistics": _all_statistics,
    "Mean": _statistic("Mean", F.avg), "Sum": _statistic("Sum", F.sum), "Variance": _statistic("Variance", F.var_pop),
    "StandardDeviation": _statistic("StandardDeviation", F.stddev_pop),
}  # fmt: skip
