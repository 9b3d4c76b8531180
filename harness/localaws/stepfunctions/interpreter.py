"""The interpreter of the Amazon States Language: states one after the other, branches at the same time, each step in the history."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from localaws.stepfunctions.choices import holds, moment
from localaws.stepfunctions.data import Data, with_result
from localaws.stepfunctions.exceptions import Aborted, ExecutionTimedOut, StatesError, not_interpreted
from localaws.stepfunctions.services import Services
from localaws.stepfunctions.tasks import TaskContext, Tokens, run_task

__all__ = ["Interpreter", "timestamp"]

Note = Callable[[str, dict[str, Any]], None]
_LONGEST_WAIT = 0.1
_MOST_AT_ONCE = 40
_NOT_OF_ALL = ("States.DataLimitExceeded", "States.Runtime")
"""Names that States.ALL does not stand for."""
_LARGEST = 262144


@dataclass(frozen=True)
class _Frame:
    """Where a machine, or a branch of it, is."""

    language: str
    context: Mapping[str, Any]
    stopped: Callable[[], bool]
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass
class Interpreter:
    """Runs one execution."""

    services: Services
    tokens: Tokens
    note: Note
    deadline: float | None = None
    """time.monotonic() at which the execution's time is over."""

    def run(self, machine: Mapping[str, Any], data: Any, context: Mapping[str, Any], stopped: Callable[[], bool]) -> Any:
        """The output of a machine for an input.

        Raises:
            StatesError: a state failed and nothing caught it.
            Aborted: `stopped` became true.
            ExecutionTimedOut: the deadline passed.
        """
        return self._machine(machine, data, _Frame(machine.get("QueryLanguage", "JSONPath"), context, stopped))

    def _machine(self, machine: Mapping[str, Any], data: Any, frame: _Frame) -> Any:
        name: str | None = machine["StartAt"]
        while name is not None:
            if name not in machine["States"]:
                raise StatesError("States.Runtime", f"There is no state {name!r}.")
            state = machine["States"][name]
            about = {"EnteredTime": timestamp(), "Name": name, "RetryCount": 0}
            here = replace(frame, language=state.get("QueryLanguage", frame.language), context={**frame.context, "State": about})
            self._check(here)
            kind = state["Type"]
            self.note(f"{kind}StateEntered", {"name": name, "input": json.dumps(data)})
            name, data = self._with_recovery(name, state, data, here)
            if len(json.dumps(data)) > _LARGEST:
                raise StatesError(
                    "States.DataLimitExceeded",
                    f"The state/task '{about['Name']}' returned a result with a size exceeding the maximum number of bytes service limit.",
                )
            if kind not in ("Fail",):
                self.note(f"{kind}StateExited", {"name": about["Name"], "output": json.dumps(data)})
        return data

    def _with_recovery(self, name: str, state: Mapping[str, Any], data: Any, frame: _Frame) -> tuple[str | None, Any]:
        """The state, again where Retry says so, and elsewhere where Catch does."""
        attempts = [0] * len(state.get("Retry", []))
        while True:
            try:
                return self._STATES[state["Type"]](self, state, data, frame)
            except StatesError as error:
                number = _matching(state.get("Retry", []), error)
                if number is not None and attempts[number] < state["Retry"][number].get("MaxAttempts", 3):
                    self._pause(_delay(state["Retry"][number], attempts[number]), frame)
                    attempts[number] += 1
                    frame = replace(frame, context={**frame.context, "State": {**frame.context["State"], "RetryCount": sum(attempts)}})
                    continue
                number = _matching(state.get("Catch", []), error)
                if number is None:
                    raise
                return self._caught(state["Catch"][number], error, data, frame)

    def _caught(self, catcher: Mapping[str, Any], error: StatesError, data: Any, frame: _Frame) -> tuple[str, Any]:
        output = {"Error": error.error, "Cause": error.cause}
        if frame.language == "JSONata":
            seen = Data(data, frame.context, frame.variables, {"errorOutput": output})
            frame.variables.update(seen.jsonata(catcher.get("Assign", {})))
            return catcher["Next"], seen.jsonata(catcher["Output"]) if "Output" in catcher else output
        frame.variables.update(Data(output, frame.context, frame.variables).template(catcher.get("Assign", {})))
        return catcher["Next"], with_result(data, catcher.get("ResultPath", "$"), output)

    # What each type of state does: the name of the next state, and the output.

    def _pass(self, state: Mapping[str, Any], data: Any, frame: _Frame) -> tuple[str | None, Any]:
        if frame.language == "JSONata":
            return self._done(state, data, data, frame)
        given = _input(state, data, frame)
        result = state["Result"] if "Result" in state else _parameters(state, given, frame)
        return self._done(state, given, result, frame)

    def _task(self, state: Mapping[str, Any], data: Any, frame: _Frame) -> tuple[str | None, Any]:
        given, token = _input(state, data, frame), uuid.uuid4().hex
        frame = replace(frame, context={**frame.context, "Task": {"Token": token}})
        parameters = _parameters(state, given, frame)
        limit = _seconds(state, "TimeoutSeconds", given, frame)
        ends = None if limit is None else time.monotonic() + limit

        def check() -> None:
            self._check(frame)
            if ends is not None and time.monotonic() > ends:
                raise StatesError("States.Timeout", "")

        resource = state["Resource"]
        self.note(
            "TaskScheduled",
            {"resource": resource, "parameters": json.dumps(parameters), **({"timeoutInSeconds": int(limit)} if limit else {})},
        )
        beat = _seconds(state, "HeartbeatSeconds", given, frame)
        try:
            result = run_task(resource, parameters, TaskContext(self.services, self.tokens, token, check, beat, self.note))
        except StatesError as error:
            event = "TaskTimedOut" if error.error in ("States.Timeout", "States.HeartbeatTimeout") else "TaskFailed"
            self.note(event, {"resource": resource, "error": error.error, "cause": error.cause})
            raise
        self.note("TaskSucceeded", {"resource": resource, "output": json.dumps(result)})
        return self._done(state, given, result, frame)

    def _choice(self, state: Mapping[str, Any], data: Any, frame: _Frame) -> tuple[str | None, Any]:
        if frame.language == "JSONata":
            seen = Data(data, frame.context, frame.variables)
            for rule in state["Choices"]:
                answer = seen.jsonata(rule["Condition"])
                if not isinstance(answer, bool):
                    raise StatesError(
                        "States.QueryEvaluationError", f"The condition {rule['Condition']} gave {answer!r}, which is not a boolean."
                    )
                if answer:
                    frame.variables.update(seen.jsonata(rule.get("Assign", {})))
                    return rule["Next"], seen.jsonata(rule["Output"]) if "Output" in rule else data
            if "Default" in state:
                return self._done({**state, "Next": state["Default"]}, data, data, frame)
            raise StatesError("States.NoChoiceMatched", "No choice rule held, and there is no default.")
        given = _input(state, data, frame)
        seen = Data(given, frame.context, frame.variables)
        rule = next((rule for rule in state["Choices"] if holds(rule, seen)), None)
        if rule is None and "Default" not in state:
            raise StatesError("States.NoChoiceMatched", "No choice rule held, and there is no default.")
        frame.variables.update(seen.template((rule or state).get("Assign", {})))
        return (state["Default"] if rule is None else rule["Next"]), _output(state, given, frame)

    def _wait(self, state: Mapping[str, Any], data: Any, frame: _Frame) -> tuple[str | None, Any]:
        given = _input(state, data, frame)
        seconds = _seconds(state, "Seconds", given, frame)
        if seconds is None:
            seen = Data(given, frame.context, frame.variables)
            text = seen.path(state["TimestampPath"], "States.Runtime") if "TimestampPath" in state else seen.jsonata(state["Timestamp"])
            until = moment(text)
            if until is None:
                raise StatesError("States.Runtime", f"The timestamp {text!r} of a Wait state is none.")
            seconds = (until - datetime.now(UTC)).total_seconds()
        self._pause(seconds, frame)
        return self._done(state, given, given, frame)

    def _succeed(self, state: Mapping[str, Any], data: Any, frame: _Frame) -> tuple[str | None, Any]:
        return self._done({**state, "End": True}, given := _input(state, data, frame), given, frame)

    def _fail(self, state: Mapping[str, Any], data: Any, frame: _Frame) -> tuple[str | None, Any]:
        seen = Data(data, frame.context, frame.variables)
        texts = [
            seen.dynamic(state[f"{name}Path"]) if f"{name}Path" in state else seen.jsonata(state.get(name, ""))
            for name in ("Error", "Cause")
        ]
        raise StatesError(*texts)

    def _parallel(self, state: Mapping[str, Any], data: Any, frame: _Frame) -> tuple[str | None, Any]:
        given = _input(state, data, frame)
        start = _parameters(state, given, frame)
        self.note("ParallelStateStarted", {})
        branches = [(branch, start, dict(frame.context)) for branch in state["Branches"]]
        try:
            results = self._together(branches, frame, len(branches))
        except StatesError as error:
            self.note("ParallelStateFailed", {"error": error.error, "cause": error.cause})
            raise
        self.note("ParallelStateSucceeded", {})
        return self._done(state, given, results, frame)

    def _map(self, state: Mapping[str, Any], data: Any, frame: _Frame) -> tuple[str | None, Any]:
        for unknown in ("ItemReader", "ItemBatcher", "ResultWriter"):
            if unknown in state:
                raise not_interpreted(f"{unknown} of a Map state")
        given = _input(state, data, frame)
        seen = Data(given, frame.context, frame.variables)
        items = (
            seen.jsonata(state.get("Items", data))
            if frame.language == "JSONata"
            else seen.path(state.get("ItemsPath", "$"), "States.Runtime")
        )
        if not isinstance(items, list):
            raise StatesError("States.Runtime", "The items of a Map state are no array.")
        machine, selector = state.get("ItemProcessor") or state["Iterator"], state.get("ItemSelector", state.get("Parameters"))
        self.note("MapStateStarted", {"length": len(items)})
        branches = []
        for index, item in enumerate(items):
            context = {**frame.context, "Map": {"Item": {"Index": index, "Value": item}}}
            of_item = Data(given, context, frame.variables)
            selected = (
                item if selector is None else of_item.jsonata(selector) if frame.language == "JSONata" else of_item.template(selector)
            )
            branches.append((machine, selected, context))
        at_once = int(seen.path(state["MaxConcurrencyPath"]) if "MaxConcurrencyPath" in state else state.get("MaxConcurrency", 0))
        allowed = max(state.get("ToleratedFailureCount", 0), len(items) * state.get("ToleratedFailurePercentage", 0) / 100)
        try:
            results = self._together(branches, frame, at_once or _MOST_AT_ONCE, allowed, "MapIteration")
        except StatesError as error:
            self.note("MapStateFailed", {"error": error.error, "cause": error.cause})
            raise
        self.note("MapStateSucceeded", {})
        return self._done(state, given, results, frame)

    def _together(
        self,
        branches: Sequence[tuple[Mapping[str, Any], Any, Mapping[str, Any]]],
        frame: _Frame,
        at_once: int,
        allowed: float = 0,
        events: str = "",
    ) -> list[Any]:
        """Branches at the same time. When more fail than are allowed, the others are stopped."""
        failed = threading.Event()
        results: list[Any] = [None] * len(branches)
        failures: list[StatesError] = []

        def one(index: int) -> None:
            machine, data, context = branches[index]
            if events:
                self.note(f"{events}Started", {"name": frame.context["State"]["Name"], "index": index})
            below = _Frame(
                machine.get("QueryLanguage", frame.language), context, lambda: failed.is_set() or frame.stopped(), dict(frame.variables)
            )
            try:
                results[index] = self._machine(machine, data, below)
            except StatesError as error:
                results[index] = {"Error": error.error, "Cause": error.cause}
                failures.append(error)
                if events:
                    self.note(f"{events}Failed", {"name": frame.context["State"]["Name"], "index": index})
                if len(failures) > allowed:
                    failed.set()
            else:
                if events:
                    self.note(f"{events}Succeeded", {"name": frame.context["State"]["Name"], "index": index})

        with ThreadPoolExecutor(max_workers=max(1, min(at_once, _MOST_AT_ONCE))) as pool:
            pending = {pool.submit(one, index) for index in range(len(branches))}
            while pending:
                _, pending = wait(pending, return_when=FIRST_COMPLETED)
                if failed.is_set() or frame.stopped():
                    for future in pending:
                        future.cancel()
        if len(failures) > allowed:
            error = failures[0]
            raise error if not allowed else StatesError("States.ExceedToleratedFailureThreshold", f"{error.error}: {error.cause}")
        self._check(frame)
        return results

    def _done(self, state: Mapping[str, Any], given: Any, result: Any, frame: _Frame) -> tuple[str | None, Any]:
        """The result put where the state says, and what comes next."""
        following = None if state.get("End") else state["Next"]
        if frame.language == "JSONata":
            seen = Data(given, frame.context, frame.variables, {"result": result})
            assigned = seen.jsonata(state.get("Assign", {}))
            output = seen.jsonata(state["Output"]) if "Output" in state else result
            frame.variables.update(assigned)
            return following, output
        seen = Data(result, frame.context, frame.variables)
        selected = seen.template(state["ResultSelector"]) if "ResultSelector" in state else result
        frame.variables.update(Data(selected, frame.context, frame.variables).template(state.get("Assign", {})))
        path = state.get("ResultPath", "$")
        return following, _output(state, with_result(given, path, selected), frame)

    def _check(self, frame: _Frame) -> None:
        if frame.stopped():
            raise Aborted
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise ExecutionTimedOut

    def _pause(self, seconds: float, frame: _Frame) -> None:
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            self._check(frame)
            time.sleep(min(left, _LONGEST_WAIT))

    _STATES: Mapping[str, Callable[[Interpreter, Mapping[str, Any], Any, _Frame], tuple[str | None, Any]]] = field(
        init=False,
        repr=False,
        default_factory=lambda: {
            "Choice": Interpreter._choice, "Fail": Interpreter._fail, "Map": Interpreter._map, "Parallel": Interpreter._parallel,
            "Pass": Interpreter._pass, "Succeed": Interpreter._succeed, "Task": Interpreter._task, "Wait": Interpreter._wait,
        },
    )  # fmt: skip


