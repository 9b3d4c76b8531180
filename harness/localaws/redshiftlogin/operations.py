"""GetClusterCredentials, GetClusterCredentialsWithIAM (clusters) and GetCredentials (serverless).

A temporary password is random, lives for the seconds that were asked for, and lets in the user that is named in the answer. Its MD5 is
kept in the database beside the time of its end; the wire endpoint looks there (`localaws.redshift.wire.login`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from localaws.engines.postgres import DATABASE, USER
from localaws.errors import AwsError
from localaws.operation import Handler, Request
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.messages import redshift_error
from localaws.redshiftdata.exceptions import WarehouseUnreachableError
from localaws.redshiftdata.runner import runner_of
from localaws.redshiftlogin.exceptions import InvalidRequestError, UnknownUserError
from localaws.redshiftserverless.exceptions import ValidationError

__all__ = ["OPERATIONS", "SERVERLESS_OPERATIONS"]

_NAME = re.compile(r"[a-z_][a-z0-9_+.@-]{0,126}")
_SHORTEST, _LONGEST = 900, 3600


def get_cluster_credentials(request: Request) -> dict[str, Any]:
    """GetClusterCredentials: for a user that is named, which may be made with AutoCreate and joined to DbGroups."""
    asked = request.parameters
    user = str(asked.get("DbUser", ""))
    if not asked.get("ClusterIdentifier") and not asked.get("CustomDomainName"):
        raise InvalidRequestError("ClusterIdentifier is required.")
    if not _NAME.fullmatch(user):
        raise InvalidRequestError(f"DbUser is not a valid name of a user: {user!r}")
    create = str(asked.get("AutoCreate", "")).lower() == "true"
    login = f"{'IAMA' if create else 'IAM'}:{user}"
    password, expires = _temporary(request, user, login, create=create, groups=asked.get("DbGroups") or ())
    return {"DbUser": login, "DbPassword": password, "Expiration": expires}


def get_cluster_credentials_with_iam(request: Request) -> dict[str, Any]:
    """GetClusterCredentialsWithIAM: for the user that the caller's identity maps to, which here is the home's own."""
    password, expires = _temporary(request, USER, USER)
    return {"DbUser": USER, "DbPassword": password, "Expiration": expires, "NextRefreshTime": expires - dt.timedelta(minutes=5)}


def get_credentials(request: Request) -> dict[str, Any]:
    """GetCredentials of Redshift Serverless."""
    if not request.parameters.get("workgroupName") and not request.parameters.get("customDomainName"):
        raise ValidationError("workgroupName is required.")
    password, expires = _temporary(request, USER, USER, refusal=ValidationError)
    return {"dbUser": USER, "dbPassword": password, "expiration": expires, "nextRefreshTime": expires - dt.timedelta(minutes=5)}


def _temporary(
    request: Request,
    user: str,
    login: str,
    *,
    create: bool = False,
    groups: Sequence[str] = (),
    refusal: Callable[[str], AwsError] = InvalidRequestError,
) -> tuple[str, dt.datetime]:
    given = request.parameters.get("DurationSeconds") or request.parameters.get("durationSeconds") or _SHORTEST
    seconds = int(given)
    if not _SHORTEST <= seconds <= _LONGEST:
        raise refusal(f"DurationSeconds must be between {_SHORTEST} and {_LONGEST}: {seconds}")
    password = secrets.token_urlsafe(48)
    expires = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=seconds)
    try:
        session = runner_of(request.home).session(DATABASE, "redshift-login")
    except RedshiftError as error:
        raise WarehouseUnreachableError(error.message) from error
    try:
        _keep(session.connection, user, create=create, groups=groups)
        digest = hashlib.md5((password + login).encode()).hexdigest()  # what a client answers with begins with it
        session.connection.execute("INSERT INTO local_redshift.temporary_passwords VALUES (%s, %s, %s)", [user, digest, expires])
    except psycopg.Error as error:  # a name that is reserved, as `pg_user` is
        raise refusal(f"The user {user} cannot be given a password: {redshift_error(error)}") from error
    finally:
        session.close()
    return password, expires


def _keep(connection: psycopg.Connection, user: str, *, create: bool, groups: Sequence[str]) -> None:
    """The user is there and in the groups; nothing is made when one of these is not."""
    known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s AND rolcanlogin", [user]).fetchone()
    if known is None and not create:
        raise UnknownUserError(user)
    for group in groups:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [group]).fetchone() is None:
            raise InvalidRequestError(f"The group {group} does not exist.")
    if known is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(user)))
    for group in groups:
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(user)))
    connection.execute("DELETE FROM local_redshift.temporary_passwords WHERE expires <= now()")


OPERATIONS: Mapping[str, Handler] = {
    "GetClusterCredentials": get_cluster_credentials,
    "GetClusterCredentialsWithIAM": get_cluster_credentials_with_iam,
}
SERVERLESS_OPERATIONS: Mapping[str, Handler] = {"GetCredentials": get_credentials}
