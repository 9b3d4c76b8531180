"""RDS: the instance is the server of the home, so its address, port, state and administrator's password are that server's.

Parameters of a group that were set say that a user set them (DescribeDBParameters, in the RDS API reference: Source).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from localaws.engines.mariadb import USER, MariaDBEngine
from localaws.exceptions import EngineNotRunningError
from localaws.home import Home
from localaws.ports import LOOPBACK

__all__ = ["mend"]


def mend(home: Path) -> None:
    """Let moto's instances of this process show the server of `home`."""
    from moto.rds import models

    server = MariaDBEngine(Home(home))

    def port(instance: Any) -> int | None:
        """Where it listens; where it did, while it is down."""
        try:
            return server.ports["main"]
        except EngineNotRunningError:
            found: int | None = instance.__dict__.get("_port")
            return found

    def status(instance: Any) -> str:
        kept: str = instance.__dict__["_status"]
        return "stopped" if kept == "available" and server.pid is None else kept

    def keep(name: str) -> Any:
        return lambda instance, value: instance.__dict__.__setitem__(name, value)

    instances: Any = models.DBInstance
    instances.address = property(lambda instance: LOOPBACK)
    instances.port = property(port, keep("_port"))
    instances.status = property(status, keep("_status"))
    password = {"username": USER, "password": server.home.credentials.mysql_password}
    secrets: Any = models.MasterUserSecret
    secrets._generate_secret_string = lambda secret: json.dumps(password)
    _mend_parameters(models.DBParameterGroup)


def _mend_parameters(groups: Any) -> None:
    update = groups.update_parameters

    def update_parameters(group: Any, parameters: Any) -> None:
        update(group, [{**parameter, "Source": "user"} for parameter in parameters])

    groups.update_parameters = update_parameters
