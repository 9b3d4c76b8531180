"""Triggers as they are kept: CreateTrigger and its like. moto's cannot be updated and fire nothing, so they are kept below the home."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localaws.crawler.exceptions import AlreadyExistsError
from localaws.glue.exceptions import EntityNotFoundError, InvalidInputError
from localaws.glue.paging import page
from localaws.operation import Handler, Request
from localaws.records import Records
from localaws.schedules import next_after

__all__ = ["OPERATIONS", "trigger_named", "triggers_of"]

_TYPES = ("SCHEDULED", "CONDITIONAL", "ON_DEMAND", "EVENT")
_UPDATED = ("Description", "Schedule", "Actions", "Predicate", "EventBatchingCondition")


def triggers_of(home: Path) -> Records:
    """The triggers of a home."""
    return Records(home / "triggers")


def trigger_named(home: Path, name: str) -> dict[str, Any]:
    """The trigger.

    Raises:
        EntityNotFoundError: there is none.
    """
    found = triggers_of(home).get(name)
    if found is None:
        raise EntityNotFoundError(f"Trigger with name: {name} not found.")
    return found


def create_trigger(request: Request) -> dict[str, Any]:
    """CreateTrigger."""
    asked = dict(request.parameters)
    name, tags, begin = asked.get("Name", ""), asked.pop("Tags", None), asked.pop("StartOnCreation", False)
    _check(asked)
    store = triggers_of(request.home)
    with store.lock:
        if store.get(name) is not None:
            raise AlreadyExistsError("Trigger", name)
        if asked.get("WorkflowName"):
            request.control_plane("glue").get_workflow(Name=asked["WorkflowName"])  # raises when there is none
        if begin and asked["Type"] == "ON_DEMAND":
            raise InvalidInputError("StartOnCreation cannot be true for a trigger of type ON_DEMAND.")
        store.put(name, {**asked, "State": "ACTIVATED" if begin else "CREATED"})
    if tags:
        request.control_plane("glue").tag_resource(ResourceArn=_arn(request, name), TagsToAdd=tags)
    return {"Name": name}


def update_trigger(request: Request) -> dict[str, Any]:
    """UpdateTrigger: the update replaces the whole definition; what is not given is gone (TriggerUpdate, Glue Web API reference)."""
    name, update = request.parameters.get("Name", ""), request.parameters.get("TriggerUpdate") or {}

    def change(trigger: dict[str, Any]) -> None:
        for field in _UPDATED:
            trigger.pop(field, None)
        trigger |= {field: update[field] for field in _UPDATED if update.get(field)}
        _check(trigger)

    try:
        return {"Trigger": triggers_of(request.home).change(name, change)}
    except KeyError:
        raise EntityNotFoundError(f"Trigger with name: {name} not found.") from None


def delete_trigger(request: Request) -> dict[str, Any]:
    """DeleteTrigger; there is no error when there is none."""
    name = request.parameters.get("Name", "")
    triggers_of(request.home).delete(name)
    return {"Name": name}


def get_trigger(request: Request) -> dict[str, Any]:
    """GetTrigger."""
    return {"Trigger": trigger_named(request.home, request.parameters.get("Name", ""))}


def get_triggers(request: Request) -> dict[str, Any]:
    """GetTriggers, all or those that start a job."""
    job = request.parameters.get("DependentJobName")
    found = [
        trigger for trigger in triggers_of(request.home).all() if job is None or any(a.get("JobName") == job for a in trigger["Actions"])
    ]
    return page(request, "Triggers", found)


def list_triggers(request: Request) -> dict[str, Any]:
    """ListTriggers: names, of those with all the tags that are asked for."""
    job, tags = request.parameters.get("DependentJobName"), request.parameters.get("Tags") or {}
    found = [
        trigger for trigger in triggers_of(request.home).all() if job is None or any(a.get("JobName") == job for a in trigger["Actions"])
    ]
    names = [trigger["Name"] for trigger in found]
    if tags:
        glue = request.control_plane("glue")
        names = [name for name in names if tags.items() <= glue.get_tags(ResourceArn=_arn(request, name))["Tags"].items()]
    return page(request, "TriggerNames", names)


def batch_get_triggers(request: Request) -> dict[str, Any]:
    """BatchGetTriggers."""
    names = request.parameters.get("TriggerNames") or []
    found = {name: trigger for name in names if (trigger := triggers_of(request.home).get(name)) is not None}
    return {"Triggers": list(found.values()), "TriggersNotFound": [name for name in names if name not in found]}


OPERATIONS: Mapping[str, Handler] = {
    "BatchGetTriggers": batch_get_triggers,
    "CreateTrigger": create_trigger,
    "DeleteTrigger": delete_trigger,
    "GetTrigger": get_trigger,
    "GetTriggers": get_triggers,
    "ListTriggers": list_triggers,
    "UpdateTrigger": update_trigger,
}


def _check(trigger: Mapping[str, Any]) -> None:
    kind = trigger.get("Type")
    if not trigger.get("Name") or kind not in _TYPES or not trigger.get("Actions"):
        raise InvalidInputError(f"A trigger needs Name, Actions and a Type of {', '.join(_TYPES)}.")
    if kind == "SCHEDULED":
        if not trigger.get("Schedule"):
            raise InvalidInputError("A trigger of type SCHEDULED needs a Schedule.")
        next_after(trigger["Schedule"], datetime.now(UTC))
    if kind == "CONDITIONAL" and not (trigger.get("Predicate") or {}).get("Conditions"):
        raise InvalidInputError("A trigger of type CONDITIONAL needs a Predicate with Conditions.")
    for action in trigger["Actions"]:
        if bool(action.get("JobName")) == bool(action.get("CrawlerName")):
            raise InvalidInputError("An action names exactly one of a job and a crawler.")


def _arn(request: Request, name: str) -> str:
    return f"arn:aws:glue:{request.region}:{request.account_id}:trigger/{name}"
