"""Which policies concern a caller: of users with their groups, of roles, their permissions boundaries, and those of a session.

They are read from moto when they are needed, so that a change counts with the next call.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from localaws.iam.callers import Caller, iam_back_end, role_of, role_of_session, user_of_session
from localaws.iam.policies import Policy, parse_policy

__all__ = ["everything", "identity_policies", "permissions_boundary", "session_policies", "trust_policy"]

_EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def everything() -> Policy:
    """The rights of the account's root."""
    return parse_policy(_EVERYTHING)


def identity_policies(caller: Caller) -> list[Policy]:
    """Inline and managed policies of whoever calls."""
    if caller.kind in ("operator", "root"):
        return [everything()]
    holder = _holder(caller)
    if holder is None:
        # A federated session of the root's has the root's rights, within those it was given.
        return [everything()] if caller.kind == "federated" and not (caller.session or {}).get("user") else []
    holders = [holder]
    if caller.kind != "role":
        holders += [group for group in list(iam_back_end().groups.values()) if any(user.name == holder.name for user in group.users)]
    return [policy for each in holders for policy in _of(each)]


def permissions_boundary(caller: Caller) -> Policy | None:
    """What the caller's rights end at; None where there is no boundary."""
    arn = getattr(_holder(caller), "permissions_boundary_arn", None)
    return _managed([arn])[0] if arn else None


def session_policies(caller: Caller) -> list[Policy] | None:
    """Policies given when the session was asked for; None when there were none, and it has all the rights of its holder."""
    session = caller.session or {}
    if "policies" not in session and "policy_arns" not in session:
        return None
    return [*(parse_policy(text) for text in session.get("policies", [])), *_managed(session.get("policy_arns", []))]


def trust_policy(role_arn: str) -> Policy | None:
    """Who may assume a role; None when there is no such role."""
    role = role_of(role_arn)
    return parse_policy(_text(role.assume_role_policy_document)) if role is not None and role.assume_role_policy_document else None


def _holder(caller: Caller) -> Any:
    if caller.session is not None:
        return role_of_session(caller.session) if caller.kind == "role" else user_of_session(caller.session)
    return iam_back_end().users.get(caller.name) if caller.kind == "user" else None


def _of(holder: Any) -> Iterable[Policy]:
    yield from (parse_policy(_text(text)) for text in list(holder.policies.values()))
    yield from (_default_version(policy) for policy in list(holder.managed_policies.values()))


def _default_version(policy: Any) -> Policy:
    version = next(each for each in policy.versions if each.version_id == policy.default_version_id)
    return parse_policy(_text(version.document))


def _managed(arns: Iterable[str]) -> list[Policy]:
    """A policy that was deleted allows nothing."""
    known = iam_back_end().managed_policies
    return [_default_version(known[arn]) if arn in known else Policy(()) for arn in arns]


def _text(document: Any) -> str:
    if isinstance(document, dict):
        return json.dumps(document)
    text = str(document)
    return text if text.lstrip().startswith("{") else unquote(text)
