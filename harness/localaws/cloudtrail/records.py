"""The record of one call, as CloudTrail writes it ("CloudTrail record contents", CloudTrail User Guide; version 1.11).

Secrets are not in it: what the service's model marks as sensitive, and what CloudTrail is known to leave out (queries, variables of
functions, properties of connections).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape

from localaws.api_models import Target, service_model
from localaws.errors import AwsError
from localaws.http import HttpRequest, HttpResponse
from localaws.iam.callers import Caller
from localaws.iam.resources import resources
from localaws.iam.storage_access import object_arn
from localaws.journal import changes
from localaws.moto_app import ACCOUNT_ID
from localaws.parameters import parameters_of

__all__ = ["is_data_event", "record_of", "service_event"]

_DATA: Mapping[str, tuple[str, ...]] = {
    "cloudwatch": ("PutMetricData", "GetMetricData", "GetMetricStatistics"),
    "dynamodb": (
        "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem", "TransactGetItems",
        "TransactWriteItems", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction",
    ),
    "dynamodbstreams": ("GetRecords", "GetShardIterator"),
    "firehose": ("PutRecord", "PutRecordBatch"),
    "kinesis": ("PutRecord", "PutRecords", "GetRecords", "GetShardIterator"),
    "lambda": ("Invoke", "InvokeAsync"),
    "logs": ("PutLogEvents", "GetLogEvents", "FilterLogEvents"),
    "sns": ("Publish", "PublishBatch"),
    "sqs": ("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility"),
}  # fmt: skip
"""Calls that are events of data, not of management, beside those on objects of S3."""
_OBJECT_LISTS = ("ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListParts", "DeleteObjects", "HeadBucket")
_OMITTED: Mapping[str, tuple[str, ...]] = {
    "athena": ("QueryString", "ExecutionParameters"),
    "redshift-data": ("Sql", "Sqls", "Parameters"),
    "lambda": ("Environment", "ZipFile"),
    "glue": ("ConnectionProperties",),
    "kms": ("Plaintext", "CiphertextBlob"),
}
_SOURCES = {"cloudwatch": "monitoring", "dynamodbstreams": "dynamodb", "emr": "elasticmapreduce", "stepfunctions": "states"}
"""Where a source is not botocore's name of the service."""
_OMISSION = "***OMITTED***"
_TYPES = {"user": "IAMUser", "role": "AssumedRole", "federated": "FederatedUser", "anonymous": "Unknown"}
_KINDS: Mapping[tuple[str, str], str] = {
    ("dynamodb", "table"): "AWS::DynamoDB::Table", ("glue", "job"): "AWS::Glue::Job", ("glue", "crawler"): "AWS::Glue::Crawler",
    ("glue", "database"): "AWS::Glue::Database", ("glue", "table"): "AWS::Glue::Table", ("iam", "role"): "AWS::IAM::Role",
    ("iam", "user"): "AWS::IAM::User", ("iam", "policy"): "AWS::IAM::Policy", ("kms", "key"): "AWS::KMS::Key",
    ("lambda", "function"): "AWS::Lambda::Function", ("secretsmanager", "secret"): "AWS::SecretsManager::Secret",
    ("states", "stateMachine"): "AWS::StepFunctions::StateMachine", ("athena", "workgroup"): "AWS::Athena::WorkGroup",
    ("redshift", "cluster"): "AWS::Redshift::Cluster", ("rds", "db"): "AWS::RDS::DBInstance", ("logs", "log-group"): "AWS::Logs::LogGroup",
    ("cloudtrail", "trail"): "AWS::CloudTrail::Trail", ("events", "rule"): "AWS::Events::Rule",
}  # fmt: skip


def is_data_event(target: Target) -> bool:
    """Is a call one of those that trails log only when they are told to, and LookupEvents never shows?"""
    if target.service == "s3":
        return target.object_level or target.operation in _OBJECT_LISTS
    return target.operation in _DATA.get(target.service, ())


def record_of(request: HttpRequest, target: Target, caller: Caller, response: HttpResponse, request_id: str) -> dict[str, Any]:
    """The record, with the resources that the call concerned under `resources`."""
    operation, data = target.operation or "", is_data_event(target)
    asked = _asked(request, target)
    changed = changes(operation)
    found: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(caller),
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{_SOURCES.get(target.service, target.service)}.amazonaws.com",
        "eventName": operation,
        "awsRegion": target.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": request.header("user-agent"),
        "requestParameters": _camel(asked) or None,
        "responseElements": _answered(target, response) if changed else None,
        "requestID": request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": not changed,
        "resources": _resources(target, asked),
        "eventType": "AwsApiCall",
        "managementEvent": not data,
        "recipientAccountId": ACCOUNT_ID,
        "eventCategory": "Data" if data else "Management",
    }
    if response.status >= 400:
        code, message = _error(response)
        found |= {"errorCode": code, "errorMessage": message}
    return found


