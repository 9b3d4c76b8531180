"""The environment `local`: engines up, Terraform applied to the endpoint, secrets filled; and all of it gone again.

Terraform makes secrets without values; on AWS people or a rotation put them, here `localaws.bootstrap` does, from the engines.
"""

from __future__ import annotations

import json
from typing import Any

from deploy.exceptions import EnginesMissingError, ForeignDeploymentError
from deploy.functions import build_functions
from deploy.workspace import Workspace
from localaws.bootstrap import client, is_deployed, put_secrets, secrets_of
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.engines.source_api import SourceApiEngine
from localaws.home import CHECKOUT, Home

__all__ = ["LocalEnvironment"]

_FOLDER = "terraform/environments/local"
_AT_ONCE = "-parallelism=30"  # mostly it waits: the provider looks again and again whether a bucket or a database is ready


class LocalEnvironment:
    """Terraform's environment `local` of one home, whose engines run."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.workspace = Workspace(home.root / "terraform")

    @property
    def is_deployed(self) -> bool:
        """Whether Terraform made something here that is still there."""
        return is_deployed(self.home)

    def apply(self) -> dict[str, Any]:
        """Make or change everything, and fill the secrets. Returns the outputs of the platform.

        Raises:
            EnginesMissingError: an engine that resources stand for does not run.
            ForeignDeploymentError: the endpoint has what Terraform would make.
            TerraformMissingError, TerraformFailedError
        """
        given = self._prepare()
        if not self.is_deployed:
            self._refuse_foreign()
        self.workspace.run(_FOLDER, "apply", "-auto-approve", *given)
        endpoint = EndpointEngine(self.home).endpoint
        put_secrets(client("secretsmanager", endpoint), secrets_of(self.home))
        outputs = json.loads(self.workspace.run(_FOLDER, "output", "-json"))
        found: dict[str, Any] = outputs["platform"]["value"]
        return found

    def plan(self) -> str:
        """What an apply would change, as Terraform prints it."""
        return self.workspace.run(_FOLDER, "plan", "-lock=false", *self._prepare())

    def destroy(self) -> None:
        """Delete everything that Terraform made, objects in buckets included. The engines and their data stay."""
        self.workspace.run(_FOLDER, "destroy", "-auto-approve", *self._prepare())

    def _prepare(self) -> list[str]:
        variables = self._variables()
        self.workspace.refresh()
        build_functions(self.workspace.root / "dist" / "lambdas")
        self.workspace.init(_FOLDER)
        return ["-input=false", "-no-color", _AT_ONCE, *(f"-var={name}={value}" for name, value in variables.items())]

    def _variables(self) -> dict[str, Any]:
        endpoint, database, warehouse = EndpointEngine(self.home), MariaDBEngine(self.home), RedshiftEngine(self.home)
        needed = (endpoint, database, warehouse, SourceApiEngine(self.home))
        missing = [engine.name for engine in needed if engine.health().state != "running"]
        if missing:
            raise EnginesMissingError(missing)
        return {
            "endpoint_url": endpoint.endpoint,
            "source_database_port": database.ports["main"],
            "warehouse_port": warehouse.ports["main"],
            "function_packages": self.workspace.root / "dist" / "lambdas",
        }

    def _refuse_foreign(self) -> None:
        buckets = {bucket["name"] for bucket in json.loads((CHECKOUT / "deployment" / "buckets.json").read_text("utf-8")).values()}
        existing = {bucket["Name"] for bucket in client("s3", EndpointEngine(self.home).endpoint).list_buckets()["Buckets"]}
        if buckets & existing:
            raise ForeignDeploymentError(self.home.root, buckets & existing)
