"""`deployment/rulesets/<database>.<table>.dqdl`: what the quality gate asks of the catalog's tables, as Glue Data Quality's rulesets.

The gate proves a batch before it is published; the rulesets judge the whole table at any time, by Glue's own evaluation. Both follow from
`wholesale.quality`. What DQDL cannot say (that versions follow each other, that a rule only warns) or says of other tables (foreign keys)
stays the gate's.
"""

from __future__ import annotations

from pathlib import Path

from deployment.jobs import CHECKOUT
from etl_common.quality import MetricRule, RowRule, Ruleset, UniqueRule
from wholesale.quality import CURATED_RULESETS, DIMENSION_RULESETS

__all__ = ["RULESETS_FOLDER", "dqdl", "rulesets"]

RULESETS_FOLDER = CHECKOUT / "deployment" / "rulesets"
_DATABASE = "curated"
_REQUIRED = " IS NOT NULL"


def rulesets() -> dict[Path, str]:
    """By file: the ruleset of each table of the catalog that has rules."""
    return {RULESETS_FOLDER / f"{_DATABASE}.{ruleset.table}.dqdl": dqdl(ruleset) for ruleset in (*CURATED_RULESETS, *DIMENSION_RULESETS)}


def dqdl(ruleset: Ruleset) -> str:
    """The rules of one table in the Data Quality Definition Language.

    >>> print(dqdl(Ruleset("t", rows=(RowRule("positive", "a > 0"),), unique=(UniqueRule("key", ("a",)),))), end="")
    Rules = [
        CustomSql "SELECT COUNT(*) FROM primary WHERE NOT (a > 0)" = 0,
        IsUnique "a"
    ]
    """
    rules = [*map(_row, ruleset.rows), *map(_unique, ruleset.unique), *(rule for metric in ruleset.metrics for rule in _metric(metric))]
    return "Rules = [\n" + ",\n".join(f"    {rule}" for rule in rules) + "\n]\n"


def _row(rule: RowRule) -> str:
    column = rule.condition.removesuffix(_REQUIRED)
    if rule.condition.endswith(_REQUIRED) and column.isidentifier():
        return f'IsComplete "{column}"'
    return f'CustomSql "SELECT COUNT(*) FROM primary WHERE NOT ({rule.condition})" = 0'


def _unique(rule: UniqueRule) -> str:
    if len(rule.columns) == 1:
        return f'IsUnique "{rule.columns[0]}"'
    columns = ", ".join(rule.columns)
    return f'CustomSql "SELECT COUNT(*) FROM (SELECT {columns} FROM primary GROUP BY {columns} HAVING COUNT(*) > 1)" = 0'


def _metric(rule: MetricRule) -> list[str]:
    """A rule for each bound: DQDL's `between` leaves its bounds out."""
    measured = {
        "size": "RowCount",
        "completeness": f'Completeness "{rule.metric.of}"',
        "compliance": f'CustomSql "SELECT AVG(CASE WHEN {rule.metric.of} THEN 1.0 ELSE 0.0 END) FROM primary"',
        "mean": f'Mean "{rule.metric.of}"',
    }
    if rule.metric.kind not in measured:
        kind = rule.metric.kind
        raise ValueError(f"{rule.name}: DQDL has no measure here for {kind}: add one to `_metric`, or leave the rule to the gate.")
    bounds = ((">=", rule.at_least), ("<=", rule.at_most))
    return [f"{measured[rule.metric.kind]} {sign} {bound:.15g}" for sign, bound in bounds if bound is not None]
