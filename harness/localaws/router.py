"""The endpoint as one WSGI application: find the operation, then whoever does it.

    the gate         `localaws.iam`: who calls, and whether policies let them (when the endpoint is told to enforce)
    refused          `refusals.NOT_EXECUTED`: what would report success for work not done
    its own page     `localaws.console`: `/_etl/`, for a browser
    S3 objects       `localaws.s3`: plain files
    a handler        `localaws.services`: what runs on engines
    a guard          `localaws.services`: looks whether an engine stands behind what moto then keeps
    everything else  moto, journaled

Every error is an `AwsError`, rendered in the protocol of the service; a mistake of ours is logged with its request id and
answered as InternalFailure, which clients retry or report, never as a success.
"""

from __future__ import annotations

import base64
import json
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from localaws.api_models import Target, identify, service_model
from localaws.cloudtrail.history import History
from localaws.console import PREFIX
from localaws.console.application import Console
from localaws.control_plane import ControlPlane
from localaws.errors import AwsError, JournalError, UnknownOperationError, render
from localaws.http import HttpRequest, HttpResponse
from localaws.iam.callers import access_key_of
from localaws.iam.gate import Gate
from localaws.lakeformation.lake import Lake
from localaws.lakeformation.tables import answer_seen, part_of
from localaws.moto_app import ACCOUNT_ID
from localaws.operation import Guard, Handler, Request
from localaws.parameters import parameters_of
from localaws.query_protocol import query_answer
from localaws.refusals import refuse
from localaws.retention.clock import RETENTION_PATH, Retention
from localaws.s3.service import ObjectStorage

__all__ = ["HEALTH_PATH", "Router"]

HEALTH_PATH = "/_etl/health"
_WITHOUT_BODY = frozenset({204, 304})
"""Statuses after which a client reads no body (RFC 9110): what is sent after them would begin its next answer."""
_LOG = logging.getLogger("localaws")

StartResponse = Callable[..., Any]


