"""Errors of deploying.

DeployError
├── TerraformMissingError   no terraform on this machine
├── TerraformFailedError    it ran and failed
├── ForeignDeploymentError  the home has what Terraform would make, and Terraform did not make it
└── EnginesMissingError     what the local environment stands for does not run
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

__all__ = ["DeployError", "EnginesMissingError", "ForeignDeploymentError", "TerraformFailedError", "TerraformMissingError"]


class DeployError(Exception):
    """Base of the package's errors."""


class TerraformMissingError(DeployError):
    """There is no program to run."""

    def __init__(self) -> None:
        super().__init__("terraform is not on the PATH. Install Terraform 1.9 or later; nothing else of the project needs it.")


class TerraformFailedError(DeployError):
    """Terraform said no."""

    def __init__(self, command: str, folder: Path, output: str) -> None:
        self.output = output
        super().__init__(f"terraform {command} failed in {folder}:\n{output.strip()[-4000:]}")


class ForeignDeploymentError(DeployError):
    """Somebody else's things have the names."""

    def __init__(self, home: Path, names: Collection[str]) -> None:
        listed = ", ".join(sorted(names)[:5])
        super().__init__(
            f"The home {home} has {listed} already, made by `./etl up` or by hand, which Terraform would not take over. "
            "Deploy to another home (ETL_HOME=/some/folder), where `./etl up` was not run before."
        )


class EnginesMissingError(DeployError):
    """Nothing would stand behind the resources."""

    def __init__(self, engines: Collection[str]) -> None:
        super().__init__(f"These engines do not run: {', '.join(sorted(engines))}. Start them with `./etl up {' '.join(sorted(engines))}`.")
