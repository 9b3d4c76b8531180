"""Errors of RDS.

AwsError
├── InvalidParameterValueError  the server of the home is not what was asked for
├── NoServerError               the server of the home does not run
└── InstanceQuotaExceededError  there is one server, and another instance has it
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["InstanceQuotaExceededError", "InvalidParameterValueError", "NoServerError"]


class InvalidParameterValueError(AwsError):
    """Another server would be needed."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValue", message)


class NoServerError(AwsError):
    """Nothing would answer at the instance's address."""

    def __init__(self) -> None:
        super().__init__(
            "InvalidParameterValue",
            "No server stands behind this endpoint: the MySQL-compatible server does not run. Start it with `./etl up mysql`.",
        )


class InstanceQuotaExceededError(AwsError):
    """One home, one server."""

    def __init__(self, existing: str) -> None:
        super().__init__("InstanceQuotaExceeded", f"This home has one server, and the instance {existing} is it. Delete that one first.")
