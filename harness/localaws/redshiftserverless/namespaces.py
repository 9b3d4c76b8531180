"""Namespaces: the database, its administrator and its key. There is one warehouse here, so its names are what may be asked for."""

from __future__ import annotations

import json
from typing import Any

from localaws.engines.postgres import DATABASE, USER
from localaws.home import Home
from localaws.operation import Request
from localaws.redshiftserverless.exceptions import ConflictError, ValidationError
from localaws.redshiftserverless.stores import engine_port, given, named, new_identity, records, without_tags

__all__ = ["create_namespace", "delete_namespace", "get_namespace", "list_namespaces", "update_namespace"]

_KEPT = ("dbName", "adminUsername", "iamRoles", "defaultIamRoleArn", "logExports")


def create_namespace(request: Request) -> dict[str, Any]:
    """CreateNamespace, over the warehouse that runs: its database and its user are what a client finds.

    Raises:
        ValidationError: another database or user is asked for, or a password of one's own.
        ConflictError: there is one of that name.
        NoWarehouseError: the local Redshift does not run.
    """
    asked, name = request.parameters, given(request, "namespaceName")
    if records(request, "namespace").get(name):
        raise ConflictError(f"The namespace {name} already exists.")
    _check(asked)
    engine_port(request)
    document = {"namespaceName": name, "dbName": DATABASE, "adminUsername": USER, "iamRoles": [], "logExports": [], "status": "AVAILABLE"}
    document |= {key: asked[key] for key in _KEPT if key in asked} | new_identity(request, "namespace")
    document["kmsKeyId"] = asked.get("kmsKeyId") or "AWS_OWNED_KMS_KEY"
    if asked.get("manageAdminPassword"):
        document |= _managed_password(request, name)
    return {"namespace": without_tags(records(request, "namespace").put(name, document))}


def get_namespace(request: Request) -> dict[str, Any]:
    """GetNamespace."""
    return {"namespace": without_tags(named(request, "namespace"))}


def list_namespaces(request: Request) -> dict[str, Any]:
    """ListNamespaces."""
    return {"namespaces": [without_tags(document) for document in records(request, "namespace").all()]}


def update_namespace(request: Request) -> dict[str, Any]:
    """UpdateNamespace: roles, log exports and the key."""
    document = named(request, "namespace")
    _check(request.parameters)
    changed = {key: request.parameters[key] for key in (*_KEPT, "kmsKeyId") if key in request.parameters}
    return {"namespace": without_tags(records(request, "namespace").change(document["namespaceName"], lambda kept: kept.update(changed)))}


def delete_namespace(request: Request) -> dict[str, Any]:
    """DeleteNamespace. The warehouse's data stay: the engine is the home's, and `etl down` stops it.

    Raises:
        ConflictError: a workgroup uses it.
    """
    document = named(request, "namespace")
    name = document["namespaceName"]
    if users := [group["workgroupName"] for group in records(request, "workgroup").all() if group["namespaceName"] == name]:
        raise ConflictError(f"The namespace {name} is used by the workgroup {users[0]}: delete that first.")
    if secret := document.get("adminPasswordSecretArn"):
        request.control_plane("secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    records(request, "namespace").delete(name)
    return {"namespace": without_tags(document) | {"status": "DELETING"}}


def _check(asked: dict[str, Any]) -> None:
    for parameter, ours in (("dbName", DATABASE), ("adminUsername", USER)):
        if asked.get(parameter, ours) != ours:
            raise ValidationError(f"{parameter} is {asked[parameter]!r}: there is one warehouse here, whose {parameter} is {ours!r}.")
    if asked.get("adminUserPassword"):
        raise ValidationError("adminUserPassword cannot be set: the home has a password. Ask with manageAdminPassword for a secret.")


def _managed_password(request: Request, name: str) -> dict[str, Any]:
    """The secret that Redshift keeps for the administrator, with the password that really lets in."""
    value = json.dumps({"username": USER, "password": Home(request.home).credentials.redshift_password})
    secret = request.control_plane("secretsmanager").create_secret(Name=f"redshift!{name}-{USER}", SecretString=value)
    key = request.parameters.get("adminPasswordSecretKmsKeyId", "")
    return {"adminPasswordSecretArn": secret["ARN"], "adminPasswordSecretKmsKeyId": key}
