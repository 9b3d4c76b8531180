"""Which warehouse a request names, and whether it may: a cluster or a workgroup, a database, and a user or a secret."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home
from localaws.operation import Request
from localaws.redshiftdata.exceptions import ValidationError
from localaws.redshiftdata.statements import Target

__all__ = ["target_of"]

_IDENTIFIER = re.compile(r"[a-z][a-z0-9-]{0,62}")


def target_of(request: Request, *, database_is_required: bool = True) -> Target:
    """The target of a request. One warehouse stands behind every well-formed name of a cluster or workgroup.

    Raises:
        ValidationError: it names none or two, no database, or a secret that does not exist.
    """
    asked = request.parameters
    cluster, workgroup = asked.get("ClusterIdentifier", ""), asked.get("WorkgroupName", "")
    if bool(cluster) == bool(workgroup):
        raise ValidationError("Exactly one of ClusterIdentifier and WorkgroupName is required to connect to Amazon Redshift.")
    name = (workgroup.rsplit("/", 1)[-1] if workgroup.startswith("arn:") else workgroup) or cluster
    if not _IDENTIFIER.fullmatch(name):
        raise ValidationError(f"Redshift endpoint doesn't exist in this region: {name!r} is not the name of a cluster or a workgroup.")
    database = asked.get("Database", "")
    if database_is_required and not database:
        raise ValidationError("Database is required.")
    if cluster:
        _check_listens(request, cluster)
    user, secret = asked.get("DbUser", ""), asked.get("SecretArn", "")
    if user and secret:
        raise ValidationError("Only one of DbUser and SecretArn can be given.")
    if user and workgroup:
        raise ValidationError("DbUser cannot be given with WorkgroupName: the user follows from the IAM identity or the secret.")
    if secret:
        _check_secret(request.control_plane("secretsmanager"), secret)
    return Target(database, cluster, workgroup, user, secret)


def _check_listens(request: Request, cluster: str) -> None:
    if RedshiftEngine(Home(request.home)).pid is not None:
        return
    known = [item["ClusterIdentifier"] for item in request.control_plane("redshift").describe_clusters()["Clusters"]]
    if cluster in known:
        raise ValidationError(f"The cluster {cluster} is paused. Resume it and try again.")


def _check_secret(client: Any, secret: str) -> None:
    try:
        client.describe_secret(SecretId=secret)
    except ClientError as error:
        raise ValidationError(f"The secret {secret} cannot be read: {error.response['Error'].get('Message', error)}") from error
