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
    """The parameters of a form; members of a list (`DbGroups.DbGroup.1`) under the list's name."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode("utf-8"), keep_blank_values=True):
        head, *rest = name.split(".")
        if rest:
            found.setdefault(head, []).append(value)
        elif name not in ("Action", "Version"):
            found[name] = value
    return found


def query_answer(model: ServiceModel, operation: str, answer: Mapping[str, Any], request_id: str) -> bytes:
    """The answer's XML: flat structures only, which is what the operations that are handled here give."""
    shape = model.operation_model(operation).output_shape
    namespace = model.metadata["xmlNamespace"]
    wrapper = shape.serialization["resultWrapper"] if shape is not None else f"{operation}Result"
    members = "".join(f"<{name}>{escape(_text(value))}</{name}>" for name, value in answer.items())
    inside = f"<{wrapper}>{members}</{wrapper}><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<{operation}Response xmlns=\"{namespace}\">{inside}</{operation}Response>".encode()


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value).lower() if isinstance(value, bool) else str(value)
