"""Condition keys of a request: what is known of the caller, of the connection, and of what is asked ("AWS global condition context
keys", IAM User Guide). Names are in lower case, as conditions are looked up.

A connection over loopback counts as encrypted (`aws:SecureTransport` is true): it never leaves the machine, and policies that ask for
TLS, as every bucket of the platform has one, would lock everybody out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from localaws.http import HttpRequest
from localaws.iam.back_ends import partition_key_of
from localaws.iam.callers import Caller
from localaws.moto_app import ACCOUNT_ID

__all__ = ["call_context", "caller_context", "tag_context"]

_TYPES = {"user": "User", "role": "AssumedRole", "federated": "FederatedUser", "anonymous": "Anonymous"}
Keys = dict[str, str | Sequence[str]]


def caller_context(caller: Caller, request: HttpRequest, region: str) -> Keys:
    """Of the caller and the connection."""
    now = time.time()
    found: Keys = {
        "aws:currenttime": _iso(now),
        "aws:epochtime": str(int(now)),
        "aws:principaltype": _TYPES.get(caller.kind, "Account"),
        "aws:principalisawsservice": "false",
        "aws:requestedregion": region,
        "aws:resourceaccount": ACCOUNT_ID,
        "aws:securetransport": "true",
        "aws:sourceip": "127.0.0.1",
        "aws:viaawsservice": "false",
    }
    for name, header in (("aws:useragent", "user-agent"), ("aws:referer", "referer")):
        if request.header(header):
            found[name] = request.header(header)
    if caller.kind == "anonymous":
        return found
    found |= {"aws:principalarn": caller.role_arn or caller.arn, "aws:principalaccount": ACCOUNT_ID, "aws:userid": caller.user_id}
    found |= {f"aws:principaltag/{name.lower()}": value for name, value in caller.tags.items()}
    if caller.kind == "user":
        found["aws:username"] = caller.name
    if caller.session is not None:
        found["aws:multifactorauthpresent"] = str(bool(caller.session.get("mfa"))).lower()
        found["aws:tokenissuetime"] = _iso(caller.session["issued"])
        if caller.session.get("mfa"):
            found["aws:multifactorauthage"] = str(int(now - caller.session["issued"]))
    return found


def call_context(service: str, operation: str, asked: Mapping[str, Any], region: str) -> Keys:
    """Of what is asked of a service that is not S3."""
    found = tag_context("aws:requesttag", _tags(asked))
    found |= _KEYS[service](asked, region) if service in _KEYS else {}
    if service == "sts":
        found |= _of_sts(operation, asked)
    return found


def tag_context(prefix: str, tags: Mapping[str, str]) -> Keys:
    """Tags as keys; for those of a request also the list of their names."""
    found: Keys = {f"{prefix}/{name.lower()}": value for name, value in tags.items()}
    if tags and prefix == "aws:requesttag":
        found["aws:tagkeys"] = list(tags)
    return found


def _tags(asked: Mapping[str, Any]) -> dict[str, str]:
    given = asked.get("Tags") or asked.get("tags") or asked.get("TagsToAdd") or {}
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    pairs = [each for each in given if isinstance(each, Mapping)]
    return {str(each.get("Key") or each.get("key")): str(each.get("Value") or each.get("value") or "") for each in pairs}


def _of_dynamodb(asked: Mapping[str, Any], region: str) -> Keys:
    found: Keys = {}
    values = list((asked.get("Key") or asked.get("Item") or {}).items())
    partition_key = partition_key_of(str(asked.get("TableName") or ""), region)
    leading = [_scalar(value) for name, value in values if name == partition_key]
    leading += [
        _scalar(value)
        for condition in [(asked.get("KeyConditions") or {}).get(partition_key)] if condition
        for value in condition.get("AttributeValueList", [])
    ]  # fmt: skip
    expression = str(asked.get("KeyConditionExpression") or "")
    if expression and partition_key:
        leading += _from_expression(expression, partition_key, asked)
    if leading:
        found["dynamodb:leadingkeys"] = leading
    if attributes := asked.get("AttributesToGet"):
        found["dynamodb:attributes"] = list(attributes)
    if select := asked.get("Select"):
        found["dynamodb:select"] = str(select)
    return found


def _from_expression(expression: str, partition_key: str, asked: Mapping[str, Any]) -> list[str]:
    """The value that the partition key is compared with, `pk = :v`."""
    names = asked.get("ExpressionAttributeNames") or {}
    values = asked.get("ExpressionAttributeValues") or {}
    pairs = re.findall(r"([#\w.-]+)\s*=\s*(:\w+)", expression)
    return [_scalar(values[value]) for name, value in pairs if names.get(name, name) == partition_key and value in values]


def _scalar(value: Any) -> str:
    return str(next(iter(value.values()))) if isinstance(value, Mapping) and value else str(value)


def _of_keys(asked: Mapping[str, Any], region: str) -> Keys:
    pairs = asked.get("EncryptionContext") or {}
    found: Keys = {f"kms:encryptioncontext:{str(name).lower()}": str(value) for name, value in pairs.items()}
    return found | ({"kms:encryptioncontextkeys": list(pairs)} if pairs else {})


def _of_sts(operation: str, asked: Mapping[str, Any]) -> Keys:
    keys = (("ExternalId", "sts:externalid"), ("RoleSessionName", "sts:rolesessionname"), ("SourceIdentity", "sts:sourceidentity"))
    found: Keys = {key: str(asked[name]) for name, key in keys if asked.get(name)}
    if operation == "AssumeRole" and asked.get("SerialNumber") and asked.get("TokenCode"):
        found |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    return found


_KEYS: Mapping[str, Any] = {
    "cloudwatch": lambda asked, region: {"cloudwatch:namespace": asked["Namespace"]} if asked.get("Namespace") else {},
    "dynamodb": _of_dynamodb,
    "kms": _of_keys,
    "sns": lambda asked, region: {f"sns:{name.lower()}": str(asked[name]) for name in ("Endpoint", "Protocol") if asked.get(name)},
    "secretsmanager": lambda asked, region: {"secretsmanager:versionstage": asked.get("VersionStage") or "AWSCURRENT"},
}


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
