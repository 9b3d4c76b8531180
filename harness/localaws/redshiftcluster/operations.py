"""What is done, and has to hold, before moto keeps a cluster: its user, password and database are made in the warehouse that runs.

A client then connects to `Endpoint.Address` and `Endpoint.Port` as it would on AWS. Pausing ends what listens there, resuming starts
it again; the address, port and state that DescribeClusters shows are the engine's (`localaws.moto_mends.redshift`). Rules of names and
passwords are those of CreateCluster in the Redshift API reference.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from localaws.engines.postgres import DATABASE, USER
from localaws.engines.redshift import RedshiftEngine
from localaws.exceptions import EngineNotRunningError
from localaws.home import Home
from localaws.operation import Guard, Request
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.messages import redshift_error
from localaws.redshift.passwords import broken_rules
from localaws.redshiftcluster.exceptions import (
    ClusterQuotaExceededError,
    InvalidClusterParameterError,
    InvalidClusterStateError,
    NoClusterServerError,
    NoSnapshotError,
)
from localaws.redshiftdata.exceptions import WarehouseUnreachableError
from localaws.redshiftdata.runner import runner_of

__all__ = ["GUARDS", "secret_name"]

_CLUSTER = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]|[a-z]")
_NAME = re.compile(r"[a-z_][a-z0-9_+.@-]{0,126}")
_NEW_DATABASE = "dev"
_ON = "true"


def secret_name(cluster: str, user: str) -> str:
    """The secret that Redshift keeps when it manages the password."""
    return f"redshift!{cluster}-{user}"


def create_cluster(request: Request) -> None:
    """CreateCluster: the user and the database are made where they are not there.

    Raises:
        InvalidClusterParameterError, NoClusterServerError, ClusterQuotaExceededError
    """
    asked = request.parameters
    name, user, database = asked.get("ClusterIdentifier", ""), asked.get("MasterUsername", ""), asked.get("DBName") or _NEW_DATABASE
    for parameter, value, pattern in (("ClusterIdentifier", name, _CLUSTER), ("MasterUsername", user, _NAME), ("DBName", database, _NAME)):
        if not pattern.fullmatch(value):
            raise InvalidClusterParameterError(f"The parameter {parameter} is not a valid name: {value!r}")
    port = _port(request)
    if int(asked.get("Port") or port) != port:
        raise InvalidClusterParameterError(f"Port is {asked['Port']}: the local Redshift listens on {port}. Leave it out.")
    if asked.get("PubliclyAccessible") == _ON:
        raise InvalidClusterParameterError("PubliclyAccessible is true: the local Redshift listens on loopback only.")
    existing = [cluster["ClusterIdentifier"] for cluster in request.control_plane("redshift").describe_clusters()["Clusters"]]
    if name in existing:
        return  # moto has the error
    if existing:
        raise ClusterQuotaExceededError(existing[0])
    password = _password(request, user)
    _log_in(request, user, database, password)
    if request.parameters.get("ManageMasterPassword") == _ON:
        _keep_secret(request.control_plane("secretsmanager"), secret_name(name, user), {"username": user, "password": password})


def modify_cluster(request: Request) -> None:
    """ModifyCluster: a new password counts at once. Raises InvalidClusterParameterError."""
    asked = request.parameters
    given = asked.get("MasterUserPassword")
    if given is None:
        return
    cluster = _cluster(request)
    if cluster is not None:
        _log_in(request, cluster["MasterUsername"], cluster["DBName"], _checked(cluster["MasterUsername"], given))


def delete_cluster(request: Request) -> None:
    """DeleteCluster: the engine and its data stay, as those of the home. Raises NoSnapshotError."""
    if request.parameters.get("SkipFinalClusterSnapshot") != _ON:
        raise NoSnapshotError
    cluster = _cluster(request)
    if cluster is not None and (secret := cluster.get("MasterPasswordSecretArn")):
        request.control_plane("secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)


def pause_cluster(request: Request) -> None:
    """PauseCluster: nothing listens any more. Raises InvalidClusterStateError."""
    cluster, engine = _cluster(request), RedshiftEngine(Home(request.home))
    if cluster is not None and engine.pid is None:
        raise InvalidClusterStateError(cluster["ClusterIdentifier"], "paused")
    if cluster is not None:
        engine.stop()


def resume_cluster(request: Request) -> None:
    """ResumeCluster: it listens where it did. Raises InvalidClusterStateError."""
    cluster, engine = _cluster(request), RedshiftEngine(Home(request.home))
    if cluster is not None and engine.pid is not None:
        raise InvalidClusterStateError(cluster["ClusterIdentifier"], "available")
    if cluster is not None:
        engine.start()


def _port(request: Request) -> int:
    try:
        return RedshiftEngine(Home(request.home)).ports["main"]
    except EngineNotRunningError as error:
        raise NoClusterServerError from error


def _cluster(request: Request) -> dict[str, Any] | None:
    """The cluster that is named; None when there is none, which moto says."""
    named = request.parameters.get("ClusterIdentifier", "")
    clusters = request.control_plane("redshift").describe_clusters()["Clusters"]
    return next((cluster for cluster in clusters if cluster["ClusterIdentifier"] == named), None)


def _password(request: Request, user: str) -> str:
    """The one that is given, or a new one; the home's user has the home's."""
    given, is_managed = request.parameters.get("MasterUserPassword"), request.parameters.get("ManageMasterPassword") == _ON
    if bool(given) == is_managed:
        raise InvalidClusterParameterError("Exactly one of MasterUserPassword and ManageMasterPassword is required.")
    if not is_managed:
        return _checked(user, given or "")
    return Home(request.home).credentials.redshift_password if user == USER else f"Aa1{secrets.token_hex(16)}"


def _keep_secret(client: Any, name: str, login: Mapping[str, str]) -> None:
    """Once the user can log in; one that was left by a creation that failed later is written anew."""
    try:
        client.create_secret(Name=name, SecretString=json.dumps(login))
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=name, SecretString=json.dumps(login))


def _checked(user: str, password: str) -> str:
    if user == USER:
        raise InvalidClusterParameterError(f"The password of {USER} is the home's: ask with ManageMasterPassword, or for another user.")
    if broken := broken_rules(password):
        raise InvalidClusterParameterError(f"The parameter MasterUserPassword is not a valid password: it must {broken}.")
    return password


def _log_in(request: Request, user: str, database: str, password: str) -> None:
    """The user may do everything, and the database exists."""
    try:
        session = runner_of(request.home).session(DATABASE, "redshift-cluster")
    except RedshiftError as error:
        raise WarehouseUnreachableError(error.message) from error
    try:
        run = session.connection.execute
        if user != USER:
            there = run("SELECT FROM pg_roles WHERE rolname = %s", [user]).fetchone()
            verb = sql.SQL("CREATE ROLE" if there is None else "ALTER ROLE")
            digest = "md5" + hashlib.md5((password + user).encode()).hexdigest()
            run(sql.SQL("{} {} LOGIN SUPERUSER CREATEDB CREATEROLE PASSWORD {}").format(verb, sql.Identifier(user), sql.Literal(digest)))
        if run("SELECT FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
            run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    except psycopg.Error as error:  # a name that is reserved, as `pg_boss` is
        raise InvalidClusterParameterError(f"The user {user} of the database {database} cannot be made: {redshift_error(error)}") from error
    finally:
        session.close()


GUARDS: Mapping[str, Guard] = {
    "CreateCluster": create_cluster,
    "DeleteCluster": delete_cluster,
    "ModifyCluster": modify_cluster,
    "PauseCluster": pause_cluster,
    "ResumeCluster": resume_cluster,
}
