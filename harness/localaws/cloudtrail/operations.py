"""LookupEvents, which moto lacks. Trails are moto's. Source: CloudTrail API reference."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from localaws.cloudtrail.exceptions import (
    InvalidLookupAttributesError,
    InvalidMaxResultsError,
    InvalidNextTokenError,
    InvalidTimeRangeError,
)
from localaws.cloudtrail.history import History
from localaws.operation import Handler, Request, ServiceContext

__all__ = ["OPERATIONS", "close_service", "history_of", "open_service"]

_PAGE = 50
_histories: dict[Path, History] = {}
_lock = threading.Lock()


def history_of(home: Path) -> History:
    """The history of a home."""
    with _lock:
        return _histories.setdefault(home, History(home))


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens."""
    history_of(context.home).open()


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    with _lock:
        everything = list(_histories.values())
        _histories.clear()
    for history in everything:
        history.close()


def lookup_events(request: Request) -> dict[str, Any]:
    """LookupEvents: management events of ninety days, the newest first.

    Raises:
        AwsError: the attributes, the range, the size of a page or the token are not valid.
    """
    asked = request.parameters
    size, token = asked.get("MaxResults", _PAGE), asked.get("NextToken")
    if not isinstance(size, int) or not 1 <= size <= _PAGE:
        raise InvalidMaxResultsError(size)
    start, end = asked.get("StartTime"), asked.get("EndTime")
    if start is not None and end is not None and start > end:
        raise InvalidTimeRangeError
    matches = _matching(asked.get("LookupAttributes") or [])
    found: list[Mapping[str, Any]] = []
    for record in _after(token, history_of(request.home).newest_first()):
        moment = datetime.fromisoformat(record["eventTime"]).timestamp()
        if start is not None and moment < int(start):
            break
        if record["awsRegion"] != request.region or (end is not None and moment > end) or not matches(record):
            continue
        found.append(record)
        if len(found) > size:
            break
    answer: dict[str, Any] = {"Events": [_shown(record) for record in found[:size]]}
    return {**answer, "NextToken": found[size - 1]["eventID"]} if len(found) > size else answer


OPERATIONS: Mapping[str, Handler] = {"LookupEvents": lookup_events}


def _after(token: str | None, records: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The records behind the last one of the page before: a number would mean another one as soon as something else is called."""
    if token is not None and not any(record["eventID"] == token for record in records):
        raise InvalidNextTokenError
    return records


def _matching(attributes: list[Mapping[str, str]]) -> Callable[[Mapping[str, Any]], bool]:
    if len(attributes) > 1:
        raise InvalidLookupAttributesError("You can specify only one lookup attribute.")
    if not attributes:
        return lambda record: True
    name, value = attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]
    if name not in _ATTRIBUTES:
        raise InvalidLookupAttributesError(f"{name} is not one of {', '.join(_ATTRIBUTES)}.")
    return lambda record: value in _ATTRIBUTES[name](record)


def _named(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Resources as LookupEvents has them: by the name that ends the ARN."""
    found = []
    for resource in record["resources"]:
        end = resource["ARN"].split(":", 5)[5]
        name = end if resource["type"].startswith("AWS::S3::") else end.replace(":", "/").partition("/")[2] or end
        found.append({"ResourceType": resource["type"], "ResourceName": name})
    return found


_ATTRIBUTES: Mapping[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "EventId": lambda record: [record["eventID"]],
    "EventName": lambda record: [record["eventName"]],
    "ReadOnly": lambda record: [str(record["readOnly"]).lower()],
    "Username": lambda record: [_user(record)],
    "ResourceType": lambda record: [each["ResourceType"] for each in _named(record)],
    "ResourceName": lambda record: [
        *(each["ResourceName"] for each in _named(record)),
        *(each["ARN"] for each in record["resources"]),
    ],
    "EventSource": lambda record: [record["eventSource"]],
    "AccessKeyId": lambda record: [record["userIdentity"].get("accessKeyId", "")],
}


def _user(record: Mapping[str, Any]) -> str:
    """The user's name; of a role the name of the session."""
    identity = record["userIdentity"]
    if "invokedBy" in identity:
        return str(identity["invokedBy"])
    if identity["type"] == "AssumedRole":
        return str(identity["principalId"].partition(":")[2])
    return str(identity.get("userName") or ("root" if identity["type"] == "Root" else identity["principalId"]))


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "AccessKeyId": record["userIdentity"].get("accessKeyId", ""),
        "EventTime": datetime.fromisoformat(record["eventTime"]).timestamp(),
        "EventSource": record["eventSource"],
        "Username": _user(record),
        "Resources": _named(record),
        "CloudTrailEvent": json.dumps(record),
    }
