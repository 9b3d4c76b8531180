"""Errors of asking for a temporary password.

AwsError
├── InvalidRequestError            a parameter is missing or out of its range
└── UnknownUserError               the database has no such user, and AutoCreate was not asked for
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["InvalidRequestError", "UnknownUserError"]


class InvalidRequestError(AwsError):
    """A parameter cannot be taken."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValue", message)


class UnknownUserError(AwsError):
    """There is no such user."""

    def __init__(self, user: str) -> None:
        super().__init__("UnauthorizedOperation", f"The database user {user} does not exist: make it, or ask with AutoCreate.", 400)
