"""Schedules of AWS (`cron(…)` with a year, `rate(…)`, `at(…)`) and a thread that starts what is due. Times are UTC unless a zone is given.

The fields are those of "Time-based schedules for jobs and crawlers" (Glue Developer Guide), of EventBridge's schedule rules and of
EventBridge Scheduler ("Schedule types"), which alone has `at(…)` and zones.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterError, croniter

from localaws.errors import AwsError

__all__ = ["Schedule", "ScheduleError", "Ticker", "next_after"]

_LOG = logging.getLogger("localaws")
_RATE = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((.+)\)")
_SEEN_LATE = timedelta(seconds=3)
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class Schedule(NamedTuple):
    """What is active: whose it is, when it is due, and in which zone that is meant."""

    name: str
    expression: str
    zone: str = "UTC"


class ScheduleError(AwsError):
    """The expression is no schedule, or one that is not supported here."""

    def __init__(self, expression: str, reason: str) -> None:
        super().__init__("InvalidInputException", f"The schedule {expression!r} is not valid: {reason}.")


def next_after(expression: str, moment: datetime, zone: str = "UTC", once: bool = False) -> datetime | None:
    """The first time after `moment` that the schedule names; None when there is none any more. `once` allows `at(…)`.

    >>> next_after("cron(15 12 ? * MON-FRI *)", datetime(2026, 11, 21, tzinfo=UTC)).isoformat()
    '2026-11-23T12:15:00+00:00'
    >>> next_after("rate(5 minutes)", datetime(2026, 11, 21, tzinfo=UTC)).isoformat()
    '2026-11-21T00:05:00+00:00'
    >>> next_after("at(2026-11-21T12:00:00)", datetime(2026, 11, 21, tzinfo=UTC), "America/New_York", once=True).isoformat()
    '2026-11-21T12:00:00-05:00'

    Raises:
        ScheduleError: it is no schedule, or there is no such zone.
    """
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ScheduleError(expression, f"there is no time zone {zone!r}") from error
    if once and (at := _AT.fullmatch(expression.strip())):
        try:
            due = datetime.fromisoformat(at[1]).replace(tzinfo=place)
        except ValueError as error:
            raise ScheduleError(expression, str(error)) from error
        return due if due > moment else None
    if rate := _RATE.fullmatch(expression.strip()):
        return moment + timedelta(**{f"{rate[2]}s": int(rate[1])})
    cron = _CRON.fullmatch(expression.strip())
    fields = cron[1].split() if cron else []
    if len(fields) != 6:
        raise ScheduleError(expression, "it is neither rate(…) nor cron(…) with six fields")
    minutes, hours, days, months, weekdays, years = fields
    if "W" in days.upper():
        raise ScheduleError(expression, "W (nearest weekday) is not supported here")
    parts = [minutes, hours, _any(days), months, _weekdays(weekdays)]
    if years != "*":
        parts += ["0", years]
    try:
        found: datetime = croniter(" ".join(parts), moment.astimezone(place), max_years_between_matches=100).get_next(datetime)
    except CroniterError as error:
        if "failed to find next date" in str(error):
            return None
        raise ScheduleError(expression, str(error)) from error
    return found


def _any(field: str) -> str:
    return "*" if field == "?" else field


def _weekdays(field: str) -> str:
    """Days of the week are 1 to 7 from Sunday in AWS's expressions, and 0 to 6 in Unix's."""
    if field in ("?", "*"):
        return "*"
    last = re.fullmatch(r"([1-7])L", field, re.IGNORECASE)
    if last:
        return f"L{int(last[1]) - 1}"
    named = re.sub(r"(?<![#/\d])[1-7](?!\d)", lambda day: _DAYS[int(day[0]) - 1], field)
    return "SAT" if named.upper() == "L" else named


class Ticker:
    """A thread that looks once a second which schedules are due, and starts what belongs to them."""

    def __init__(self, name: str, schedules: Callable[[], Iterable[Schedule]], fire: Callable[[str], None]) -> None:
        """`schedules` gives what is active now; `fire` is called with the name."""
        self._schedules, self._fire = schedules, fire
        self._next: dict[Schedule, datetime | None] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread."""
        self._ended.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._ended.wait(1):
            try:
                self._tick(datetime.now(UTC))
            except Exception:  # noqa: BLE001 - one schedule's mistake must not silence the others for ever
                _LOG.exception("schedules")

    def _tick(self, now: datetime) -> None:
        active = list(self._schedules())
        for item in active:
            if item not in self._next:
                # What was made for this very second may be past when it is first seen.
                self._next[item] = self._due(item, now - _SEEN_LATE if item.expression.startswith("at(") else now)
                continue
            due = self._next[item]
            if due is not None and due <= now:
                self._next[item] = self._due(item, now)
                self._fire(item.name)
        for gone in set(self._next) - set(active):
            del self._next[gone]

    def _due(self, item: Schedule, now: datetime) -> datetime | None:
        try:
            return next_after(item.expression, now, item.zone, once=True)
        except ScheduleError as error:
            _LOG.error("%s: %s is never due: %s", self._thread.name, item.name, error)
            return None
