"""Data quality behind one interface: rules, engines that measure, and results.

    report = evaluate(spark, {"dim_customer": frame, …}, rulesets)
    report.raise_if_blocked()

`model_rulesets` derives what follows from a warehouse's keys. Metrics are measured by Deequ
(`DeequEngine`) or by Spark alone (`SparkEngine`); rules do not know which.
"""

from __future__ import annotations

from etl_common.quality.engines import DeequEngine, MetricsEngine, SparkEngine
from etl_common.quality.evaluation import evaluate
from etl_common.quality.model_rules import model_rulesets
from etl_common.quality.results import QualityReport, RuleResult
from etl_common.quality.rules import ForeignKeyRule, HistoryRule, Metric, MetricRule, RowRule, Ruleset, UniqueRule, merged

__all__ = [
    "DeequEngine",
    "ForeignKeyRule",
    "HistoryRule",
    "Metric",
    "MetricRule",
    "MetricsEngine",
    "QualityReport",
    "RowRule",
    "RuleResult",
    "Ruleset",
    "SparkEngine",
    "UniqueRule",
    "evaluate",
    "merged",
    "model_rulesets",
]
