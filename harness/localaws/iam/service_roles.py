"""Roles that services assume: job runs, functions and state machines act as the role that they were given.

When the endpoint enforces policies, what they call gets temporary credentials of that role, and the role has to trust the service. When
it does not, they have the operator's, as everybody.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from localaws.iam.callers import issue, role_arn_of, role_of
from localaws.iam.evaluation import Access, Policies, decide
from localaws.iam.identities import everything, trust_policy
from localaws.iam.policies import Principals
from localaws.iam.setting import is_enforced
from localaws.moto_app import ACCOUNT_ID

__all__ = ["role_environment", "trusts"]

_DAY = 24 * 3600.0


def trusts(role: str, service: str) -> bool:
    """Whether a service (`glue.amazonaws.com`) can assume a role, given by name or ARN. Where nothing is enforced, each can."""
    if not is_enforced(os.environ):
        return True
    arn = role_arn_of(role)
    policy = trust_policy(arn)
    if role_of(arn) is None or policy is None:
        return False
    # A service that acts for the account says so: conditions against the confused deputy hold.
    context = {"aws:sourceaccount": ACCOUNT_ID, "aws:principalisawsservice": "true", "aws:securetransport": "true"}
    caller = Principals("", services=frozenset({service}))
    return decide(Access("sts:AssumeRole", arn, context), caller, Policies([everything()], resource=[policy], must_name=True)).allowed


def role_environment(home: Path, role: str, session_name: str) -> Mapping[str, str]:
    """Variables with credentials of a role, valid for a day; none where nothing is enforced."""
    if not role or not is_enforced(os.environ):
        return {}
    name = re.sub(r"[^\w+=,.@-]", "-", session_name)[:64]
    credentials = issue(home, {"kind": "role", "role_arn": role_arn_of(role), "session_name": name, "tags": {}}, _DAY)
    return {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }
