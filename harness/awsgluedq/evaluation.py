"""Rules judged: each gets an outcome, a reason and its metrics; rules about rows also say which rows fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from awsglue.exceptions import NotSupportedError
from awsgluedq.dqdl import Composite, Rule, Ruleset
from awsgluedq.exceptions import RulesetError
from awsgluedq.history import MetricHistory
from awsgluedq.measures import MEASURES, ROW_RULES, Sources, _rows, meets, row_condition

__all__ = ["Outcome", "evaluate", "row_outcomes"]

_ONE: Callable[[Any], bool] = lambda value: value == 1.0  # noqa: E731 the default of rules that say "is"
_ANALYZERS = ("Completeness", "Uniqueness", "UniqueValueRatio", "DistinctValuesCount", "Entropy", "Mean", "Sum", "StandardDeviation",
              "RowCount", "ColumnCount", "ColumnCorrelation", "AllStatistics", "ColumnLength")  # fmt: skip
_REFUSED = {
    "DetectAnomalies": "Its model is Amazon's own: use dynamic rules such as RowCount > avg(last(10)).",
    "FileFreshness": "A frame does not know its files.", "FileMatch": "A frame does not know its files.",
    "FileSize": "A frame does not know its files.", "FileUniqueness": "A frame does not know its files.",
}  # fmt: skip


@dataclass
class Outcome:
    """A rule and how it went: Passed or Failed, why, and its metrics."""

    text: str
    passed: bool
    reason: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)


def evaluate(ruleset: Ruleset, frame: DataFrame, sources: Sources, history: MetricHistory) -> tuple[list[Outcome], dict[str, float]]:
    """Outcomes of the rules and metrics of the analyzers. A rule that cannot be evaluated fails and says why, as on Glue.

    Raises RulesetError or NotSupportedError for a rule type that there is not.
    """
    for one in _flat(ruleset):
        _check_kind(one)
    frame = frame.cache() if len(ruleset.rules) > 1 else frame
    outcomes = [_outcome(rule, frame, sources, history) for rule in ruleset.rules]
    analyzed: dict[str, float] = {}
    for analyzer in ruleset.analyzers:
        analyzed |= _analyzed(analyzer, frame, sources)
    history.add({name: value for one in outcomes for name, value in one.metrics.items()} | analyzed)
    return outcomes, analyzed


def _flat(ruleset: Ruleset) -> list[Rule]:
    def inside(rule: Rule | Composite) -> list[Rule]:
        return [rule] if isinstance(rule, Rule) else [one for part in rule.parts for one in inside(part)]

    return [one for rule in ruleset.rules for one in inside(rule)]


def _check_kind(rule: Rule) -> None:
    if rule.kind in _REFUSED:
        raise NotSupportedError(f"DQDL rule type {rule.kind}", _REFUSED[rule.kind])
    if rule.kind not in MEASURES and rule.kind not in ROW_RULES:
        raise RulesetError(f"No rule type {rule.kind!r}", rule.text, {*MEASURES, *ROW_RULES})


def _outcome(rule: Rule | Composite, frame: DataFrame, sources: Sources, history: MetricHistory) -> Outcome:
    if isinstance(rule, Composite):
        parts = [_outcome(part, frame, sources, history) for part in rule.parts]
        passed = all(one.passed for one in parts) if rule.op == "AND" else any(one.passed for one in parts)
        reasons = "; ".join(f"{one.text}: {one.reason}" for one in parts if not one.passed)
        return Outcome(rule.text, passed, None if passed else reasons, {n: v for one in parts for n, v in one.metrics.items()})
    try:
        rows = frame.where(rule.where) if rule.where else frame
        metrics, passed, said = _judged(rule, rows, sources, history)
    except RulesetError as error:
        return Outcome(rule.text, False, str(error))
    except LookupError as error:
        return Outcome(rule.text, False, f"The rule needs former runs: {error}")
    return Outcome(rule.text, passed, None if passed else said, metrics)


def _judged(rule: Rule, frame: DataFrame, sources: Sources, history: MetricHistory) -> tuple[dict[str, float], bool, str]:
    if rule.kind in ("ColumnValues", "ColumnLength", "DataFreshness"):
        name = f"Column.{rule.arguments[0]}.{rule.kind}.Compliance"
        metrics = _rows(frame, rule, sources, history.of(name))
        passed = meets(metrics[name], rule.threshold, history.of(name), _ONE)
        return metrics, passed, f"Value: {metrics[name]} does not meet the constraint requirement!"
    metrics = MEASURES[rule.kind](frame, rule, sources)
    name, value = next(iter(metrics.items()))
    former = history.of(name)
    if rule.kind == "IsPrimaryKey":
        return metrics, all(one == 1.0 for one in metrics.values()), f"Not every key is there once: {metrics}"
    condition = rule.threshold if rule.threshold is not None or rule.kind == "ColumnDataType" else rule.condition
    passed = meets(value, condition, former, _ONE)
    return metrics, passed, f"Value: {value} does not meet the constraint requirement!"


def _analyzed(rule: Rule, frame: DataFrame, sources: Sources) -> dict[str, float]:
    if rule.kind not in _ANALYZERS:
        raise RulesetError(f"No analyzer {rule.kind!r}", rule.text, _ANALYZERS)
    if rule.kind == "AllStatistics":
        names = rule.arguments or tuple(frame.columns)
        kinds = ("Completeness", "Uniqueness", "DistinctValuesCount", "Entropy")
        return {
            name: value
            for column in names
            for kind in kinds
            for name, value in MEASURES[kind](frame, Rule(kind, (column,), None, None, "", rule.text), sources).items()
        }
    if rule.kind == "ColumnLength":
        column = F.length(F.col(f"`{rule.arguments[0]}`"))
        low, high = frame.agg(F.min(column), F.max(column)).collect()[0]
        return {f"Column.{rule.arguments[0]}.MinimumLength": float(low or 0), f"Column.{rule.arguments[0]}.MaximumLength": float(high or 0)}
    return MEASURES[rule.kind](frame, rule, sources)


def row_outcomes(ruleset: Ruleset, frame: DataFrame, history: MetricHistory) -> DataFrame:
    """The rows and, for each, the rules that it passes, fails and that say nothing about rows, and the result of all."""
    passes, fails, skipped = [], [], []
    for rule in ruleset.rules:
        condition = _row_test(rule, frame, history)
        if condition is None:
            skipped.append(F.lit(rule.text))
        else:
            passes.append(F.when(condition, F.lit(rule.text)))
            fails.append(F.when(~condition, F.lit(rule.text)))
    texts = "array<string>"
    columns: Mapping[str, Column] = {
        "DataQualityRulesPass": F.filter(F.array(*passes), lambda one: one.isNotNull()) if passes else F.array().cast(texts),
        "DataQualityRulesFail": F.filter(F.array(*fails), lambda one: one.isNotNull()) if fails else F.array().cast(texts),
        "DataQualityRulesSkip": F.array(*skipped) if skipped else F.array().cast(texts),
    }
    result = frame.select("*", *[column.alias(name) for name, column in columns.items()])
    failed = F.size("DataQualityRulesFail") > 0
    return result.withColumn("DataQualityEvaluationResult", F.when(failed, "Failed").otherwise("Passed"))


def _row_test(rule: Rule | Composite, frame: DataFrame, history: MetricHistory) -> Column | None:
    if isinstance(rule, Composite):
        parts = [_row_test(part, frame, history) for part in rule.parts]
        whole = parts[0]
        for part in parts[1:]:
            if whole is None or part is None:
                return None
            whole = (whole & part) if rule.op == "AND" else (whole | part)
        return whole
    if rule.kind not in ROW_RULES:
        return None
    try:
        test = F.coalesce(row_condition(frame, rule, history.of(f"Column.{rule.arguments[0]}.{rule.kind}.Compliance")), F.lit(False))
    except (RulesetError, LookupError):
        return None
    return (~F.coalesce(F.expr(rule.where), F.lit(False)) | test) if rule.where else test
