"""STS: AssumeRole, GetSessionToken, GetFederationToken, GetCallerIdentity, with credentials that this endpoint knows again.

moto gives every caller the same example keys. Sources: STS API reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from localaws.errors import AwsError
from localaws.iam.callers import Caller, caller_of, forget_old_sessions, issue, role_of
from localaws.iam.exceptions import AccessDeniedError
from localaws.iam.policies import parse_policy
from localaws.moto_app import ACCOUNT_ID
from localaws.operation import Handler, Request, ServiceContext

__all__ = ["OPERATIONS", "open_service"]

_NAME = re.compile(r"[\w+=,.@-]{2,64}")
_LONGEST_POLICY = 2048


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens."""
    forget_old_sessions(context.home)


def assume_role(request: Request) -> dict[str, Any]:
    """AssumeRole. Whether the trust policy lets the caller was looked at before, when the endpoint enforces.

    Raises:
        AwsError: ValidationError, MalformedPolicyDocument.
    """
    asked = request.parameters
    arn, name = asked.get("RoleArn", ""), asked.get("RoleSessionName", "")
    if not re.fullmatch(r"arn:aws:iam::\d{12}:role/.+", arn):
        raise AwsError("ValidationError", f"{arn} is invalid")
    _check_name(name, "roleSessionName")
    role = role_of(arn)
    if role is None:
        caller = caller_of(request.home, request.access_key)
        raise AccessDeniedError("sts", "query", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}")
    seconds = _seconds(asked, 3600, int(role.max_session_duration or 3600))
    record = {"kind": "role", "role_arn": arn, "role_id": role.id, "session_name": name, "tags": _tags(asked)}
    record |= _policies(asked) | _second_factor(asked)
    credentials = issue(request.home, record, seconds)
    short = arn.rsplit("/", 1)[-1]
    user = {"AssumedRoleId": f"{role.id}:{name}", "Arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{short}/{name}"}
    return {"Credentials": _shown(credentials), "AssumedRoleUser": user, "PackedPolicySize": 6}


def get_session_token(request: Request) -> dict[str, Any]:
    """GetSessionToken: the caller's own rights for a time.

    Raises:
        AwsError: the caller has only a session itself, or is not known at all.
    """
    asked, caller = request.parameters, _lasting_caller(request)
    record = {"kind": "user", **_user(caller), **_second_factor(asked)}
    return {"Credentials": _shown(issue(request.home, record, _seconds(asked, 43200, 129600)))}


def get_federation_token(request: Request) -> dict[str, Any]:
    """GetFederationToken: what both the user's policies and those given allow.

    Raises:
        AwsError: ValidationError, MalformedPolicyDocument; the caller has only a session itself, or is not known at all.
    """
    asked, caller = request.parameters, _lasting_caller(request)
    name = asked.get("Name", "")
    _check_name(name, "name")
    record = {"kind": "federated", **_user(caller), "session_name": name, "tags": _tags(asked), **_policies(asked)}
    record.setdefault("policies", [])
    credentials = issue(request.home, record, _seconds(asked, 43200, 129600))
    user_answer = {"FederatedUserId": f"{ACCOUNT_ID}:{name}", "Arn": f"arn:aws:sts::{ACCOUNT_ID}:federated-user/{name}"}
    return {"Credentials": _shown(credentials), "FederatedUser": user_answer, "PackedPolicySize": 6}


def get_caller_identity(request: Request) -> dict[str, Any]:
    """GetCallerIdentity."""
    caller: Caller = caller_of(request.home, request.access_key)
    return {"Arn": caller.arn, "UserId": caller.user_id, "Account": ACCOUNT_ID}


OPERATIONS: Mapping[str, Handler] = {
    "AssumeRole": assume_role,
    "GetCallerIdentity": get_caller_identity,
    "GetFederationToken": get_federation_token,
    "GetSessionToken": get_session_token,
}


def _lasting_caller(request: Request) -> Caller:
    """A user or the root: their own keys only make such sessions, or a role's session would become one without the role's limits."""
    caller = caller_of(request.home, request.access_key)
    if caller.kind == "anonymous":
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    if caller.session is not None:
        raise AccessDeniedError("sts", "query", f"Cannot call {request.operation} with session credentials")
    return caller


def _user(caller: Caller) -> dict[str, Any]:
    """Whose rights a session has: of a user, whose id says that it is still the same one, or else of the root."""
    return {"user": caller.name, "user_id": caller.user_id} if caller.kind == "user" else {"user": None}


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at '{what}' failed to satisfy constraint: Member must have length less than or "
            r"equal to 64, and satisfy regular expression pattern: [\w+=,.@-]*",
        )


def _seconds(asked: Mapping[str, Any], default: int, longest: int) -> int:
    seconds = int(asked.get("DurationSeconds") or min(default, longest))
    if seconds < 900:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value "
            "greater than or equal to 900",
        )
    if seconds > longest:
        raise AwsError("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return seconds


def _policies(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Session policies; nothing when none is given: the session then has all the role's rights."""
    documents, arns = [], [each["arn"] for each in asked.get("PolicyArns") or []]
    if text := asked.get("Policy"):
        if len(text) > _LONGEST_POLICY:
            raise AwsError("PackedPolicyTooLarge", f"Packed policy consumes more than {_LONGEST_POLICY} characters")
        parse_policy(text)
        documents.append(text)
    return {"policies": documents, "policy_arns": arns} if documents or arns else {}


def _tags(asked: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in asked.get("Tags") or []}


def _second_factor(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A code is taken as it is: there is no device here that would know a wrong one."""
    return {"mfa": bool(asked.get("SerialNumber") and asked.get("TokenCode"))}


def _shown(credentials: Mapping[str, Any]) -> dict[str, Any]:
    return {**credentials, "Expiration": datetime.fromtimestamp(credentials["Expiration"], UTC)}
