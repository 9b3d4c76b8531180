"""Errors of Redshift Serverless.

AwsError
├── ValidationError        a parameter is not one that the local Redshift can be asked for
├── ConflictError          there is one of that name, or it is in use
├── ResourceNotFoundError  there is none
└── NoWarehouseError       the local Redshift does not run
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["ConflictError", "NoWarehouseError", "ResourceNotFoundError", "ValidationError"]


class ValidationError(AwsError):
    """A parameter cannot be taken."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class ConflictError(AwsError):
    """It exists, or is in use."""

    def __init__(self, message: str) -> None:
        super().__init__("ConflictException", message)


class ResourceNotFoundError(AwsError):
    """There is none of that name."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__("ResourceNotFoundException", f"The {kind} {name} does not exist.")


class NoWarehouseError(AwsError):
    """A workgroup without a server would be a promise that nobody keeps."""

    def __init__(self) -> None:
        super().__init__(
            "ValidationException",
            "No warehouse stands behind this endpoint: the local Redshift does not run. Start it with `./etl up redshift`.",
        )
