"""Tasks: what a Task state's resource asks for, done by the endpoint's services, and undone where the execution is stopped.

`.sync` starts a job and waits for its end by asking; the patterns and their answers follow "Integrating services" of the guide.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localaws.stepfunctions.exceptions import Aborted, StatesError, not_interpreted
from localaws.stepfunctions.services import Services

__all__ = ["TaskContext", "Tokens", "run_task"]

POLL = 0.2
_RESOURCE = re.compile(r"arn:aws[\w-]*:states:[\w-]*:\d*:(?P<service>[\w-]+):(?P<action>\w+)(?::(?P<sdk>\w+))?(?P<pattern>\.\S+)?")
_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d+:function:.+")


class Tokens:
    """Task tokens that somebody waits for, and what SendTaskSuccess and its like said."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[str, Any] | None] = {}
        self._beats: dict[str, float] = {}
        self.changed = threading.Condition()

    def open(self, token: str) -> None:
        """A task begins to wait."""
        with self.changed:
            self._answers[token], self._beats[token] = None, time.monotonic()

    def answer(self, token: str, kind: str, value: Any) -> bool:
        """SendTaskSuccess or SendTaskFailure. False when nobody waits."""
        with self.changed:
            if self._answers.get(token, "nobody") is not None:
                return False
            self._answers[token] = (kind, value)
            self.changed.notify_all()
            return True

    def beat(self, token: str) -> bool:
        """SendTaskHeartbeat. False when nobody waits."""
        with self.changed:
            if token not in self._beats:
                return False
            self._beats[token] = time.monotonic()
            return True

    def look(self, token: str) -> tuple[tuple[str, Any] | None, float]:
        """The answer, if there is one, and the time of the last sign of life."""
        with self.changed:
            return self._answers[token], self._beats[token]

    def close(self, token: str) -> None:
        """Nobody waits any more."""
        with self.changed:
            self._answers.pop(token, None)
            self._beats.pop(token, None)


@dataclass(frozen=True)
class TaskContext:
    """What a task is done with."""

    services: Services
    tokens: Tokens
    token: str
    check: Callable[[], None]
    """Raises Aborted when the execution is stopped, StatesError States.Timeout when the task's time is over."""
    heartbeat: float | None
    note: Callable[[str, dict[str, Any]], None]
    """Adds an event to the history."""


def run_task(resource: str, parameters: Any, context: TaskContext) -> Any:
    """The task's result.

    Raises:
        StatesError: it failed.
        Aborted: the execution was stopped; what the task had started is stopped.
    """
    if _FUNCTION.fullmatch(resource):
        answer = context.services.call("lambda", "invoke", {"FunctionName": resource, "Payload": parameters})
        return _invoked(answer)["Payload"]
    matched = _RESOURCE.fullmatch(resource)
    if matched is None:
        raise not_interpreted(f"The resource {resource!r}")
    if not isinstance(parameters, Mapping):
        raise StatesError("States.Runtime", f"The parameters of {resource} must be an object.")
    service, action, pattern = matched["service"], matched["action"], matched["pattern"] or ""
    about = {"resourceType": service if service != "aws-sdk" else f"aws-sdk:{action}", "resource": matched["sdk"] or f"{action}{pattern}"}
    if service == "aws-sdk":
        call = lambda: context.services.call(action, matched["sdk"], parameters, sdk=True)  # noqa: E731
    else:
        call = lambda: _optimized(service, action, parameters, context)  # noqa: E731
    context.note("TaskStarted", about)
    if pattern == ".waitForTaskToken":
        return _with_token(call, context)
    if pattern.startswith(".sync"):
        follower = _FOLLOWERS.get((service, action))
        if follower is None:
            raise not_interpreted(f"{service}:{action}{pattern}")
        started = call()
        context.note("TaskSubmitted", {**about, "output": json.dumps(started)})
        return follower(started, parameters, context, pattern)
    if pattern:
        raise not_interpreted(f"The pattern {pattern} of {resource}")
    return call()


def _optimized(service: str, action: str, parameters: Mapping[str, Any], context: TaskContext) -> Any:
    if (service, action) == ("states", "startExecution") and isinstance(parameters.get("Input"), dict | list):
        parameters = {**parameters, "Input": json.dumps(parameters["Input"])}
    if (service, action) == ("events", "putEvents"):
        entries = [{**entry, "Detail": entry["Detail"] if isinstance(entry.get("Detail"), str) else json.dumps(entry.get("Detail"))}
                   for entry in parameters.get("Entries", [])]  # fmt: skip
        answer = context.services.call(service, action, {**parameters, "Entries": entries})
        if answer.get("FailedEntryCount"):
            raise StatesError("EventBridge.FailedEntry", json.dumps(answer))
        return answer
    answer = context.services.call(service, action, parameters)
    return _invoked(answer) if (service, action) == ("lambda", "invoke") else answer


