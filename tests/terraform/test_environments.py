"""The environments of AWS are applied to a mocked provider; `local` is applied for real (test_local_endpoint)."""

from __future__ import annotations

import re

import pytest
from policies import actions_of, findings_of, policies_of, waivers_of

from deploy.functions import build_functions
from deploy.workspace import Workspace


@pytest.fixture(scope="module", params=["dev", "prod"])
def applied(request: pytest.FixtureRequest, workspace: Workspace) -> str:
    """What the native test of an environment prints, the state that it led to included."""
    folder = f"terraform/environments/{request.param}"
    build_functions(workspace.root / folder / "packages")
    (workspace.root / folder / "packages" / "bundle.pem").write_text("who signs RDS's certificates", "utf-8")
    workspace.init(folder)
    return workspace.run(folder, "test", "-no-color", "-verbose", "-json")


def test_an_environment_is_applied_whole(applied: str) -> None:
    assert "Success! 1 passed, 0 failed." in applied


def test_no_policy_of_a_role_has_a_finding_that_is_not_waived_beside_it(applied: str, workspace: Workspace) -> None:
    policies, waivers = policies_of(applied), waivers_of(workspace.root / "terraform")
    found: dict[tuple[str, str], set[str]] = {}
    for address, policy in policies.items():
        assert [action for action in actions_of(policy) if "*" in action] == [], address
        call = re.findall(r"module\.(\w+)", address)[-1]
        resource = ".".join(re.sub(r"\[[^]]*\]", "", address).split(".")[-2:])
        if findings := findings_of(policy):
            found.setdefault((call, resource), set()).update(findings)

    assert len(policies) >= 20
    assert found == waivers, "a finding without a waiver, or a waiver that waives nothing"


def test_the_analyser_finds_what_is_too_wide() -> None:
    wide = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ec2:DescribeVpcAttribute"], "Resource": ["*"]}]}'
    unknown = wide.replace("DescribeVpcAttribute", "DescribeNothing")

    assert (findings_of(wide), findings_of(unknown)) == ({"RESOURCE_STAR"}, {"UNKNOWN_ACTION"})


def test_local_takes_no_endpoint_but_loopbacks(workspace: Workspace) -> None:
    text = (workspace.root / "terraform" / "environments" / "local" / "main.tf").read_text("utf-8")
    addresses = [line.partition("=")[2].strip() for line in text.partition("endpoints {")[2].partition("}")[0].strip().splitlines()]

    assert len(addresses) > 20
    assert set(addresses) == {"var.endpoint_url"}
    assert re.search(r'^  access_key += "local"$', text, re.MULTILINE)
