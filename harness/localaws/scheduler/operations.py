"""Schedules of EventBridge Scheduler fire: once, at a rate, by cron, each in its zone, and invoke their targets.

What would not fire or reach nobody is refused when it is made. An invocation that fails goes to the target's dead-letter queue when it
has one; it is not tried again, where AWS tries for a day ("RetryPolicy", Scheduler API reference). A flexible time window is not used up.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from localaws.errors import AwsError
from localaws.eventbridge.targets import SERVICES, Targets
from localaws.moto_app import ACCOUNT_ID
from localaws.operation import Guard, Request, ServiceContext
from localaws.schedules import Schedule, ScheduleError, Ticker, next_after

__all__ = ["GUARDS", "close_service", "open_service"]

_LOG = logging.getLogger("localaws")
_REGION = "us-east-1"
_SDK = "arn:aws:scheduler:::aws-sdk:"
_open: list[Scheduler] = []


def check(request: Request) -> None:
    """CreateSchedule and UpdateSchedule: an expression that is one, a target that is reached."""
    given = request.parameters
    expression, zone = str(given.get("ScheduleExpression", "")), given.get("ScheduleExpressionTimezone") or "UTC"
    try:
        next_after(expression, datetime.now(UTC), zone, once=True)
    except ScheduleError as error:
        raise AwsError("ValidationException", f"Invalid Schedule Expression {expression}: {error}") from error
    arn = str(given.get("Target", {}).get("Arn", ""))
    if arn.startswith(_SDK):
        _check_sdk(request, arn, str(given["Target"].get("Input") or "{}"))
    elif arn.count(":") < 5 or arn.split(":")[2] not in SERVICES:
        raise AwsError("ValidationException", f"The target {arn!r} is not reached here; those of {', '.join(SERVICES)} and {_SDK}… are.")


def _check_sdk(request: Request, arn: str, text: str) -> None:
    """A universal target names an operation, and its input is a JSON object."""
    from localaws.stepfunctions.exceptions import StatesError
    from localaws.stepfunctions.services import Services

    service, _, action = arn.removeprefix(_SDK).partition(":")
    try:
        if not isinstance(json.loads(text), dict):
            raise ValueError("it is no object")
        Services(request.endpoint_url).operation(service, action)
    except (StatesError, ValueError) as error:
        raise AwsError("ValidationException", f"The target {arn} with the input {text!r} cannot be invoked: {error}") from error


class Scheduler:
    """The schedules of one home, one region."""

    def __init__(self, context: ServiceContext) -> None:
        self.control_plane = context.control_plane
        self.targets = Targets(context.endpoint_url, context.control_plane)
        self.ticker = Ticker("scheduler", self._active, self._fire)

    def _active(self) -> list[Schedule]:
        now = datetime.now(UTC).timestamp()
        return [
            Schedule(f"{each.group_name}/{each.name}", each.schedule_expression, each.schedule_expression_timezone or "UTC")
            for each in _kept()
            if each.state != "DISABLED" and _seconds(each.start_date, 0) <= now <= _seconds(each.end_date, float("inf"))
        ]

    def _fire(self, name: str) -> None:
        schedule = next((each for each in _kept() if f"{each.group_name}/{each.name}" == name), None)
        if schedule is None:
            return
        target, text = schedule.target, _filled(str(schedule.target.get("Input") or "{}"), schedule.arn)
        try:
            self.targets.reach(target, text)
        except Exception as error:  # noqa: BLE001 - one target's failure must not keep the others from theirs
            self._dead(schedule, target, text, error)
        if schedule.action_after_completion == "DELETE" and schedule.schedule_expression.startswith("at("):
            self.control_plane("scheduler").delete_schedule(Name=schedule.name, GroupName=schedule.group_name)

    def _dead(self, schedule: Any, target: Mapping[str, Any], text: str, error: Exception) -> None:
        _LOG.error("the schedule %s did not reach %s: %s", schedule.arn, target["Arn"], error)
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if queue:
            told = {
                "ERROR_MESSAGE": str(error),
                "ERROR_CODE": type(error).__name__,
                "SCHEDULE_ARN": schedule.arn,
                "TARGET_ARN": target["Arn"],
            }
            sqs = self.targets.services.client("sqs")
            url = sqs.get_queue_url(QueueName=queue.rsplit(":", 1)[1])["QueueUrl"]
            attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
            sqs.send_message(QueueUrl=url, MessageBody=text, MessageAttributes=attributes)


def _filled(text: str, arn: str) -> str:
    """The input with its context attributes, such as <aws.scheduler.scheduled-time> ("Adding context attributes", User Guide)."""
    values = {
        "schedule-arn": arn,
        "scheduled-time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution-id": str(uuid.uuid4()),
        "attempt-number": "1",
    }
    for name, value in values.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _kept() -> list[Any]:
    """moto's own schedules: a list of them through its API would take a call for each."""
    from moto.backends import get_backend

    groups = get_backend("scheduler")[ACCOUNT_ID][_REGION].schedule_groups
    return [schedule for group in list(groups.values()) for schedule in list(group.schedules.values())]


def _seconds(value: Any, default: float) -> float:
    return default if value is None else float(value)


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: schedules fire from now on."""
    _open.append(Scheduler(context))


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    for each in _open:
        each.ticker.close()
    _open.clear()


GUARDS: Mapping[str, Guard] = {"CreateSchedule": check, "UpdateSchedule": check}
