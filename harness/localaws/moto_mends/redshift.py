"""Redshift: a cluster is the local Redshift of the home, with its address, port and state; nothing takes snapshots of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from localaws.engines.redshift import RedshiftEngine
from localaws.exceptions import EngineNotRunningError
from localaws.home import Home
from localaws.ports import LOOPBACK
from localaws.redshiftcluster.operations import secret_name

__all__ = ["mend"]


def mend(home: Path) -> None:
    """Let moto's clusters of this process show the server of `home`."""
    from moto.redshift import models

    server = RedshiftEngine(Home(home))

    def port(cluster: Any) -> int:
        """Where it listens; where it did when it was last asked for, while it is paused."""
        with suppress(EngineNotRunningError):
            cluster.__dict__["_port"] = server.ports["main"]
        return int(cluster.__dict__["_port"])

    clusters: Any = models.Cluster
    clusters.address = property(lambda cluster: LOOPBACK)
    clusters.port = property(port, _keep("_port"))
    clusters.status = property(lambda cluster: "paused" if server.pid is None else "available", _keep("_status"))
    clusters.cluster_availability_status = property(lambda cluster: "Paused" if server.pid is None else "Available")
    clusters.master_password_secret_arn = property(_secret_arn)
    _without_snapshots(models)


def _keep(name: str) -> Any:
    return lambda cluster, value: cluster.__dict__.__setitem__(name, value)


def _secret_arn(cluster: Any) -> str | None:
    from moto.secretsmanager.models import secretsmanager_backends

    secrets = secretsmanager_backends[cluster.account_id][cluster.region].secrets
    name = secret_name(cluster.cluster_identifier, cluster.master_username)
    return str(secrets[name].arn) if name in secrets else None


def _without_snapshots(models: Any) -> None:
    """moto notes an automated snapshot of every new cluster."""
    backend = models.RedshiftBackend
    take = backend.create_cluster_snapshot

    def create_cluster_snapshot(self: Any, *arguments: Any, snapshot_type: str = "manual", **named: Any) -> Any:
        return None if snapshot_type == "automated" else take(self, *arguments, snapshot_type=snapshot_type, **named)

    backend.create_cluster_snapshot = create_cluster_snapshot
