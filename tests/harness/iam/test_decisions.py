"""What policies say: a table of requests, statements and decisions. A case without an action is about reading one object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localaws.iam.evaluation import Access, Policies, decide
from localaws.iam.exceptions import MalformedPolicyError
from localaws.iam.policies import Policy, Principals, parse_policy

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "decisions.json").read_text("utf-8"))
ANN = Principals("123456789012", frozenset({"arn:aws:iam::123456789012:user/ann"}))


def policy(case: dict[str, Any], statements: list[Any]) -> Policy:
    return parse_policy(json.dumps({"Version": case.get("version", "2012-10-17"), "Statement": statements}))


def optional(case: dict[str, Any], name: str) -> Policy | None:
    return policy(case, case[name]) if name in case else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_request_is_decided_as_the_policies_say(case: dict[str, Any]) -> None:
    statements = case.get("statements")
    if statements is None:
        statements = [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": case["condition"]}]
    session, resource = optional(case, "session"), optional(case, "resource_policy")
    policies = Policies(
        identity=[policy(case, statements)],
        boundary=optional(case, "boundary"),
        session=None if session is None else [session],
        resource=[] if resource is None else [resource],
        must_name=case.get("must_name", False),
        is_user=True,
    )
    access = Access(case.get("action", "s3:GetObject"), case.get("resource", "arn:aws:s3:::b/k"), case.get("context", {}))
    decision = decide(access, ANN, policies)
    found = "allow" if decision.allowed else "explicit" if "explicit deny" in decision.reason else "implicit"
    assert found == case["decision"], decision.reason


def test_a_role_that_a_resource_names_stays_within_its_boundary_and_a_user_does_not() -> None:
    names = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/ann"}, "Action": "*", "Resource": "*"}
    given = {"identity": [], "resource": [policy({}, [names])], "boundary": policy({}, [])}
    access = Access("s3:GetObject", "arn:aws:s3:::b/k", {})
    assert decide(access, ANN, Policies(**given, is_user=True)).allowed
    assert decide(access, ANN, Policies(**given)).reason == "because no permissions boundary allows the s3:GetObject action"


@pytest.mark.parametrize(
    "document",
    [
        "no JSON",
        "{}",
        '{"Statement": [{"Effect": "Perhaps", "Action": "*", "Resource": "*"}]}',
        '{"Statement": [{"Effect": "Allow", "Resource": "*"}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringAlmost": {"a": "b"}}}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Conditon": {}}]}',
    ],
)
def test_what_is_no_policy_is_refused(document: str) -> None:
    with pytest.raises(MalformedPolicyError, match="not in the valid JSON format"):
        parse_policy(document)
