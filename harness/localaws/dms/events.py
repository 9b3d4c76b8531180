"""What happens to tasks, told: kept for DescribeEvents, published to the topics of subscriptions, and put on the event bus.

Categories, identifiers and messages follow "Working with Amazon SNS events and notifications" and "Working with Amazon EventBridge
events" of the DMS guide. Of the types on the event bus the guide shows one, REPLICATION_TASK_STARTED; the others are named after it.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.bootstrap import client
from localaws.errors import AwsError
from localaws.eventbridge.bus import emit
from localaws.operation import Handler, Request
from localaws.records import Records

__all__ = ["OPERATIONS", "tell"]

_LOG = logging.getLogger("localaws")
_GUIDE = "http://docs.aws.amazon.com/dms/latest/userguide/CHAP_Events.html#"
_SOURCES: Mapping[str, tuple[str, ...]] = {
    "replication-task": ("configuration change", "creation", "deletion", "failure", "state change"),
    "replication-instance": ("configuration change", "creation", "deletion", "failover", "failure", "low storage", "maintenance"),
}
_TASK_EVENTS: Mapping[str, tuple[str, str, str, str]] = {
    "created": ("creation", "DMS-EVENT-0074", "Replication task created.", "REPLICATION_TASK_CREATED"),
    "modified": ("configuration change", "DMS-EVENT-0080", "Replication task modified.", "REPLICATION_TASK_MODIFIED"),
    "deleted": ("deletion", "DMS-EVENT-0073", "Replication task deleted.", "REPLICATION_TASK_DELETED"),
    "running": ("state change", "DMS-EVENT-0069", "Replication task has started.", "REPLICATION_TASK_STARTED"),
    "stopped": ("state change", "DMS-EVENT-0079", "Replication task has stopped.", "REPLICATION_TASK_STOPPED"),
    "failed": ("failure", "DMS-EVENT-0078", "Replication task has failed.", "REPLICATION_TASK_FAILED"),
}
"""What a task became: its category, the event's identifier and message, and its type on the event bus."""
_KEPT_DAYS = 14
_STAMP = "%Y%m%dT%H%M%S%f"
_FIELDS = ("SnsTopicArn", "SourceType", "EventCategories", "SourceIds", "Enabled")


def tell(home: Path, endpoint_url: str, arn: str, name: str, became: str, detail: str = "") -> None:
    """A task became something; whoever subscribed to it is told.

    A topic that cannot be reached is told to the endpoint's log: the task goes on.
    """
    category, identifier, message, kind = _TASK_EVENTS[became]
    text = f"{message} {detail}".strip()
    now = dt.datetime.now(dt.UTC)
    event = {"SourceIdentifier": name, "SourceType": "replication-task", "Message": text, "EventCategories": [category]}
    kept = Records(home / "dms-events")
    kept.put(f"{now:{_STAMP}}-{uuid.uuid4().hex}", {**event, "Date": now.timestamp()})
    kept.delete_before(f"{now - dt.timedelta(days=_KEPT_DAYS):{_STAMP}}")
    emit(home, "aws.dms", "DMS Replication Task State Change", {
        "type": "REPLICATION_TASK", "category": category.title().replace(" ", ""), "eventType": kind, "eventId": identifier,
        "detailMessage": text, "resourceLink": arn,
    }, (arn,))  # fmt: skip
    document = {
        "Event Source": "replication-task", "Event Time": now.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3], "Identifier Link": arn,
        "SourceId": name, "Event ID": _GUIDE + identifier, "Event Message": text,
    }  # fmt: skip
    for subscription in Records(home / "dms-subscriptions").all():
        if _listens(subscription, category, name):
            _publish(endpoint_url, subscription, json.dumps(document))


def _listens(subscription: Mapping[str, Any], category: str, name: str) -> bool:
    categories, sources = subscription["EventCategories"], subscription["SourceIds"]
    is_about = subscription["SourceType"] in ("", "replication-task") and (not sources or name in sources)
    return bool(subscription["Enabled"] and is_about and (not categories or category in categories))


def _publish(endpoint_url: str, subscription: Mapping[str, Any], text: str) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client("sns", endpoint_url).publish(TopicArn=subscription["SnsTopicArn"], Subject="DMS Notification Message", Message=text)
    except (BotoCoreError, ClientError):
        _LOG.exception("the subscription %s could not be told", subscription["Name"])


def create_subscription(request: Request) -> dict[str, Any]:
    """CreateEventSubscription."""
    asked, store = request.parameters, _subscriptions(request)
    name = asked.get("SubscriptionName", "")
    document = {"Name": name, "SourceType": "", "EventCategories": [], "SourceIds": [], "Enabled": True} | _given(request)
    with store.lock:
        if store.get(name) is not None:
            raise AwsError("ResourceAlreadyExistsFault", f"The event subscription {name} exists already.")
        store.put(name, {**document, "CreatedOn": time.time()})
    if asked.get("Tags"):
        request.control_plane("dms").add_tags_to_resource(ResourceArn=_arn(request, name), Tags=asked["Tags"])
    return {"EventSubscription": _shown(request, document)}


