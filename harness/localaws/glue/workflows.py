"""Triggers started and stopped, workflows run and shown with their graphs. Workflows' definitions are moto's.

Answers and errors follow the Glue Web API reference, "Workflows" and "Triggers".
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localaws.errors import AwsError
from localaws.glue.exceptions import EntityNotFoundError, InvalidInputError
from localaws.glue.job_runs import supervisor_of
from localaws.glue.paging import page
from localaws.glue.trigger_definitions import trigger_named, triggers_of
from localaws.glue.workflow_runs import ENDED, WorkflowRuns, statistics
from localaws.operation import Handler, Request, ServiceContext
from localaws.schedules import Schedule, Ticker

__all__ = ["OPERATIONS", "close_service", "open_service"]

_runs: dict[Path, WorkflowRuns] = {}
_tickers: list[Ticker] = []
_lock = threading.Lock()


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: runs under way are followed again, schedules begin."""
    runs = _of(context)
    _tickers.append(
        Ticker("trigger schedules", lambda: _schedules(context.home), lambda name, _: runs.fire(trigger_named(context.home, name)))
    )


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    for ticker in _tickers:
        ticker.close()
    _tickers.clear()
    with _lock:
        everything = list(_runs.values())
        _runs.clear()
    for runs in everything:
        runs.close()


def start_trigger(request: Request) -> dict[str, Any]:
    """StartTrigger: one on demand fires, others become active."""
    name = request.parameters.get("Name", "")
    trigger = trigger_named(request.home, name)
    if trigger["Type"] == "ON_DEMAND":
        _of(request).fire(trigger)
    elif trigger["Type"] == "EVENT":
        raise InvalidInputError(f"The trigger {name} is of type EVENT: events of EventBridge do not start workflows here.")
    else:
        triggers_of(request.home).change(name, lambda document: document.update(State="ACTIVATED"))
    return {"Name": name}


def stop_trigger(request: Request) -> dict[str, Any]:
    """StopTrigger: it fires no more."""
    name = request.parameters.get("Name", "")
    if trigger_named(request.home, name)["State"] != "ACTIVATED":
        raise InvalidInputError(f"The trigger {name} is not active.")
    triggers_of(request.home).change(name, lambda document: document.update(State="DEACTIVATED"))
    return {"Name": name}


def start_workflow_run(request: Request) -> dict[str, Any]:
    """StartWorkflowRun by the workflow's start trigger."""
    name = request.parameters.get("Name", "")
    workflow, runs = _workflow(request, name), _of(request)
    properties = {**workflow.get("DefaultRunProperties", {}), **(request.parameters.get("RunProperties") or {})}
    with runs.records.lock:
        active = [run for run in runs.runs(name) if run["Status"] not in ENDED]
        most = workflow.get("MaxConcurrentRuns")
        if most is not None and len(active) >= most:
            raise AwsError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}: {len(active)} active, {most} allowed.")
        return {"RunId": runs.start(name, properties)}


def stop_workflow_run(request: Request) -> dict[str, Any]:
    """StopWorkflowRun: it is STOPPING until what it started has stopped."""
    run = _run(request)
    if run["Status"] in ENDED:
        raise AwsError("IllegalWorkflowStateException", f"The workflow run {run['WorkflowRunId']} is {run['Status']} already.")
    _of(request).stop(run["WorkflowRunId"])
    return {}


def get_workflow_run(request: Request) -> dict[str, Any]:
    """GetWorkflowRun, with its graph when that is asked for."""
    return {"Run": _shown(request, _run(request), bool(request.parameters.get("IncludeGraph")))}


def get_workflow_runs(request: Request) -> dict[str, Any]:
    """GetWorkflowRuns, the newest first."""
    name = request.parameters.get("Name", "")
    _workflow(request, name)
    graphs = bool(request.parameters.get("IncludeGraph"))
    return page(request, "Runs", [_shown(request, run, graphs) for run in _of(request).runs(name)])


def get_workflow(request: Request) -> dict[str, Any]:
    """GetWorkflow, with its last run and its graph."""
    name, graphs = request.parameters.get("Name", ""), bool(request.parameters.get("IncludeGraph"))
    workflow = {key: value for key, value in _workflow(request, name).items() if key != "LastRun"}
    runs = _of(request).runs(name)
    if runs:
        workflow["LastRun"] = _shown(request, runs[0], graphs)
    if graphs:
        workflow["Graph"] = _graph(request, name, None)
    return {"Workflow": workflow}


