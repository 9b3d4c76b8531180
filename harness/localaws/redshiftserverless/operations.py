"""Operations of Redshift Serverless. moto has none of them. GetCredentials is in `localaws.redshiftlogin`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.operation import Handler, Request
from localaws.redshiftserverless import namespaces, workgroups
from localaws.redshiftserverless.stores import find_by_arn, tags_of

__all__ = ["OPERATIONS"]


def list_tags_for_resource(request: Request) -> dict[str, Any]:
    """ListTagsForResource."""
    _, document, _ = find_by_arn(request)
    return {"tags": document["tags"]}


def tag_resource(request: Request) -> dict[str, Any]:
    """TagResource: tags are added, or replaced by key."""
    store, document, name = find_by_arn(request)
    tags = tags_of(document) | {tag["key"]: tag["value"] for tag in request.parameters["tags"]}
    store.change(name, lambda kept: kept.update(tags=[{"key": key, "value": value} for key, value in tags.items()]))
    return {}


def untag_resource(request: Request) -> dict[str, Any]:
    """UntagResource."""
    store, document, name = find_by_arn(request)
    gone = set(request.parameters["tagKeys"])
    store.change(name, lambda kept: kept.update(tags=[tag for tag in document["tags"] if tag["key"] not in gone]))
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "CreateNamespace": namespaces.create_namespace,
    "DeleteNamespace": namespaces.delete_namespace,
    "GetNamespace": namespaces.get_namespace,
    "ListNamespaces": namespaces.list_namespaces,
    "UpdateNamespace": namespaces.update_namespace,
    "CreateWorkgroup": workgroups.create_workgroup,
    "DeleteWorkgroup": workgroups.delete_workgroup,
    "GetWorkgroup": workgroups.get_workgroup,
    "ListWorkgroups": workgroups.list_workgroups,
    "UpdateWorkgroup": workgroups.update_workgroup,
    "ListTagsForResource": list_tags_for_resource,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
}
