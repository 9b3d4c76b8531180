"""`EvaluateDataQuality` as scripts call it: its frames, options, labels, constants, what it remembers, rules about files."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.exceptions import BadOptionError, NotSupportedError
from awsgluedq.dqdl import parse
from awsgluedq.history import MetricHistory
from awsgluedq.model import Composite, Rule
from awsgluedq.transforms import EvaluateDataQuality

ORDERS = [(1, "a@x.org", 10.0, "NY"), (2, "b@x.org", 20.0, "CA"), (3, None, 30.0, "CA"), (3, "", -5.0, "ZZ")]


@pytest.fixture(scope="module")
def glue(spark_session: SparkSession) -> GlueContext:
    return GlueContext(spark_session)


@pytest.fixture(scope="module")
def orders(glue: GlueContext) -> DynamicFrame:
    frame = glue.spark_session.createDataFrame(ORDERS, "id long, email string, price double, state string")
    return DynamicFrame.fromDF(frame.coalesce(1), glue, "orders")


def outcomes_of(frame: DynamicFrame, rules: str, **options: Any) -> list[tuple[str, str]]:
    """Outcome and reason of each rule."""
    rows = EvaluateDataQuality.apply(frame=frame, ruleset=rules, **options).toDF().collect()
    return [(row["Outcome"], row["FailureReason"]) for row in rows]


def rows_of(frame: DynamicFrame, rules: str, **options: str) -> DataFrame:
    found = EvaluateDataQuality().process_rows(frame=frame, ruleset=rules, publishing_options={}, additional_options=options)
    assert set(found.keys()) == {"originalData", "ruleOutcomes", "rowLevelOutcomes"}
    return found["rowLevelOutcomes"].toDF().orderBy("price")


def test_the_outcomes_are_a_frame_with_a_record_for_each_rule(orders: DynamicFrame) -> None:
    frame = EvaluateDataQuality.apply(orders, 'Rules = [ RowCount = 4, IsUnique "id" ]').toDF()

    assert frame.columns == ["Rule", "Outcome", "FailureReason", "EvaluatedMetrics", "EvaluatedRule"]
    assert [row.asDict() for row in frame.collect()] == [
        {"Rule": "RowCount = 4", "Outcome": "Passed", "FailureReason": None, "EvaluatedMetrics": {"Dataset.*.RowCount": 4.0},
         "EvaluatedRule": "RowCount = 4"},
        {"Rule": 'IsUnique "id"', "Outcome": "Failed", "FailureReason": "Value: 0.5 does not meet the constraint requirement!",
         "EvaluatedMetrics": {"Column.id.Uniqueness": 0.5}, "EvaluatedRule": 'IsUnique "id"'},
    ]  # fmt: skip


def test_rows_say_which_rules_they_pass_fail_and_are_not_of(orders: DynamicFrame) -> None:
    rows = rows_of(orders, 'Rules = [ IsComplete "email", ColumnValues "price" > 0, RowCount > 1 ]').collect()

    assert [row["DataQualityEvaluationResult"] for row in rows] == ["Failed", "Passed", "Passed", "Failed"]
    assert rows[0]["DataQualityRulesFail"] == ['ColumnValues "price" > 0']
    assert rows[3]["DataQualityRulesFail"] == ['IsComplete "email"']
    assert rows[1]["DataQualityRulesPass"] == ['IsComplete "email"', 'ColumnValues "price" > 0']
    assert rows[1]["DataQualityRulesSkip"] == ["RowCount > 1"]
    assert rows[1].asDict().items() >= {"id": 1, "email": "a@x.org", "price": 10.0, "state": "NY"}.items()


def test_rows_that_a_where_clause_leaves_out_pass_or_are_skipped_as_asked(orders: DynamicFrame) -> None:
    rules = 'Rules = [ IsComplete "email" where "state = \'CA\'" ]'

    passed = rows_of(orders, rules).collect()
    skipped = rows_of(orders, rules, **{"rowLevelConfiguration.filteredRowLabel": "SKIPPED"}).collect()

    assert [len(row["DataQualityRulesPass"]) for row in passed] == [1, 1, 1, 0]
    assert [len(row["DataQualityRulesSkip"]) for row in passed] == [0, 0, 0, 0]
    assert [len(row["DataQualityRulesPass"]) for row in skipped] == [0, 0, 1, 0]
    assert [len(row["DataQualityRulesSkip"]) for row in skipped] == [1, 1, 0, 0]
    assert [row["DataQualityEvaluationResult"] for row in skipped] == ["Passed", "Passed", "Passed", "Failed"]


def test_a_composite_rule_is_evaluated_for_the_whole_or_row_by_row(orders: DynamicFrame) -> None:
    rules = """Rules = [ (ColumnValues "price" > 15) OR (ColumnValues "state" in ["NY", "ZZ"]),
                         (ColumnValues "price" > 15) AND (IsComplete "email"),
                         (ColumnValues "price" > 15) OR (Completeness "email" > 0.5) ]"""
    by_row = {"additional_options": {"compositeRuleEvaluation.method": "ROW"}}

    assert [outcome for outcome, _ in outcomes_of(orders, rules)] == ["Failed", "Failed", "Passed"]
    row_by_row = outcomes_of(orders, rules, **by_row)
    assert [outcome for outcome, _ in row_by_row] == ["Passed", "Failed", "Failed"]
    assert "Completeness cannot be evaluated row by row" in row_by_row[2][1]


def test_labels_are_in_the_outcomes_and_in_rows_when_asked(orders: DynamicFrame) -> None:
    rules = """DefaultLabels=["team"="sales", "rank"="low"]
               Rules = [ IsComplete "id", (IsComplete "id" AND RowCount > 0) labels=["rank"="high"] ]"""

    frame = EvaluateDataQuality.apply(orders, rules).toDF().collect()
    plain, labelled = (rows_of(orders, rules, **{"rowLevelConfiguration.ruleWithLabels": word}).first() for word in ("DISABLED", "ENABLED"))

    assert [row["Labels"] for row in frame] == [{"team": "sales", "rank": "low"}, {"team": "sales", "rank": "high"}]
    assert plain is not None
    assert labelled is not None
    assert plain["DataQualityRulesPass"] == ['IsComplete "id"']
    assert labelled["DataQualityRulesPass"] == ['IsComplete "id" labels=["team"="sales", "rank"="low"]']


def test_constants_stand_for_texts_and_lists(orders: DynamicFrame) -> None:
    rules = """states = ["NY", "CA", "ZZ"]  query = "select count(*) from primary"  column = "price"
               Rules = [ ColumnValues "state" in $states, CustomSql $query = 4, Mean $column > 13, ColumnValues "state" not in $states ]"""

    assert [outcome for outcome, _ in outcomes_of(orders, rules)] == ["Passed", "Passed", "Passed", "Failed"]


def test_the_input_is_kept_for_the_evaluation_only_when_asked(orders: DynamicFrame) -> None:
    cached = EvaluateDataQuality.apply(orders, "Rules = [ RowCount = 4 ]", additional_options={"performanceTuning.caching": "CACHE_INPUT"})

    assert [row["Outcome"] for row in cached.toDF().collect()] == ["Passed"]
    assert not orders.toDF().is_cached


def test_an_option_with_a_value_that_it_cannot_have_is_refused(orders: DynamicFrame) -> None:
    with pytest.raises(BadOptionError, match=r"compositeRuleEvaluation.method 'BOTH'. Possible: COLUMN, ROW"):
        rows_of(orders, "Rules = [ RowCount > 1 ]", **{"compositeRuleEvaluation.method": "BOTH"})


DYNAMIC = {
    "RowCount >= 0.8 * avg(last(10))": ("Passed", "RowCount >= 3.2"),
    "RowCount > last()": ("Failed", "RowCount > 4.0"),
    "RowCount between min(last(10))-1 and max(last(10))+1": ("Passed", "RowCount between 3.0 and 5.0"),
    "RowCount = index(last(3), 0)": ("Passed", "RowCount = 4.0"),
    "RowCount = index(last(3), 3)": ("Failed", "RowCount = index(last(3), 3)"),
    "RowCount > last(2)": ("Failed", "RowCount > last(2)"),
    "RowCount = sum(last(2)) / 2": ("Passed", "RowCount = 4.0"),
    "RowCount = abs(0 - median(last(3)))": ("Passed", "RowCount = 4.0"),
    "RowCount > 3 + std(last(3))": ("Passed", "RowCount > 3.0"),
    'Completeness "email" < avg(last(3))': ("Failed", 'Completeness "email" < 0.0'),
}


def test_a_dynamic_rule_compares_with_former_runs(orders: DynamicFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_DATA_QUALITY", str(tmp_path))
    options = {"dataQualityEvaluationContext": "nightly"}

    first = outcomes_of(orders, "Rules = [ RowCount > avg(last(10)), RowCount > last() ]", publishing_options=options)
    outcomes_of(orders, "Rules = [ RowCount > 0 ]", publishing_options=options)
    rows = EvaluateDataQuality.apply(orders, f"Rules = [ {', '.join(DYNAMIC)} ]", options).toDF().collect()

    assert [outcome for outcome, _ in first] == ["Passed", "Passed"]  # without former values they are 0
    assert {row["Rule"]: (row["Outcome"], row["EvaluatedRule"]) for row in rows} == DYNAMIC
    reasons = {row["Rule"]: row["FailureReason"] for row in rows}
    assert "index 3 is out of range: there are 2 former values" in reasons["RowCount = index(last(3), 3)"]
    assert "last(n) is a list of values: put avg" in reasons["RowCount > last(2)"]


def test_two_evaluations_at_once_are_both_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_DATA_QUALITY", str(tmp_path))
    first, second = MetricHistory("both"), MetricHistory("both")

    first.add({"Dataset.*.RowCount": 1.0})
    second.add({"Dataset.*.RowCount": 2.0})

    assert MetricHistory("both").of("Dataset.*.RowCount") == [1.0, 2.0]


def test_an_analyzers_metrics_are_remembered_for_rules(orders: DynamicFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_DATA_QUALITY", str(tmp_path))
    options = {"dataQualityEvaluationContext": "analyzed"}

    outcomes_of(orders, 'Rules = [ RowCount > 0 ] Analyzers = [ AllStatistics, Entropy "state" ]', publishing_options=options)
    rules = 'Rules = [ Mean "price" = last(), Completeness "email" = last(), Entropy "state" = last(), Sum "price" = last() ]'

    assert [outcome for outcome, _ in outcomes_of(orders, rules, publishing_options=options)] == ["Passed"] * 4


def test_an_empty_frame_is_evaluated_too(glue: GlueContext, orders: DynamicFrame) -> None:
    empty = DynamicFrame.fromDF(orders.toDF().limit(0), glue, "none")
    rules = 'Rules = [ RowCount = 0, IsComplete "id", Mean "price" = 0, IsUnique "id", Entropy "state" = 0, ColumnLength "state" < 3 ]'

    assert [outcome for outcome, _ in outcomes_of(empty, rules)] == ["Passed"] * 6
    assert rows_of(empty, rules).count() == 0


def test_a_statement_leaves_the_scripts_own_views(glue: GlueContext, orders: DynamicFrame) -> None:
    spark = glue.spark_session
    spark.range(7).createOrReplaceTempView("primary")

    assert outcomes_of(orders, 'Rules = [ CustomSql "select count(*) from primary" = 4 ]') == [("Passed", None)]
    assert spark.table("primary").count() == 7
    spark.catalog.dropTempView("primary")
    assert outcomes_of(orders, 'Rules = [ CustomSql "select count(*) from primary" = 4 ]') == [("Passed", None)]
    assert not spark.catalog.tableExists("primary")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files: a.csv and b.csv are alike, old.csv is three days old, c.json is empty."""
    made = tmp_path_factory.mktemp("files") / "in"
    made.mkdir()
    for name, text in (("a.csv", "x\n1\n"), ("b.csv", "x\n1\n"), ("old.csv", "x\n22\n"), ("c.json", "")):
        (made / name).write_text(text)
    before = time.time() - 3 * 86400
    os.utime(made / "old.csv", (before, before))
    other = made.parent / "copy"
    other.mkdir()
    for name in ("a.csv", "b.csv"):
        (other / name).write_text("x\n1\n")
    return made


