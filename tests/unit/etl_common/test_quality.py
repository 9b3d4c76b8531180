from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession

from etl_common.exceptions import MissingReferenceError, ModelError, QualityError
from etl_common.quality import (
    ForeignKeyRule,
    HistoryRule,
    Metric,
    MetricRule,
    QualityReport,
    RowRule,
    Ruleset,
    SparkEngine,
    UniqueRule,
    evaluate,
    merged,
)

FOREVER = datetime(9999, 12, 31)
BEGINNING = datetime(1900, 1, 1)
MARCH, APRIL = datetime(2026, 3, 1), datetime(2026, 4, 1)
VERSIONS = "shop_id bigint, city string, effective_from timestamp, effective_to timestamp, is_current boolean"
SALES = "sale_id bigint, shop_key bigint, amount decimal(12,2)"


def _result(report: QualityReport, rule: str) -> tuple[bool, int | None]:
    found = next(result for result in report.results if result.rule == rule)
    return found.passed, found.failed_rows


def _history(spark: SparkSession, rows: list[tuple[object, ...]]) -> QualityReport:
    versions = spark.createDataFrame(rows, VERSIONS)
    return evaluate(spark, {"dim_shop": versions}, [Ruleset("dim_shop", history=HistoryRule(("shop_id",)))], engine=SparkEngine())


@pytest.fixture
def sales(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(1, 10, Decimal("5.00")), (2, 10, Decimal("-1.00")), (2, 99, None)], SALES)


@pytest.fixture
def shops(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(-1, None), (10, 1)], "shop_key bigint, shop_id bigint")


def test_versions_that_follow_each_other_break_no_rule(spark: SparkSession) -> None:
    report = _history(
        spark,
        [
            (1, "Bonn", BEGINNING, MARCH, False),
            (1, "Köln", MARCH, FOREVER, True),
            (2, "Paris", BEGINNING, FOREVER, True),
            (None, None, BEGINNING, FOREVER, True),
        ],
    )

    assert report.failed == ()
    assert len(report.results) == 5


@pytest.mark.parametrize(
    ("versions", "broken"),
    [
        pytest.param([(1, "a", BEGINNING, MARCH, False), (1, "b", APRIL, FOREVER, True)], {"history_without_gap"}, id="gap"),
        pytest.param([(1, "a", BEGINNING, APRIL, False), (1, "b", MARCH, FOREVER, True)], {"history_without_overlap"}, id="overlap"),
        pytest.param([(1, "a", MARCH, FOREVER, True)], {"history_from_the_beginning"}, id="late_beginning"),
        pytest.param([(1, "a", BEGINNING, APRIL, True)], {"history_to_the_end"}, id="early_end"),
        pytest.param([(1, "a", BEGINNING, MARCH, True), (1, "b", MARCH, FOREVER, True)], {"one_current_version"}, id="two_current"),
        pytest.param([(1, "a", BEGINNING, FOREVER, False)], {"one_current_version"}, id="none_current"),
        pytest.param(
            [(1, "a", BEGINNING, FOREVER, True), (1, "b", BEGINNING, FOREVER, True)],
            {"history_without_overlap", "one_current_version"},
            id="the_same_version_twice",
        ),
    ],
)
def test_versions_that_do_not_follow_each_other_break_the_rule_that_says_so(
    spark: SparkSession, versions: list[tuple[object, ...]], broken: set[str]
) -> None:
    report = _history(spark, versions)

    assert {result.rule for result in report.failed} == broken
    assert all(result.failed_rows == 1 for result in report.failed)


def test_conditions_count_the_rows_that_break_them_and_show_some(spark: SparkSession, sales: DataFrame) -> None:
    report = evaluate(spark, {"s": sales}, [Ruleset("s", rows=(RowRule("positive", "amount > 0"),))], engine=SparkEngine())

    (result,) = report.results
    assert (result.passed, result.failed_rows, result.observed) == (False, 1, "1 rows break it")
    assert result.sample == ({"sale_id": "2", "shop_key": "10", "amount": "-1.00"},)


def test_a_condition_that_is_null_holds(spark: SparkSession, sales: DataFrame) -> None:
    rule = RowRule("positive", "amount > -5")

    assert evaluate(spark, {"s": sales}, [Ruleset("s", rows=(rule,))], engine=SparkEngine()).passed


def test_a_repeated_key_is_shown_with_whom_it_belongs_to(spark: SparkSession, sales: DataFrame) -> None:
    ruleset = Ruleset("s", unique=(UniqueRule("unique_sale", ("sale_id",), show=("shop_key",)),))

    (result,) = evaluate(spark, {"s": sales}, [ruleset], engine=SparkEngine()).results

    assert (result.passed, result.failed_rows) == (False, 2)
    assert result.sample == ({"sale_id": "2", "rows": "2", "of": '[10, 99]'},)


