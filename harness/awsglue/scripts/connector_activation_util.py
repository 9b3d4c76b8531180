"""Errors while connectors are fetched."""

from __future__ import annotations

from typing import Any, NoReturn

from awsglue.exceptions import NotSupportedError

__all__ = ["boto_client_error"]  # fmt: skip

_WHY = "It is a tool of the service itself, started by Glue and not by scripts."


def boto_client_error(logger: Any, message: str = "") -> NoReturn:
    raise NotSupportedError("awsglue.scripts.connector_activation_util.boto_client_error", _WHY)