MD5, SHA = hashlib.md5(b"x\n1\n").hexdigest(), hashlib.sha256(b"x\n1\n").hexdigest()
FILES = {
    'FileFreshness "{in}" > (now() - 5 days)': ("Passed", {"Dataset.*.FileFreshness.Compliance": 1, "Dataset.*.FileCount": 4}),
    'FileFreshness "{in}" > (now() - 24 hours)': ("Failed", {"Dataset.*.FileFreshness.Compliance": 0.75}),
    'FileFreshness "{in}" > (now() - 24 hours) with threshold > 0.7': ("Passed", {}),
    'FileFreshness "{in}/a.csv" between (now() - 45 minutes) and (now() + 15 minutes)': ("Passed", {"Dataset.*.FileCount": 1}),
    'FileFreshness "{in}" > "2020-01-01"': ("Passed", {}),
    'FileFreshness "{in}" > "00:00" with timeZone = "America/New_York" with uriRegex = "old"': ("Failed", {}),
    'FileFreshness "{in}" between "2020-01-01" and "2021-01-01"': ("Failed", {"Dataset.*.FileFreshness.Compliance": 0}),
    'FileFreshness "{in}" > "2020-01-01" with timeZone = "Nowhere"': ("Failed", {}),
    'FileFreshness "{in}" > (now() - 1 days) with recentFiles = 3': ("Passed", {"Dataset.*.FileCount": 3}),
    'FileFreshness "{in}" > (now() - 1 days) with threshold > 0.5 with failFast = "true"': ("Failed", {}),
    'FileSize "{in}" > 3 B with uriRegex = "[.]csv$"': (
        "Passed", {"Dataset.*.FileCount": 3, "Dataset.*.MinimumFileSize": 4, "Dataset.*.MaximumFileSize": 5}),
    'FileSize "{in}" < 1 KB': ("Passed", {"Dataset.*.FileSize.Compliance": 1}),
    'FileSize "{in}" between 4 B and 2 GB': ("Failed", {"Dataset.*.FileSize.Compliance": 0.25}),
    'FileSize "{in}" > 0 B with uriRegex = "(?!.*[.]json$).*"': ("Passed", {"Dataset.*.FileCount": 3}),
    'FileSize "{in}" > 4 B with recentFiles = 1 with uriRegex = "old" with filterOrder = ["uriRegex","recentFiles"]': ("Passed", {}),
    'FileUniqueness "{in}" = 0.5': ("Passed", {"Dataset.*.FileUniquenessRatio": 0.5, "Dataset.*.FileCount": 4}),
    'FileUniqueness "{in}" = 1 with uriRegex = "old|json"': ("Passed", {"Dataset.*.FileUniquenessRatio": 1}),
    f'FileMatch "{{in}}/a.csv" in ["{MD5}"] with hashAlgorithm = "MD5"': ("Passed", {"Dataset.*.FileCount": 1}),
    f'FileMatch "{{in}}/a.csv" in ["{SHA}", "0"]': ("Passed", {}),
    f'FileMatch "{{in}}" in ["{SHA}"]': ("Failed", {"Dataset.*.FileCount": 4}),
    'FileMatch "{in}" "{in}/../copy"': ("Failed", {}),
    'FileMatch "{in}" "{in}/../copy" with uriRegex = "[ab][.]csv$"': ("Passed", {"Dataset.*.FileCount": 2}),
    'FileMatch "{in}/a.csv" "{in}/b.csv"': ("Passed", {}),
    'FileMatch "{in}/a.csv" "{in}/b.csv" with matchFileName = "true"': ("Failed", {}),
    'FileSize "{in}/gone" > 1 B': ("Failed", {}),
}  # fmt: skip