def test_a_foreign_key_without_a_member_is_found_and_null_is_not_looked_up(spark: SparkSession, shops: DataFrame) -> None:
    sales = spark.createDataFrame([(1, 10, None), (2, -1, None), (3, 77, None), (4, None, None)], SALES)
    ruleset = Ruleset("s", foreign_keys=(ForeignKeyRule("fk_shop", "shop_key", "dim_shop", "shop_key"),))

    report = evaluate(spark, {"s": sales, "dim_shop": shops}, [ruleset], engine=SparkEngine())

    assert _result(report, "fk_shop") == (False, 1)
    assert report.failed[0].sample[0]["sale_id"] == "3"


def test_a_table_that_a_foreign_key_needs_is_asked_for_by_name(spark: SparkSession, sales: DataFrame) -> None:
    ruleset = Ruleset("s", foreign_keys=(ForeignKeyRule("fk_shop", "shop_key", "dim_shop", "shop_key"),))

    with pytest.raises(MissingReferenceError, match="dim_shop"):
        evaluate(spark, {"s": sales}, [ruleset], engine=SparkEngine())


@pytest.mark.parametrize(
    ("metric", "observed"),
    [
        pytest.param(Metric("size"), "3", id="size"),
        pytest.param(Metric("completeness", "amount"), "0.666667", id="completeness"),
        pytest.param(Metric("compliance", "amount > 0"), "0.333333", id="compliance_counts_null_as_not_satisfied"),
        pytest.param(Metric("minimum", "amount"), "-1", id="minimum"),
        pytest.param(Metric("maximum", "amount"), "5", id="maximum"),
        pytest.param(Metric("mean", "amount"), "2", id="mean"),
        pytest.param(Metric("approximate_distinct", "shop_key"), "2", id="approximate_distinct"),
    ],
)
def test_spark_measures_each_metric(spark: SparkSession, sales: DataFrame, metric: Metric, observed: str) -> None:
    ruleset = Ruleset("s", metrics=(MetricRule("m", metric, at_least=-10),))

    (result,) = evaluate(spark, {"s": sales}, [ruleset], engine=SparkEngine()).results

    assert result.observed == observed


def test_bounds_are_inclusive_on_both_sides() -> None:
    rule = MetricRule("m", Metric("size"), at_least=2, at_most=3)

    assert [rule.holds(n) for n in (1, 2, 3, 4)] == [False, True, True, False]
    assert rule.expected == "size >= 2 and <= 3"


def test_an_empty_table_has_a_size_and_nothing_else_to_measure(spark: SparkSession, sales: DataFrame) -> None:
    ruleset = Ruleset(
        "s",
        rows=(RowRule("positive", "amount > 0"),),
        metrics=(
            MetricRule("not_empty", Metric("size"), at_least=1, severity="block"),
            MetricRule("mean", Metric("mean", "amount"), at_least=1),
        ),
    )

    report = evaluate(spark, {"s": sales.limit(0)}, [ruleset], engine=SparkEngine())

    assert [(result.rule, result.passed) for result in report.results] == [("positive", True), ("not_empty", False), ("mean", True)]


def test_a_blocking_rule_stops_the_batch_and_a_warning_does_not(spark: SparkSession, sales: DataFrame) -> None:
    warn = Ruleset("s", rows=(RowRule("positive", "amount > 0", severity="warn"),))
    block = Ruleset("s", rows=(RowRule("small", "amount < 1"),))

    warned = evaluate(spark, {"s": sales}, [warn], engine=SparkEngine())
    blocked = evaluate(spark, {"s": sales}, merged([warn], [block]), engine=SparkEngine())

    warned.raise_if_blocked()
    assert (warned.passed, len(warned.failed)) == (True, 1)
    with pytest.raises(QualityError, match=r"1 blocking quality rules failed.*s\.small: expected amount < 1, observed 1 rows break it"):
        blocked.raise_if_blocked()


def test_a_report_is_json(spark: SparkSession, sales: DataFrame) -> None:
    report = evaluate(spark, {"s": sales}, [Ruleset("s", rows=(RowRule("positive", "amount > 0"),))], engine=SparkEngine())

    written = json.loads(json.dumps(report.as_json()))

    assert (written["passed"], written["rules"], written["blocking"], written["warnings"]) == (False, 1, 1, 0)
    assert written["results"][0]["sample"] == [{"sale_id": "2", "shop_key": "10", "amount": "-1.00"}]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Metric("mean"), id="mean_of_nothing"),
        pytest.param(lambda: Metric("size", "amount"), id="size_of_a_column"),
        pytest.param(lambda: MetricRule("m", Metric("size")), id="rule_without_bound"),
        pytest.param(
            lambda: merged([Ruleset("t", history=HistoryRule(("a",)))], [Ruleset("t", history=HistoryRule(("b",)))]), id="two_histories"
        ),
    ],
)
def test_a_rule_that_means_nothing_is_refused(make: object) -> None:
    with pytest.raises(ModelError):
        make()
