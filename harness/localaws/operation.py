"""The shape of what a service folder gives the router: a table of operation names and handlers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws.http import HttpResponse

__all__ = ["Guard", "Handler", "Request", "ServiceContext"]


@dataclass(frozen=True)
class ServiceContext:
    """What a service needs to know of the endpoint it is part of."""

    home: Path
    endpoint_url: str
    control_plane: Callable[[str], Any]
    """`control_plane("glue")` is a boto3 client of moto in this process: no network, journaled, past the handlers."""


@dataclass(frozen=True)
class Request:
    """One call of an operation, its JSON body parsed."""

    service: str
    operation: str
    parameters: dict[str, Any]
    region: str
    account_id: str
    home: Path
    endpoint_url: str
    control_plane: Callable[[str], Any]
    access_key: str = ""
    """What the request is signed with: `localaws.iam.callers.caller_of` knows whose it is."""


Handler = Callable[[Request], "dict[str, Any] | HttpResponse"]
"""Returns the answer, written as JSON: datetimes become epoch numbers, bytes base64; or a response as it is. Raises AwsError."""

Guard = Callable[[Request], None]
"""Looks whether what moto is about to keep is true here, and raises AwsError when it is not. The request then goes to moto."""