def _invoked(answer: dict[str, Any]) -> dict[str, Any]:
    """A function's answer: its payload as JSON; a function that failed is a task that failed."""
    text = answer.get("Payload") or "null"
    try:
        payload = json.loads(text)
    except ValueError:
        payload = text
    if answer.get("FunctionError"):
        name = payload.get("errorType", "Exception") if isinstance(payload, dict) else "Exception"
        raise StatesError(name, json.dumps(payload))
    return {**answer, "Payload": payload}


def _with_token(call: Callable[[], Any], context: TaskContext) -> Any:
    context.tokens.open(context.token)
    try:
        call()
        while True:
            answer, beat = context.tokens.look(context.token)
            if answer is not None:
                break
            context.check()
            if context.heartbeat is not None and time.monotonic() - beat > context.heartbeat:
                raise StatesError("States.HeartbeatTimeout", "")
            with context.tokens.changed:
                context.tokens.changed.wait(POLL)
    finally:
        context.tokens.close(context.token)
    kind, value = answer
    if kind == "failure":
        raise StatesError(value[0], value[1])
    return json.loads(value)


def _followed(context: TaskContext, look: Callable[[], Any], done: Callable[[Any], bool], stop: Callable[[], Any]) -> Any:
    """Ask again and again until it is done. On the way out by any other door, what was started is stopped."""
    try:
        while not done(found := look()):
            context.check()
            time.sleep(POLL)
    except (Aborted, StatesError):
        with contextlib.suppress(StatesError):  # it may have ended by itself in this moment
            stop()
        raise
    return found


def _job_run(started: dict[str, Any], parameters: Mapping[str, Any], context: TaskContext, pattern: str) -> Any:
    name, run_id = parameters["JobName"], started["JobRunId"]

    def look() -> Any:
        return context.services.call("glue", "getJobRun", {"JobName": name, "RunId": run_id})["JobRun"]

    def stop() -> Any:
        return context.services.call("glue", "batchStopJobRun", {"JobName": name, "JobRunIds": [run_id]})

    run = _followed(context, look, lambda each: each["JobRunState"] in ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"), stop)
    run = {key: _milliseconds(value) if key in ("StartedOn", "LastModifiedOn", "CompletedOn") else value for key, value in run.items()}
    if run["JobRunState"] != "SUCCEEDED":
        raise StatesError("States.TaskFailed", json.dumps(run))
    return run


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _query(started: dict[str, Any], parameters: Mapping[str, Any], context: TaskContext, pattern: str) -> Any:
    query_id = {"QueryExecutionId": started["QueryExecutionId"]}
    found = _followed(
        context,
        lambda: context.services.call("athena", "getQueryExecution", query_id),
        lambda each: each["QueryExecution"]["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"),
        lambda: context.services.call("athena", "stopQueryExecution", query_id),
    )
    if found["QueryExecution"]["Status"]["State"] != "SUCCEEDED":
        raise StatesError("States.TaskFailed", json.dumps(found["QueryExecution"]))
    return found


def _execution(started: dict[str, Any], parameters: Mapping[str, Any], context: TaskContext, pattern: str) -> Any:
    arn = {"ExecutionArn": started["ExecutionArn"]}
    found = _followed(
        context,
        lambda: context.services.call("states", "describeExecution", arn),
        lambda each: each["Status"] != "RUNNING",
        lambda: context.services.call("states", "stopExecution", arn),
    )
    if found["Status"] != "SUCCEEDED":
        raise StatesError("States.TaskFailed", json.dumps(found))
    return {**found, "Output": json.loads(found["Output"])} if pattern == ".sync:2" else found


def _spark_job(started: dict[str, Any], parameters: Mapping[str, Any], context: TaskContext, pattern: str) -> Any:
    run = {"ApplicationId": started["ApplicationId"], "JobRunId": started["JobRunId"]}
    found = _followed(
        context,
        lambda: context.services.call("emr-serverless", "getJobRun", run)["JobRun"],
        lambda each: each["State"] in ("SUCCESS", "FAILED", "CANCELLED"),
        lambda: context.services.call("emr-serverless", "cancelJobRun", run),
    )
    if found["State"] != "SUCCESS":
        raise StatesError("States.TaskFailed", json.dumps(found))
    return found


_FOLLOWERS: Mapping[tuple[str, str], Callable[[dict[str, Any], Mapping[str, Any], TaskContext, str], Any]] = {
    ("athena", "startQueryExecution"): _query,
    ("emr-serverless", "startJobRun"): _spark_job,
    ("glue", "startJobRun"): _job_run,
    ("states", "startExecution"): _execution,
}
