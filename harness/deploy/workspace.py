"""A folder that Terraform works in: the checkout's files as they are now, and beside them what Terraform keeps.

Terraform writes into the folder that it is started in (a lock file, downloaded providers, state). So that the checkout stays as
it is, `terraform/` is copied and the data files that it reads are linked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.exceptions import TerraformFailedError
from deploy.finding import find_providers, find_terraform
from localaws.home import CHECKOUT

__all__ = ["Workspace"]

_READ = ("crawlers", "deployment", "dms", "glue_jobs", "pipelines", "sql")
_KEPT = (".terraform", ".terraform.lock.hcl")


class Workspace:
    """One tree below `root`, with any number of folders in it that Terraform is run in."""

    def __init__(self, root: Path, checkout: Path = CHECKOUT) -> None:
        self.root, self.checkout = root, checkout

    def refresh(self) -> Workspace:
        """Bring the tree to what the checkout has now; what Terraform made in it stays."""
        source, target = self.checkout / "terraform", self.root / "terraform"
        target.mkdir(parents=True, exist_ok=True)
        wanted = {file.relative_to(source) for file in source.rglob("*") if file.is_file() and not _is_made(file.relative_to(source))}
        for file in [file for file in target.rglob("*.tf*") if file.is_file()]:
            place = file.relative_to(target)
            if place not in wanted and not _is_made(place) and ".tfstate" not in file.name:
                file.unlink()
        for place in wanted:
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / place, target / place)
        for name in _READ:
            link = self.root / name
            if not link.is_symlink() and (self.checkout / name).exists():
                link.symlink_to(self.checkout / name)
        return self

    def init(self, folder: str) -> None:
        """Install providers and modules for a folder of the tree. Raises TerraformFailedError."""
        providers = find_providers()
        given = [f"-plugin-dir={providers}"] if providers else []
        self.run(folder, "init", "-input=false", "-no-color", *given)

    def run(self, folder: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run terraform and give what it prints.

        Raises:
            TerraformMissingError, TerraformFailedError
        """
        place = self.root / folder
        done = subprocess.run(
            [find_terraform(), *arguments],
            cwd=place,
            env=_environment() | dict(environment or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise TerraformFailedError(arguments[0], place, done.stdout + done.stderr)
        return done.stdout


def _is_made(place: Path) -> bool:
    return any(part in _KEPT for part in place.parts)


def _environment() -> dict[str, str]:
    """The user's, without what would point Terraform elsewhere, or at a configuration file that is not there."""
    dropped = ("TF_VAR_", "TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    configured = kept.get("TF_CLI_CONFIG_FILE")
    if configured and not Path(configured).exists():
        del kept["TF_CLI_CONFIG_FILE"]
    return kept | {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
