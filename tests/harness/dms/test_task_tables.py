"""A task tells of itself on its target: status, history and suspended tables, as the settings ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pymysql
import pytest
from dms_lab import Running, execute, mappings, rows_of, schema_of

from localaws.dms.replication import Replication, Task
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.target.mysql import CONTROL_SCHEMA, MySqlTarget

CONTROL = {"StatusTableEnabled": True, "HistoryTableEnabled": True, "SuspendedTablesTableEnabled": True}


def test_a_task_tells_of_its_phases_and_of_tables_that_it_left_out(
    source: pymysql.connections.Connection[Any], warehouse: psycopg.Connection[Any], start: Callable[..., Running]
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE good (id INT PRIMARY KEY)", "CREATE TABLE bad (id INT PRIMARY KEY, at INET6)")
    execute(source, "INSERT INTO good VALUES (1), (2)", "COMMIT")
    control = {**CONTROL, "ControlSchema": f"{schema}_control", "HistoryTimeslotInMinutes": 7}
    tables = f'"{schema}_control".awsdms_'

    def told(query: str) -> list[tuple[Any, ...]]:
        return rows_of(warehouse, query.format(tables))

    task = start("told", mappings(schema), ControlTablesSettings=control)
    task.wait_for(lambda: _count(warehouse, schema) == 2)
    execute(source, "INSERT INTO good VALUES (3), (4), (5)", "COMMIT")
    task.wait_for(lambda: _count(warehouse, schema) == 5)
    task.wait_for(lambda: told("SELECT task_status FROM {}status WHERE source_timestamp_applied IS NOT NULL") == [("CHANGE PROCESSING",)])

    assert told("SELECT table_owner, table_name FROM {}suspended_tables WHERE suspend_reason LIKE '%inet6%'") == [(schema, "bad")]
    task.stop()

    assert told("SELECT task_name, task_status, pending_changes, disk_swap_size FROM {}status") == [("told", "NOT RUNNING", 0, 0)]
    ((memory, position, delay),) = told(
        "SELECT task_memory, source_tail_position, DATEDIFF(second, source_timestamp_applied, status_time) FROM {}status"
    )
    assert memory > 10
    assert position == task.replication.statistics.position
    assert 0 <= delay < 300
    history = told("SELECT timeslot_type, timeslot_duration, timeslot_latency, records FROM {}history")
    assert [row[0] for row in history] == ["CHANGE PROCESSING", "FULL LOAD"]
    assert [row[3] for row in history] == [3, 2]
    assert all(1 <= row[1] <= 7 for row in history)
    assert (history[0][2], history[1][2]) == (0, None)


def test_a_table_that_is_back_is_not_told_any_more(source: Any, address: MySqlAddress, caplog: pytest.LogCaptureFixture) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY, at INET6)", "INSERT INTO k VALUES (1, '::1')", "COMMIT")
    there = {"rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-target": "schema", "rule-action": "rename",
             "object-locator": {"schema-name": schema}, "value": f"{schema}_there"}  # fmt: skip
    settings = TaskSettings.parse('{"ControlTablesSettings": {"SuspendedTablesTableEnabled": true}}')
    task = Task("back", "full-load-and-cdc", address, TableMappings.parse(mappings(schema, there)), settings, 7200)

    def suspended() -> list[tuple[Any, ...]]:
        query = f"SELECT table_name FROM {CONTROL_SCHEMA}.awsdms_suspended_tables WHERE task_name = 'back'"
        return rows_of(source, query) if _has_table(source) else []

    first = Running(Replication(task, lambda: MySqlTarget(address, "back", safe=False)), "start-replication")
    first.wait_for(lambda: suspended() == [("k",)])
    first.stop()
    execute(source, "ALTER TABLE k DROP COLUMN at")
    second = Running(Replication(task, lambda: MySqlTarget(address, "back", safe=False)), "reload-target")
    second.wait_for(lambda: second.replication.statistics.phase == "ongoing replication" and suspended() == [])
    second.stop()

    execute(source, f"DROP DATABASE {schema}_there")
    assert "could not be written" not in caplog.text


def test_a_table_that_stays_suspended_is_told_once_whatever_runs_follow(source: Any, address: MySqlAddress) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE bad (id INT PRIMARY KEY, at INET6)", "CREATE TABLE good (id INT PRIMARY KEY)")
    there = {"rule-type": "transformation", "rule-id": "2", "rule-name": "2", "rule-target": "schema", "rule-action": "rename",
             "object-locator": {"schema-name": schema}, "value": f"{schema}_there"}  # fmt: skip
    settings = TaskSettings.parse('{"ControlTablesSettings": {"SuspendedTablesTableEnabled": true}}')
    task = Task("stays", "full-load-and-cdc", address, TableMappings.parse(mappings(schema, there)), settings, 7201)

    def told() -> list[tuple[Any, ...]]:
        query = f"SELECT table_name, suspend_timestamp FROM {CONTROL_SCHEMA}.awsdms_suspended_tables WHERE task_name = 'stays'"
        return rows_of(source, query) if _has_table(source) else []

    first = Running(Replication(task, lambda: MySqlTarget(address, "stays", safe=False)), "start-replication")
    first.wait_for(lambda: len(told()) == 1 and first.replication.statistics.phase == "ongoing replication")
    first.stop()
    before = told()
    second = Running(Replication(task, lambda: MySqlTarget(address, "stays", safe=False)), "resume-processing")
    second.wait_for(lambda: second.replication.statistics.phase == "ongoing replication")
    second.stop()

    execute(source, f"DROP DATABASE {schema}_there")
    assert told() == before


def test_a_task_that_only_loads_writes_none_and_says_so(
    source: Any, warehouse: psycopg.Connection[Any], start: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    schema = schema_of(source)
    execute(source, "CREATE TABLE k (id INT PRIMARY KEY)", "COMMIT")
    control = {"StatusTableEnabled": True, "ControlSchema": f"{schema}_control"}

    start("quiet", mappings(schema), migration="full-load", ControlTablesSettings=control).wait_until_it_ends()

    found = rows_of(warehouse, f"SELECT table_name FROM svv_tables WHERE table_schema = '{schema}_control'")
    assert ("awsdms_apply_exceptions",) in found
    assert ("awsdms_status",) not in found
    assert "awsdms_status: DMS writes it for tasks that capture changes only" in caplog.text


def _count(warehouse: psycopg.Connection[Any], schema: str) -> int:
    if not rows_of(warehouse, f"SELECT 1 FROM svv_tables WHERE table_schema = '{schema}' AND table_name = 'good'"):
        return 0
    return int(rows_of(warehouse, f'SELECT COUNT(*) FROM "{schema}".good')[0][0])


def _has_table(source: Any) -> bool:
    query = f"SELECT 1 FROM information_schema.tables WHERE table_schema = '{CONTROL_SCHEMA}' AND table_name = 'awsdms_suspended_tables'"
    return bool(rows_of(source, query))
