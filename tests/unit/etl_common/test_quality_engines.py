"""Deequ and Spark measure the same. Deequ's jar is not in the Glue image, so this is skipped without it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.utils import AnalysisException

from etl_common.exceptions import ConfigurationError
from etl_common.quality import DeequEngine, Metric, MetricRule, Ruleset, SparkEngine, evaluate
from etl_common.quality import engines as engines_module

METRICS = [
    Metric("size"),
    Metric("completeness", "amount"),
    Metric("compliance", "amount > 0 OR city LIKE 'B%'"),
    Metric("minimum", "amount"),
    Metric("maximum", "amount"),
    Metric("mean", "amount"),
    Metric("approximate_distinct", "city"),
]


@pytest.fixture
def sales(spark: SparkSession) -> DataFrame:
    rows = [(1, Decimal("5.25"), "Bonn"), (2, Decimal("-1.00"), "Paris"), (3, None, "Bonn"), (4, Decimal("2.00"), None)]
    return spark.createDataFrame(rows, "id int, amount decimal(12,2), city string")


@pytest.fixture
def deequ(spark: SparkSession) -> DeequEngine:
    if spark._jvm.java.lang.Thread.currentThread().getContextClassLoader().getResource(engines_module.DEEQU_CLASS) is None:
        pytest.skip("this session has no Deequ jar")
    return DeequEngine()


def test_deequ_and_spark_measure_the_same(deequ: DeequEngine, sales: DataFrame) -> None:
    assert deequ.measure(sales, METRICS) == pytest.approx(SparkEngine().measure(sales, METRICS))


def test_what_has_no_value_is_none_with_both(deequ: DeequEngine, sales: DataFrame) -> None:
    of_nothing = [Metric("mean", "amount"), Metric("minimum", "amount")]

    assert deequ.measure(sales.limit(0), of_nothing) == dict.fromkeys(of_nothing)
    assert SparkEngine().measure(sales.limit(0), of_nothing) == dict.fromkeys(of_nothing)


def test_a_column_that_is_not_there_is_an_error_and_not_a_missing_value(deequ: DeequEngine, sales: DataFrame) -> None:
    with pytest.raises(AnalysisException, match="price"):
        deequ.measure(sales, [Metric("mean", "price")])


def test_a_session_without_deequ_says_what_to_pass(sales: DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines_module, "DEEQU_CLASS", "com/amazon/deequ/NoSuchThing.class")

    with pytest.raises(ConfigurationError, match="--extra-jars"):
        DeequEngine().measure(sales, [Metric("size")])


def test_deequ_measures_several_tables_at_once(deequ: DeequEngine, spark: SparkSession, sales: DataFrame) -> None:
    tables = {f"sales_{n}": sales.where(f"id > {n}") for n in range(4)}
    rulesets = [Ruleset(name, metrics=(MetricRule("rows", Metric("size"), at_least=4),)) for name in tables]

    report = evaluate(spark, tables, rulesets, engine=deequ)

    assert [(result.table, result.observed) for result in report.results] == [(f"sales_{n}", str(4 - n)) for n in range(4)]
