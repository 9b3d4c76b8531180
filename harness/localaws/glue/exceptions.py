"""Errors of Glue's catalog, under the names that Glue gives them."""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["AlreadyExistsError", "ConcurrentModificationError", "EntityNotFoundError", "InvalidInputError", "ResourceLimitError"]


class AlreadyExistsError(AwsError):
    """There is one of that name."""

    def __init__(self, message: str) -> None:
        super().__init__("AlreadyExistsException", message)


class ConcurrentModificationError(AwsError):
    """Somebody else changed the table since the caller read it."""

    def __init__(self, table: str, expected: str, found: str) -> None:
        super().__init__(
            "ConcurrentModificationException",
            f"Update table failed due to concurrent modifications: {table} is at version {found}, and the update is based on {expected}.",
        )


class EntityNotFoundError(AwsError):
    """The catalog has no such thing."""

    def __init__(self, message: str) -> None:
        super().__init__("EntityNotFoundException", message)


class InvalidInputError(AwsError):
    """A parameter is missing or wrong."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidInputException", message)


class ResourceLimitError(AwsError):
    """More of something than Glue keeps."""

    def __init__(self, message: str) -> None:
        super().__init__("ResourceNumberLimitExceededException", message)
