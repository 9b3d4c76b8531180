"""Who calls: the caller behind an access key, and the temporary credentials that this endpoint issues.

Users, their keys and roles are moto's. Sessions (AssumeRole, GetSessionToken, GetFederationToken, and those that job runs, functions
and state machines get of their role) are kept in `sessions/` of the home, so that they outlive a restart. Any other access
key is the account's root, as `test` and `local` are, unless it looks as if AWS had issued it: that one is nobody's.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localaws.http import HttpRequest
from localaws.iam.exceptions import ExpiredTokenError, UnknownKeyError
from localaws.iam.policies import Principals
from localaws.moto_app import ACCOUNT_ID
from localaws.records import Records

__all__ = [
    "OPERATOR_KEY",
    "Caller",
    "access_key_of",
    "caller_of",
    "forget_old_sessions",
    "iam_back_end",
    "issue",
    "role_arn_of",
    "role_of",
    "role_of_session",
    "user_of_session",
]

OPERATOR_KEY = "local"
"""The key that the endpoint's own processes and `etl env` use: nothing is ever denied to it."""
_ISSUED = re.compile(r"(AKIA|ASIA)[A-Z0-9]{12,}")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_DAY = 24 * 3600.0


@dataclass(frozen=True)
class Caller:
    """Whoever made a request."""

    kind: str
    """`operator`, `root`, `user`, `role`, `federated` or `anonymous`."""
    arn: str
    user_id: str
    name: str = ""
    """Of the user, or of the role."""
    role_arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    session: Mapping[str, Any] | None = None
    """The record of temporary credentials."""
    access_key: str = ""
    is_gone: bool = False
    """A session of a user or role that was deleted: it is known whose it was, and it has no rights."""

    @property
    def principals(self) -> Principals:
        """The names by which policies mean the caller."""
        if self.kind == "anonymous":
            return Principals("")
        if self.is_gone:
            # A policy means whoever was there when it was written, not who has the name afterwards.
            return Principals(ACCOUNT_ID)
        arns = {self.arn, self.role_arn} - {""}
        return Principals(ACCOUNT_ID, frozenset(arns))

    @property
    def lake_principal(self) -> str:
        """The ARN that Lake Formation grants to: the user's or the role's."""
        return self.role_arn or self.arn


def access_key_of(request: HttpRequest) -> str:
    """The access key that a request is signed with, in its header or its query; empty when it is not signed."""
    authorization = request.header("authorization")
    if found := re.search(r"Credential=([^/,]+)/", authorization):
        return found[1]
    if authorization.startswith("AWS "):
        return authorization[4:].partition(":")[0]
    return request.query.get("X-Amz-Credential", "").partition("/")[0] or request.query.get("AWSAccessKeyId", "")


def caller_of(home: Path, access_key: str, service: str = "sts", strict: bool = False) -> Caller:
    """The caller of an access key.

    Raises, when it is `strict`:
        UnknownKeyError: the key looks like one of AWS and was not issued here.
        ExpiredTokenError: its session is over.
    """
    if not access_key:
        return Caller("anonymous", "anonymous", "ANONYMOUS_PRINCIPAL")
    if access_key == OPERATOR_KEY:
        return Caller("operator", f"arn:aws:iam::{ACCOUNT_ID}:root", ACCOUNT_ID, access_key=access_key)
    record = _sessions(home).get(access_key) if access_key.startswith("ASIA") else None
    if record is not None and time.time() < record["expiration"]:
        return _of_session(record)
    if record is not None and strict:
        raise ExpiredTokenError(service)
    if _ISSUED.fullmatch(access_key) and (user := _user_of(access_key)):
        return Caller("user", user.arn, user.id, user.name, tags=_tags(user.tags), access_key=access_key)
    if strict and _ISSUED.fullmatch(access_key):
        raise UnknownKeyError(service)
    return Caller("root", f"arn:aws:iam::{ACCOUNT_ID}:root", ACCOUNT_ID, access_key=access_key)


