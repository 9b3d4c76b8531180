"""The data that alarms look at, by metric: each datum that was put is read once, however many alarms and metrics there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Any

from localaws.cloudwatch.evaluation import Datum

__all__ = ["Recent"]

_LONGEST = timedelta(days=7)
"""No alarm looks further back ("PutMetricAlarm", CloudWatch API reference)."""
_Key = tuple[str, str, frozenset[tuple[str, str]]]


class Recent:
    """What was put into one back end of moto's, which only ever adds to its list."""

    def __init__(self) -> None:
        self._taken = 0
        self._data: dict[_Key, list[tuple[datetime, Any]]] = {}

    def take(self, everything: Sequence[Any]) -> None:
        """Read what came since the last time."""
        if len(everything) < self._taken:  # the back end was emptied
            self._taken, self._data = 0, {}
        new = everything[self._taken :]
        self._taken += len(new)
        for each in new:
            at = each.timestamp if each.timestamp.tzinfo else each.timestamp.replace(tzinfo=UTC)
            key = each.namespace, each.name, frozenset((dimension.name, dimension.value) for dimension in each.dimensions)
            self._data.setdefault(key, []).append((at, each))

    def data(
        self, namespace: str, name: str, dimensions: AbstractSet[tuple[str, str]], longest: float, unit: str | None = None
    ) -> Iterator[Datum]:
        """Those of a metric with these dimensions and no others, as in CloudWatch, that are younger than `longest` seconds."""
        key, now = (namespace, name, frozenset(dimensions)), datetime.now(UTC)
        if key not in self._data:
            return
        self._data[key] = [pair for pair in self._data[key] if now - pair[0] < _LONGEST]
        for at, found in self._data[key]:
            age = (now - at).total_seconds()
            if age < longest and (not unit or found.unit == unit):
                yield _datum(max(age, 0.0), found)


def _datum(age: float, found: Any) -> Datum:
    if hasattr(found, "sample_count"):
        return Datum(age, found.sum, found.sample_count, found.min, found.max)
    return Datum(age, found.value, 1, found.value, found.value)
