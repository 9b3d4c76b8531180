"""Executions: a thread each, their history on disk line by line, so that both outlive the endpoint."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from localaws.cloudwatch.metrics import of_execution
from localaws.eventbridge.bus import emit
from localaws.iam.service_roles import role_environment
from localaws.records import Records
from localaws.stepfunctions.exceptions import Aborted, ExecutionTimedOut, StatesError
from localaws.stepfunctions.interpreter import Interpreter, timestamp
from localaws.stepfunctions.services import Services
from localaws.stepfunctions.tasks import Tokens

__all__ = ["DETAILS", "Executions"]

_LOG = logging.getLogger("localaws")
DETAILS: Mapping[str, str] = {
    "ExecutionStarted": "executionStartedEventDetails", "ExecutionSucceeded": "executionSucceededEventDetails",
    "ExecutionFailed": "executionFailedEventDetails", "ExecutionAborted": "executionAbortedEventDetails",
    "ExecutionTimedOut": "executionTimedOutEventDetails", "TaskScheduled": "taskScheduledEventDetails",
    "TaskStarted": "taskStartedEventDetails", "TaskSubmitted": "taskSubmittedEventDetails", "TaskSucceeded": "taskSucceededEventDetails",
    "TaskFailed": "taskFailedEventDetails", "TaskTimedOut": "taskTimedOutEventDetails", "MapStateStarted": "mapStateStartedEventDetails",
    "MapIterationStarted": "mapIterationStartedEventDetails", "MapIterationSucceeded": "mapIterationSucceededEventDetails",
    "MapIterationFailed": "mapIterationFailedEventDetails",
}  # fmt: skip
"""Under which name an event has its details; those of entering and leaving a state have the same for all types."""


class Executions:
    """The executions of one home."""

    def __init__(self, home: Path, endpoint_url: str) -> None:
        self.home, self.endpoint_url = home, endpoint_url
        self.records = Records(home / "executions")
        self.services, self.tokens = Services(endpoint_url), Tokens()
        self.changed = threading.Condition()
        self._stopped: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._counts: dict[str, int] = {}
        self._writing = threading.Lock()

    def start(self, execution: dict[str, Any]) -> None:
        """Keep the execution and begin it in the background."""
        arn = execution["executionArn"]
        self.records.put(arn, execution)
        self._stopped[arn] = threading.Event()
        self._threads[arn] = threading.Thread(target=self._run, args=(execution,), name=f"execution {execution['name']}", daemon=True)
        self._threads[arn].start()

    def wait(self, arn: str, seconds: float | None = None) -> dict[str, Any]:
        """The execution when it has ended."""
        self._threads[arn].join(seconds)
        return self.records.get(arn) or {}

    def stop(self, arn: str, error: str | None, cause: str | None) -> float:
        """End a running execution with all that it started; when it has ended, the time of it."""
        given = {name: text for name, text in (("error", error), ("cause", cause)) if text}
        self.records.change(arn, lambda execution: execution.update(given) if execution["status"] == "RUNNING" else None)
        if arn in self._stopped:
            self._stopped[arn].set()
            self._threads[arn].join(60)
        return float((self.records.get(arn) or {}).get("stopDate", time.time()))

    def history(self, arn: str) -> list[dict[str, Any]]:
        """The events, in order."""
        path = self._history(arn)
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def recover(self) -> None:
        """At a start of the endpoint: executions that its end cut off have failed."""
        for execution in self.records.all():
            if execution["status"] == "RUNNING":
                cause = "The endpoint ended while the execution was under way."
                self._note(execution["executionArn"], "ExecutionFailed", {"error": "States.Runtime", "cause": cause})
                self._end(execution["executionArn"], status="FAILED", error="States.Runtime", cause=cause)

    def close(self) -> None:
        """At an orderly end of the endpoint its executions are aborted."""
        for arn, thread in list(self._threads.items()):
            if thread.is_alive():
                self._stopped[arn].set()
        for thread in list(self._threads.values()):
            thread.join(timeout=5)

    def _run(self, execution: dict[str, Any]) -> None:
        arn, machine = execution["executionArn"], execution["definition"]
        data = json.loads(execution["input"])
        of_execution = {"Id": arn, "Input": data, "Name": execution["name"], "RoleArn": execution["roleArn"]}
        context = {
            "Execution": {**of_execution, "StartTime": timestamp(execution["startDate"])},
            "StateMachine": {"Id": execution["stateMachineArn"], "Name": execution["stateMachineName"]},
        }
        limit = machine.get("TimeoutSeconds")
        deadline = None if limit is None else time.monotonic() + limit
        note: Callable[[str, dict[str, Any]], None] = lambda kind, details: self._note(arn, kind, details)  # noqa: E731
        rights = role_environment(self.home, execution["roleArn"], execution["name"])
        services = Services(self.endpoint_url, rights) if rights else self.services
        interpreter = Interpreter(services, self.tokens, note, deadline)
        note("ExecutionStarted", {"input": execution["input"], "roleArn": execution["roleArn"]})
        try:
            output = json.dumps(interpreter.run(machine, data, context, self._stopped[arn].is_set))
        except Aborted:
            told = self.records.get(arn) or {}
            note("ExecutionAborted", {name: told[name] for name in ("error", "cause") if name in told})
            self._end(arn, status="ABORTED")
        except ExecutionTimedOut:
            note("ExecutionTimedOut", {})
            self._end(arn, status="TIMED_OUT", error="States.Timeout", cause="")
        except StatesError as error:
            note("ExecutionFailed", {"error": error.error, "cause": error.cause})
            self._end(arn, status="FAILED", error=error.error, cause=error.cause)
        except Exception as error:  # noqa: BLE001 - an execution must not stay RUNNING for ever because of a mistake of ours
            _LOG.exception("execution %s", arn)
            note("ExecutionFailed", {"error": "States.Runtime", "cause": f"{type(error).__name__}: {error}"})
            self._end(arn, status="FAILED", error="States.Runtime", cause=f"{type(error).__name__}: {error}")
        else:
            note("ExecutionSucceeded", {"output": output})
            self._end(arn, status="SUCCEEDED", output=output)

    def _end(self, arn: str, **changes: Any) -> None:
        execution = self.records.change(arn, lambda document: document.update(stopDate=time.time(), **changes))
        names = ("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate", "input", "output", "error", "cause")
        detail = {name: execution.get(name) for name in names}
        detail |= {name: int(execution[name] * 1000) for name in ("startDate", "stopDate")}
        of_execution(self.services.client("cloudwatch"), execution)
        emit(self.home, "aws.states", "Step Functions Execution Status Change", detail, (arn,))

    def _history(self, arn: str) -> Path:
        return self.records.folder / "history" / (arn.split(":execution:", 1)[1].replace(":", "/") + ".jsonl")

    def _note(self, arn: str, kind: str, details: dict[str, Any]) -> None:
        """Add an event. Branches write at the same time, each event with the number after the one before."""
        path = self._history(arn)
        with self._writing:
            number = self._counts.get(arn) or len(self.history(arn))
            self._counts[arn] = number + 1
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "a", encoding="utf-8") as file:
                name = DETAILS.get(kind) or f"state{'Entered' if kind.endswith('Entered') else 'Exited'}EventDetails"
                event = {"timestamp": time.time(), "type": kind, "id": number + 1, "previousEventId": number}
                has_details = kind in DETAILS or kind.endswith(("StateEntered", "StateExited"))
                file.write(json.dumps({**event, name: details} if has_details else event) + "\n")