def modify_subscription(request: Request) -> dict[str, Any]:
    """ModifyEventSubscription: what is given replaces what was."""
    name = _subscription(request)["Name"]
    given = _given(request)
    return {"EventSubscription": _shown(request, _subscriptions(request).change(name, lambda kept: kept.update(given)))}


def delete_subscription(request: Request) -> dict[str, Any]:
    """DeleteEventSubscription."""
    document = _subscription(request)
    _subscriptions(request).delete(document["Name"])
    return {"EventSubscription": _shown(request, document) | {"Status": "deleting"}}


def describe_subscriptions(request: Request) -> dict[str, Any]:
    """DescribeEventSubscriptions: all of them, or the one that is named."""
    named = [_subscription(request)] if request.parameters.get("SubscriptionName") else _subscriptions(request).all()
    return {"EventSubscriptionsList": [_shown(request, document) for document in named]}


def describe_events(request: Request) -> dict[str, Any]:
    """DescribeEvents: of the last hour, or of Duration minutes, or from StartTime to EndTime; for at most 14 days."""
    asked, now = request.parameters, time.time()
    start = float(asked.get("StartTime") or now - 60 * float(asked.get("Duration") or 60))
    end, categories = float(asked.get("EndTime") or now), set(asked.get("EventCategories") or ())
    store = Records(request.home / "dms-events")
    found = [
        event
        for event in store.all()
        if max(start, now - _KEPT_DAYS * 86400) <= event["Date"] <= end
        and asked.get("SourceIdentifier", event["SourceIdentifier"]) == event["SourceIdentifier"]
        and asked.get("SourceType", event["SourceType"]) == event["SourceType"]
        and (not categories or categories & set(event["EventCategories"]))
    ]
    return {"Events": sorted(found, key=lambda event: event["Date"])}


def describe_categories(request: Request) -> dict[str, Any]:
    """DescribeEventCategories."""
    wanted = request.parameters.get("SourceType")
    shown = [{"SourceType": kind, "EventCategories": list(names)} for kind, names in _SOURCES.items() if wanted in (None, kind)]
    return {"EventCategoryGroupList": shown}


def _given(request: Request) -> dict[str, Any]:
    """The fields of the request, checked. Raises AwsError."""
    asked = request.parameters
    kind = asked.get("SourceType") or ""
    if kind and kind not in _SOURCES:
        raise AwsError("InvalidParameterValueException", f"SourceType {kind!r} is none of {', '.join(_SOURCES)}.")
    known = {category for source, names in _SOURCES.items() if kind in ("", source) for category in names}
    if unknown := [category for category in asked.get("EventCategories") or () if category not in known]:
        raise AwsError("InvalidParameterValueException", f"Event category {unknown[0]!r} is none of {', '.join(sorted(known))}.")
    if topic := asked.get("SnsTopicArn"):
        topics = request.control_plane("sns").list_topics()["Topics"]
        if topic not in [each["TopicArn"] for each in topics]:
            raise AwsError("SNSInvalidTopicFault", f"There is no SNS topic {topic}.")
    return {name: asked[name] for name in _FIELDS if name in asked}


def _subscriptions(request: Request) -> Records:
    return Records(request.home / "dms-subscriptions")


def _subscription(request: Request) -> dict[str, Any]:
    name = request.parameters.get("SubscriptionName", "")
    document = _subscriptions(request).get(name)
    if document is None:
        raise AwsError("ResourceNotFoundFault", f"There is no event subscription {name}.")
    return document


def _arn(request: Request, name: str) -> str:
    return f"arn:aws:dms:{request.region}:{request.account_id}:es:{name}"


def _shown(request: Request, document: Mapping[str, Any]) -> dict[str, Any]:
    """The EventSubscription structure of the API."""
    return {
        "CustomerAwsId": request.account_id,
        "CustSubscriptionId": document["Name"],
        "SnsTopicArn": document["SnsTopicArn"],
        "Status": "active",
        "SourceType": document["SourceType"],
        "SourceIdsList": document["SourceIds"],
        "EventCategoriesList": document["EventCategories"],
        "Enabled": document["Enabled"],
    }


OPERATIONS: Mapping[str, Handler] = {
    "CreateEventSubscription": create_subscription,
    "DeleteEventSubscription": delete_subscription,
    "DescribeEventCategories": describe_categories,
    "DescribeEventSubscriptions": describe_subscriptions,
    "DescribeEvents": describe_events,
    "ModifyEventSubscription": modify_subscription,
}
