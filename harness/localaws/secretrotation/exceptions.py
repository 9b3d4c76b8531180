"""Errors of rotation.

RotationFailedError ends a rotation, and is told by events and in the endpoint's log. What a client is answered has Secrets Manager's names.
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["FunctionDeniedError", "PreviousRotationError", "RotationFailedError"]


class RotationFailedError(Exception):
    """A step did not do what it is for."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}. The value that is current stays so; see the function's log, and call RotateSecret again.")


class FunctionDeniedError(AwsError):
    """The function's policy does not let Secrets Manager call it, or there is no such function."""

    def __init__(self) -> None:
        super().__init__(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal "
            "secretsmanager.amazonaws.com.",
        )


class PreviousRotationError(AwsError):
    """A rotation that did not come to its end is begun again instead of another."""

    def __init__(self) -> None:
        super().__init__("InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted.")
