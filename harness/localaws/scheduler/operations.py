"""Schedules of EventBridge Scheduler fire: once, at a rate, by cron, each in its zone, and invoke their targets.

What would not fire or reach nobody is refused when it is made. An invocation that fails goes to the target's dead-letter queue when it
has one; it is not tried again, where AWS tries for a day ("RetryPolicy", Scheduler API reference). A flexible time window is not used up.
What was to fire once while no endpoint ran fires when one runs again, unless the target's MaximumEventAgeInSeconds have passed.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.errors import AwsError
from localaws.eventbridge.targets import SERVICES, Targets, can_reach
from localaws.moto_app import ACCOUNT_ID
from localaws.operation import Guard, Request, ServiceContext
from localaws.records import Records
from localaws.schedules import Schedule, ScheduleError, Ticker, next_after

__all__ = ["GUARDS", "EventTooOldError", "close_service", "open_service", "refuse_what_is_old"]

_LOG = logging.getLogger("localaws")
_REGION = "us-east-1"
_ONCE = "at("
_ROUNDED = timedelta(minutes=1)
"""A schedule for the minute in which it is made fires, though its time is past by then: the service keeps to the minute only."""
_DAY = 86_400
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
    elif not can_reach(arn):
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
        self._fired = Records(context.home / "scheduler" / "fired")
        self._over = {str(each["name"]): str(each["at"]) for each in self._fired.all()}
        self.ticker = Ticker("scheduler", self._active, self._fire)

    def _active(self) -> list[Schedule]:
        now, kept = datetime.now(UTC).timestamp(), {_name(each): each for each in _kept()}
        for gone in self._over.keys() - kept.keys():
            self._fired.delete(gone)
            del self._over[gone]
        return [
            _schedule(name, each)
            for name, each in kept.items()
            if each.state != "DISABLED" and (self._is_to_fire(name, each) if _is_once(each) else _is_within(each, now))
        ]

    def _is_to_fire(self, name: str, schedule: Any) -> bool:
        """Once, also over a restart: what has fired is kept with the time that it was for."""
        return self._over.get(name) != _time_of(schedule)

    def _fire(self, name: str, due: datetime) -> None:
        schedule = next((each for each in _kept() if _name(each) == name), None)
        if schedule is None:
            return
        target, text = schedule.target, _filled(str(schedule.target.get("Input") or "{}"), schedule.arn, due)
        at = _time_of(schedule)
        try:
            refuse_what_is_old(target, due)
            self.targets.reach(target, text)
        except Exception as error:  # noqa: BLE001 - a schedule that failed is over all the same, and says so
            self._dead(schedule, target, text, error)
        if not _is_once(schedule):
            return
        self._fired.put(name, {"name": name, "at": at})  # only now: a kill before fires it again, which is what the service promises
        self._over[name] = at
        if schedule.action_after_completion == "DELETE":
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
            attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
            try:
                sqs = self.targets.services.client("sqs")
                url = sqs.get_queue_url(QueueName=queue.rsplit(":", 1)[1])["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody=text, MessageAttributes=attributes)
            except (ClientError, BotoCoreError) as refused:
                _LOG.error("the dead-letter queue %s of the schedule %s took nothing: %s", queue, schedule.arn, refused)


class EventTooOldError(Exception):
    """The time of the schedule is longer ago than its target allows."""

    def __init__(self, due: datetime, seconds: int) -> None:
        super().__init__(f"it was due at {due:%Y-%m-%dT%H:%M:%SZ}, which is longer ago than MaximumEventAgeInSeconds, {seconds}")


def refuse_what_is_old(target: Mapping[str, Any], due: datetime) -> None:
    """Raises EventTooOldError: what was due then is no longer sent to this target."""
    seconds = int((target.get("RetryPolicy") or {}).get("MaximumEventAgeInSeconds") or _DAY)
    if datetime.now(UTC) - due > timedelta(seconds=seconds):
        raise EventTooOldError(due.astimezone(UTC), seconds)


def _name(schedule: Any) -> str:
    return f"{schedule.group_name}/{schedule.name}"


def _is_once(schedule: Any) -> bool:
    return str(schedule.schedule_expression).startswith(_ONCE)


def _time_of(schedule: Any) -> str:
    return f"{schedule.schedule_expression} {schedule.schedule_expression_timezone or 'UTC'}"


def _is_within(schedule: Any, now: float) -> bool:
    """Between its dates, which one that fires once has no use for ("CreateSchedule", Scheduler API reference)."""
    return _seconds(schedule.start_date, 0) <= now <= _seconds(schedule.end_date, float("inf"))


def _schedule(name: str, kept: Any) -> Schedule:
    since = datetime.fromtimestamp(float(kept.last_modified_date), UTC) - _ROUNDED if _is_once(kept) else None
    return Schedule(name, kept.schedule_expression, kept.schedule_expression_timezone or "UTC", since)


def _filled(text: str, arn: str, due: datetime) -> str:
    """The input with its context attributes, such as <aws.scheduler.scheduled-time> ("Adding context attributes", User Guide)."""
    values = {
        "schedule-arn": arn,
        "scheduled-time": due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
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
