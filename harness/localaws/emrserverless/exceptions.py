"""Errors of EMR Serverless, under the names that it gives them."""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["ResourceNotFoundError", "ValidationError"]


class ResourceNotFoundError(AwsError):
    """There is no such application or run."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__("ResourceNotFoundException", f"{kind} {name} does not exist", 404)


class ValidationError(AwsError):
    """A parameter is wrong, or asks for what is not done here."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message, 400)