def get_workflow_run_properties(request: Request) -> dict[str, Any]:
    """GetWorkflowRunProperties."""
    return {"RunProperties": _run(request)["WorkflowRunProperties"]}


def put_workflow_run_properties(request: Request) -> dict[str, Any]:
    """PutWorkflowRunProperties: those given are added or replaced."""
    run, given = _run(request), request.parameters.get("RunProperties") or {}
    _of(request).records.change(run["WorkflowRunId"], lambda document: document["WorkflowRunProperties"].update(given))
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "GetWorkflow": get_workflow,
    "GetWorkflowRun": get_workflow_run,
    "GetWorkflowRunProperties": get_workflow_run_properties,
    "GetWorkflowRuns": get_workflow_runs,
    "PutWorkflowRunProperties": put_workflow_run_properties,
    "StartTrigger": start_trigger,
    "StartWorkflowRun": start_workflow_run,
    "StopTrigger": stop_trigger,
    "StopWorkflowRun": stop_workflow_run,
}


def _of(context: Request | ServiceContext) -> WorkflowRuns:
    with _lock:
        if context.home not in _runs:
            _runs[context.home] = WorkflowRuns(supervisor_of(context), context.endpoint_url)
        return _runs[context.home]


def _schedules(home: Path) -> list[Schedule]:
    return [
        Schedule(each["Name"], each["Schedule"])
        for each in triggers_of(home).all()
        if each["Type"] == "SCHEDULED" and each["State"] == "ACTIVATED"
    ]


def _workflow(request: Request, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = request.control_plane("glue").get_workflow(Name=name)["Workflow"]
    except ClientError as error:
        raise EntityNotFoundError(f"Entity not found: workflow {name}") from error
    return found


def _run(request: Request) -> dict[str, Any]:
    name, run_id = request.parameters.get("Name", ""), request.parameters.get("RunId", "")
    run = _of(request).records.get(run_id)
    if run is None or run["Name"] != name:
        raise EntityNotFoundError(f"Entity not found: run {run_id} of workflow {name}")
    return run


def _shown(request: Request, run: Mapping[str, Any], graph: bool) -> dict[str, Any]:
    names = ("Name", "WorkflowRunId", "PreviousRunId", "WorkflowRunProperties", "StartedOn", "CompletedOn", "Status")
    found = {name: run[name] for name in names if name in run}
    found["Statistics"] = statistics(run)
    errors = [action["Message"] for action in run["Actions"] if "Message" in action]
    if errors:
        found["ErrorMessage"] = "; ".join(errors)
    if graph:
        found["Graph"] = _graph(request, run["Name"], run)
    return found


def _graph(request: Request, workflow: str, run: Mapping[str, Any] | None) -> dict[str, Any]:
    """Triggers, jobs and crawlers as nodes; with a run, what each did in it."""
    store = supervisor_of(request).store
    nodes: dict[str, dict[str, Any]] = {}
    edges: list[dict[str, str]] = []

    def node(kind: str, name: str) -> str:
        key = f"{kind.lower()}:{name}"
        nodes.setdefault(key, {"Type": kind, "Name": name, "UniqueId": key})
        return key

    for trigger in triggers_of(request.home).all():
        if trigger.get("WorkflowName") != workflow:
            continue
        key = node("TRIGGER", trigger["Name"])
        nodes[key]["TriggerDetails"] = {"Trigger": trigger}
        for condition in (trigger.get("Predicate") or {}).get("Conditions", []):
            source = ("JOB", condition["JobName"]) if condition.get("JobName") else ("CRAWLER", condition["CrawlerName"])
            edges.append({"SourceId": node(*source), "DestinationId": key})
        for action in trigger["Actions"]:
            target = ("JOB", action["JobName"]) if action.get("JobName") else ("CRAWLER", action["CrawlerName"])
            edges.append({"SourceId": key, "DestinationId": node(*target)})
    for action in run["Actions"] if run is not None else []:
        if "JobName" in action:
            job_run = store.get(action["Id"])
            details = nodes[node("JOB", action["JobName"])].setdefault("JobDetails", {"JobRuns": []})
            details["JobRuns"] += [job_run.as_answer()] if job_run is not None else []
        else:
            details = nodes[node("CRAWLER", action["CrawlerName"])].setdefault("CrawlerDetails", {"Crawls": []})
            details["Crawls"].append({"State": action["State"]})
    return {"Nodes": list(nodes.values()), "Edges": edges}