class Router:
    """The WSGI application."""

    def __init__(
        self,
        home: Path,
        control_plane: ControlPlane,
        handlers: Mapping[tuple[str, str], Handler],
        serialized: Iterable[tuple[str, str]] = (),
        guards: Mapping[tuple[str, str], Guard] | None = None,
        gate: Gate | None = None,
        history: History | None = None,
    ) -> None:
        """`gate` looks at every request first; without one everybody may do everything. `history` keeps who asked for what."""
        self.home, self.control_plane, self.handlers, self.guards = home, control_plane, handlers, guards or {}
        self.serialized, self.gate, self.history = frozenset(serialized), gate, history
        self.storage = ObjectStorage(home, control_plane)
        self.retention = Retention(home, control_plane.client)
        self.endpoint_url = ""
        self.console = Console(home, lambda: self.endpoint_url)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        response = self.respond(HttpRequest.of(environ))
        headers = response.headers
        if response.status in _WITHOUT_BODY:
            start_response(response.status_line, [pair for pair in headers if pair[0].lower() != "content-length"])
            return []
        if isinstance(response.body, bytes):
            headers = [pair for pair in headers if pair[0].lower() != "content-length" or environ["REQUEST_METHOD"] == "HEAD"]
            if not any(name.lower() == "content-length" for name, _ in headers):
                headers = [*headers, ("Content-Length", str(len(response.body)))]
        start_response(response.status_line, headers)
        if environ["REQUEST_METHOD"] == "HEAD" or not response.body:
            return []
        return [response.body] if isinstance(response.body, bytes) else response.body

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The answer to one request; never raises."""
        request_id = str(uuid.uuid4())
        if request.path == HEALTH_PATH:
            return HttpResponse(200, [("Content-Type", "application/json")], json.dumps(self._health()).encode())
        if request.path == RETENTION_PATH:
            return self.retention.respond(request)
        if request.path == PREFIX.rstrip("/") or request.path.startswith(PREFIX):
            return self.console.respond(request)
        target: Target | None = None
        try:
            target = identify(request)
            if target is None:
                raise UnknownOperationError(request.method, request.path, None)
            response = self._admitted(self.gate, request, target, request_id) if self.gate else self._dispatch(request, target, request_id)
        except Exception as error:  # noqa: BLE001 - the edge of the process: everything becomes an answer, and what is our mistake is logged
            response = self._failed(error, request, target, request_id)
        if target is not None and self.history is not None:
            self._note(self.history, request, target, response, request_id)
        return response

    def _note(self, history: History, request: HttpRequest, target: Target, response: HttpResponse, request_id: str) -> None:
        """The call goes into the event history; what was done is done, also where that fails."""
        try:
            history.note(request, target, response, request_id)
        except Exception:  # noqa: BLE001 - as above
            _LOG.exception("request %s: %s:%s is missing in the event history", request_id, target.service, target.operation)

    def _admitted(self, gate: Gate, request: HttpRequest, target: Target, request_id: str) -> HttpResponse:
        """The answer to whom policies let."""
        caller = gate.check(request, target)
        lake = Lake.of(self.home, caller, target.region) if target.service == "glue" else None
        part = part_of(lake, target, request, self.control_plane.client("glue", target.region)) if lake is not None else None
        try:
            response = self._dispatch(request, target, request_id, gate.denial_of_deletes(caller, request, target))
        except AwsError as error:
            if error.status == 404 and gate.hides(caller, request, target):
                raise AwsError("AccessDenied", "Access Denied", 403) from error
            raise
        return response if lake is None else answer_seen(lake, target, response, part)

    def _dispatch(
        self, request: HttpRequest, target: Target, request_id: str, denial: Callable[[str], str | None] | None = None
    ) -> HttpResponse:
        if target.operation is not None and (handler := self.handlers.get((target.service, target.operation))):
            return self._handle(handler, request, target, target.operation, request_id)
        if target.operation is not None and (guard := self.guards.get((target.service, target.operation))):
            return self._guarded(guard, request, target, target.operation)
        if target.operation is not None:
            refuse(target.service, target.operation)
        if target.service == "s3" and (response := self.storage.respond(request, target, request_id, denial)) is not None:
            return response
        return self.control_plane.forward(request, target)

    def _handle(self, handler: Handler, request: HttpRequest, target: Target, operation: str, request_id: str) -> HttpResponse:
        by_query = target.protocol == "query"
        call = self._call(request, target, operation)
        with self.control_plane.moto.lock if (target.service, operation) in self.serialized else nullcontext():
            answer = handler(call)
        if isinstance(answer, HttpResponse):
            answer.headers.append(("x-amzn-RequestId", request_id))
            return answer
        headers = [("Content-Type", "text/xml" if by_query else "application/x-amz-json-1.1"), ("x-amzn-RequestId", request_id)]
        if by_query:
            return HttpResponse(200, headers, query_answer(service_model(target.service), operation, answer, request_id))
        return HttpResponse(200, headers, json.dumps(answer, default=_as_json).encode())

    def _guarded(self, guard: Guard, request: HttpRequest, target: Target, operation: str) -> HttpResponse:
        """The check and what moto then keeps, as one step."""
        call = self._call(request, target, operation)
        with self.control_plane.moto.lock:
            guard(call)
            return self.control_plane.forward(request, target)

    def _call(self, request: HttpRequest, target: Target, operation: str) -> Request:
        return Request(
            service=target.service,
            operation=operation,
            parameters=parameters_of(request, target),
            region=target.region,
            account_id=ACCOUNT_ID,
            home=self.home,
            endpoint_url=self.endpoint_url,
            control_plane=partial(self.control_plane.client, region=target.region),
            access_key=access_key_of(request),
        )

    def _health(self) -> dict[str, str]:
        return {"status": "ok", "home": str(self.home), "iam": "off" if self.gate is None else "enforce"}

    def _failed(self, error: Exception, request: HttpRequest, target: Target | None, request_id: str) -> HttpResponse:
        if isinstance(error, AwsError):
            known = error
        elif isinstance(error, ClientError):
            details = error.response["Error"]
            known = AwsError(details["Code"], details["Message"], error.response["ResponseMetadata"].get("HTTPStatusCode", 400))
        elif isinstance(error, ParamValidationError):
            known = AwsError("ValidationException", str(error))
        else:
            if not isinstance(error, JournalError):
                _LOG.error("request %s: %s %s", request_id, request.method, request.path, exc_info=error)
            known = AwsError("InternalFailure", f"{type(error).__name__}: {error} (request {request_id}; the endpoint's log has more)", 500)
        protocol = target.protocol if target else ("json" if "x-amz-target" in request.headers else "rest-xml")
        return render(known, protocol, request_id, request.raw_path)


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"a handler answered with a {type(value).__name__}, which has no form in JSON")
