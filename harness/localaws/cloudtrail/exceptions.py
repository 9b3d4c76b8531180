"""Errors of CloudTrail, in the codes and words of the service.

AwsError
├── InvalidLookupAttributesError
├── InvalidMaxResultsError
├── InvalidNextTokenError
└── InvalidTimeRangeError
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["InvalidLookupAttributesError", "InvalidMaxResultsError", "InvalidNextTokenError", "InvalidTimeRangeError"]


class InvalidLookupAttributesError(AwsError):
    """More than one attribute, or one that there is not."""

    def __init__(self, detail: str) -> None:
        super().__init__("InvalidLookupAttributesException", detail)


class InvalidMaxResultsError(AwsError):
    """A page has 1 to 50 events."""

    def __init__(self, given: object) -> None:
        super().__init__(
            "InvalidMaxResultsException", f"A maximum results value of {given} is invalid. Specify max results between 1 and 50."
        )


class InvalidNextTokenError(AwsError):
    """The token is none that was given."""

    def __init__(self) -> None:
        super().__init__("InvalidNextTokenException", "Invalid next token.")


class InvalidTimeRangeError(AwsError):
    """The end is before the start."""

    def __init__(self) -> None:
        super().__init__("InvalidTimeRangeException", "The start time must be before the end time.")
