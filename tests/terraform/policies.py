"""Policies of a deployment's roles, as parliament judges them, less what is waived beside the resource.

A waiver is a comment inside the resource: `# parliament:skip=<finding>: <reason>`, as checkov's are `# checkov:skip=<check>: <reason>`.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["actions_of", "findings_of", "policies_of", "waivers_of"]

_MODULE = re.compile(r'^module "(\w+)" \{\n +source += "\.\./modules/(\w+)"', re.MULTILINE)
_RESOURCE = re.compile(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_WAIVER = re.compile(r"# parliament:skip=(\w+): \S")


def policies_of(output: str) -> dict[str, str]:
    """By address: each identity policy of the state that `terraform test -verbose -json` printed."""
    states = [message["test_state"] for line in output.splitlines() if (message := json.loads(line))["type"] == "test_state"]
    resources = [resource for state in states for resource in _resources(state["root_module"])]
    return {resource["address"]: resource["values"]["policy"] for resource in resources if resource["type"] == "aws_iam_role_policy"}


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def findings_of(policy: str) -> set[str]:
    """What parliament says of a policy, its community's auditors included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it warns of its own use of pkg_resources
        import parliament

    found = parliament.analyze_policy_string(policy, include_community_auditors=True).findings
    return {finding.issue for finding in found}


def actions_of(policy: str) -> list[str]:
    """Every action that a policy allows or denies."""
    return [action for statement in json.loads(policy)["Statement"] for action in statement["Action"]]


def waivers_of(terraform: Path) -> dict[tuple[str, str], set[str]]:
    """By name of the module's call and of the resource: the findings that are waived there."""
    calls = [call for file in sorted((terraform / "platform").glob("*.tf")) for call in _MODULE.findall(file.read_text("utf-8"))]
    found = {}
    for name, module in calls:
        for kind, resource, body in _RESOURCE.findall((terraform / "modules" / module / "main.tf").read_text("utf-8")):
            if waived := set(_WAIVER.findall(body)):
                found[name, f"{kind}.{resource}"] = waived
    return found
