"""What has to hold before moto keeps an instance: the server of the home is what was asked for, and it runs.

The instance's address, port and state are the server's (`localaws.moto_mends.rds`).
"""

from __future__ import annotations

from collections.abc import Mapping

from localaws.engines.mariadb import DATABASE, USER, MariaDBEngine
from localaws.exceptions import EngineNotRunningError
from localaws.home import Home
from localaws.operation import Guard, Request
from localaws.rds.exceptions import InstanceQuotaExceededError, InvalidParameterValueError, NoServerError

__all__ = ["GUARDS"]

_ENGINES = ("mysql", "mariadb")


def check_instance(request: Request) -> None:
    """CreateDBInstance: MySQL or MariaDB, with the user, database and port that the server has.

    Raises:
        InvalidParameterValueError: another engine, user, database or port, or a password of one's own.
        NoServerError: the server does not run.
        InstanceQuotaExceededError: another instance has it.
    """
    asked = request.parameters
    if asked.get("Engine") not in _ENGINES:
        raise InvalidParameterValueError(f"Engine is {asked.get('Engine')!r}: the server here is one of {' and '.join(_ENGINES)}.")
    try:
        port = MariaDBEngine(Home(request.home)).ports["main"]
    except EngineNotRunningError as error:
        raise NoServerError from error
    for parameter, ours in (("MasterUsername", USER), ("DBName", DATABASE), ("Port", str(port))):
        if asked.get(parameter, ours) != ours:
            raise InvalidParameterValueError(f"{parameter} is {asked[parameter]!r}: the server that runs here has {ours!r}.")
    if asked.get("MasterUserPassword"):
        raise InvalidParameterValueError("MasterUserPassword cannot be set: the home has a password. Ask with ManageMasterUserPassword.")
    if existing := request.control_plane("rds").describe_db_instances()["DBInstances"]:
        raise InstanceQuotaExceededError(existing[0]["DBInstanceIdentifier"])


GUARDS: Mapping[str, Guard] = {"CreateDBInstance": check_instance}
