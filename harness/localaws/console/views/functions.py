"""Lambda functions: how they are set up, what invokes them, and their last invocations with what they printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localaws.console.sources import Page, Query, Sources, attempt

__all__ = ["function", "functions"]

_STREAMS = 5
_EVENTS = 500
_REPORT = re.compile(r"REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms")


def functions(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Every function."""
    found = sources.listed("lambda", "list_functions", "Functions")
    return Page("functions.html.j2", "Functions", {"functions": sorted(found, key=lambda each: each["FunctionName"])})


def function(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """One function. Of its environment the names are shown and no values: those may be secret."""
    name = parts["name"]
    found = sources.client("lambda").get_function_configuration(FunctionName=name)
    mappings, problem = attempt(lambda: sources.listed("lambda", "list_event_source_mappings", "EventSourceMappings", FunctionName=name))
    group = found.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
    data = {
        "function": found,
        "variables": sorted(found.get("Environment", {}).get("Variables", {})),
        "mappings": mappings,
        "problem": problem,
        "group": group,
        "invocations": _invocations(sources, group),
    }
    return Page("function.html.j2", name, data)


def _invocations(sources: Sources, group: str) -> list[dict[str, Any]]:
    """The last invocations, the newest first: request, time, milliseconds, and the lines between START and END."""
    logs = sources.client("logs")
    streams, _ = attempt(
        lambda: logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=_STREAMS)["logStreams"]
    )
    found: list[dict[str, Any]] = []
    for stream in streams:
        asked = {"logGroupName": group, "logStreamName": stream["logStreamName"], "startFromHead": False, "limit": _EVENTS}
        found += _split(attempt(lambda asked=asked: logs.get_log_events(**asked)["events"])[0])  # type: ignore[misc]
    return sorted(found, key=lambda each: float(each["at"]), reverse=True)[:50]


def _split(events: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for event in events:
        message = str(event["message"])
        if message.startswith("START RequestId: "):
            found.append({"id": message.split()[2], "at": event["timestamp"] / 1000, "seconds": None, "lines": []})
        elif found and (report := _REPORT.match(message)):
            found[-1]["seconds"] = float(report[2]) / 1000
        elif found and not message.startswith("END RequestId: "):
            found[-1]["lines"].append(message)
    return found
