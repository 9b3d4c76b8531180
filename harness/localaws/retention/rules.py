"""Lifecycle rules of a bucket, and when something is due by them ("Lifecycle configuration elements", S3 User Guide).

Storage classes do not exist here and buckets are not versioned: transitions and rules for noncurrent versions have nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["Rule", "due_after", "rules_of"]


@dataclass(frozen=True)
class Rule:
    """A rule that is enabled. Sizes are in bytes and exclusive, times are UTC."""

    name: str
    prefix: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    larger_than: int | None = None
    smaller_than: int | None = None
    days: int | None = None
    date: datetime | None = None
    abort_days: int | None = None

    def concerns(self, key: str, size: int, tags: Mapping[str, str]) -> bool:
        """Is an object one of those that the rule speaks of?"""
        return (
            key.startswith(self.prefix)
            and (self.larger_than is None or size > self.larger_than)
            and (self.smaller_than is None or size < self.smaller_than)
            and all(tags.get(name) == value for name, value in self.tags.items())
        )

    def is_due(self, created: float, at: datetime) -> bool:
        """Has an object that was made at `created` expired by `at`?"""
        if self.date is not None:
            return at >= self.date
        return self.days is not None and at >= due_after(created, self.days)

    def is_upload_due(self, key: str, started: float, at: datetime) -> bool:
        """Is an upload that was begun and not completed to be aborted?"""
        return self.abort_days is not None and key.startswith(self.prefix) and at >= due_after(started, self.abort_days)


def due_after(created: float, days: int) -> datetime:
    """S3 adds the days and rounds up to the next midnight, UTC.

    >>> due_after(datetime(2026, 1, 15, 10, 30, tzinfo=UTC).timestamp(), 3).isoformat()
    '2026-01-19T00:00:00+00:00'
    """
    moment = datetime.fromtimestamp(created, UTC) + timedelta(days=days)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == moment else midnight + timedelta(days=1)


def rules_of(configuration: Mapping[str, Any]) -> list[Rule]:
    """The enabled rules of what GetBucketLifecycleConfiguration answers."""
    return [_rule(each) for each in configuration.get("Rules") or [] if each.get("Status") == "Enabled"]


def _rule(given: Mapping[str, Any]) -> Rule:
    chosen = given.get("Filter") or {}
    both = {**chosen, **(chosen.get("And") or {})}
    tags = [*(both.get("Tags") or []), *([chosen["Tag"]] if chosen.get("Tag") else [])]
    expiration = given.get("Expiration") or {}
    date = expiration.get("Date")
    return Rule(
        name=str(given.get("ID") or ""),
        prefix=str(both.get("Prefix") or given.get("Prefix") or ""),
        tags={str(tag["Key"]): str(tag["Value"]) for tag in tags},
        larger_than=_number(both.get("ObjectSizeGreaterThan")),
        smaller_than=_number(both.get("ObjectSizeLessThan")),
        days=_number(expiration.get("Days")),
        date=date if date is None or date.tzinfo else date.replace(tzinfo=UTC),
        abort_days=_number((given.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation")),
    )


def _number(value: Any) -> int | None:
    return None if value in (None, "") else int(value)
