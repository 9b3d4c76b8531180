"""Engines that measure metrics. Deequ sits behind `MetricsEngine`, so that a platform without it
(Glue 6.0 runs Spark 4.1, for which there is no Deequ yet) takes `SparkEngine` and the rules stay.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from etl_common.exceptions import ConfigurationError
from etl_common.quality.rules import Metric

__all__ = ["DeequEngine", "MetricsEngine", "SparkEngine"]

DEEQU_CLASS = "com/amazon/deequ/analyzers/Analyzer.class"


class MetricsEngine(Protocol):
    """Measures all metrics of a frame, in as few passes as it can; None where a metric has no value (no rows)."""

    def measure(self, frame: DataFrame, metrics: Sequence[Metric]) -> Mapping[Metric, float | None]: ...


_SPARK: dict[str, Callable[[str], Column]] = {
    "size": lambda _: F.count(F.lit(1)),
    "completeness": lambda of: F.avg(F.col(of).isNotNull().cast("double")),
    "compliance": lambda of: F.avg(F.coalesce(F.expr(of), F.lit(False)).cast("double")),
    "minimum": F.min,
    "maximum": F.max,
    "mean": F.avg,
    "approximate_distinct": lambda of: F.approx_count_distinct(of, 0.05),
}


class SparkEngine:
    """One aggregation by Spark itself."""

    def measure(self, frame: DataFrame, metrics: Sequence[Metric]) -> dict[Metric, float | None]:
        if not metrics:
            return {}
        row = frame.agg(*(_SPARK[metric.kind](metric.of).cast("double").alias(f"m{n}") for n, metric in enumerate(metrics))).collect()[0]
        return {metric: row[f"m{n}"] for n, metric in enumerate(metrics)}


class DeequEngine:
    """Deequ's analyzers through pydeequ, which shares one scan among them.

    Only its analyzers are used: pydeequ's checks take Python callbacks, whose callback server keeps
    the process from ending. pydeequ reads SPARK_VERSION when it is imported and fails without it.
    """

    def measure(self, frame: DataFrame, metrics: Sequence[Metric]) -> dict[Metric, float | None]:
        if not metrics:
            return {}
        _require_deequ(frame)
        os.environ.setdefault("SPARK_VERSION", ".".join(frame.sparkSession.version.split(".")[:2]))
        from pydeequ.analyzers import AnalysisRunner, AnalyzerContext

        run = AnalysisRunner(frame.sparkSession).onData(frame)
        for metric in metrics:
            run = run.addAnalyzer(_deequ_analyzer(metric))
        context = run.run()
        rows = AnalyzerContext.successMetricsAsDataFrame(frame.sparkSession, context).collect()
        found = {(row["name"], row["instance"]): row["value"] for row in rows}
        # Deequ leaves out what it could not measure, whatever the reason. Spark says which: it gives
        # null where there is nothing to measure, and raises for a column that is not there.
        missing = [metric for metric in metrics if _deequ_name(metric) not in found]
        return {metric: found.get(_deequ_name(metric)) for metric in metrics} | SparkEngine().measure(frame, missing)


# metric -> (name in Deequ's results, class of pydeequ.analyzers)
_DEEQU = {
    "size": ("Size", "Size"),
    "completeness": ("Completeness", "Completeness"),
    "compliance": ("Compliance", "Compliance"),
    "minimum": ("Minimum", "Minimum"),
    "maximum": ("Maximum", "Maximum"),
    "mean": ("Mean", "Mean"),
    "approximate_distinct": ("ApproxCountDistinct", "ApproxCountDistinct"),
}


def _deequ_analyzer(metric: Metric) -> object:
    from pydeequ import analyzers

    analyzer = getattr(analyzers, _DEEQU[metric.kind][1])
    if metric.kind == "size":
        return analyzer()
    return analyzer(metric.of, metric.of) if metric.kind == "compliance" else analyzer(metric.of)


def _deequ_name(metric: Metric) -> tuple[str, str]:
    return _DEEQU[metric.kind][0], metric.of or "*"


def _require_deequ(frame: DataFrame) -> None:
    jvm: Any = frame.sparkSession._jvm
    # An unknown class is, to Py4J, a package; asking the class loader gives a plain answer.
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    if loader.getResource(DEEQU_CLASS) is None:
        raise ConfigurationError(
            "Deequ is not on the driver's class path. Pass its jar (--extra-jars on Glue, --jars with spark-submit), "
            "or choose SparkEngine()."
        )
