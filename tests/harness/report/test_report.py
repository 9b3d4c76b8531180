from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from report.facts import Funnel, LedgerRow, RuleOutcome, RunReport, Step
from report.render import as_html, as_json_text

START = datetime(2026, 3, 1, 6, tzinfo=UTC)


def _step(job: str, after: int, seconds: int | None, state: str = "SUCCEEDED", error: str | None = None) -> Step:
    started = START + timedelta(seconds=after)
    return Step(job, f"jr_{job}_{after}", state, started, None if seconds is None else started + timedelta(seconds=seconds), error)


LOADED = RunReport(
    batch_id="1998-06-15",
    business_date="1998-06-15",
    written_at=START + timedelta(minutes=5),
    steps=(_step("ingest_csv", 0, 30), _step("load_redshift", 30, 90)),
    funnels=(Funnel("part", "ingest_csv", 1000, 990, 3, {"bad_number": 5, "ragged_row": 2}),),
    tables=(),
    rules=(RuleOutcome("facts", "fact_sale", "unique_grain", "block", True, "(sale_id) is unique", "0 rows share theirs"),),
    watermarks={"orders": {"low": None, "high": "1998-06-15T22:00:00Z"}},
    ledger=LedgerRow("2026-03-01 06:02:00", 1234567, "load-1998-06-15-1"),
)
BROKEN_RULE = RuleOutcome("facts", "fact_sale", "positive", "block", False, "amount > 0", "1 rows break it", ({"sale_id": "7"},))


def test_a_loaded_batch_has_nothing_to_retry() -> None:
    assert (LOADED.status, LOADED.problems, LOADED.retry) == ("loaded", (), None)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"ledger": None}, "unfinished", id="no_row_in_the_ledger"),
        pytest.param({"steps": (_step("ingest_csv", 0, None, "RUNNING"),)}, "running", id="a_job_runs"),
        pytest.param({"steps": (_step("ingest_csv", 0, 9, "FAILED", "no file"),)}, "failed", id="a_job_failed"),
        pytest.param({"rules": (BROKEN_RULE,)}, "failed", id="a_blocking_rule"),
        pytest.param({"rules": (replace(BROKEN_RULE, severity="warn"),)}, "loaded", id="a_warning_only"),
        pytest.param({"funnels": (Funnel("part", "ingest_csv", 10, 9, 0, {}),)}, "failed", id="a_lost_record"),
    ],
)
def test_the_status_follows_from_the_facts(change: dict[str, object], status: str) -> None:
    assert replace(LOADED, **change).status == status


def test_a_failure_that_was_repeated_with_success_is_history() -> None:
    repeated = replace(LOADED, steps=(_step("load_redshift", 0, 5, "FAILED", "lost connection"), _step("load_redshift", 60, 9)))

    assert repeated.status == "loaded"
    assert "there were 2" in as_html(repeated)


def test_a_failed_batch_shows_the_error_and_the_command_to_go_on() -> None:
    page = as_html(replace(LOADED, steps=(_step("ingest_csv", 0, 9, "FAILED", "part-001.csv is cut off"),)))

    assert "ingest_csv failed: part-001.csv is cut off" in page
    assert "./etl run --batch 1998-06-15" in page


def test_the_page_refers_to_nothing_outside_itself() -> None:
    assert re.findall(r"(?:src|href)\s*=|url\(|@import|<script", as_html(LOADED)) == []


def test_text_of_the_data_is_escaped() -> None:
    hostile = replace(BROKEN_RULE, observed="<script>alert(1)</script>", sample=({"name": "<b>x</b>"},))

    page = as_html(replace(LOADED, rules=(hostile,)))

    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_steps_are_placed_on_the_time_of_the_whole_run() -> None:
    page = as_html(LOADED)

    assert 'style="left:0.0%;width:25.0%"' in page
    assert 'style="left:25.0%;width:75.0%"' in page


def test_the_counts_of_each_source_and_the_rules_that_refused_are_shown() -> None:
    page = as_html(LOADED)

    assert "bad_number 5, ragged_row 2" in page
    assert ">balances<" in page
    assert "1\u202f234\u202f567" in page


def test_an_empty_report_can_be_shown() -> None:
    empty = replace(LOADED, steps=(), funnels=(), rules=(), watermarks={}, ledger=None, warehouse_error="WarehouseError: it is down")

    page = as_html(empty)

    assert "No rule was evaluated yet" in page
    assert "it is down" in page


def test_the_json_twin_says_the_same() -> None:
    found = json.loads(as_json_text(replace(LOADED, rules=(BROKEN_RULE,))))

    assert (found["status"], found["retry"]) == ("failed", "./etl run --batch 1998-06-15")
    assert found["funnels"][0] | {"job": ""} == {
        "source": "part",
        "job": "",
        "read": 1000,
        "accepted": 990,
        "duplicates": 3,
        "quarantined": {"bad_number": 5, "ragged_row": 2},
        "refused": 7,
        "balances": True,
    }
    assert [step["seconds"] for step in found["steps"]] == [30.0, 90.0]
    assert found["problems"] == ["fact_sale.positive: expected amount > 0, observed 1 rows break it"]