def timestamp(seconds: float | None = None) -> str:
    """A time as the context object has it."""
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _input(state: Mapping[str, Any], data: Any, frame: _Frame) -> Any:
    if frame.language == "JSONata" or "InputPath" not in state:
        return data
    path = state["InputPath"]
    return {} if path is None else Data(data, frame.context, frame.variables).path(path, "States.Runtime")


def _output(state: Mapping[str, Any], data: Any, frame: _Frame) -> Any:
    if "OutputPath" not in state:
        return data
    path = state["OutputPath"]
    return {} if path is None else Data(data, frame.context, frame.variables).path(path, "States.Runtime")


def _parameters(state: Mapping[str, Any], given: Any, frame: _Frame) -> Any:
    seen = Data(given, frame.context, frame.variables)
    if frame.language == "JSONata":
        return seen.jsonata(state["Arguments"]) if "Arguments" in state else given
    return seen.template(state["Parameters"]) if "Parameters" in state else given


def _seconds(state: Mapping[str, Any], name: str, given: Any, frame: _Frame) -> float | None:
    seen = Data(given, frame.context, frame.variables)
    if f"{name}Path" in state:
        value = seen.path(state[f"{name}Path"], "States.Runtime")
    elif name in state:
        value = seen.jsonata(state[name])
    else:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StatesError("States.Runtime", f"{name} is {value!r}, which is no number.")
    return float(value)


def _matching(rules: Sequence[Mapping[str, Any]], error: StatesError) -> int | None:
    for number, rule in enumerate(rules):
        for name in rule["ErrorEquals"]:
            if name == error.error or (name == "States.ALL" and error.error not in _NOT_OF_ALL):
                return number
            if name == "States.TaskFailed" and not error.error.startswith("States."):
                return number
            if name == "States.Timeout" and error.error == "States.HeartbeatTimeout":
                return number
    return None


def _delay(rule: Mapping[str, Any], attempt: int) -> float:
    seconds = min(rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2.0) ** attempt, rule.get("MaxDelaySeconds", 31622400))
    return random.uniform(0, seconds) if rule.get("JitterStrategy") == "FULL" else float(seconds)
