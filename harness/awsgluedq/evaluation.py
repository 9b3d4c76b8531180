"""Rulesets judged: each rule gets an outcome, a reason, its metrics and the condition that it came down to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pyspark.sql import DataFrame

from awsgluedq.exceptions import RuleError
from awsgluedq.files import FILE_RULES, judge_files
from awsgluedq.history import MetricHistory
from awsgluedq.measures import FAILURES, Measured, Metrics, measure_all, reason_of
from awsgluedq.model import Composite, Condition, Rule, Ruleset
from awsgluedq.numbers import as_text, meets
from awsgluedq.references import PRIMARY, Sources
from awsgluedq.rows import rows_pass

__all__ = ["Analysis", "Evaluation", "Outcome", "evaluate"]

_BY_SHARE = ("ColumnValues", "ColumnLength", "DataFreshness", "ColumnDataType")
"""Rule types whose condition is about a row: what is judged is the share of rows, which the threshold is about."""


@dataclass
class Outcome:
    """A rule and how it went: Passed or Failed, why, its metrics, the rule with its values, its labels."""

    text: str
    passed: bool
    reason: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    evaluated: str = ""
    labels: dict[str, str] = field(default_factory=dict)


@dataclass
class Analysis:
    """An analyzer and its metrics, or why it has none."""

    text: str
    metrics: dict[str, float] = field(default_factory=dict)
    reason: str | None = None


@dataclass
class Evaluation:
    """What a ruleset says of a frame, in the ruleset's order, and the rules that could not be evaluated."""

    outcomes: list[Outcome]
    analyses: list[Analysis]
    unmeasured: frozenset[Rule] = frozenset()


def evaluate(ruleset: Ruleset, frame: DataFrame, others: Sources, history: MetricHistory, by_row: bool = False) -> Evaluation:
    """Outcomes of the rules and metrics of the analyzers, which the history then has too.

    others: frames by alias. by_row: composite rules are evaluated for each row and not for the whole. A rule that cannot be evaluated
    fails and says why, as on Glue.
    """
    sources = {**others, PRIMARY: frame}
    leaves = [leaf for rule in ruleset.rules for leaf in rule.leaves()]
    analyzers = {one: _measurable(one) for one in ruleset.analyzers}
    measured = measure_all([*[one for one in leaves if one.kind not in FILE_RULES], *analyzers.values()], frame, sources)
    judged = {leaf: _judged(leaf, frame, measured.get(leaf), history) for leaf in dict.fromkeys(leaves)}
    whole: Callable[[Composite], bool] | None = (lambda rule: rows_pass(rule, frame, sources)) if by_row else None
    outcomes = [_outcome(rule, judged, whole) for rule in ruleset.rules]
    analyses = [_analysis(one, measured[rule]) for one, rule in analyzers.items()]
    made = [one.metrics for one in judged.values()] + [one.metrics for one in analyses]
    history.add({name: value for metrics in made for name, value in metrics.items()})
    return Evaluation(outcomes, analyses, frozenset(one for one in leaves if isinstance(measured.get(one), RuleError)))


def _measurable(analyzer: Rule) -> Rule:
    """An analyzer of a statement measures its number; a rule of one without a condition would measure its rows."""
    return replace(analyzer, condition=Condition("", ())) if analyzer.kind == "CustomSql" else analyzer


def _analysis(analyzer: Rule, measured: Measured) -> Analysis:
    return Analysis(analyzer.text, {}, str(measured)) if isinstance(measured, RuleError) else Analysis(analyzer.text, dict(measured))


def _outcome(rule: Rule | Composite, judged: dict[Rule, Outcome], by_row: Callable[[Composite], bool] | None) -> Outcome:
    if isinstance(rule, Rule):
        return replace(judged[rule], labels=dict(rule.labels))
    parts = [_outcome(part, judged, None) for part in rule.parts]
    metrics = {name: value for one in parts for name, value in one.metrics.items()}
    found = Outcome(rule.text, False, None, metrics, _composed(rule.op, parts), dict(rule.labels))
    if by_row is None:
        found.passed = (all if rule.op == "AND" else any)(one.passed for one in parts)
        reasons = [one.reason for one in parts if one.reason]
    else:
        found.passed, reasons = _row_by_row(rule, by_row)
    found.reason = None if found.passed else "\n".join(reasons)
    return found


def _composed(op: str, parts: Sequence[Outcome]) -> str:
    return f" {op} ".join(f"({one.evaluated})" for one in parts)


def _row_by_row(rule: Composite, by_row: Callable[[Composite], bool]) -> tuple[bool, list[str]]:
    try:
        return by_row(rule), ["Not every row meets the rule."]
    except (RuleError, *FAILURES) as error:
        return False, [reason_of(error)]


def _judged(rule: Rule, frame: DataFrame, measured: Measured | None, history: MetricHistory) -> Outcome:
    found = Outcome(rule.text, False, evaluated=rule.text)
    try:
        if rule.kind in FILE_RULES:
            found.metrics, found.passed, reason = judge_files(rule, frame, history)
        elif isinstance(measured, RuleError) or measured is None:
            raise measured or RuleError("The rule was not measured")
        else:
            found.metrics = dict(measured)
            found.passed, reason, found.evaluated = _compared(rule, measured, history)
        found.reason = None if found.passed else reason
    except RuleError as error:
        found.reason = str(error)
    return found


def _compared(rule: Rule, metrics: Metrics, history: MetricHistory) -> tuple[bool, str, str]:
    """Whether the metrics meet the rule, what is said when not, and the rule with its values."""
    if rule.kind == "IsPrimaryKey":
        missed = {name: value for name, value in metrics.items() if value != 1.0}
        said = "\n".join(f"Value: {value} does not meet the constraint requirement!" for value in missed.values())
        return not missed, said, rule.text
    name, value = next(iter(metrics.items()))
    former = history.of(name)
    condition = rule.threshold if rule.kind in _BY_SHARE or rule.threshold is not None else rule.condition
    evaluated = rule.text
    if condition is not None and condition.is_dynamic:
        evaluated = rule.text.replace(condition.text, as_text(condition, former))
    return meets(value, condition, former), f"Value: {metrics.value or value} does not meet the constraint requirement!", evaluated
