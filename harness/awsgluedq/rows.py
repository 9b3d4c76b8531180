"""Which rows pass a ruleset: for each row the rules that it passes, fails and that say nothing of it ("row-level results")."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.utils import AnalysisException

from awsgluedq.columns import column_of
from awsgluedq.exceptions import RuleError
from awsgluedq.model import Composite, Rule, Ruleset
from awsgluedq.references import Sources, matched_rows
from awsgluedq.rule_types import TYPES
from awsgluedq.values import BY_VALUE, value_test

__all__ = ["RESULT_COLUMNS", "RowOptions", "row_outcomes", "rows_pass"]

RESULT_COLUMNS = ("DataQualityRulesPass", "DataQualityRulesFail", "DataQualityRulesSkip", "DataQualityEvaluationResult")
_TESTS = "@rule"


@dataclass(frozen=True)
class RowOptions:
    """How rows are labelled: rows that a where clause leaves out as skipped instead of passed; rules with their labels."""

    skip_filtered: bool = False
    with_labels: bool = False


def row_outcomes(
    ruleset: Ruleset, frame: DataFrame, sources: Sources, unmeasured: Collection[Rule] = (), options: RowOptions = RowOptions()
) -> DataFrame:
    """The rows with the columns RESULT_COLUMNS: arrays of rules' texts, and `Passed` or `Failed`.

    unmeasured: rules that cannot be evaluated over these rows. They have failed with that as their reason; of rows they say nothing.
    """
    leaves = dict.fromkeys(leaf for rule in ruleset.rules for leaf in rule.leaves() if leaf not in unmeasured)
    tested, tests = _tested(leaves, frame, sources, None if options.skip_filtered else True)
    passes, fails, skips = [], [], []
    for rule in ruleset.rules:
        text, met = F.lit(_text(rule, options)), _met(rule, tests)
        if met is None:
            skips.append(text)
            continue
        passes.append(F.when(met, text))
        fails.append(F.when(~met, text))
        skips.append(F.when(met.isNull(), text))
    columns = [_present(one).alias(name) for name, one in zip(RESULT_COLUMNS, (passes, fails, skips), strict=False)]
    result = tested.select(*[F.col(f"`{name}`") for name in frame.columns], *columns)
    return result.withColumn(RESULT_COLUMNS[3], F.when(F.size(RESULT_COLUMNS[1]) > 0, "Failed").otherwise("Passed"))


def rows_pass(rule: Composite, frame: DataFrame, sources: Sources) -> bool:
    """Whether every row passes a composite rule as a whole (`compositeRuleEvaluation.method` ROW).

    Raises RuleError for a rule in it that has no answer for a row, or that is about a share of the rows.
    """
    leaves = list(rule.leaves())
    unfit = [one.kind for one in leaves if not TYPES[one.kind].by_row or not TYPES[one.kind].in_rows or one.threshold]
    if unfit:
        raise RuleError(f"{', '.join(unfit)} cannot be evaluated row by row in a composite rule: set the method to COLUMN")
    tested, tests = _tested(leaves, frame, sources, True, raising=True)
    met = _met(rule, tests)
    return met is not None and not tested.where(~met).limit(1).collect()


def _tested(
    leaves: Iterable[Rule], frame: DataFrame, sources: Sources, filtered: bool | None, raising: bool = False
) -> tuple[DataFrame, Mapping[Rule, Column]]:
    """The frame with a column for each rule about rows, and those columns; `filtered` is what rows get that a where clause leaves out."""
    tests: dict[Rule, Column] = {}
    tested = frame
    for at, rule in enumerate(leaves):
        if not TYPES[rule.kind].by_row or (rule.kind == "CustomSql" and rule.condition is not None):
            continue
        name = f"{_TESTS}{at}"
        try:
            tested = _with_test(tested, frame, rule, {**sources, "primary": frame}, name, filtered)
            tests[rule] = F.col(f"`{name}`")
        except (RuleError, AnalysisException):  # the rule has failed with this as its reason; of rows it says nothing
            if raising:
                raise
    return tested, tests


def _with_test(tested: DataFrame, frame: DataFrame, rule: Rule, sources: Sources, name: str, filtered: bool | None) -> DataFrame:
    if rule.kind in BY_VALUE:
        test = value_test(frame, rule)
    elif rule.kind in ("ReferentialIntegrity", "DatasetMatch", "CustomSql"):
        return matched_rows(frame, rule, sources, name, tested)
    else:
        test = _is_alone(frame, rule)
    if rule.where:
        test = F.when(F.coalesce(F.expr(f"({rule.where})"), F.lit(False)), test).otherwise(F.lit(filtered).cast("boolean"))
    return tested.withColumn(name, test)


def _is_alone(frame: DataFrame, rule: Rule) -> Column:
    """Whether no other row has the row's values; of a primary key, that it has them all too."""
    columns = [column_of(frame, name) for name in rule.arguments]
    counted = F.when(F.expr(f"({rule.where})"), 1) if rule.where else F.lit(1)
    alone = F.count(counted).over(Window.partitionBy(*columns)) == 1
    if rule.kind == "IsPrimaryKey":
        alone = reduce(and_, [column.isNotNull() for column in columns], alone)
    return alone


def _met(rule: Rule | Composite, tests: Mapping[Rule, Column]) -> Column | None:
    if isinstance(rule, Rule):
        return tests.get(rule)
    parts = [_met(part, tests) for part in rule.parts]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return reduce(and_ if rule.op == "AND" else or_, known)


def _text(rule: Rule | Composite, options: RowOptions) -> str:
    if not options.with_labels or not rule.labels:
        return rule.text
    shown = ", ".join(f'"{key}"="{value}"' for key, value in rule.labels)
    return f"{rule.text} labels=[{shown}]"


def _present(texts: list[Column]) -> Column:
    return F.filter(F.array(*texts), lambda one: one.isNotNull()) if texts else F.array().cast("array<string>")
