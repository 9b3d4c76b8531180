"""`etl dms`: replication tasks of the local endpoint, their tables, and a live view of their lag."""

from __future__ import annotations

import json
import time
from typing import Any

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from cli._tables import folding_table
from localaws.bootstrap import client
from localaws.dms.statistics import Statistics
from localaws.dms.task_store import TaskStore
from localaws.engines.endpoint import EndpointEngine
from localaws.home import Home

__all__ = ["dms"]

_UNDER_WAY = ("starting", "running", "stopping")
_SECONDS_TO_STOP = 120.0


@click.group()
def dms() -> None:
    """Replication tasks: what runs, how far it is, and what could not be replicated."""


@dms.command("tables")
@click.argument("task")
def tables(task: str) -> None:
    """Every table of TASK: rows loaded, changes captured and applied, state; and what DMS is known to do badly with it."""
    home = Home.resolve()
    api = _api(home)
    arn = next((found["ReplicationTaskArn"] for found in _tasks(api) if found["ReplicationTaskIdentifier"] == task), None)
    if arn is None:
        raise click.ClickException(f"there is no replication task {task}; `etl dms watch --once` lists them")
    shown = folding_table("table", "state", "loaded", "refused", "inserts", "updates", "deletes", "DDL")
    for found in api.describe_table_statistics(ReplicationTaskArn=arn)["TableStatistics"]:
        changes = (f"{found['Applied' + kind]:,} of {found[kind]:,}" for kind in ("Inserts", "Updates", "Deletes", "Ddls"))
        loaded = (f"{found[name]:,}" for name in ("FullLoadRows", "FullLoadErrorRows"))
        shown.add_row(f"{found['SchemaName']}.{found['TableName']}", found["TableState"], *loaded, *changes)
    faults = Statistics.read(TaskStore(home.root / "dms").folder_of(arn) / "statistics.json").tables
    told = [f"{name}: {fault}" for name, found in sorted(faults.items()) for fault in found.faults]
    Console().print(Group(shown, *told))


@dms.command("validate")
@click.argument("task")
@click.option("--seconds", default=3600.0, show_default=True, help="How long to wait for the comparison.")
def validate(task: str, seconds: float) -> None:
    """Compare every row of TASK's target with its source, now. Fails when rows differ, and tells which; and when nothing was compared.

    Makes a task TASK-validation that only validates (ValidationOnly), with the same mappings and endpoints, and deletes it.
    """
    api = _api(Home.resolve())
    known = next((found for found in _tasks(api) if found["ReplicationTaskIdentifier"] == task), None)
    if known is None:
        raise click.ClickException(f"there is no replication task {task}; `etl dms watch --once` lists them")
    tables = _validated(api, known, seconds)
    shown = folding_table("table", "state", "differ", "change all the time", "the first")
    for found in tables:
        counts = (f"{found[name]:,}" for name in ("ValidationFailedRecords", "ValidationSuspendedRecords"))
        name, details = f"{found['SchemaName']}.{found['TableName']}", found.get("ValidationStateDetails", "")
        shown.add_row(name, found["ValidationState"], *counts, details)
    Console().print(shown)
    if wrong := [found["TableName"] for found in tables if found["ValidationState"] not in ("Validated", "No primary key")]:
        raise click.ClickException(f"{', '.join(wrong)}: not the same. awsdms_validation_failures_v1 on the target has every row.")
    if not any(found["ValidationState"] == "Validated" for found in tables):
        reason = "no table has a primary key, by which rows are told apart" if tables else "no table is selected"
        raise click.ClickException(f"nothing was compared: {reason}")


def _validated(api: Any, task: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
    """Statistics of the tables after a task that only validates."""
    settings = json.loads(task.get("ReplicationTaskSettings") or "{}")
    kept = {name: settings[name] for name in ("TargetMetadata", "ControlTablesSettings", "LocalEngine") if settings.get(name)}
    only = {"EnableValidation": True, "ValidationOnly": True}
    made = api.create_replication_task(
        ReplicationTaskIdentifier=f"{task['ReplicationTaskIdentifier']}-validation",
        MigrationType="full-load",
        TableMappings=task["TableMappings"],
        ReplicationTaskSettings=json.dumps({**kept, "ValidationSettings": only}),
        **{name: task[name] for name in ("SourceEndpointArn", "TargetEndpointArn", "ReplicationInstanceArn")},
    )["ReplicationTask"]
    arn = made["ReplicationTaskArn"]
    try:
        api.start_replication_task(ReplicationTaskArn=arn, StartReplicationTaskType="start-replication")
        found = _ended(api, arn, seconds)
        if found["Status"] in _UNDER_WAY:
            raise click.ClickException(f"the comparison has not ended within {seconds:g} s and is stopped: give it more with --seconds")
        if found["Status"] != "stopped":
            raise click.ClickException(f"the comparison {found['Status']}: {found.get('LastFailureMessage', 'see its log')}")
        tables: list[dict[str, Any]] = api.describe_table_statistics(ReplicationTaskArn=arn)["TableStatistics"]
        return tables
    finally:
        if _described(api, arn)["Status"] in ("starting", "running"):
            api.stop_replication_task(ReplicationTaskArn=arn)
        _ended(api, arn, _SECONDS_TO_STOP)
        api.delete_replication_task(ReplicationTaskArn=arn)


def _ended(api: Any, arn: str, seconds: float) -> dict[str, Any]:
    """The task when it runs no more, or the time is over."""
    deadline = time.monotonic() + seconds
    while (found := _described(api, arn))["Status"] in _UNDER_WAY and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def _described(api: Any, arn: str) -> dict[str, Any]:
    filters = [{"Name": "replication-task-arn", "Values": [arn]}]
    found: dict[str, Any] = api.describe_replication_tasks(Filters=filters)["ReplicationTasks"][0]
    return found


@dms.command("watch")
@click.option("--once", is_flag=True, help="Print the table once.")
@click.option("--seconds", default=1.0, show_default=True, help="Time between two looks.")
def watch(once: bool, seconds: float) -> None:
    """A live table of all tasks: state, progress of the load, lag of source and target, changes applied. Ctrl-C ends it."""
    home = Home.resolve()
    api = _api(home)
    if once:
        Console().print(_table(home, api))
        return
    with Live(_table(home, api), auto_refresh=False) as live:
        while True:
            time.sleep(seconds)
            live.update(_table(home, api), refresh=True)


def _table(home: Home, api: Any) -> Group | Table:
    shown = folding_table("task", "state", "phase", "loaded", "source lag", "target lag", "captured", "applied", "position")
    failures = []
    store = TaskStore(home.root / "dms")
    for task in _tasks(api):
        counts = Statistics.read(store.folder_of(task["ReplicationTaskArn"]) / "statistics.json")
        lags = (f"{lag:.1f} s" for lag in (counts.source_latency, counts.target_latency))
        changes = (f"{counts.incoming_changes:,}", f"{counts.applied_changes:,}")
        name, status = task["ReplicationTaskIdentifier"], task["Status"]
        shown.add_row(name, status, counts.phase, f"{counts.progress} %", *lags, *changes, counts.position)
        failures += [f"{name}: {task['LastFailureMessage']}"] if task.get("LastFailureMessage") else []
        failures += [f"{name}, {table}: {found.message}" for table, found in counts.tables.items() if found.message]
    return Group(shown, *failures) if failures else shown


def _tasks(api: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.describe_replication_tasks()["ReplicationTasks"]
    return sorted(found, key=lambda task: task["ReplicationTaskIdentifier"])


def _api(home: Home) -> Any:
    return client("dms", EndpointEngine(home).endpoint)
