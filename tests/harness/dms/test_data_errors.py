"""Rows that a target refuses: always kept with their reason; the table or the task ends where the settings ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from dms_lab import Running, execute, mappings, rows_of, schema_of

from localaws.dms.binlog.events import Position
from localaws.dms.data_errors import DataErrors
from localaws.dms.exceptions import TargetError
from localaws.dms.plan import TablePlan
from localaws.dms.settings.task_settings import ErrorPolicies
from localaws.dms.source.snapshot import current_position
from localaws.dms.target.base import ApplyError
from localaws.dms.types import SourceTable

Start = Callable[..., Running]
PLAN = TablePlan(SourceTable("s", "t", ()), "s", "t", (), ())
CUT, OTHER = ApplyError(PLAN, "INSERT 1", "too long", truncated=True), ApplyError(PLAN, "INSERT 2", "null")


def kept(warehouse: psycopg.Connection[Any], schema: str) -> int:
    return len(rows_of(warehouse, f"SELECT * FROM public.awsdms_apply_exceptions WHERE table_owner = '{schema}'"))


@pytest.mark.parametrize(
    ("policies", "batches", "verdicts"),
    [
        (ErrorPolicies(), [[CUT, OTHER]] * 3, ["", "", ""]),
        (ErrorPolicies(truncation="SUSPEND_TABLE"), [[OTHER], [OTHER, CUT]], ["", "SUSPEND_TABLE"]),
        (ErrorPolicies(data="STOP_TASK", truncation="SUSPEND_TABLE"), [[CUT, OTHER]], ["STOP_TASK"]),
        (ErrorPolicies(data="IGNORE_RECORD", count=3), [[CUT, OTHER], [], [CUT]], ["", "", "SUSPEND_TABLE"]),
        (ErrorPolicies(count=1, escalation="STOP_TASK"), [[CUT]], ["STOP_TASK"]),
    ],
    ids=["log", "only-what-does-not-fit", "the-harder-one", "counted", "escalated"],
)
def test_policies_decide_by_the_kind_and_the_number_of_errors(
    policies: ErrorPolicies, batches: list[list[ApplyError]], verdicts: list[str]
) -> None:
    errors = DataErrors(policies)

    assert [next((policy for policy, _ in errors.judged(batch).values()), "") for batch in batches] == verdicts


def test_a_table_is_left_out_after_its_errors_and_the_others_go_on(start: Start, source: Any, warehouse: psycopg.Connection[Any]) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, v INT UNSIGNED)", "CREATE TABLE other (id INT PRIMARY KEY)")
    policies = {"DataErrorEscalationCount": 2, "DataErrorEscalationPolicy": "SUSPEND_TABLE"}
    running = start("escalates", mappings(schema), ErrorBehavior=policies)
    tables = running.replication.statistics.tables
    running.wait_for(lambda: running.replication.statistics.phase == "ongoing replication")

    for key in (1, 2):
        execute(source, f"INSERT INTO k VALUES ({key}, 4000000000)")
        running.wait_for(lambda key=key: kept(warehouse, schema) == key)  # type: ignore[misc]
    running.wait_for(lambda: tables[f"{schema}.k"].table_state == "Table error")
    assert "DataErrorEscalationCount is 2" in tables[f"{schema}.k"].message
    execute(source, "INSERT INTO k VALUES (3, 3)", "INSERT INTO other VALUES (1)")
    running.wait_for(lambda: rows_of(warehouse, f"SELECT * FROM {schema}.other") == [(1,)])
    running.stop()

    assert rows_of(warehouse, f"SELECT * FROM {schema}.k") == []
    execute(source, "INSERT INTO other VALUES (2)")
    running = start("escalates", mappings(schema), "resume-processing", ErrorBehavior=policies)
    running.wait_for(lambda: len(rows_of(warehouse, f"SELECT * FROM {schema}.other")) == 2)
    assert list(running.replication.suspended) == [f"{schema}.k"]
    running.stop()


@pytest.mark.parametrize("phase", ["load", "changes"])
def test_a_task_ends_at_a_value_that_does_not_fit(start: Start, source: Any, warehouse: psycopg.Connection[Any], phase: str) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, v INT UNSIGNED)")
    begin: Position | None = current_position(source) if phase == "changes" else None
    execute(source, "INSERT INTO k VALUES (1, 4000000000), (2, 2)")

    migration = "cdc" if phase == "changes" else "full-load"
    running = start("ends", mappings(schema), migration=migration, first=begin, ErrorBehavior={"DataTruncationErrorPolicy": "STOP_TASK"})

    with pytest.raises(TargetError, match="out of range of INTEGER.*DataTruncationErrorPolicy is STOP_TASK"):
        running.wait_until_it_ends()
    assert rows_of(warehouse, f"SELECT id FROM {schema}.k") == [(2,)]
    assert kept(warehouse, schema) == 1
