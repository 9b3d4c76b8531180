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
from localaws.every import Every

__all__ = ["Schedule", "ScheduleError", "Ticker", "next_after"]

_LOG = logging.getLogger("localaws")
_RATE = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((.+)\)")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class Schedule(NamedTuple):
    """What is active: whose it is, when it is due, and in which zone that is meant."""

    name: str
    expression: str
    zone: str = "UTC"
    since: datetime | None = None
    """What was due since then is due still, though it is seen only now; without it only what is yet to come."""


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
    """Looks once a second which schedules are due, and starts what belongs to them, each on a thread of its own: none waits for another."""

    def __init__(self, name: str, schedules: Callable[[], Iterable[Schedule]], fire: Callable[[str, datetime], None]) -> None:
        """`schedules` gives what is active now; `fire` is called with the name and the time that it was due."""
        self.name, self._schedules, self._fire = name, schedules, fire
        self._next: dict[Schedule, datetime | None] = {}
        self._every = Every(name, 1, lambda: self._tick(datetime.now(UTC)))

    def close(self) -> None:
        """Nothing is due any more."""
        self._every.close()

    def _tick(self, now: datetime) -> None:
        active = list(self._schedules())
        for item in active:
            if item not in self._next:
                self._next[item] = self._due(item, item.since or now)
            due = self._next[item]
            if due is not None and due <= now:
                self._next[item] = self._due(item, now)
                threading.Thread(target=self._guarded, args=(item.name, due), name=f"{self.name}: {item.name}", daemon=True).start()
        for gone in set(self._next) - set(active):
            del self._next[gone]

    def _guarded(self, name: str, due: datetime) -> None:
        try:
            self._fire(name, due)
        except Exception:  # noqa: BLE001 - nobody waits for this thread
            _LOG.exception("%s: %s was due at %s and failed", self.name, name, due)

    def _due(self, item: Schedule, now: datetime) -> datetime | None:
        try:
            return next_after(item.expression, now, item.zone, once=True)
        except ScheduleError as error:
            _LOG.error("%s: %s is never due: %s", self.name, item.name, error)
            return None
