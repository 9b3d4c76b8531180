"""The REST protocols of newer services: parameters in path, query, headers and body, put together by botocore's model of the operation."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import OperationModel

from localaws.http import HttpRequest

__all__ = ["rest_parameters"]


def rest_parameters(request: HttpRequest, labels: dict[str, str], operation: OperationModel) -> dict[str, Any]:
    """The parameters under the members' names. A payload that is no structure is bytes.

    Raises:
        ValueError: the body is no JSON.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    body = request.body
    if payload is not None:
        member = shape.members[payload]
        found: dict[str, Any] = {str(payload): body if member.type_name in ("blob", "string") else json.loads(body or b"{}")}
    else:
        document = json.loads(body or b"{}")
        if not isinstance(document, dict):
            raise ValueError("it is no object")
        names = {str(member.serialization.get("name", name)): name for name, member in shape.members.items()}
        found = {names.get(str(name), str(name)): value for name, value in document.items()}
    for name, member in shape.members.items():
        location, wire = member.serialization.get("location"), str(member.serialization.get("name", name))
        if location == "uri" and wire in labels:
            found[name] = labels[wire]
        elif location == "querystring" and wire in request.query:
            every = [value for key, value in parse_qsl(request.raw_query, keep_blank_values=True) if key == wire]
            found[name] = every if member.type_name == "list" else every[-1]
        elif location == "header" and wire.lower() in request.headers:
            found[name] = request.headers[wire.lower()]
    return found
