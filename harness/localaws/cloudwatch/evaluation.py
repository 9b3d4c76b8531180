"""What state an alarm is in ("Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data", CloudWatch User Guide).

Periods end now and follow one another backwards, where AWS's begin at whole minutes: an alarm is raised in the second after its metric
came, and a period's data count for as long as the period is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["COMPARISONS", "STATISTICS", "Datum", "Verdict", "evaluate", "statistic_of"]

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")


@dataclass(frozen=True)
class Datum:
    """Values of a metric that came together: one, or a set of which these are the statistics. `age` is in seconds."""

    age: float
    total: float
    count: float
    least: float
    most: float


@dataclass(frozen=True)
class Verdict:
    """The state and why. `state` is None where the alarm stays what it is."""

    state: str | None
    reason: str
    values: tuple[float | None, ...]


def statistic_of(data: Sequence[Datum], statistic: str) -> float | None:
    """The statistic over the data of one period; None where there are none."""
    if not data:
        return None
    total, count = sum(each.total for each in data), sum(each.count for each in data)
    found = {
        "SampleCount": count,
        "Sum": total,
        "Average": total / count if count else 0.0,
        "Minimum": min(each.least for each in data),
        "Maximum": max(each.most for each in data),
    }
    return found[statistic]


def evaluate(
    data: Iterable[Datum], statistic: str, period: int, periods: int, needed: int, comparison: str, threshold: float, missing: str
) -> Verdict:
    """The verdict over the last `periods` periods, of which `needed` must breach. `missing` is the alarm's TreatMissingData.

    >>> evaluate([Datum(5, 2.0, 1, 2.0, 2.0)], "Sum", 60, 1, 1, "GreaterThanThreshold", 1.0, "missing").state
    'ALARM'
    >>> evaluate([], "Sum", 60, 1, 1, "GreaterThanThreshold", 1.0, "missing").state
    'INSUFFICIENT_DATA'
    """
    grouped: list[list[Datum]] = [[] for _ in range(periods)]
    for each in data:
        if 0 <= (place := int(each.age // period)) < periods:
            grouped[place].append(each)
    values = tuple(statistic_of(group, statistic) for group in grouped)
    compare = COMPARISONS[comparison]
    breaching = sum(value is not None and compare(value, threshold) for value in values)
    absent = sum(value is None for value in values)
    state: str | None
    if absent == periods and missing == "missing":
        state = "INSUFFICIENT_DATA"
    elif breaching + (absent if missing == "breaching" else 0) >= needed:
        state = "ALARM"
    elif missing == "ignore" and breaching + absent >= needed:
        state = None  # what is missing could decide, and is not to
    else:
        state = "OK"
    return Verdict(state, _reason(values, breaching, needed, comparison, threshold), values)


_WORDS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


def _reason(values: Sequence[float | None], breaching: int, needed: int, comparison: str, threshold: float) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return f"Threshold Crossed: no datapoints were received for {len(values)} period(s)."
    shown = ", ".join(f"{value:g}" for value in known)
    was = "were" if breaching >= needed else "were not all"
    return f"Threshold Crossed: {len(known)} datapoint(s) [{shown}] {was} {_WORDS[comparison]} the threshold ({threshold:g})."
