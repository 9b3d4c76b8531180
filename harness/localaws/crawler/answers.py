"""What is asked of a crawler's definition, and how crawlers and crawls are answered."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from localaws.crawler.crawls import Crawls
from localaws.glue.exceptions import InvalidInputError
from localaws.schedules import next_after

__all__ = ["answer", "check", "passes"]

_BEHAVIORS = ("UpdateBehavior", "DeleteBehavior")
_DEFAULT_POLICY = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}


def check(definition: Mapping[str, Any]) -> None:
    """What Glue refuses when a crawler is defined.

    Raises:
        InvalidInputError: it is refused.
        ScheduleError: its schedule is none.
    """
    targets = definition.get("Targets") or {}
    if not definition.get("Name") or not definition.get("Role") or not any(targets.values()):
        raise InvalidInputError("A crawler needs Name, Role and at least one target.")
    if definition.get("Schedule"):
        next_after(definition["Schedule"], datetime.now(UTC))
    policy = definition.get("SchemaChangePolicy") or {}
    behavior = (definition.get("RecrawlPolicy") or {}).get("RecrawlBehavior")
    if behavior == "CRAWL_NEW_FOLDERS_ONLY" and any(policy.get(name) != "LOG" for name in _BEHAVIORS):
        raise InvalidInputError(
            "The SchemaChangePolicy for 'Crawl new folders only' Amazon S3 target can have only LOG DeleteBehavior value and LOG "
            "UpdateBehavior value."
        )
    if targets.get("S3Targets") and not definition.get("DatabaseName"):
        raise InvalidInputError("A crawler of S3 targets needs DatabaseName.")


def answer(crawls: Crawls, crawler: Mapping[str, Any]) -> dict[str, Any]:
    """The Crawler structure."""
    definition = {name: value for name, value in crawler["Definition"].items() if name != "Schedule"}
    policy = {**_DEFAULT_POLICY, **(definition.get("SchemaChangePolicy") or {})}
    history = crawls.history(crawler["Name"])
    running = history[0] if history and crawler["State"] != "READY" else None
    ended = next((crawl for crawl in history if "EndTime" in crawl), None)
    found: dict[str, Any] = {
        "Classifiers": [],
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
        "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
        **definition,
        "SchemaChangePolicy": policy,
        "State": crawler["State"],
        "CrawlElapsedTime": int((time.time() - running["StartTime"]) * 1000) if running else 0,
        **{name: crawler[name] for name in ("CreationTime", "LastUpdated", "Version")},
    }
    if crawler["Definition"].get("Schedule"):
        found["Schedule"] = {"ScheduleExpression": crawler["Definition"]["Schedule"], "State": crawler["ScheduleState"]}
    if ended is not None:
        status = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED"}.get(ended["State"], "FAILED")
        last = {name: ended[name] for name in ("LogGroup", "LogStream", "MessagePrefix", "StartTime", "ErrorMessage") if name in ended}
        found["LastCrawl"] = {**last, "Status": status}
    return found


def passes(crawl: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    """Is the crawl one that a filter of ListCrawls asks for?

    Raises:
        InvalidInputError: the filter is none.
    """
    field = {"CRAWL_ID": "CrawlId", "STATE": "State", "START_TIME": "StartTime", "END_TIME": "EndTime", "DPU_HOUR": "DPUHour"}
    name, operator, wanted = field.get(condition.get("FieldName", "")), condition.get("FilterOperator"), condition.get("FieldValue")
    if name is None or operator not in ("EQ", "NE", "GT", "GE", "LT", "LE") or wanted is None:
        raise InvalidInputError(f"Filter {condition} is not valid.")
    value = crawl.get(name)
    if value is None:
        return False
    if isinstance(value, float):
        wanted = float(wanted) / (1000 if name.endswith("Time") else 1)
    before, same = value < wanted, value == wanted
    return {"EQ": same, "NE": not same, "GT": not before and not same, "GE": not before, "LT": before, "LE": before or same}[operator]
