"""Endpoints of the DMS API as addresses: engine names, settings, and passwords from Secrets Manager or the endpoint itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from localaws.dms.exceptions import SettingsError
from localaws.dms.settings.kinesis_settings import KinesisSettings
from localaws.dms.settings.reading import Reader
from localaws.dms.settings.s3_settings import S3Settings

__all__ = ["SOURCES", "TARGETS", "source_address", "target_values"]

SOURCES = ("mysql", "mariadb", "aurora")
MYSQL_TARGETS = ("mysql", "mariadb", "aurora")
TARGETS = ("redshift", "s3", "kinesis", "dynamodb", *MYSQL_TARGETS)

Secret = Callable[[str], str]
"""The text of a secret by its id."""


def source_address(endpoint: Mapping[str, Any], password: str, secret: Secret) -> dict[str, Any]:
    """What `MySqlAddress` takes.

    Raises:
        SettingsError: the engine is no source here, or something is missing.
    """
    _one_of(endpoint, SOURCES, "source")
    values = _credentials(endpoint, endpoint.get("MySQLSettings") or {}, password, secret)
    return {name: values[name] for name in ("host", "port", "user", "password")}


def target_values(endpoint: Mapping[str, Any], password: str, secret: Secret, bucket: str) -> dict[str, Any]:
    """What `process.make_target` takes; `bucket` is used where the endpoint names none.

    Raises:
        SettingsError: the engine is no target here, or something is missing.
    """
    _one_of(endpoint, TARGETS, "target")
    if endpoint["EngineName"] == "s3":
        given = endpoint.get("S3Settings") or {}
        S3Settings.read(given)
        return {"engine": "s3", "settings": dict(given)}
    if endpoint["EngineName"] == "kinesis":
        given = endpoint.get("KinesisSettings") or {}
        KinesisSettings.read(given)
        return {"engine": "kinesis", "settings": dict(given)}
    if endpoint["EngineName"] == "dynamodb":
        Reader(endpoint.get("DynamoDbSettings") or {}, "DynamoDbSettings").only(("ServiceAccessRoleArn",))
        return {"engine": "dynamodb"}
    if endpoint["EngineName"] in MYSQL_TARGETS:
        return _mysql_values(endpoint, password, secret)
    settings = endpoint.get("RedshiftSettings") or {}
    values = _credentials(endpoint, settings, password, secret)
    database = settings.get("DatabaseName") or endpoint.get("DatabaseName") or values.get("database")
    if not database:
        raise SettingsError(f"endpoint {endpoint.get('EndpointIdentifier')}: DatabaseName", "it is missing")
    return {
        "engine": "redshift",
        **{name: values[name] for name in ("host", "port", "user", "password")},
        "database": database,
        "role": settings.get("ServiceAccessRoleArn") or "default",
        "bucket": settings.get("BucketName") or bucket,
        "folder": settings.get("BucketFolder") or "dms",
    }


def _mysql_values(endpoint: Mapping[str, Any], password: str, secret: Secret) -> dict[str, Any]:
    """Databases are those of the plans (TargetDbType multiple-databases); one database for all is the rule that renames the schema."""
    settings = endpoint.get("MySQLSettings") or {}
    if settings.get("TargetDbType") == "specific-database":
        raise SettingsError(
            f"endpoint {endpoint.get('EndpointIdentifier')}: MySQLSettings.TargetDbType",
            "specific-database is not done by this engine: leave it out, and rename the schema by a transformation rule",
        )
    values = _credentials(endpoint, settings, password, secret)
    script = settings.get("AfterConnectScript") or ""
    return {"engine": "mysql", **{name: values[name] for name in ("host", "port", "user", "password")}, "script": script}


def _one_of(endpoint: Mapping[str, Any], engines: tuple[str, ...], kind: str) -> None:
    if endpoint.get("EngineName") not in engines:
        raise SettingsError(
            f"endpoint {endpoint.get('EndpointIdentifier')}: EngineName",
            f"{endpoint.get('EngineName')!r} is no {kind} of this engine yet; there is {', '.join(engines)}",
        )


def _credentials(endpoint: Mapping[str, Any], settings: Mapping[str, Any], password: str, secret: Secret) -> dict[str, Any]:
    """From the secret, where one is named, or the endpoint's own settings (DMS guide, "Using secrets to access endpoints")."""
    where = f"endpoint {endpoint.get('EndpointIdentifier')}"
    if settings.get("SecretsManagerSecretId"):
        found = json.loads(secret(settings["SecretsManagerSecretId"]))
    else:
        found = {
            "host": settings.get("ServerName") or endpoint.get("ServerName"),
            "port": settings.get("Port") or endpoint.get("Port"),
            "username": settings.get("Username") or endpoint.get("Username"),
            "password": settings.get("Password") or password,
        }
    for name in ("host", "port", "username", "password"):
        if not found.get(name):
            raise SettingsError(f"{where}: {name}", "it is missing, in the endpoint and in the secret it names")
    values = {"host": found["host"], "port": int(found["port"]), "user": found["username"], "password": found["password"]}
    return {**values, "database": found.get("dbname") or found.get("database")}
