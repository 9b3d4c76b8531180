"""The operations on executions. State machines themselves are moto's, which reads their definitions when they are made.

Answers and errors follow the Step Functions API reference.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localaws.errors import AwsError
from localaws.operation import Handler, Request, ServiceContext
from localaws.stepfunctions.exceptions import does_not_exist

if TYPE_CHECKING:
    from localaws.stepfunctions.executions import Executions

__all__ = ["OPERATIONS", "close_service", "executions_of", "open_service"]

_PAGE = 100
_executions: dict[Path, Executions] = {}
_lock = threading.Lock()


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: executions that its predecessor left have failed."""
    if (context.home / "executions").exists():
        executions_of(context).recover()


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    with _lock:
        everything = list(_executions.values())
        _executions.clear()
    for executions in everything:
        executions.close()


def executions_of(context: Request | ServiceContext) -> Executions:
    """The executions of a home."""
    from localaws.stepfunctions.executions import Executions

    with _lock:
        if context.home not in _executions:
            _executions[context.home] = Executions(context.home, context.endpoint_url)
        return _executions[context.home]


def start_execution(request: Request) -> dict[str, Any]:
    """StartExecution: it runs in the background. The same name and input again give the execution that there is."""
    execution = _new(request)
    executions = executions_of(request)
    with executions.records.lock:
        earlier = executions.records.get(execution["executionArn"])
        if earlier is None:
            executions.start(execution)
        elif earlier["input"] != execution["input"] or earlier["status"] != "RUNNING":
            raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{execution['executionArn']}'")
        else:
            execution = earlier
    return {"executionArn": execution["executionArn"], "startDate": execution["startDate"]}


def start_sync_execution(request: Request) -> dict[str, Any]:
    """StartSyncExecution of an express state machine: answers when it has ended."""
    execution = _new(request)
    if execution["type"] != "EXPRESS":
        raise AwsError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
    executions = executions_of(request)
    executions.start(execution)
    ended = executions.wait(execution["executionArn"])
    billed = max(1, int((ended["stopDate"] - ended["startDate"]) * 10 + 1)) * 100
    return {**_shown(ended), "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": billed}}


def describe_execution(request: Request) -> dict[str, Any]:
    """DescribeExecution."""
    return {**_shown(_found(request)), "redriveCount": 0, "redriveStatus": "NOT_REDRIVABLE"}


def describe_state_machine_for_execution(request: Request) -> dict[str, Any]:
    """DescribeStateMachineForExecution: as the machine was when it started."""
    execution = _found(request)
    return {
        "stateMachineArn": execution["stateMachineArn"],
        "name": execution["stateMachineName"],
        "definition": json.dumps(execution["definition"]),
        "roleArn": execution["roleArn"],
        "updateDate": execution["startDate"],
    }


def list_executions(request: Request) -> dict[str, Any]:
    """ListExecutions of a state machine, the newest first."""
    asked = request.parameters
    arn, status = asked.get("stateMachineArn", ""), asked.get("statusFilter")
    _machine(request, arn)
    found = [each for each in executions_of(request).records.all() if each["stateMachineArn"] == arn and status in (None, each["status"])]
    names = ("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate")
    listed = [{name: each[name] for name in names if name in each} for each in sorted(found, key=lambda e: e["startDate"], reverse=True)]
    return _page(asked, "executions", listed)


def get_execution_history(request: Request) -> dict[str, Any]:
    """GetExecutionHistory, in pages, the other way round with `reverseOrder`."""
    asked, execution = request.parameters, _found(request)
    events = executions_of(request).history(execution["executionArn"])
    if asked.get("includeExecutionData") is False:
        events = [_without_data(event) for event in events]
    return _page(asked, "events", events[::-1] if asked.get("reverseOrder") else events)


