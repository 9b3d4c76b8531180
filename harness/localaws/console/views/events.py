"""What watches and what fires: alarms, rules with their targets, schedules, topics with their subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.console.sources import Page, Query, Sources, attempt

__all__ = ["events"]


def events(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """All of them on one page."""
    rules = sources.client("events").list_rules().get("Rules", [])
    for rule in rules:
        rule["Targets"] = [target["Arn"] for target in sources.client("events").list_targets_by_rule(Rule=rule["Name"])["Targets"]]
    schedules, problem = attempt(lambda: [_schedule(sources, each) for each in sources.listed("scheduler", "list_schedules", "Schedules")])
    data = {
        "alarms": sources.listed("cloudwatch", "describe_alarms", "MetricAlarms"),
        "rules": rules,
        "schedules": schedules,
        "problem": problem,
        "topics": [each["TopicArn"] for each in sources.listed("sns", "list_topics", "Topics")],
        "subscriptions": sources.listed("sns", "list_subscriptions", "Subscriptions"),
    }
    return Page("events.html.j2", "Alarms and events", data)


def _schedule(sources: Sources, listed: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = sources.client("scheduler").get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
    return found
