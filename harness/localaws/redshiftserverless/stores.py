"""What is kept of namespaces and workgroups, and what the two have in common: names, ARNs, tags, the engine behind them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from localaws.engines.redshift import RedshiftEngine
from localaws.exceptions import EngineNotRunningError
from localaws.home import Home
from localaws.operation import Request
from localaws.records import Records
from localaws.redshiftserverless.exceptions import NoWarehouseError, ResourceNotFoundError, ValidationError

__all__ = ["arn_of", "engine_port", "find_by_arn", "given", "named", "new_identity", "records", "tags_of", "without_tags"]

KINDS = ("namespace", "workgroup")


def records(request: Request, kind: str) -> Records:
    """The documents of a kind: namespace or workgroup."""
    return Records(request.home / "redshift-serverless" / kind)


def engine_port(request: Request) -> int:
    """Where the local Redshift listens now.

    Raises:
        NoWarehouseError: it does not run.
    """
    try:
        return RedshiftEngine(Home(request.home)).ports["main"]
    except EngineNotRunningError as error:
        raise NoWarehouseError from error


def named(request: Request, kind: str) -> dict[str, Any]:
    """The document that `<kind>Name` of the request names.

    Raises:
        ValidationError, ResourceNotFoundError
    """
    name = given(request, f"{kind}Name")
    document = records(request, kind).get(name)
    if document is None:
        raise ResourceNotFoundError(kind, name)
    return document


def given(request: Request, parameter: str) -> str:
    """A parameter that must be there. Raises ValidationError."""
    value = request.parameters.get(parameter)
    if not value:
        raise ValidationError(f"{parameter} is required.")
    return str(value)


def new_identity(request: Request, kind: str) -> dict[str, Any]:
    """Id, ARN, time and tags of a new document."""
    made = str(uuid.uuid4())
    return {
        f"{kind}Id": made,
        f"{kind}Arn": arn_of(request, kind, made),
        "creationDate": dt.datetime.now(dt.UTC).isoformat(),
        "tags": request.parameters.get("tags") or [],
    }


def arn_of(request: Request, kind: str, identity: str) -> str:
    """As Redshift Serverless writes it."""
    return f"arn:aws:redshift-serverless:{request.region}:{request.account_id}:{kind}/{identity}"


def find_by_arn(request: Request) -> tuple[Records, dict[str, Any], str]:
    """The records, the document and the name that `resourceArn` stands for. Raises ResourceNotFoundError."""
    arn = given(request, "resourceArn")
    for kind in KINDS:
        store = records(request, kind)
        for document in store.all():
            if document[f"{kind}Arn"] == arn:
                return store, document, document[f"{kind}Name"]
    raise ResourceNotFoundError("resource", arn)


def tags_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Tags by key."""
    return {tag["key"]: tag["value"] for tag in document["tags"]}


def without_tags(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as it is answered: tags have an operation of their own."""
    return {name: value for name, value in document.items() if name != "tags"}
