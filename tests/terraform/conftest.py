"""Terraform and its provider, where this machine has them; tests that need them are skipped with what is missing where it has not."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from deploy.finding import find_providers
from deploy.workspace import Workspace

sys.path.insert(0, str(Path(__file__).parent))  # for native_tests and policies: importlib mode puts no test folder on the path


@pytest.fixture(scope="session")
def providers() -> Path:
    """The folder of providers."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on the PATH")
    folder = find_providers()
    if folder is None:
        pytest.skip("no folder with the AWS provider was found; TF_PLUGIN_DIR can name one")
    return folder


@pytest.fixture(scope="session")
def workspace(providers: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of `terraform/` in a folder with a space in its name."""
    return Workspace(tmp_path_factory.mktemp("terraform") / "a tree").refresh()
