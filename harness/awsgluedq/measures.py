"""What each rule type measures over a frame: one metric, and for rules about rows the condition that a row must meet."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsgluedq.dqdl import _UNITS, Condition, Rule
from awsgluedq.exceptions import RulesetError

__all__ = ["MEASURES", "ROW_RULES", "Sources", "meets", "row_condition"]

Sources = Mapping[str, DataFrame]
"""The frames of an evaluation by alias; `primary` is the one evaluated."""

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
_TYPES = {"string": T.StringType, "integer": T.IntegerType, "int": T.IntegerType, "long": T.LongType, "double": T.DoubleType,
          "float": T.FloatType,          "boolean": T.BooleanType, "date": T.DateType, "timestamp": T.TimestampType}  # fmt: skip


def meets(value: Any, condition: Condition | None, history: list[float], default: Callable[[Any], bool]) -> bool:
    """Whether a metric meets a condition; without one, `default` decides."""
    if condition is None:
        return default(value)
    values = [one(history) for one in condition.values]
    if condition.op in _COMPARE:
        return bool(_COMPARE[condition.op](value, values[0]))
    if condition.op in ("between", "not between"):
        inside = values[0] < value < values[1]
        return inside if condition.op == "between" else not inside
    if condition.op in ("in", "not in"):
        return (value in values) is (condition.op == "in")
    raise RulesetError(f"{condition.op!r} is not for a number", str(value), [*_COMPARE, "between", "in"])


def _column(frame: DataFrame, name: str, rule: Rule) -> Column:
    found = [one for one in frame.columns if one.lower() == name.lower()]
    if not found:
        raise RulesetError(f"No column {name!r}", rule.text, frame.columns)
    return F.col(f"`{found[0]}`")


def _single(frame: DataFrame, *expressions: Column) -> list[Any]:
    return [0.0 if value is None else value for value in frame.agg(*expressions).collect()[0]]


def _share(frame: DataFrame, condition: Column) -> float:
    total, good = _single(frame, F.count(F.lit(1)), F.sum(F.coalesce(condition, F.lit(False)).cast("long")))
    return float(good) / total if total else 1.0


def _completeness(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    return {f"Column.{rule.arguments[0]}.Completeness": _share(frame, _column(frame, rule.arguments[0], rule).isNotNull())}


def _groups(frame: DataFrame, rule: Rule) -> tuple[int, int, int]:
    """Rows with a value, values, and values that occur once."""
    columns = [_column(frame, name, rule) for name in rule.arguments]
    present = frame.where(~F.isnull(columns[0])) if len(columns) == 1 else frame
    counted = present.groupBy(*columns).agg(F.count(F.lit(1)).alias("@count"))
    rows, values, once = _single(counted, F.sum("@count"), F.count(F.lit(1)), F.sum((F.col("@count") == 1).cast("long")))
    return int(rows), int(values), int(once)


def _uniqueness(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    rows, _values, once = _groups(frame, rule)
    return {f"{_place(rule)}.Uniqueness": once / rows if rows else 1.0}


def _place(rule: Rule) -> str:
    return f"Column.{rule.arguments[0]}" if len(rule.arguments) == 1 else f"Multicolumn.{','.join(rule.arguments)}"


def _unique_value_ratio(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    _rows, values, once = _groups(frame, rule)
    return {f"{_place(rule)}.UniqueValueRatio": once / values if values else 1.0}


def _distinct(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    return {f"{_place(rule)}.DistinctValuesCount": float(_groups(frame, rule)[1])}


def _primary_key(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    complete = min(_share(frame, _column(frame, name, rule).isNotNull()) for name in rule.arguments)
    return {**_uniqueness(frame, rule, sources), f"{_place(rule)}.Completeness": complete}


def _statistic(name: str, function: Callable[[Column], Column]) -> Callable[..., dict[str, float]]:
    def measure(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
        return {f"Column.{rule.arguments[0]}.{name}": float(_single(frame, function(_column(frame, rule.arguments[0], rule)))[0])}

    return measure


def _entropy(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    column = _column(frame, rule.arguments[0], rule)
    counted = frame.where(column.isNotNull()).groupBy(column).agg(F.count(F.lit(1)).alias("@n"))
    total = float(_single(counted, F.sum("@n"))[0]) or 1.0
    share = F.col("@n") / F.lit(total)
    return {f"Column.{rule.arguments[0]}.Entropy": float(_single(counted, F.sum(-share * F.log(share)))[0])}


def _correlation(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    first, second = (_column(frame, name, rule) for name in rule.arguments)
    return {f"Multicolumn.{','.join(rule.arguments)}.ColumnCorrelation": float(_single(frame, F.corr(first, second))[0])}


def _row_count(frame: DataFrame, _: Rule, __: Sources) -> dict[str, float]:
    return {"Dataset.*.RowCount": float(frame.count())}


def _column_count(frame: DataFrame, _: Rule, __: Sources) -> dict[str, float]:
    return {"Dataset.*.ColumnCount": float(len(frame.columns))}


def _column_exists(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    return {f"Column.{rule.arguments[0]}.ColumnExists": float(rule.arguments[0].lower() in [one.lower() for one in frame.columns])}


def _names_match(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    matching = sum(bool(re.fullmatch(rule.arguments[0], name)) for name in frame.columns)
    return {"Dataset.*.ColumnNamesPatternMatchRatio": matching / len(frame.columns) if frame.columns else 1.0}


def _data_type(frame: DataFrame, rule: Rule, _: Sources) -> dict[str, float]:
    """Share of values that are of the type: text counts when it can be read as one."""
    assert rule.condition is not None
    wanted = str(rule.condition.values[0]([])).lower()
    if wanted not in _TYPES:
        raise RulesetError(f"No type {wanted!r}", rule.text, _TYPES)
    column = _column(frame, rule.arguments[0], rule)
    fits = column.isNull() | column.cast("string").cast(_TYPES[wanted]()).isNotNull()
    return {f"Column.{rule.arguments[0]}.ColumnDataType.Compliance": _share(frame, fits)}


def _custom_sql(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    """The number that a statement gives over `primary` and the other sources."""
    for alias, one in sources.items():
        one.createOrReplaceTempView(alias)
    frame.createOrReplaceTempView("primary")
    result = frame.sparkSession.sql(rule.arguments[0])
    if rule.threshold is not None or rule.condition is None:
        rows, total = result.count(), frame.count()
        return {"Dataset.*.CustomSQL.Compliance": rows / total if total else 1.0}
    value = result.collect()[0][0]
    return {"Dataset.*.CustomSQL": float(value if value is not None else 0.0)}


def _reference(rule: Rule, sources: Sources, text: str) -> tuple[DataFrame, list[str]]:
    """`alias.{a,b}`, `alias.a` or `alias`: the frame and its columns."""
    alias, _, columns = text.partition(".")
    if alias not in sources:
        raise RulesetError(f"No data source {alias!r}", rule.text, list(sources) or ["give additional_data_sources"])
    return sources[alias], [one.strip() for one in columns.strip("{} ").split(",") if one.strip()]


def _referential_integrity(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    names = [one.strip() for one in rule.arguments[0].strip("{} ").split(",")]
    other, theirs = _reference(rule, sources, rule.arguments[1])
    keys = other.select(*[_column(other, name, rule).alias(f"@{index}") for index, name in enumerate(theirs)]).distinct()
    mine = frame.select(*[_column(frame, name, rule).alias(f"@{index}") for index, name in enumerate(names)])
    matched = mine.join(keys, [f"@{index}" for index in range(len(names))], "left_semi").count()
    total = frame.count()
    return {f"Column.{rule.arguments[1]}.ReferentialIntegrity": matched / total if total else 1.0}


def _row_count_match(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    other, _ = _reference(rule, sources, rule.arguments[0])
    theirs = other.count()
    return {f"Dataset.{rule.arguments[0]}.RowCountMatch": frame.count() / theirs if theirs else 0.0}


def _schema_match(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    other, _ = _reference(rule, sources, rule.arguments[0])
    mine, theirs = dict(frame.dtypes), dict(other.dtypes)
    same = sum(theirs.get(name) == kind for name, kind in mine.items())
    return {f"Dataset.{rule.arguments[0]}.SchemaMatch": same / max(len(mine), len(theirs), 1)}


def _dataset_match(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    """Share of rows that the other source has with the same key and values."""
    other, _ = _reference(rule, sources, rule.arguments[0])
    keys = [one.strip() for one in rule.arguments[1].split(",")]
    compared = (
        [one.strip() for one in rule.arguments[2].split(",")] if len(rule.arguments) > 2 else [c for c in frame.columns if c not in keys]
    )
    names = [*keys, *compared]
    mine = frame.select(*[_column(frame, name, rule).alias(f"@{index}") for index, name in enumerate(names)])
    theirs = other.select(*[_column(other, name, rule).alias(f"@@{index}") for index, name in enumerate(names)]).distinct()
    tests = [F.col(f"`@{index}`").eqNullSafe(F.col(f"`@@{index}`")) for index in range(len(names))]
    joined = tests[0]
    for test in tests[1:]:
        joined = joined & test
    total = frame.count()
    return {f"Dataset.{rule.arguments[0]}.DatasetMatch": mine.join(theirs, joined, "left_semi").count() / total if total else 1.0}


def _aggregate_match(frame: DataFrame, rule: Rule, sources: Sources) -> dict[str, float]:
    values = []
    for text in rule.arguments:
        match = re.fullmatch(r"\s*(\w+)\((.+)\)\s*", text)
        if match is None:
            raise RulesetError(f"{text!r} is no aggregate", rule.text, ["sum(column)", "avg(alias.column)"])
        alias, _, column = match[2].rpartition(".")
        one = _reference(rule, sources, alias)[0] if alias else frame
        values.append(float(_single(one, F.expr(f"{match[1]}(`{column}`)"))[0]))
    return {f"Column.{rule.arguments[0]}.AggregateMatch": values[0] / values[1] if values[1] else 0.0}


def row_condition(frame: DataFrame, rule: Rule, history: list[float]) -> Column:
    """Condition that a row must meet. Raises RulesetError where the rule has none."""
    column = _column(frame, rule.arguments[0], rule)
    if rule.kind in ("IsComplete", "Completeness"):
        return column.isNotNull()
    if rule.condition is None:
        raise RulesetError("A condition is missing", rule.text)
    if rule.kind == "DataFreshness":
        age = F.unix_timestamp(F.current_timestamp()) - F.unix_timestamp(column.cast("timestamp"))
        return age.isNotNull() & _column_test(age, rule.condition, history, _UNITS.get(rule.condition.unit, 1))
    return _column_test(F.length(column) if rule.kind == "ColumnLength" else column, rule.condition, history, 1)


def _column_test(column: Column, condition: Condition, history: list[float], unit: int) -> Column:
    values = [one(history) for one in condition.values]
    if condition.op in ("in", "not in"):
        tests = [_equals(column, value) for value in values]
        anywhere = tests[0]
        for test in tests[1:]:
            anywhere = anywhere | test
        return anywhere if condition.op == "in" else ~anywhere
    if condition.op in ("matches", "not matches"):
        match = F.coalesce(column.cast("string").rlike(f"^(?:{values[0]})$"), F.lit(False))
        return match if condition.op == "matches" else ~match
    limits = [_literal(value, unit) for value in values]
    if condition.op in ("between", "not between"):
        inside = (column > limits[0]) & (column < limits[1])
        return F.coalesce(inside if condition.op == "between" else ~inside, F.lit(False))
    if condition.op in ("=", "!="):
        same = _equals(column, values[0])
        return same if condition.op == "=" else ~same
    return F.coalesce(_COMPARE[condition.op](column, limits[0]), F.lit(False))


def _equals(column: Column, value: Any) -> Column:
    if type(value).__name__ == "_Keyword":
        text = F.coalesce(column.cast("string"), F.lit("@null"))
        return {"NULL": column.isNull(), "EMPTY": text == "", "WHITESPACES_ONLY": (F.trim(text) == "") & (text != "")}[value]
    return F.coalesce(column == _literal(value, 1), F.lit(False))


def _literal(value: Any, unit: int) -> Column:
    if type(value).__name__ == "_Keyword":
        return F.current_timestamp()
    return F.lit(value * unit if unit != 1 else (int(value) if isinstance(value, float) and value.is_integer() else value))


def _rows(frame: DataFrame, rule: Rule, _: Sources, history: list[float]) -> dict[str, float]:
    return {f"Column.{rule.arguments[0]}.{rule.kind}.Compliance": _share(frame, row_condition(frame, rule, history))}


ROW_RULES = ("ColumnValues", "ColumnLength", "DataFreshness", "IsComplete", "Completeness")
MEASURES: Mapping[str, Callable[[DataFrame, Rule, Sources], dict[str, float]]] = {
    "RowCount": _row_count, "ColumnCount": _column_count, "ColumnExists": _column_exists, "ColumnNamesMatchPattern": _names_match,
    "ColumnDataType": _data_type, "ColumnCorrelation": _correlation, "Completeness": _completeness, "IsComplete": _completeness,
    "Uniqueness": _uniqueness, "IsUnique": _uniqueness, "UniqueValueRatio": _unique_value_ratio, "IsPrimaryKey": _primary_key,
    "DistinctValuesCount": _distinct, "Entropy": _entropy, "Mean": _statistic("Mean", F.avg), "Sum": _statistic("Sum", F.sum),
    "StandardDeviation": _statistic("StandardDeviation", F.stddev_pop), "CustomSql": _custom_sql, "CustomSQL": _custom_sql,
    "ReferentialIntegrity": _referential_integrity, "RowCountMatch": _row_count_match, "SchemaMatch": _schema_match,
    "DatasetMatch": _dataset_match, "AggregateMatch": _aggregate_match,
}  # fmt: skip