def test_files_are_new_large_unique_and_as_expected(orders: DynamicFrame, folder: Path) -> None:
    given = {rule.replace("{in}", folder.as_uri()): wanted for rule, wanted in FILES.items()}

    rows = EvaluateDataQuality.apply(orders, "Rules = [ " + ",\n".join(given) + " ]").toDF().collect()

    assert [(row["Rule"], row["Outcome"]) for row in rows] == [(rule, outcome) for rule, (outcome, _) in given.items()]
    for row, (_, metrics) in zip(rows, given.values(), strict=True):
        assert row["EvaluatedMetrics"].items() >= {name: float(value) for name, value in metrics.items()}.items(), row
    assert "No time zone 'Nowhere'" in next(row["FailureReason"] for row in rows if "Nowhere" in row["Rule"])
    assert "there is no such path" in rows[-1]["FailureReason"]


def test_former_values_of_a_rule_about_files_are_found(
    orders: DynamicFrame, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_DATA_QUALITY", str(tmp_path))
    where, options = folder.as_uri(), {"dataQualityEvaluationContext": "files"}
    outcomes_of(orders, f'Rules = [ FileUniqueness "{where}" > 0, FileSize "{where}" > 4 B ]', publishing_options=options)

    rules = f'Rules = [ FileUniqueness "{where}" = last(), FileSize "{where}" > 4 B with threshold = last() ]'

    assert [outcome for outcome, _ in outcomes_of(orders, rules, publishing_options=options)] == ["Passed", "Passed"]


def test_without_a_path_the_files_are_those_that_the_frame_was_read_from(glue: GlueContext, orders: DynamicFrame, folder: Path) -> None:
    read = glue.create_dynamic_frame.from_options(
        connection_type="s3", connection_options={"paths": [folder.as_uri() + "/a.csv"]}, format="csv", format_options={"withHeader": True}
    )
    rules = "Rules = [ FileSize < 10 MB, FileFreshness > (now() - 24 hours), FileUniqueness = 1 ]"

    assert outcomes_of(read, rules) == [("Passed", None)] * 3
    assert "Unable to parse file path from DataFrame" in outcomes_of(orders, rules)[0][1]


def test_a_ruleset_is_read_with_comments_and_brackets() -> None:
    ruleset = parse('Rules = [ # first\n (IsComplete "a") and ((RowCount > 1) or (RowCount < 0)) ]\nAnalyzers = [ AllStatistics "a" ]')

    (rule,) = ruleset.rules
    assert isinstance(rule, Composite)
    assert [type(part) for part in rule.parts] == [Rule, Composite]
    assert rule.text == '(IsComplete "a") and ((RowCount > 1) or (RowCount < 0))'
    assert ruleset.analyzers[0].kind == "AllStatistics"


def test_sections_of_metadata_and_sources_are_read() -> None:
    text = 'Metadata = { "Version": "1.0" } DataSources = { "Primary": "a", "AdditionalDataSources": [ "b" ] } Rules = [ RowCount > 1 ]'

    assert [rule.text for rule in parse(text).rules] == ["RowCount > 1"]


@pytest.mark.parametrize("text", ['Rules = [ DetectAnomalies "RowCount" ]', 'Analyzers = [ Distribution "price" with bins = 20 ]'])
def test_what_only_the_service_has_is_refused_by_name(orders: DynamicFrame, text: str) -> None:
    with pytest.raises(NotSupportedError, match=text.split()[3]):
        EvaluateDataQuality.apply(orders, text)
