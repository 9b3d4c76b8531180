"""State machines, their executions, and one execution as a graph whose states have the colour of what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from localaws.console.exceptions import PageNotFoundError
from localaws.console.graph import draw
from localaws.console.progress import progress_of
from localaws.console.sources import Page, Query, Sources
from localaws.records import Records

__all__ = ["execution", "machine", "machines", "recent_executions"]

_MOST = 200


def machines(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Every state machine, and the last executions of all."""
    found = sources.listed("stepfunctions", "list_state_machines", "stateMachines")
    executions = recent_executions(sources)
    last: dict[str, dict[str, Any]] = {}
    for each in executions:
        last.setdefault(each["stateMachineArn"], each)
    return Page("machines.html.j2", "State machines", {"machines": found, "last": last, "executions": executions[:50]})


def machine(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """A state machine's graph and executions; of one that was deleted, its executions."""
    name = parts["machine"]
    executions = [each for each in recent_executions(sources) if each["stateMachineName"] == name]
    described = next((m for m in sources.listed("stepfunctions", "list_state_machines", "stateMachines") if m["name"] == name), None)
    if described is None and not executions:
        raise PageNotFoundError(f"state machine {name!r}")
    if described is not None:
        found = sources.client("stepfunctions").describe_state_machine(stateMachineArn=described["stateMachineArn"])
        definition = json.loads(found["definition"])
    else:
        definition = _whole(sources, executions[0])["definition"]
    data = {"machine": described, "definition": definition, "drawing": draw(definition), "states": {}, "executions": executions[:_MOST]}
    return Page("machine.html.j2", name, data)


def execution(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """One execution: its graph, its history, its input and output."""
    same = [
        each
        for each in recent_executions(sources)
        if each["stateMachineName"] == parts["machine"] and each["name"] == parts["name"]
    ]  # fmt: skip
    if not same:
        raise PageNotFoundError(f"execution {parts['name']!r} of the state machine {parts['machine']!r}")
    found = _whole(sources, same[0])
    history = _history(sources, found["executionArn"])
    states = progress_of(found["definition"], history, found["status"])
    data = {"execution": found, "drawing": draw(found["definition"]), "states": states, "events": [_event(each) for each in history]}
    return Page("execution.html.j2", f"Execution {found['name']}", data)


def recent_executions(sources: Sources) -> list[dict[str, Any]]:
    """Executions of all state machines as they are listed, the newest first; those of deleted machines among them."""
    return sorted(sources.executions.all(), key=lambda each: float(each["startDate"]), reverse=True)


def _whole(sources: Sources, listed: Mapping[str, Any]) -> dict[str, Any]:
    found = Records(sources.home / "executions").get(listed["executionArn"])
    if found is None:
        raise PageNotFoundError(f"execution {listed['name']!r}")
    return found


def _history(sources: Sources, arn: str) -> list[dict[str, Any]]:
    try:
        return sources.listed("stepfunctions", "get_execution_history", "events", 2000, executionArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return []
        raise


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as a row: number, time, type, the state's name, and its details."""
    details: Mapping[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
    return {
        "id": event["id"], "at": event["timestamp"], "type": event["type"], "name": details.get("name", ""),
        "bad": event["type"].endswith(("Failed", "TimedOut", "Aborted")), "details": details,
    }  # fmt: skip
