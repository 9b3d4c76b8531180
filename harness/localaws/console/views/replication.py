"""DMS tasks: state, lag, and their tables with what was loaded and applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from localaws.console.exceptions import PageNotFoundError
from localaws.console.sources import Page, Query, Sources
from localaws.dms.statistics import Statistics
from localaws.dms.task_store import TaskStore

__all__ = ["recent_tasks", "task", "tasks"]


def tasks(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Every task with its lag."""
    found, problem = recent_tasks(sources)
    counts = {each["ReplicationTaskIdentifier"]: _statistics(sources, each) for each in found}
    return Page("tasks.html.j2", "Replication", {"tasks": found, "counts": counts, "problem": problem})


def task(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """One task: tables, settings, log."""
    found = next((each for each in recent_tasks(sources)[0] if each["ReplicationTaskIdentifier"] == parts["task"]), None)
    if found is None:
        raise PageNotFoundError(f"replication task {parts['task']!r}")
    counts = _statistics(sources, found)
    tables = [counts.tables[name] for name in sorted(counts.tables)]
    return Page("task.html.j2", parts["task"], {"task": found, "counts": counts, "tables": tables})


def recent_tasks(sources: Sources) -> tuple[list[dict[str, Any]], str]:
    """Every task, and why they cannot be listed when they cannot. DMS answers a list without members with an error."""
    try:
        return sources.listed("dms", "describe_replication_tasks", "ReplicationTasks"), ""
    except ClientError as error:
        missing = error.response["Error"]["Code"] == "ResourceNotFoundFault"
        return [], "" if missing else str(error)


def _statistics(sources: Sources, described: Mapping[str, Any]) -> Statistics:
    folder = TaskStore(sources.home / "dms").folder_of(described["ReplicationTaskArn"])
    return Statistics.read(folder / "statistics.json")
