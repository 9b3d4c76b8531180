"""Secret rotation: a new password for a database's user, in the four steps that Secrets Manager asks for.

Event     {"Step": createSecret | setSecret | testSecret | finishSecret, "SecretId", "ClientRequestToken"} ("Rotation by Lambda function")
Answer    nothing; a step that fails raises, and the rotation ends there
Effect    two users take turns, <user>_blue and <user>_green: the one that is not in use gets the rights of the one that is and a new
          password, is tried, and only then becomes AWSCURRENT. So whatever step fails, and while jobs still hold the old value, the user of
          AWSCURRENT logs in; the user that people put first is never changed.

The value has engine (mysql or redshift), host, port, username, password and dbname. With `masterarn`, the ARN of an administrator's secret,
the administrator makes the users; without it the user itself does, who then must be allowed to. What is an engine's is in mysql_users.py
and redshift_users.py.
"""

from __future__ import annotations

import importlib
import json
import os
from contextlib import closing, suppress
from types import ModuleType
from typing import Any

import boto3
from aws_lambda_powertools import Logger

logger = Logger(service="secret-rotation")

ENGINES = {"mysql": "mysql_users", "mariadb": "mysql_users", "redshift": "redshift_users"}
FIELDS = ("engine", "host", "port", "username", "password", "dbname")
TURNS = ("_blue", "_green")
LENGTH = 40  # of letters and digits alone: what connects by a URL or a list of options need not escape them


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> None:
    """One step of a rotation."""
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    manager = boto3.client("secretsmanager")
    stages = manager.describe_secret(SecretId=secret).get("VersionIdsToStages", {}).get(token, [])
    if "AWSCURRENT" in stages:
        logger.info("the version is current already", extra={"secret": secret, "step": step})
        return
    if "AWSPENDING" not in stages:
        raise ValueError(f"The version {token} of {secret} is not AWSPENDING: RotateSecret makes it before it calls this function.")
    steps = {"createSecret": create, "setSecret": make_user, "testSecret": try_user, "finishSecret": finish}
    if step not in steps:
        raise ValueError(f"{step!r} is no step of a rotation; {', '.join(steps)} are.")
    steps[step](manager, secret, token)
    logger.info("done", extra={"secret": secret, "step": step})


def create(manager: Any, secret: str, token: str) -> None:
    """The value that is to come, once: a step that is repeated finds it."""
    current = value_of(manager, secret, "AWSCURRENT")
    with suppress(manager.exceptions.ResourceNotFoundException):
        value_of(manager, secret, "AWSPENDING", token)
        return
    password = manager.get_random_password(PasswordLength=LENGTH, ExcludePunctuation=True)["RandomPassword"]
    pending = {**current, "username": next_user(current["username"]), "password": password}
    manager.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString=json.dumps(pending), VersionStages=["AWSPENDING"])


def make_user(manager: Any, secret: str, token: str) -> None:
    """The user whose turn it is, with the rights of the one that is in use and the password that is to come."""
    current, pending = value_of(manager, secret, "AWSCURRENT"), value_of(manager, secret, "AWSPENDING", token)
    if pending["username"] == current["username"]:
        raise ValueError(f"AWSPENDING of {secret} has the user that is in use, {current['username']}: its password would end at once.")
    administrator = current
    if "masterarn" in current:
        master = read(manager, current["masterarn"], "AWSCURRENT")  # one that RDS or Redshift manages has these two fields only
        administrator = {**current, "username": master["username"], "password": master["password"]}
    engine = users_of(pending)
    with closing(engine.connect(administrator, verified())) as connection:
        engine.make_user(connection, current["username"], pending["username"], pending["password"])


def try_user(manager: Any, secret: str, token: str) -> None:
    """A login with the value that is to come, and a statement."""
    pending = value_of(manager, secret, "AWSPENDING", token)
    with closing(users_of(pending).connect(pending, verified())) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        if tuple(cursor.fetchone()) != (1,):
            raise RuntimeError(f"{pending['host']} did not answer SELECT 1.")


def finish(manager: Any, secret: str, token: str) -> None:
    """Clients get the new value from now on."""
    versions = manager.describe_secret(SecretId=secret)["VersionIdsToStages"]
    current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
    manager.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current)


def value_of(manager: Any, secret: str, stage: str, version: str | None = None) -> dict[str, Any]:
    """The value of a version. Raises ValueError when it is not a database's."""
    value = read(manager, secret, stage, version)
    missing = [name for name in FIELDS if name not in value]
    if missing:
        raise ValueError(f"{stage} of {secret} lacks {', '.join(missing)}; a database's secret has {', '.join(FIELDS)}.")
    if value["engine"] not in ENGINES:
        raise ValueError(f"{stage} of {secret} is for the engine {value['engine']!r}; {', '.join(ENGINES)} can be rotated.")
    return value


def read(manager: Any, secret: str, stage: str, version: str | None = None) -> dict[str, Any]:
    """What a version holds."""
    asked = {"SecretId": secret, "VersionStage": stage} | ({"VersionId": version} if version else {})
    value: dict[str, Any] = json.loads(manager.get_secret_value(**asked)["SecretString"])
    return value


def users_of(login: dict[str, Any]) -> ModuleType:
    """The module for the engine; only its driver is loaded."""
    return importlib.import_module(ENGINES[login["engine"]])


def next_user(user: str) -> str:
    """Whose turn it is after `user`."""
    blue, green = TURNS
    if user.endswith(blue):
        return user.removesuffix(blue) + green
    return user.removesuffix(green) + blue


def verified() -> bool:
    """Whether the way to the server is encrypted and its certificate is looked at: always, but for a server of this machine."""
    return os.environ.get("DATABASE_TLS", "verify") != "off"
