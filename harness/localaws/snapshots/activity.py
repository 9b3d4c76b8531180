"""What is under way in a home: read from the same records that its services keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from localaws.athena.results import FINAL as QUERY_FINAL
from localaws.dms.task_store import TaskStore
from localaws.emrserverless.runs import FINAL as SPARK_FINAL
from localaws.engines.processes import is_running
from localaws.glue.run_store import RunStore
from localaws.glue.statistics_runs import FINAL as STATISTICS_FINAL
from localaws.home import Home
from localaws.records import Records
from localaws.redshiftdata.statements import FINAL as STATEMENT_FINAL

__all__ = ["activities"]

_RECORDS: tuple[tuple[str, str, Callable[[dict[str, Any]], bool], Callable[[dict[str, Any]], str]], ...] = (
    ("execution", "executions", lambda each: each["status"] == "RUNNING", lambda each: str(each["executionArn"])),
    (
        "Athena query",
        "athena/queries",
        lambda each: each["Status"]["State"] not in QUERY_FINAL,
        lambda each: each["QueryExecutionId"],
    ),
    (
        "column statistics run",
        "statistics-runs",
        lambda each: each["Status"] not in STATISTICS_FINAL,
        lambda each: str(each["ColumnStatisticsTaskRunId"]),
    ),
    (
        "EMR Serverless run",
        "emr-serverless/runs",
        lambda each: each["state"] not in SPARK_FINAL,
        lambda each: str(each["jobRunId"]),
    ),
    ("crawler", "crawlers", lambda each: each.get("State", "READY") != "READY", lambda each: str(each["Name"])),
    ("workflow run", "workflow-runs", lambda each: each["Status"] in ("RUNNING", "STOPPING"), lambda each: str(each["WorkflowRunId"])),
    (
        "Redshift statement",
        "redshift-data/statements",
        lambda each: each["status"] not in STATEMENT_FINAL,
        lambda each: str(each["id"]),
    ),
)
"""What it is called, its folder, whether one of them is under way, and its name."""


def activities(home: Home, endpoint_runs: bool) -> list[str]:
    """A line for each. Without its endpoint nothing but runs and tasks goes on, which are processes of their own."""
    return list(dict.fromkeys([*_processes(home.root), *(_records(home.root) if endpoint_runs else ())]))  # one may be among both


def _processes(root: Path) -> Iterator[str]:
    for run in RunStore(root / "runs").all():
        if run.is_active and run.pid is not None and is_running(run.pid, run.process_started or ""):
            yield f"job run {run.job_name} {run.run_id} ({run.state})"
    for task in TaskStore(root / "dms").all():
        if task.is_active and task.pid is not None and is_running(task.pid, task.process_started or ""):
            yield f"replication task {task.arn} ({task.status})"
    for each in Records(root / "emr-serverless" / "runs").all():
        if each["state"] not in SPARK_FINAL and "pid" in each and is_running(each["pid"], each["process_started"]):
            yield f"EMR Serverless run {each['jobRunId']}"


def _records(root: Path) -> Iterator[str]:
    for run in RunStore(root / "runs").all():
        if run.is_active and run.pid is None:
            yield f"job run {run.job_name} {run.run_id} ({run.state})"
    for kind, folder, is_active, name_of in _RECORDS:
        for each in Records(root / folder).all():
            if is_active(each):
                yield f"{kind} {name_of(each)}"
