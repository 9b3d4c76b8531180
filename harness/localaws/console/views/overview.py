"""The first page: what is under way, what failed last, how much there is of everything, and the engines behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from localaws.console.sources import Page, Query, Sources, attempt
from localaws.console.views.executions import recent_executions
from localaws.console.views.jobs import recent_runs
from localaws.console.views.queries import recent_queries, recent_statements
from localaws.console.views.replication import recent_tasks
from localaws.engines.stack import Stack
from localaws.home import Home

__all__ = ["overview"]

_SHOWN = 8


def overview(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Counts by subject, the last of all that runs, and the engines."""
    statements, problem = recent_statements(sources)
    runs, executions, queries = recent_runs(sources, None), recent_executions(sources), recent_queries(sources)
    data = {
        "cards": _cards(sources),
        "activity": _activity(runs, executions, queries, statements)[: 2 * _SHOWN],
        "problem": f"Redshift's statements could not be read: {problem}" if problem else "",
        "engines": Stack(Home(sources.home)).status(),
    }
    return Page("overview.html.j2", "Overview", data)


def _cards(sources: Sources) -> list[dict[str, Any]]:
    counted: list[tuple[str, str, Callable[[], list[Any]]]] = [
        ("buckets", "Buckets", lambda: sources.client("s3").list_buckets()["Buckets"]),
        ("catalog", "Databases", lambda: sources.listed("glue", "get_databases", "DatabaseList")),
        ("crawlers", "Crawlers", lambda: sources.listed("glue", "get_crawlers", "Crawlers")),
        ("jobs", "Jobs", lambda: sources.listed("glue", "get_jobs", "Jobs")),
        ("executions", "State machines", lambda: sources.listed("stepfunctions", "list_state_machines", "stateMachines")),
        ("functions", "Functions", lambda: sources.listed("lambda", "list_functions", "Functions")),
        ("streams", "DynamoDB tables", lambda: sources.listed("dynamodb", "list_tables", "TableNames")),
        ("events", "Alarms", lambda: sources.listed("cloudwatch", "describe_alarms", "MetricAlarms")),
    ]
    read = [(path, name, attempt(each)) for path, name, each in counted]
    read.append(("replication", "Replication tasks", recent_tasks(sources)))
    return [{"path": path, "name": name, "count": len(found), "problem": problem} for path, name, (found, problem) in read]


def _activity(runs: list[Any], executions: list[Any], queries: list[Any], statements: list[Any]) -> list[dict[str, Any]]:
    """Rows of one kind for all that runs, the newest first."""
    rows = [
        {"at": run.started_on, "kind": "Job run", "name": run.job_name, "state": run.state, "href": ("jobs", run.job_name, run.run_id),
         "seconds": run.execution_seconds, "error": run.error_message or ""}
        for run in runs[:_SHOWN]
    ]  # fmt: skip
    rows += [
        {"at": each["startDate"], "kind": "Execution", "name": each["stateMachineName"], "state": each["status"],
         "href": ("executions", each["stateMachineName"], each["name"]), "error": each.get("error") or "",
         "seconds": each["stopDate"] - each["startDate"] if each.get("stopDate") else None}
        for each in executions[:_SHOWN]
    ]  # fmt: skip
    rows += [
        {"at": each["Status"].get("SubmissionDateTime") or 0, "kind": "Athena", "name": each["Query"], "state": each["Status"]["State"],
         "href": ("queries", "athena", each["QueryExecutionId"]), "error": each["Status"].get("StateChangeReason") or "",
         "seconds": (each.get("Statistics") or {}).get("TotalExecutionTimeInMillis", 0) / 1000}
        for each in queries[:_SHOWN]
    ]  # fmt: skip
    rows += [
        {"at": each["CreatedAt"].timestamp(), "kind": "Redshift", "name": each.get("QueryString", ""), "state": each["Status"],
         "href": ("queries", "redshift", each["Id"]), "error": "",
         "seconds": max(0.0, (each["UpdatedAt"] - each["CreatedAt"]).total_seconds())}
        for each in statements[:_SHOWN]
    ]  # fmt: skip
    return sorted(rows, key=lambda row: float(row["at"]), reverse=True)
