"""A report as one HTML file without references to others, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from report.facts import Funnel, RunReport, Step

__all__ = ["as_html", "as_json_text"]


def as_html(report: RunReport) -> str:
    """The page. Text of the data is escaped."""
    environment = Environment(
        loader=PackageLoader("report", "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": _number, "seconds": _seconds, "instant": _instant}
    return environment.get_template("run.html.j2").render(report=report, bars=_bars(report), shares=_shares)


def as_json_text(report: RunReport) -> str:
    return json.dumps(report.as_json(), indent=1, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _bars(report: RunReport) -> list[tuple[Step, float, float]]:
    """Steps with left edge and width in per cent of the whole run."""
    if report.span is None:
        return []
    start, end = report.span
    whole = max((end - start).total_seconds(), 0.001)
    placed = []
    for step in report.latest.values():
        length = ((step.finished_at or report.written_at) - step.started_at).total_seconds()
        left = (step.started_at - start).total_seconds() / whole * 100
        placed.append((step, round(left, 2), round(max(length / whole * 100, 0.4), 2)))
    return placed


def _shares(funnel: Funnel) -> dict[str, float]:
    """Per cent of the records read, for the bar."""
    parts = {"accepted": funnel.accepted, "duplicate": funnel.duplicates, "refused": funnel.refused}
    return {name: round(count / funnel.read * 100, 3) if funnel.read else 0.0 for name, count in parts.items()}


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def _seconds(value: float | None) -> str:
    if value is None:
        return "running"
    return f"{value:.1f} s" if value < 60 else f"{int(value // 60)} min {value % 60:.0f} s"


def _instant(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC"
