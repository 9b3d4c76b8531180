"""Errors of Lake Formation, in the codes and words of the service.

AwsError
├── InsufficientPermissionsError    Glue: the caller has no grant on a table
├── NoFilterError                   there is no data cells filter of that name
├── FilterExistsError               there is one
└── InvalidFilterError              a data cells filter cannot be as it is given
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["FilterExistsError", "InsufficientPermissionsError", "InvalidFilterError", "NoFilterError"]


class InsufficientPermissionsError(AwsError):
    """As Glue says it."""

    def __init__(self, permission: str, resource: str) -> None:
        super().__init__("AccessDeniedException", f"Insufficient Lake Formation permission(s): Required {permission} on {resource}")


class NoFilterError(AwsError):
    """No such filter."""

    def __init__(self, name: str) -> None:
        super().__init__("EntityNotFoundException", f"Data cells filter {name} does not exist.")


class FilterExistsError(AwsError):
    """Names are unique within a table."""

    def __init__(self, name: str) -> None:
        super().__init__("AlreadyExistsException", f"Data cells filter {name} already exists.")


class InvalidFilterError(AwsError):
    """It has no columns, or rows that are no condition."""

    def __init__(self, detail: str) -> None:
        super().__init__("InvalidInputException", detail)