def stop_execution(request: Request) -> dict[str, Any]:
    """StopExecution: answers when it, and what it started, has stopped."""
    execution, asked = _found(request), request.parameters
    return {"stopDate": executions_of(request).stop(execution["executionArn"], asked.get("error"), asked.get("cause"))}


def send_task_success(request: Request) -> dict[str, Any]:
    """SendTaskSuccess."""
    output = request.parameters.get("output", "")
    try:
        json.loads(output)
    except ValueError as error:
        raise AwsError("InvalidOutput", f"The output is no JSON: {error}") from error
    return _answered(request, "success", output)


def send_task_failure(request: Request) -> dict[str, Any]:
    """SendTaskFailure."""
    return _answered(request, "failure", (request.parameters.get("error", ""), request.parameters.get("cause", "")))


def send_task_heartbeat(request: Request) -> dict[str, Any]:
    """SendTaskHeartbeat."""
    if not executions_of(request).tokens.beat(request.parameters.get("taskToken", "")):
        raise AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "DescribeExecution": describe_execution,
    "DescribeStateMachineForExecution": describe_state_machine_for_execution,
    "GetExecutionHistory": get_execution_history,
    "ListExecutions": list_executions,
    "SendTaskFailure": send_task_failure,
    "SendTaskHeartbeat": send_task_heartbeat,
    "SendTaskSuccess": send_task_success,
    "StartExecution": start_execution,
    "StartSyncExecution": start_sync_execution,
    "StopExecution": stop_execution,
}


def _machine(request: Request, arn: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = request.control_plane("stepfunctions").describe_state_machine(stateMachineArn=arn)
    except ClientError as error:
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'") from error
    return found


def _new(request: Request) -> dict[str, Any]:
    asked = request.parameters
    machine = _machine(request, asked.get("stateMachineArn", ""))
    name, given = asked.get("name") or str(uuid.uuid4()), asked.get("input") or "{}"
    if not re.fullmatch(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}", name):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")
    try:
        json.loads(given)
    except ValueError as error:
        raise AwsError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from error
    kind = machine.get("type", "STANDARD")
    arn = machine["stateMachineArn"].replace(":stateMachine:", ":execution:", 1) + f":{name}"
    return {
        "executionArn": arn,
        "stateMachineArn": machine["stateMachineArn"],
        "stateMachineName": machine["name"],
        "definition": json.loads(machine["definition"]),
        "roleArn": machine["roleArn"],
        "type": kind,
        "name": name,
        "status": "RUNNING",
        "startDate": time.time(),
        "input": given,
        "inputDetails": {"included": True},
    }


def _found(request: Request) -> dict[str, Any]:
    arn = request.parameters.get("executionArn", "")
    execution = executions_of(request).records.get(arn)
    if execution is None:
        raise does_not_exist(arn)
    return execution


def _shown(execution: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in execution.items() if name not in ("definition", "stateMachineName", "type", "roleArn")}
    return {**kept, **({"outputDetails": {"included": True}} if "output" in kept else {})}


def _without_data(event: Mapping[str, Any]) -> dict[str, Any]:
    def bare(details: Any) -> Any:
        return (
            {name: value for name, value in details.items() if name not in ("input", "output", "parameters")}
            if isinstance(details, dict)
            else details
        )

    return {name: bare(value) for name, value in event.items()}


def _answered(request: Request, kind: str, value: Any) -> dict[str, Any]:
    if not executions_of(request).tokens.answer(request.parameters.get("taskToken", ""), kind, value):
        raise AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    return {}


def _page(asked: Mapping[str, Any], name: str, items: list[Any]) -> dict[str, Any]:
    token = asked.get("nextToken") or "0"
    if not token.isdigit():
        raise AwsError("InvalidToken", f"Invalid Token: '{token}'")
    start, size = int(token), int(asked.get("maxResults") or _PAGE)
    answer: dict[str, Any] = {name: items[start : start + size]}
    return {**answer, "nextToken": str(start + size)} if start + size < len(items) else answer
