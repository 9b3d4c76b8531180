"""Invoke and its like, and the operations whose parameters moto alone would take for more than is done here.

Functions, layers, versions and mappings are moto's. Answers follow the Lambda API reference, "Invoke".
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.awslambda.exceptions import InvalidParameterError, InvalidRequestContentError
from localaws.awslambda.functions import find_function
from localaws.awslambda.invocations import Invocations
from localaws.awslambda.sources import Poller, check_mapping, take_off_motos_delivery
from localaws.errors import AwsError
from localaws.http import HttpResponse
from localaws.operation import Guard, Handler, Request, ServiceContext
from localaws.s3.store import Bucket

__all__ = ["GUARDS", "OPERATIONS", "close_service", "invocations_of", "invoke_arn_later", "open_service", "prepare"]

_REGION = "us-east-1"
_LARGEST = 6 << 20
_LARGEST_EVENT = 1 << 20
_TAIL = 4096
_invocations: dict[Path, Invocations] = {}
_pollers: list[Poller] = []
_lock = threading.Lock()


def prepare() -> None:
    """Called before the journal is replayed."""
    take_off_motos_delivery(invoke_arn_later)


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: sources are polled from now on."""
    _pollers.append(Poller(invocations_of(context), context.control_plane, _REGION))


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    for poller in _pollers:
        poller.close()
    _pollers.clear()
    with _lock:
        everything = list(_invocations.values())
        _invocations.clear()
    for invocations in everything:
        invocations.close()


def invocations_of(context: Request | ServiceContext) -> Invocations:
    """The invocations of a home."""
    with _lock:
        if context.home not in _invocations:
            _invocations[context.home] = Invocations(context.home, context.endpoint_url, context.control_plane)
        return _invocations[context.home]


def invoke_arn_later(arn: str, event: str) -> None:
    """Invoke a function in the background for a service of this process: a topic, a bucket, a log group's subscription."""
    with _lock:
        invocations = next(iter(_invocations.values()), None)
    if invocations is not None:
        invocations.invoke_later(lambda: find_function(invocations.home, _REGION, arn, None), event, _REGION)


def invoke(request: Request) -> HttpResponse:
    """Invoke: RequestResponse, Event or DryRun."""
    asked = request.parameters
    function = find_function(request.home, request.region, asked["FunctionName"], asked.get("Qualifier"))
    body: bytes = asked.get("Payload") or b"{}"
    kind = asked.get("InvocationType") or "RequestResponse"
    if len(body) > (_LARGEST if kind == "RequestResponse" else _LARGEST_EVENT):
        raise InvalidParameterError(f"The payload of {len(body)} bytes is too large for an invocation of type {kind}.")
    try:
        json.loads(body)
    except ValueError as error:
        raise InvalidRequestContentError(str(error)) from error
    executed = [("X-Amz-Executed-Version", function.version)]
    if kind == "DryRun":
        return HttpResponse(204, executed)
    invocations = invocations_of(request)
    if kind == "Event":
        invocations.invoke_later(lambda: function, body.decode(), request.region)
        return HttpResponse(202, executed)
    if kind != "RequestResponse":
        raise InvalidParameterError(f"InvocationType {kind} is none of RequestResponse, Event and DryRun.")
    outcome = invocations.invoke(function, body.decode(), request.region)
    headers = [*executed, ("Content-Type", "application/json")]
    if outcome.failed:
        headers.append(("X-Amz-Function-Error", "Unhandled"))
    if asked.get("LogType") == "Tail":
        headers.append(("X-Amz-Log-Result", base64.b64encode(outcome.log.encode()[-_TAIL:]).decode()))
    return HttpResponse(200, headers, outcome.payload.encode())


def invoke_async(request: Request) -> HttpResponse:
    """InvokeAsync, the older form of an Event."""
    function = find_function(request.home, request.region, request.parameters["FunctionName"], None)
    invocations_of(request).invoke_later(lambda: function, bytes(request.parameters["InvokeArgs"]).decode(), request.region)
    return HttpResponse(202, [("Content-Type", "application/json")], b'{"Status": 202}')


def create_function(request: Request) -> HttpResponse:
    """CreateFunction: code in S3 is read from this endpoint's storage, which moto does not see."""
    asked = dict(request.parameters)
    asked["Code"] = _content(request, asked.get("Code") or {})
    return _kept(request, "create_function", asked, 201)


def update_function_code(request: Request) -> HttpResponse:
    """UpdateFunctionCode, likewise."""
    names = ("S3Bucket", "S3Key", "S3ObjectVersion", "ZipFile")
    asked = {name: value for name, value in request.parameters.items() if name not in names}
    asked |= _content(request, {name: request.parameters[name] for name in names if name in request.parameters})
    return _kept(request, "update_function_code", asked, 200)


def publish_layer_version(request: Request) -> HttpResponse:
    """PublishLayerVersion, likewise."""
    asked = dict(request.parameters)
    asked["Content"] = _content(request, asked.get("Content") or {})
    return _kept(request, "publish_layer_version", asked, 201)


def create_event_source_mapping(request: Request) -> HttpResponse:
    """CreateEventSourceMapping: refused when the source, or an option, would not be honoured."""
    check_mapping(request.parameters)
    return _kept(request, "create_event_source_mapping", request.parameters, 202)


def update_event_source_mapping(request: Request) -> HttpResponse:
    """UpdateEventSourceMapping, likewise."""
    check_mapping(request.parameters)
    return _kept(request, "update_event_source_mapping", request.parameters, 202)


def check_invoke_config(request: Request) -> None:
    """Put- and UpdateFunctionEventInvokeConfig: retries are honoured, destinations are not.

    Raises:
        InvalidParameterError: a destination is named.
    """
    named = [where for where, target in (request.parameters.get("DestinationConfig") or {}).items() if target]
    if named:
        raise InvalidParameterError(f"DestinationConfig {', '.join(named)}: what becomes of an invocation would not be sent from here.")


GUARDS: Mapping[str, Guard] = dict.fromkeys(("PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig"), check_invoke_config)

OPERATIONS: Mapping[str, Handler] = {
    "CreateEventSourceMapping": create_event_source_mapping,
    "CreateFunction": create_function,
    "Invoke": invoke,
    "InvokeAsync": invoke_async,
    "PublishLayerVersion": publish_layer_version,
    "UpdateEventSourceMapping": update_event_source_mapping,
    "UpdateFunctionCode": update_function_code,
}


def _content(request: Request, given: Mapping[str, Any]) -> dict[str, Any]:
    """A package as moto keeps it: its bytes."""
    if "ZipFile" in given:
        return {"ZipFile": base64.b64decode(given["ZipFile"])}
    if "S3Bucket" not in given:
        return dict(given)
    try:
        found = Bucket(request.home, given["S3Bucket"]).find(given["S3Key"])
    except AwsError as error:
        reason = f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        raise InvalidParameterError(reason) from error
    return {"ZipFile": Path(found.path).read_bytes()}


def _kept(request: Request, call: str, asked: Mapping[str, Any], status: int) -> HttpResponse:
    """moto's answer to the call."""
    answer = getattr(request.control_plane("lambda"), call)(**asked)
    answer.pop("ResponseMetadata")
    text = json.dumps(answer, default=lambda moment: moment.timestamp())
    return HttpResponse(status, [("Content-Type", "application/json")], text.encode())
