"""The query protocol of AWS's older services: parameters of a form, answers in XML, both by botocore's model of the operation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.model import ServiceModel

__all__ = ["query_answer", "query_parameters"]


def query_parameters(body: bytes) -> dict[str, Any]:
    """The parameters of a form: `DbGroups.DbGroup.1` and `Tags.member.1.Key` are lists under the names before them.

    >>> query_parameters(b"Action=A&Name=n&Tags.member.1.Key=k&Tags.member.1.Value=v&Groups.Group.1=g")
    {'Name': 'n', 'Tags': [{'Key': 'k', 'Value': 'v'}], 'Groups': ['g']}
    """
    found: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode("utf-8"), keep_blank_values=True):
        *path, last = name.split(".")
        if path or last not in ("Action", "Version"):
            place = found
            for part in path:
                inner = place.setdefault(part, {})
                place = inner if isinstance(inner, dict) else {}
            place[last] = value
    return {name: _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:
    """Members that are numbered are a list, with or without a name for the member before the number."""
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(inner := next(iter(value.values())), dict) and all(each.isdigit() for each in inner):
        value = inner
    if all(each.isdigit() for each in value):
        return [_listed(value[each]) for each in sorted(value, key=int)]
    return {name: _listed(each) for name, each in value.items()}


def query_answer(model: ServiceModel, operation: str, answer: Mapping[str, Any], request_id: str) -> bytes:
    """The answer's XML: values and structures, no lists, which is what the operations that are handled here give."""
    shape = model.operation_model(operation).output_shape
    namespace = model.metadata["xmlNamespace"]
    wrapper = shape.serialization["resultWrapper"] if shape is not None else f"{operation}Result"
    inside = f"<{wrapper}>{_members(answer)}</{wrapper}><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<{operation}Response xmlns=\"{namespace}\">{inside}</{operation}Response>".encode()


def _members(answer: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_members(value) if isinstance(value, Mapping) else escape(_text(value))}</{name}>" for name, value in answer.items()
    )


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value).lower() if isinstance(value, bool) else str(value)