def service_event(service: str, name: str, arn: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """What a service did by itself ("AWS service events captured by CloudTrail"): nobody called it."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {"accountId": ACCOUNT_ID, "invokedBy": f"{service}.amazonaws.com"},
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": arn.split(":")[3],
        "sourceIPAddress": f"{service}.amazonaws.com",
        "userAgent": f"{service}.amazonaws.com",
        "requestParameters": None,
        "responseElements": None,
        "additionalEventData": dict(about),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "resources": [{"accountId": ACCOUNT_ID, "type": _kind(arn), "ARN": arn}],
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT_ID,
        "eventCategory": "Management",
    }


def _identity(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": _TYPES.get(caller.kind, "Root"), "principalId": caller.user_id, "arn": caller.arn, "accountId": ACCOUNT_ID,
        "accessKeyId": caller.access_key,
    }  # fmt: skip
    if caller.kind == "user":
        found["userName"] = caller.name
    if caller.session is not None:
        issued = datetime.fromtimestamp(caller.session["issued"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        about: dict[str, Any] = {"attributes": {"creationDate": issued, "mfaAuthenticated": str(bool(caller.session.get("mfa"))).lower()}}
        if caller.kind == "role":
            issuer = {"type": "Role", "principalId": caller.user_id.partition(":")[0], "arn": caller.role_arn}
            about["sessionIssuer"] = {**issuer, "accountId": ACCOUNT_ID, "userName": caller.name}
        found["sessionContext"] = about
    return found


def _asked(request: HttpRequest, target: Target) -> dict[str, Any]:
    """Parameters without what is secret. Bodies of S3 are not looked at: they may be objects."""
    if target.service == "s3":
        names = {"Bucket": "BucketName"}
        return {names.get(name, name): value for name, value in target.labels.items()} | dict(request.query)
    try:
        given = parameters_of(request, target)
    except AwsError:
        return {}  # what cannot be read was refused, and its error is in the record
    model = service_model(target.service).operation_model(target.operation)
    shown = _shown(given, model.input_shape, _OMITTED.get(target.service, ()))
    return shown if isinstance(shown, dict) else {}


def _shown(value: Any, shape: Shape | None, omitted: tuple[str, ...]) -> Any:
    if shape is not None and shape.metadata.get("sensitive"):
        return _OMISSION
    if isinstance(value, Mapping):
        members = getattr(shape, "members", {})
        each = getattr(shape, "value", None)
        return {
            str(name): _OMISSION if name in omitted else _shown(item, members.get(name, each), omitted) for name, item in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [_shown(item, getattr(shape, "member", None), omitted) for item in value]
    return value if isinstance(value, str | int | float | bool) or value is None else _OMISSION


def _answered(target: Target, response: HttpResponse) -> Any:
    """What a change answered, where it is JSON."""
    if response.status >= 300 or target.protocol not in ("json", "rest-json") or not isinstance(response.body, bytes):
        return None
    try:
        answer = json.loads(response.body or b"null")
    except ValueError:
        return None
    shape = service_model(target.service).operation_model(target.operation).output_shape
    return _camel(_shown(answer, shape, _OMITTED.get(target.service, ()))) or None


def _error(response: HttpResponse) -> tuple[str, str]:
    body = response.body if isinstance(response.body, bytes) else b""
    try:
        document = json.loads(body)
        return str(document.get("__type") or document.get("code") or "").rsplit("#", 1)[-1], str(
            document.get("message") or document.get("Message") or ""
        )
    except ValueError:
        text = body.decode("utf-8", "replace")
        found = [re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL) for name in ("Code", "Message")]
        code, message = (each[1] if each else "" for each in found)
        return code or str(response.status), message


def _resources(target: Target, asked: Mapping[str, Any]) -> list[dict[str, str]]:
    if target.service == "s3":
        bucket, key = target.labels.get("Bucket", ""), target.labels.get("Key", "")
        found = [{"type": "AWS::S3::Object", "ARN": object_arn(bucket, key)}] if key else []
        return [*found, {"accountId": ACCOUNT_ID, "type": "AWS::S3::Bucket", "ARN": object_arn(bucket)}] if bucket else []
    arns = [arn for _, arn in resources(target.service, target.operation or "", asked, target.region) if arn.startswith("arn:")]
    described = [(arn, _kind(arn)) for arn in arns]
    return [{"accountId": ACCOUNT_ID, "type": kind, "ARN": arn} for arn, kind in described if kind]


def _kind(arn: str) -> str:
    parts = arn.split(":", 5)
    return _KINDS.get((parts[2], parts[5].replace(":", "/").partition("/")[0]), "")


def _camel(value: Any) -> Any:
    """Names begin with a small letter, as CloudTrail writes them."""
    if isinstance(value, Mapping):
        return {name[:1].lower() + name[1:]: _camel(item) for name, item in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value
