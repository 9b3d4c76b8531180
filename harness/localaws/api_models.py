"""Which operation a request asks for, read from the service models that botocore ships.

The models say everything: the JSON protocols name the operation in `X-Amz-Target`, the query protocols in `Action`, and the
REST protocols by method, path template, the query parameters written in it and the members that must be in the query or the
headers. So that no table of ours can fall behind, only what the models lack is data here: the services whose name in a
signature is not botocore's name of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from localaws.http import HttpRequest

__all__ = ["Target", "identify", "service_model", "signing_scope"]

_SIGNING_NAMES: Mapping[str, tuple[str, ...]] = {
    "airflow": ("mwaa",),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticmapreduce": ("emr",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "email": ("ses",),
    "ses": ("sesv2", "ses"),
    "kinesisanalytics": ("kinesisanalyticsv2", "kinesisanalytics"),
    "monitoring": ("cloudwatch",),
    "rds": ("rds", "docdb", "neptune"),
    "s3": ("s3", "s3control"),
    "sagemaker": ("sagemaker", "sagemaker-runtime"),
    "servicequotas": ("service-quotas",),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
    "timestream": ("timestream-write", "timestream-query"),
    "bedrock": ("bedrock", "bedrock-runtime", "bedrock-agent"),
}
_UNSIGNED_TARGETS: Mapping[str, str] = {"AWSGlue": "glue", "AWSCognitoIdentityService": "cognito-identity"}
_DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Target:
    """What a request asks for. `operation` is None when the service is known and the operation is not."""

    service: str
    signing_name: str
    region: str
    protocol: str
    operation: str | None
    labels: Mapping[str, str]
    """Parts of the path by the names of the model: Bucket, Key …"""
    object_level: bool = False
    """The operation's input has a Key: for S3, it concerns an object and not a bucket."""


@dataclass(frozen=True)
class _Route:
    operation: str
    pattern: re.Pattern[str]
    literal_query: frozenset[tuple[str, str]]
    required_query: frozenset[str]
    required_headers: frozenset[str]
    literal_length: int
    has_key: bool

    @property
    def weight(self) -> tuple[int, int]:
        return (len(self.literal_query) + len(self.required_query) + len(self.required_headers), self.literal_length)


def signing_scope(request: HttpRequest) -> tuple[str, str] | None:
    """(service, region) of the signature, in its header or in a presigned query; None for an unsigned request."""
    authorization = request.header("authorization")
    found = re.search(r"Credential=[^/,]+/\d+/([^/,]+)/([^/,]+)/aws4_request", authorization)
    if found:
        return found[2].lower(), found[1]
    parts = request.query.get("X-Amz-Credential", "").split("/")
    if len(parts) == 5:
        return parts[3].lower(), parts[2]
    if authorization.startswith("AWS ") or "AWSAccessKeyId" in request.query:
        return "s3", _DEFAULT_REGION
    return None


def identify(request: HttpRequest) -> Target | None:
    """The operation that `request` asks for, or None when not even its service can be told. Unsigned means S3, as on AWS."""
    scope = signing_scope(request)
    prefix = request.header("x-amz-target").partition(".")[0]
    if scope is None and prefix:
        service = _UNSIGNED_TARGETS.get(prefix)
        if service is None:
            return None
        scope = (service, _DEFAULT_REGION)
    signing_name, region = scope or ("s3", _DEFAULT_REGION)
    candidates = [name for name in _SIGNING_NAMES.get(signing_name, (signing_name,)) if name in _available()]
    if not candidates:
        return None
    matches = [match for name in candidates if (match := _match(name, signing_name, region, request))]
    return next((match for match in matches if match.operation), matches[0])


def _match(service: str, signing_name: str, region: str, request: HttpRequest) -> Target:
    model = service_model(service)
    protocol = _protocol(model, request)
    operation: str | None = None
    labels: Mapping[str, str] = {}
    has_key = False
    if protocol == "json":
        prefix, _, name = request.header("x-amz-target").rpartition(".")
        # SDKs differ in how much of the prefix they send: CloudTrail's is com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.
        expected = model.metadata.get("targetPrefix", "")
        if prefix and prefix in (expected, expected.rpartition(".")[2]) and name in model.operation_names:
            operation = name
    elif protocol in ("query", "ec2"):
        name = _action(request)
        operation = name if name in model.operation_names else None
    elif protocol == "smithy-rpc-v2-cbor":
        operation = request.raw_path.rpartition("/operation/")[2] or None
    else:
        found = _rest_match(service, request)
        if found:
            operation, labels, has_key = found
    return Target(service, signing_name, region, protocol, operation, labels, has_key)


def _protocol(model: ServiceModel, request: HttpRequest) -> str:
    """Of the protocols that a service speaks, the one of the request: SDKs in other languages choose otherwise than botocore."""
    spoken = model.metadata.get("protocols") or [model.metadata["protocol"]]
    if len(spoken) == 1:
        return str(spoken[0])
    if "/operation/" in request.raw_path:
        return "smithy-rpc-v2-cbor"
    return "json" if "x-amz-target" in request.headers else "query" if "query" in spoken else str(model.resolved_protocol)


def _action(request: HttpRequest) -> str:
    if "Action" in request.query:
        return request.query["Action"]
    return dict(parse_qsl(request.body.decode("utf-8", "replace"))).get("Action", "")


def _rest_match(service: str, request: HttpRequest) -> tuple[str, Mapping[str, str], bool] | None:
    query = set(request.query.items())
    names = set(request.query)
    for route in _routes(service).get(request.method, ()):
        found = route.pattern.fullmatch(request.path)
        if (
            found
            and route.literal_query <= query
            and route.required_query <= names
            and all(header in request.headers for header in route.required_headers)
        ):
            return route.operation, found.groupdict(), route.has_key
    return None


@cache
def _routes(service: str) -> Mapping[str, tuple[_Route, ...]]:
    """The REST operations of a service by method, those that ask for most first."""
    model = service_model(service)
    by_method: dict[str, list[_Route]] = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        by_method.setdefault(operation.http["method"], []).append(_route(operation))
    return {method: tuple(sorted(routes, key=lambda route: route.weight, reverse=True)) for method, routes in by_method.items()}


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    shape = operation.input_shape
    members: Mapping[str, Any] = shape.members if shape else {}
    required = set(shape.required_members) if shape else set()
    placed = {location: set[str]() for location in ("querystring", "header")}
    for name in required:
        traits = members[name].serialization
        if traits.get("location") in placed:
            placed[traits["location"]].add(traits["name"])
    pattern = re.sub(
        r"\\{(\w+)(\\\+)?\\}", lambda found: f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})", re.escape(path.rstrip("/") or "/")
    )
    literal = frozenset(pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "x-id")
    return _Route(
        operation=operation.name,
        pattern=re.compile(pattern + "/?" if not path.endswith("+}") else pattern, re.DOTALL),
        literal_query=literal,
        required_query=frozenset(placed["querystring"]),
        required_headers=frozenset(name.lower() for name in placed["header"]),
        literal_length=len(re.sub(r"\{[^}]+\}", "", path)),
        has_key="Key" in members,
    )


@cache
def _available() -> frozenset[str]:
    return frozenset(Loader().list_available_services("service-2"))


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)
