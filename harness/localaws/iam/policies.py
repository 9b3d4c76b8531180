"""A policy document, read: its statements, and of what they speak."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from localaws.iam.conditions import check_conditions, holds
from localaws.iam.exceptions import MalformedPolicyError
from localaws.iam.patterns import Context, glob, matches

__all__ = ["Policy", "Principals", "Statement", "parse_policy"]

_NAMES = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}


@dataclass(frozen=True)
class Principals:
    """Who calls, under every name by which a policy may mean them."""

    account: str
    arns: frozenset[str] = frozenset()
    """Of the user; or of the role and the role's session."""
    services: frozenset[str] = frozenset()
    canonical: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Statement:
    """One statement. `principals` is None in a policy of an identity."""

    effect: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    principals: Mapping[str, tuple[str, ...]] | None = field(default=None, hash=False)
    not_principals: Mapping[str, tuple[str, ...]] | None = field(default=None, hash=False)
    variables: bool = False

    def concerns(self, action: str, resource: str, context: Context) -> bool:
        """Does the statement speak of such a request? Principals are not looked at."""
        return self._is_of(action) and self._is_on(resource, context) and holds(self.conditions, context, self.variables)

    def _is_of(self, action: str) -> bool:
        if self.not_actions:
            return not any(glob(each, True).fullmatch(action) for each in self.not_actions)
        return any(glob(each, True).fullmatch(action) for each in self.actions)

    def _is_on(self, resource: str, context: Context) -> bool:
        if self.not_resources:
            return not any(matches(each, resource, context, self.variables) for each in self.not_resources)
        if not self.resources:  # a role's trust policy has none: it is about the role
            return self.principals is not None or self.not_principals is not None
        return any(matches(each, resource, context, self.variables) for each in self.resources)

    def names(self, who: Principals) -> str | None:
        """How a statement of a resource's policy means the caller: `direct`, `account` (its policies decide then) or not at all."""
        if self.not_principals is not None:
            return None if _meant(self.not_principals, who) else "direct"
        return _meant(self.principals or {}, who)


@dataclass(frozen=True)
class Policy:
    """The statements of a document."""

    statements: tuple[Statement, ...]


def _meant(principals: Mapping[str, tuple[str, ...]], who: Principals) -> str | None:
    if "*" in principals.get("AWS", ()) or (principals.get("AWS", ()) and who.arns & set(principals["AWS"])):
        return "direct"
    if who.services & set(principals.get("Service", ())) or who.canonical & set(principals.get("CanonicalUser", ())):
        return "direct"
    accounts = {who.account, f"arn:aws:iam::{who.account}:root"}
    return "account" if who.account and accounts & set(principals.get("AWS", ())) else None


@lru_cache(maxsize=1024)
def parse_policy(text: str) -> Policy:
    """The policy of a document.

    Raises:
        MalformedPolicyError: it is none.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise MalformedPolicyError(str(error)) from error
    if not isinstance(document, dict) or "Statement" not in document:
        raise MalformedPolicyError("there is no Statement")
    listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    return Policy(tuple(_statement(each, document.get("Version") == "2012-10-17") for each in listed))


def _statement(given: Any, variables: bool) -> Statement:
    if not isinstance(given, dict) or given.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicyError("a statement has no Effect of Allow or Deny")
    if unknown := set(given) - _NAMES:
        raise MalformedPolicyError(f"a statement has the element {sorted(unknown)[0]}")
    conditions = given.get("Condition") or {}
    check_conditions(conditions)
    actions, not_actions = _listed(given.get("Action")), _listed(given.get("NotAction"))
    if bool(actions) == bool(not_actions):
        raise MalformedPolicyError("a statement has either Action or NotAction")
    return Statement(
        effect=given["Effect"],
        actions=actions,
        not_actions=not_actions,
        resources=_listed(given.get("Resource")),
        not_resources=_listed(given.get("NotResource")),
        conditions=conditions,
        principals=_principals(given.get("Principal")),
        not_principals=_principals(given.get("NotPrincipal")),
        variables=variables,
    )


def _principals(given: Any) -> Mapping[str, tuple[str, ...]] | None:
    if given is None:
        return None
    if given == "*":
        return {"AWS": ("*",)}
    if not isinstance(given, dict):
        raise MalformedPolicyError("Principal is neither * nor an object")
    return {kind: _listed(names) for kind, names in given.items()}


def _listed(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    listed: Iterable[Any] = given if isinstance(given, list) else [given]
    return tuple(str(each) for each in listed)
