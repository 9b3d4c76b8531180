"""Every module has one shape, is used, and keeps what its native tests say."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from native_tests import FOLDER, gather

from deploy.finding import find_providers, find_terraform
from deploy.workspace import Workspace
from localaws.home import CHECKOUT

TERRAFORM = CHECKOUT / "terraform"
MODULES = sorted(folder.name for folder in (TERRAFORM / "modules").iterdir() if folder.is_dir() and any(folder.iterdir()))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_its_four_files_and_tests_and_is_used_by_the_platform(module: str) -> None:
    folder = TERRAFORM / "modules" / module
    platform = "\n".join(file.read_text("utf-8") for file in (TERRAFORM / "platform").glob("*.tf"))

    assert {file.name for file in folder.glob("*.tf")} == {"main.tf", "variables.tf", "outputs.tf", "versions.tf"}
    assert [file.name for file in (folder / "tests").iterdir()] == [f"{module}.tftest.hcl"]
    assert f'source   = "../modules/{module}"' in platform or f'source = "../modules/{module}"' in platform


@pytest.mark.parametrize("module", MODULES)
def test_every_variable_and_output_of_a_module_is_described_and_typed(module: str) -> None:
    folder = TERRAFORM / "modules" / module
    variables = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', (folder / "variables.tf").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    outputs = re.findall(r'^output "(\w+)" \{\n(.*?)^\}', (folder / "outputs.tf").read_text("utf-8"), re.MULTILINE | re.DOTALL)

    assert outputs
    assert [name for name, body in variables if "  description = " not in body or not re.search(r"^  type +=", body, re.MULTILINE)] == []
    assert [name for name, body in variables if re.search(r"\bany\b", re.sub(r'description = ".*"|error_message = ".*"', "", body))] == []
    assert [name for name, body in outputs if "  description = " not in body] == []


def test_versions_are_the_same_everywhere() -> None:
    texts = {file.read_text("utf-8") for file in TERRAFORM.rglob("versions.tf") if "backend" not in file.read_text("utf-8")}

    assert len(texts) == 1


def test_files_are_formatted(workspace: Workspace) -> None:
    done = subprocess.run(
        [find_terraform(), "fmt", "-check", "-recursive", "-no-color", str(TERRAFORM)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, ""), "run terraform fmt -recursive terraform"


def test_the_native_tests_of_every_module_pass(workspace: Workspace) -> None:
    runs = gather(workspace.root)
    workspace.init(FOLDER)

    shown = workspace.run(FOLDER, "test", "-no-color")

    assert {run.partition(".")[0] for run in runs} == set(MODULES)
    assert len(runs) > 60
    assert f"Success! {len(runs)} passed, 0 failed." in shown


def test_a_folder_of_providers_is_found_by_looking_and_by_its_variable(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "plugins"
    (folder / "registry.terraform.io" / "hashicorp" / "aws").mkdir(parents=True)

    assert find_providers({"HOME": str(tmp_path)}, (str(tmp_path),)) == folder
    assert find_providers({"HOME": str(tmp_path), "TF_PLUGIN_DIR": str(folder)}, ()) == folder
    assert find_providers({"HOME": str(tmp_path), "TF_PLUGIN_DIR": str(tmp_path)}, (str(tmp_path),)) is None
    assert find_providers({"HOME": str(tmp_path)}, ()) is None
