"""Every rule type of DQDL against the cases of `quality/`: outcome, metrics, what a failure says, and the rows that pass."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import DataFrame, SparkSession

from awsgluedq.dqdl import parse
from awsgluedq.evaluation import Evaluation, Outcome, evaluate
from awsgluedq.exceptions import RulesetError
from awsgluedq.history import MetricHistory
from awsgluedq.rows import row_outcomes
from awsgluedq.rule_types import TYPES

FOLDER = Path(__file__).parent / "quality"
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "rules.yaml").read_text("utf-8"))
MISTAKES: list[tuple[str, str]] = yaml.safe_load((FOLDER / "mistakes.yaml").read_text("utf-8"))
FILE_RULES = {"FileFreshness", "FileMatch", "FileSize", "FileUniqueness"}

ORDERS = """
    (1, 'a@x.org', 10d, 'NY', date'2022-06-01', now() - interval 1 hour, '1', 'a'),
    (2, 'b@x.org', 20d, 'CA', date'2022-06-15', now() - interval 2 hours, '2.5', ''),
    (3, null, 30d, 'CA', date'2022-06-30', now() - interval 50 hours, 'x', '  '),
    (3, '', -5d, 'ZZ', null, null, null, null)
"""


@pytest.fixture(scope="module")
def orders(spark_session: SparkSession) -> DataFrame:
    return spark_session.sql(f"select * from values {ORDERS} as t(id, email, price, state, day, at, amount, note)").localCheckpoint()


@pytest.fixture(scope="module")
def sources(spark_session: SparkSession, orders: DataFrame) -> dict[str, DataFrame]:
    spark = spark_session
    changed, noted = "case when id = 3 and price > 0 then 'ZZ' else state end as state", "case when id = 3 then 'n' else note end as note"
    return {
        "states": spark.createDataFrame([("NY", 4), ("CA", 2)], "code string, weight long"),
        "copy": orders.selectExpr("id", "email", "price", changed, "day", "at", "amount", noted),
        "bills": orders.selectExpr("id as number", "price as cost", "case when id = 3 then '' else state end as region"),
    }


@pytest.fixture(scope="module")
def ruleset() -> Any:
    return parse("Rules = [\n" + ",\n".join(case["rule"] for case in RULES) + "\n]")


@pytest.fixture(scope="module")
def evaluation(ruleset: Any, orders: DataFrame, sources: dict[str, DataFrame]) -> Evaluation:
    return evaluate(ruleset, orders, sources, MetricHistory(""))


@pytest.fixture(scope="module")
def outcomes(evaluation: Evaluation) -> dict[str, Outcome]:
    return {case["rule"]: outcome for case, outcome in zip(RULES, evaluation.outcomes, strict=True)}


@pytest.fixture(scope="module")
def rows(ruleset: Any, evaluation: Evaluation, orders: DataFrame, sources: dict[str, DataFrame]) -> dict[str, tuple[list[int], int]]:
    """For each rule the rows that pass it, by place, and how many it skips."""
    asked = [rule for rule, case in zip(ruleset.rules, RULES, strict=True) if "rows" in case]
    frame = row_outcomes(type(ruleset)(tuple(asked)), orders, sources, evaluation.unmeasured)
    found = frame.orderBy("id", "price", ascending=[True, False]).collect()
    texts = [rule.text for rule in asked]
    return {
        text: (
            [place for place, row in enumerate(found, 1) if text in row["DataQualityRulesPass"]],
            sum(text in row["DataQualityRulesSkip"] for row in found),
        )
        for text in texts
    }


@pytest.mark.parametrize("case", RULES, ids=[case["rule"] for case in RULES])
def test_a_rule_passes_or_fails_with_its_metrics_and_its_reason(case: dict[str, Any], outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[case["rule"]]

    assert outcome.text == case["rule"]
    assert outcome.passed is ("pass" in case), outcome
    metrics = case.get("pass", case.get("fail"))
    assert {name: outcome.metrics.get(name) for name in metrics} == pytest.approx(metrics)
    assert case.get("says", "") in (outcome.reason or "")
    assert bool(outcome.reason) is not outcome.passed


@pytest.mark.parametrize("case", [case for case in RULES if "rows" in case], ids=[case["rule"] for case in RULES if "rows" in case])
def test_a_rule_says_which_rows_pass_it(case: dict[str, Any], rows: dict[str, tuple[list[int], int]]) -> None:
    assert rows[case["rule"]] == ((case["rows"], 0) if case["rows"] != "none" else ([], 4))


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[text or "nothing" for text, _ in MISTAKES])
def test_a_mistake_in_a_ruleset_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(RulesetError) as raised:
        parse(text)

    assert re.search(message, str(raised.value)), raised.value
    assert re.search(r"at line \d+, column \d+: ", str(raised.value))


def test_there_are_many_cases_none_twice_and_every_rule_type_is_among_them() -> None:
    texts = [case["rule"] for case in RULES]
    of_rows = {case["rule"].split()[0] for case in RULES if case.get("rows", "none") != "none"}

    assert len(texts) == len(set(texts)) >= 150
    assert set(TYPES) - {text.lstrip("(").split()[0] for text in texts} == FILE_RULES
    assert {kind for kind, shape in TYPES.items() if shape.by_row} - of_rows == set()
