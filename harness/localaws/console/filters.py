"""How values are written on the pages: sizes, times, durations, JSON, paths."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from jinja2 import Undefined

__all__ = ["FILTERS", "tone"]

_TONES: Mapping[str, str] = {
    **dict.fromkeys(("SUCCEEDED", "SUCCESS", "FINISHED", "COMPLETED", "OK", "ACTIVE", "ENABLED", "LOAD COMPLETE"), "good"),
    **dict.fromkeys(("FAILED", "ERROR", "TIMEOUT", "TIMED_OUT", "ALARM", "TABLE ERROR"), "bad"),
    **dict.fromkeys(("STARTING", "STARTED", "RUNNING", "STOPPING", "SUBMITTED", "QUEUED", "PICKED", "SCHEDULED", "PENDING"), "busy"),
    **dict.fromkeys(("STOPPED", "ABORTED", "CANCELLED", "INSUFFICIENT_DATA", "DISABLED"), "soft"),
}  # fmt: skip


def tone(state: str) -> str:
    """The colour of a state: good, bad, busy or soft."""
    return _TONES.get(state.upper(), "soft")


def _size(count: int | float | None) -> str:
    if count is None:
        return "–"
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def _moment(value: datetime | float | int | str | None) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, int | float):
        value = datetime.fromtimestamp(value, UTC)
    return value if isinstance(value, str) else f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    if value < 0.05:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(int(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _pretty(value: Any) -> str:
    """JSON with indents; text that is no JSON as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _path(value: str) -> str:
    return quote(value, safe="")


def _key(value: str) -> str:
    return quote(value, safe="/")


def _number(value: int | float | None) -> str:
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def _forgiving(write: Callable[[Any], str]) -> Callable[[Any], str]:
    """AWS's answers leave out what they have no value for: that is written as None is."""
    return lambda value: write(None if isinstance(value, Undefined) else value)


FILTERS: Mapping[str, Callable[..., str]] = {
    "key": _key,
    "moment": _forgiving(_moment),
    "number": _forgiving(_number),
    "path": _path,
    "pretty": _forgiving(_pretty),
    "seconds": _forgiving(_seconds),
    "size": _forgiving(_size),
    "tone": tone,
}
