"""Errors that the endpoint answers with, as AWS's clients expect to read them.

    AwsError                        code, message, HTTP status: what any service may answer
    ├── NotExecutedError            the endpoint knows the operation and does not run it yet
    ├── NotProvidedError            nothing here implements the operation
    └── UnknownOperationError       the request is no operation of any service that is known
    EndpointSettingError            a variable of the environment has a value that means nothing
    LoopbackOnlyError               code in this process wanted to talk to another machine
    JournalError                    the journal of control-plane writes cannot be read, written or replayed

`AwsError` is rendered in the protocol of the service that was called (`render`).
"""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

from localaws.exceptions import LocalAwsError
from localaws.http import HttpResponse

__all__ = [
    "AwsError",
    "EndpointSettingError",
    "JournalError",
    "LoopbackOnlyError",
    "NotExecutedError",
    "NotProvidedError",
    "UnknownOperationError",
    "render",
]


class AwsError(LocalAwsError):
    """An error as a service of AWS answers it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        self.members: dict[str, str] = {}
        """What else its shape carries, in services whose protocol is JSON."""
        super().__init__(f"{code}: {message}")


class NotExecutedError(AwsError):
    """The operation would have to do work that this endpoint does not do yet."""

    def __init__(self, service: str, operation: str, reason: str) -> None:
        super().__init__("NotExecuted", f"{service}:{operation} is not executed by this endpoint yet: {reason}.", 501)


class NotProvidedError(AwsError):
    """No handler, and moto does not implement it either."""

    def __init__(self, service: str, operation: str) -> None:
        super().__init__("NotProvided", f"{service}:{operation} is not provided by this endpoint. Nothing was done.", 501)


class UnknownOperationError(AwsError):
    """The request could not be taken for an operation."""

    def __init__(self, method: str, path: str, service: str | None) -> None:
        whose = f"of {service}" if service else "of a service that this endpoint knows"
        super().__init__(
            "UnknownOperation",
            f"{method} {path} is no operation {whose}. "
            "Is it signed (the service is read from the signature's scope), and is its target, action or path right?",
            400,
        )


class EndpointSettingError(LocalAwsError):
    """The endpoint does not start with a setting that it does not understand."""

    def __init__(self, name: str, value: str, known: str) -> None:
        super().__init__(f"The environment variable {name} is {value!r}; it is {known}.")


class LoopbackOnlyError(LocalAwsError):
    """A connection to another machine was refused."""

    def __init__(self, address: object) -> None:
        super().__init__(f"The endpoint talks to this machine only; a connection to {address!r} was refused.")


class JournalError(LocalAwsError):
    """The journal is not usable; the message says where and what to do."""


def render(error: AwsError, protocol: str, request_id: str, resource: str = "") -> HttpResponse:
    """The error in the words of `protocol`, one of botocore's: json, rest-json, query, ec2, rest-xml."""
    headers = [("x-amzn-RequestId", request_id)]
    if protocol in ("json", "rest-json", "smithy-rpc-v2-cbor"):
        headers += [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", error.code)]
        body = json.dumps({"__type": error.code, "message": error.message, "Message": error.message, **error.members})
        return HttpResponse(error.status, headers, body.encode())
    code, message = escape(error.code), escape(error.message)
    if protocol == "rest-xml":
        what = f"<Code>{code}</Code><Message>{message}</Message><Resource>{escape(resource)}</Resource>"
        body = f"<Error>{what}<RequestId>{request_id}</RequestId></Error>"
    elif protocol == "ec2":
        what = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        body = f"<Response><Errors>{what}</Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        kind = "Sender" if error.status < 500 else "Receiver"
        what = f"<Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message>"
        body = f"<ErrorResponse><Error>{what}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    headers.append(("Content-Type", "application/xml"))
    return HttpResponse(error.status, headers, b"<?xml version='1.0' encoding='UTF-8'?>\n" + body.encode())
