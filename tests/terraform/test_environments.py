"""The environments of AWS are planned against a mocked provider; `local` is applied for real (test_local_endpoint)."""

from __future__ import annotations

import re

import pytest

from deploy.functions import build_functions
from deploy.workspace import Workspace


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_an_environment_is_planned_whole(workspace: Workspace, name: str) -> None:
    folder = f"terraform/environments/{name}"
    build_functions(workspace.root / folder / "packages")
    (workspace.root / folder / "packages" / "bundle.pem").write_text("who signs RDS's certificates", "utf-8")
    workspace.init(folder)

    assert "Success! 1 passed, 0 failed." in workspace.run(folder, "test", "-no-color")


def test_local_takes_no_endpoint_but_loopbacks(workspace: Workspace) -> None:
    text = (workspace.root / "terraform" / "environments" / "local" / "main.tf").read_text("utf-8")
    addresses = [line.partition("=")[2].strip() for line in text.partition("endpoints {")[2].partition("}")[0].strip().splitlines()]

    assert len(addresses) > 20
    assert set(addresses) == {"var.endpoint_url"}
    assert re.search(r'^  access_key += "local"$', text, re.MULTILINE)
