"""What policies say of a request, put together ("Policy evaluation logic", IAM User Guide; one account).

An explicit denial in any policy decides. Else a resource's policy that names the caller suffices; else a policy of the identity must
allow, and where there are a permissions boundary and session policies, each of them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from localaws.iam.patterns import Context
from localaws.iam.policies import Policy, Principals

__all__ = ["Access", "Decision", "Policies", "decide"]


@dataclass(frozen=True)
class Access:
    """One thing that a request wants to do."""

    action: str
    """`s3:GetObject`"""
    resource: str
    """The ARN; `*` where the action knows no resource."""
    context: Context


@dataclass(frozen=True)
class Policies:
    """The policies that concern a caller and a resource."""

    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Sequence[Policy] | None = None
    """None: the session has no policies of its own."""
    resource: Sequence[Policy] = ()
    must_name: bool = False
    """The resource's policy must allow, whatever others say: keys of KMS and roles' trust."""
    is_user: bool = False
    """A user who is named by a resource's policy is not limited by a boundary; a role's session is."""


@dataclass(frozen=True)
class Decision:
    """Allowed, or why not, in the words of AWS's messages."""

    allowed: bool
    reason: str = ""


def decide(access: Access, who: Principals, policies: Policies) -> Decision:
    """Is it allowed?"""
    for kind, group in _kinds(policies):
        if _denies(group, access, None):
            return Decision(False, f"with an explicit deny in {_article(kind)} {kind}")
    if _denies(policies.resource, access, who):
        return Decision(False, "with an explicit deny in a resource-based policy")
    named = _named(policies.resource, access, who)
    if policies.must_name and named is None:
        return _none("resource-based policy", access)
    allowed = named == "direct" or any(_allows(policy, access) for policy in policies.identity)
    if not allowed:
        return _none("identity-based policy", access)
    if named == "direct" and policies.is_user:
        return Decision(True)
    if policies.boundary is not None and not _allows(policies.boundary, access):
        return _none("permissions boundary", access)
    if policies.session is not None and not any(_allows(policy, access) for policy in policies.session):
        return _none("session policy", access)
    return Decision(True)


def _kinds(policies: Policies) -> Iterable[tuple[str, Sequence[Policy]]]:
    yield "identity-based policy", policies.identity
    yield "permissions boundary", [policies.boundary] if policies.boundary else []
    yield "session policy", policies.session or []


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"


def _none(kind: str, access: Access) -> Decision:
    return Decision(False, f"because no {kind} allows the {access.action} action")


def _denies(policies: Iterable[Policy], access: Access, who: Principals | None) -> bool:
    return any(
        statement.effect == "Deny"
        and (who is None or statement.names(who) is not None)
        and statement.concerns(access.action, access.resource, access.context)
        for policy in policies
        for statement in policy.statements
    )


def _allows(policy: Policy, access: Access) -> bool:
    allowing = (statement for statement in policy.statements if statement.effect == "Allow")
    return any(statement.concerns(access.action, access.resource, access.context) for statement in allowing)


def _named(policies: Iterable[Policy], access: Access, who: Principals) -> str | None:
    """How the resource's policies allow the caller: directly, or by leaving it to the account."""
    found = [
        statement.names(who)
        for policy in policies
        for statement in policy.statements
        if statement.effect == "Allow" and statement.concerns(access.action, access.resource, access.context)
    ]
    return "direct" if "direct" in found else "account" if "account" in found else None
