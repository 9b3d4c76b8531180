"""The parameters of a request, whatever its protocol: what policies, handlers and the event history read of it."""

from __future__ import annotations

import io
import json
from typing import Any

from localaws.api_models import Target, service_model
from localaws.errors import AwsError
from localaws.http import HttpRequest
from localaws.query_protocol import query_parameters
from localaws.rest_protocol import rest_parameters

__all__ = ["parameters_of"]


def parameters_of(request: HttpRequest, target: Target) -> dict[str, Any]:
    """The parameters under the names of the operation's model. Of S3 only those in the path: a body may be an object.

    Raises:
        AwsError: the body is not in the form of its protocol.
    """
    try:
        return _read(request, target)
    except ValueError as error:
        raise AwsError("SerializationException", f"The body of {target.service}:{target.operation} cannot be read: {error}") from error


def _read(request: HttpRequest, target: Target) -> dict[str, Any]:
    if target.protocol in ("query", "ec2"):
        return query_parameters(request.body or request.raw_query.encode())
    if target.protocol == "rest-json":
        return rest_parameters(request, dict(target.labels), service_model(target.service).operation_model(target.operation))
    if target.protocol == "rest-xml":
        return dict(target.labels)
    document = _cbor(request.body) if target.protocol == "smithy-rpc-v2-cbor" else json.loads(request.body or b"{}")
    if not isinstance(document, dict):
        raise ValueError("it is no object")
    return document


def _cbor(body: bytes) -> Any:
    from botocore.parsers import ResponseParserError, RpcV2CBORParser

    try:
        return RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body))) if body else {}
    except ResponseParserError as error:
        raise ValueError(str(error)) from error
