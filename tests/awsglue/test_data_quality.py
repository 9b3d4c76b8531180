"""Rulesets: how they are read, what each rule type says of a frame, what is remembered, and which rows fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.exceptions import NotSupportedError
from awsgluedq.dqdl import Composite, Rule, parse
from awsgluedq.exceptions import RulesetError
from awsgluedq.transforms import EvaluateDataQuality

ORDERS = [(1, "a@x.org", 10.0, "NY"), (2, "b@x.org", 20.0, "CA"), (3, None, 30.0, "CA"), (3, "", -5.0, "ZZ")]

# Rule -> whether the orders pass it.
RULES = {
    "RowCount = 4": True,
    "RowCount between 4 and 10": False,
    "RowCount between 3 and 10": True,
    "ColumnCount > 4": False,
    'ColumnExists "email"': True,
    'ColumnExists "phone"': False,
    'IsComplete "id"': True,
    'IsComplete "email"': False,
    'Completeness "email" >= 0.75': True,
    'Completeness "email" > 0.75': False,
    'IsUnique "id"': False,
    'Uniqueness "id" = 0.5': True,
    'UniqueValueRatio "id" > 0.6': True,
    'IsPrimaryKey "id"': False,
    'IsPrimaryKey "id" "price"': True,
    'DistinctValuesCount "state" = 3': True,
    'ColumnValues "price" > 0': False,
    'ColumnValues "price" > 0 with threshold >= 0.75': True,
    'ColumnValues "state" in ["NY", "CA", "ZZ"]': True,
    'ColumnValues "state" not in ["ZZ"]': False,
    'ColumnValues "email" matches ".*@x.org" with threshold = 0.5': True,
    'ColumnValues "email" != NULL': False,
    'ColumnValues "email" != EMPTY': False,
    'ColumnLength "state" = 2': True,
    'Mean "price" = 13.75': True,
    'Sum "price" between 50 and 60': True,
    'StandardDeviation "price" < 20': True,
    'Entropy "state" > 1': True,
    'ColumnDataType "state" = "Integer"': False,
    'ColumnDataType "id" = "Long"': True,
    'CustomSql "select count(*) from primary where price < 0" = 1': True,
    'CustomSql "select * from primary where price > 0" with threshold > 0.7': True,
    'ReferentialIntegrity "state" "states.code" >= 0.75': True,
    'ReferentialIntegrity "state" "states.code" = 1.0': False,
    'RowCountMatch "states" = 2.0': True,
    'AggregateMatch "sum(id)" "sum(states.weight)" = 1.5': True,
    'SchemaMatch "states" = 1.0': False,
    'ColumnNamesMatchPattern "[a-z]+"': True,
    'ColumnCorrelation "id" "price" between -1 and 1': True,
    'Completeness "email" = 1.0 where "id < 3"': True,
    '(IsComplete "id") AND (RowCount > 1)': True,
    '(IsUnique "id") AND (RowCount > 1)': False,
    '(IsUnique "id") OR (RowCount > 1)': True,
    'IsComplete "phone"': False,
    "RowCount > avg(last(10))": False,
}


@pytest.fixture(scope="module")
def glue(spark_session: SparkSession) -> GlueContext:
    return GlueContext(spark_session)


@pytest.fixture(scope="module")
def orders(glue: GlueContext) -> DynamicFrame:
    frame = glue.spark_session.createDataFrame(ORDERS, "id long, email string, price double, state string")
    return DynamicFrame.fromDF(frame.coalesce(1), glue, "orders")


def test_each_rule_type_says_whether_the_frame_passes(glue: GlueContext, orders: DynamicFrame) -> None:
    states = glue.spark_session.createDataFrame([("NY", 2), ("CA", 4)], "code string, weight long")
    ruleset = "Rules = [\n" + ",\n".join(RULES) + "\n]"

    outcomes = EvaluateDataQuality.apply(
        frame=orders, ruleset=ruleset, additional_data_sources={"states": DynamicFrame.fromDF(states, glue, "states")}
    )

    rows = outcomes.toDF().collect()
    assert {row["Rule"]: row["Outcome"] for row in rows} == {rule: "Passed" if passes else "Failed" for rule, passes in RULES.items()}
    assert all(row["FailureReason"] for row in rows if row["Outcome"] == "Failed")
    missing = next(row for row in rows if row["Rule"] == 'IsComplete "phone"')
    assert "No column 'phone'" in missing["FailureReason"]
    assert "Possible: email, id, price, state" in missing["FailureReason"]


def test_rules_of_freshness_and_of_matching_rows_say_whether_the_frame_passes(glue: GlueContext) -> None:
    spark = glue.spark_session
    mine = DynamicFrame.fromDF(spark.sql("select id, now() - make_interval(0, 0, 0, 0, 2) at, 'x' v from range(4)"), glue, "mine")
    copy = DynamicFrame.fromDF(spark.sql("select id, 'x' v from range(3)"), glue, "copy")
    wanted = {
        'DataFreshness "at" <= 3 hours': "Passed",
        'DataFreshness "at" < 1 hours': "Failed",
        'DatasetMatch "copy" "id" "v" >= 0.75': "Passed",
        'DatasetMatch "copy" "id" "v" > 0.75': "Failed",
    }

    outcomes = EvaluateDataQuality.apply(frame=mine, ruleset=f"Rules = [ {', '.join(wanted)} ]", additional_data_sources={"copy": copy})

    assert {row["Rule"]: row["Outcome"] for row in outcomes.toDF().collect()} == wanted


def test_rows_say_which_rules_they_pass_fail_and_are_not_of(orders: DynamicFrame) -> None:
    ruleset = 'Rules = [ IsComplete "email", ColumnValues "price" > 0, RowCount > 1 ]'

    frames = EvaluateDataQuality().process_rows(
        frame=orders, ruleset=ruleset, publishing_options={}, additional_options={"observations.scope": "ALL"}
    )

    assert set(frames.keys()) == {"ruleOutcomes", "rowLevelOutcomes"}
    rows = frames["rowLevelOutcomes"].toDF().orderBy("price").collect()
    assert [row["DataQualityEvaluationResult"] for row in rows] == ["Failed", "Passed", "Passed", "Failed"]
    assert rows[0]["DataQualityRulesFail"] == ['ColumnValues "price" > 0']
    assert rows[3]["DataQualityRulesFail"] == ['IsComplete "email"']
    assert rows[1]["DataQualityRulesSkip"] == ["RowCount > 1"]


def test_a_dynamic_rule_compares_with_former_runs(orders: DynamicFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_DATA_QUALITY", str(tmp_path))
    options = {"dataQualityEvaluationContext": "nightly"}
    ruleset = "Rules = [ RowCount >= 0.8 * avg(last(10)), RowCount > last() ]"

    def outcomes() -> list[str]:
        return [row["Outcome"] for row in EvaluateDataQuality.apply(orders, "Rules = [ RowCount > 0 ]", options).toDF().collect()]

    assert outcomes() == ["Passed"]
    second = EvaluateDataQuality.apply(orders, ruleset, options).toDF().collect()
    assert [row["Outcome"] for row in second] == ["Passed", "Failed"]


def test_an_empty_frame_is_evaluated_too(glue: GlueContext, orders: DynamicFrame) -> None:
    empty = DynamicFrame.fromDF(orders.toDF().limit(0), glue, "none")

    rows = EvaluateDataQuality.apply(empty, 'Rules = [ RowCount = 0, IsComplete "id", Mean "price" = 0 ]').toDF().collect()

    assert [row["Outcome"] for row in rows] == ["Passed", "Passed", "Passed"]


def test_a_ruleset_is_read_with_comments_and_brackets() -> None:
    ruleset = parse('Rules = [ # first\n (IsComplete "a") and ((RowCount > 1) or (RowCount < 0)) ]\nAnalyzers = [ AllStatistics "a" ]')

    (rule,) = ruleset.rules
    assert isinstance(rule, Composite)
    assert [type(part) for part in rule.parts] == [Rule, Composite]
    assert ruleset.analyzers[0].kind == "AllStatistics"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Rules = [ RowCount > ]", "A word is missing"),
        ("Rules [ RowCount > 1 ]", "'=' is missing, at: \\["),
        ("Rule = [ RowCount > 1 ]", "No section 'Rule'.*Possible: Analyzers, Rules"),
        ("Rules = [ RowCount ~ 1 ]", "A character that is not DQDL, at: ~ 1"),
        ("Rules = [ RowCount > avrage(last(3)) ]", "No function 'avrage'.*Possible: avg"),
        ('Rules = [ IsComplete "a" and IsComplete "b" or IsComplete "c" ]', "AND and OR are mixed"),
    ],
)
def test_a_mistake_in_a_ruleset_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(RulesetError, match=message):
        parse(text)


def test_rule_types_that_there_are_not_are_refused_by_name(orders: DynamicFrame) -> None:
    with pytest.raises(RulesetError, match=r"No rule type 'IsCompleted'.*Possible: .*IsComplete"):
        EvaluateDataQuality.apply(orders, 'Rules = [ IsCompleted "id" ]')
    with pytest.raises(NotSupportedError, match="DetectAnomalies"):
        EvaluateDataQuality.apply(orders, 'Rules = [ DetectAnomalies "RowCount" ]')