def issue(home: Path, record: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Temporary credentials for what `record` describes; the answer is the structure Credentials of STS, its Expiration in seconds."""
    key = "ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16))
    now = time.time()
    token, secret = secrets.token_urlsafe(192), secrets.token_urlsafe(30)
    _sessions(home).put(key, {**record, "access_key": key, "issued": now, "expiration": now + seconds})
    return {"AccessKeyId": key, "SecretAccessKey": secret, "SessionToken": token, "Expiration": now + seconds}


def role_arn_of(role: str) -> str:
    """The ARN of a role that is given by ARN or by name, its path found."""
    if role.startswith("arn:"):
        return role
    found = next((each for each in list(iam_back_end().roles.values()) if each.name == role), None)
    return str(found.arn) if found is not None else f"arn:aws:iam::{ACCOUNT_ID}:role/{role}"


def role_of(arn: str) -> Any:
    """moto's role, None when there is none of that ARN."""
    return next((role for role in list(iam_back_end().roles.values()) if role.arn == arn), None)


def user_of_session(record: Mapping[str, Any]) -> Any:
    """moto's user who asked for a session; None when the root did, or when that user was deleted, whoever has the name now."""
    user = iam_back_end().users.get(record["user"]) if record.get("user") else None
    return user if user is not None and user.id == record.get("user_id", user.id) else None


def role_of_session(record: Mapping[str, Any]) -> Any:
    """moto's role that a session is of; None when it was deleted, whatever role has its name now."""
    role = role_of(record["role_arn"])
    return role if role is not None and role.id == record.get("role_id", role.id) else None


def forget_old_sessions(home: Path) -> None:
    """Sessions that ended a day ago."""
    sessions = _sessions(home)
    for record in sessions.all():
        if record["expiration"] < time.time() - _DAY:
            sessions.delete(record["access_key"])


def _of_session(record: Mapping[str, Any]) -> Caller:
    key = record["access_key"]
    if record["kind"] == "role":
        arn, role = record["role_arn"], role_of_session(record)
        name, session = arn.rsplit("/", 1)[-1], record["session_name"]
        session_arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{name}/{session}"
        tags = {**_tags(role.tags if role is not None else None), **record["tags"]}
        user_id = f"{role.id if role is not None else record.get('role_id', 'AROAUNKNOWN')}:{session}"
        return Caller("role", session_arn, user_id, name, arn, tags, record, key, is_gone=role is None)
    if record["kind"] == "federated":
        name, is_gone = record["session_name"], bool(record.get("user")) and user_of_session(record) is None
        arn, user_id = f"arn:aws:sts::{ACCOUNT_ID}:federated-user/{name}", f"{ACCOUNT_ID}:{name}"
        return Caller("federated", arn, user_id, name, "", {}, record, key, is_gone)
    if not record.get("user"):
        return Caller("root", f"arn:aws:iam::{ACCOUNT_ID}:root", ACCOUNT_ID, session=record, access_key=key)
    user, name = user_of_session(record), record["user"]
    if user is None:
        user_id, arn = record.get("user_id", "AIDAUNKNOWN"), f"arn:aws:iam::{ACCOUNT_ID}:user/{name}"
        return Caller("user", arn, user_id, name, session=record, access_key=key, is_gone=True)
    return Caller("user", user.arn, user.id, user.name, "", _tags(user.tags), record, key)


def _user_of(access_key: str) -> Any:
    backend = iam_back_end()
    key = backend.access_keys.get(access_key)
    if key is None or key.status != "Active":
        return None
    return backend.users.get(key.user_name)


def _tags(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def iam_back_end() -> Any:
    """What moto keeps of users, groups, roles and policies."""
    from moto.backends import get_backend

    return get_backend("iam")[ACCOUNT_ID]["aws"]


def _sessions(home: Path) -> Records:
    return Records(home / "endpoint" / "sessions")
