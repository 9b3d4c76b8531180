"""Workgroups: the endpoint that clients connect to, which is where the local Redshift listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.operation import Request
from localaws.ports import LOOPBACK
from localaws.redshiftserverless.exceptions import ConflictError, ResourceNotFoundError, ValidationError
from localaws.redshiftserverless.stores import engine_port, given, named, new_identity, records, without_tags

__all__ = ["create_workgroup", "delete_workgroup", "get_workgroup", "list_workgroups", "update_workgroup"]

_KEPT = ("baseCapacity", "maxCapacity", "configParameters", "enhancedVpcRouting", "publiclyAccessible", "securityGroupIds", "subnetIds")
_DEFAULTS: Mapping[str, Any] = {
    "baseCapacity": 128,
    "configParameters": [],
    "enhancedVpcRouting": False,
    "publiclyAccessible": False,
    "securityGroupIds": [],
    "subnetIds": [],
}


def create_workgroup(request: Request) -> dict[str, Any]:
    """CreateWorkgroup: another name and address of the warehouse that runs.

    Raises:
        ValidationError: another port than the engine's, or access from other machines, is asked for.
        ConflictError: there is one of that name, or the namespace has one.
        ResourceNotFoundError: there is no such namespace.
        NoWarehouseError: the local Redshift does not run.
    """
    asked, name, namespace = request.parameters, given(request, "workgroupName"), given(request, "namespaceName")
    store = records(request, "workgroup")
    if store.get(name):
        raise ConflictError(f"The workgroup {name} already exists.")
    if records(request, "namespace").get(namespace) is None:
        raise ResourceNotFoundError("namespace", namespace)
    if used := [group["workgroupName"] for group in store.all() if group["namespaceName"] == namespace]:
        raise ConflictError(f"The namespace {namespace} has the workgroup {used[0]} already.")
    _check(request)
    document = {**_DEFAULTS, "workgroupName": name, "namespaceName": namespace, **_asked_for(asked), **new_identity(request, "workgroup")}
    return {"workgroup": _answer(request, store.put(name, document))}


def get_workgroup(request: Request) -> dict[str, Any]:
    """GetWorkgroup, with the address where the engine listens now. Raises NoWarehouseError when it does not."""
    return {"workgroup": _answer(request, named(request, "workgroup"))}


def list_workgroups(request: Request) -> dict[str, Any]:
    """ListWorkgroups."""
    return {"workgroups": [_answer(request, document) for document in records(request, "workgroup").all()]}


def update_workgroup(request: Request) -> dict[str, Any]:
    """UpdateWorkgroup: capacities, parameters and network are kept; here they change nothing in the engine."""
    document = named(request, "workgroup")
    _check(request)
    changed = _asked_for(request.parameters)
    updated = records(request, "workgroup").change(document["workgroupName"], lambda kept: kept.update(changed))
    return {"workgroup": _answer(request, updated)}


def delete_workgroup(request: Request) -> dict[str, Any]:
    """DeleteWorkgroup. The engine goes on: it is the home's."""
    document = named(request, "workgroup")
    records(request, "workgroup").delete(document["workgroupName"])
    return {"workgroup": without_tags(document) | {"status": "DELETING"}}


def _asked_for(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {key: asked[key] for key in _KEPT if key in asked}


def _check(request: Request) -> None:
    port = engine_port(request)
    if request.parameters.get("port", port) != port:
        raise ValidationError(f"port is {request.parameters['port']}: the local Redshift listens on {port}, which `./etl status` shows.")
    if request.parameters.get("publiclyAccessible"):
        raise ValidationError("publiclyAccessible is true: the local Redshift listens on loopback only.")


def _answer(request: Request, document: Mapping[str, Any]) -> dict[str, Any]:
    port = engine_port(request)
    endpoint = {"address": LOOPBACK, "port": port, "vpcEndpoints": []}
    return without_tags(document) | {"status": "AVAILABLE", "port": port, "endpoint": endpoint}
