"""Errors of the web page.

    PageNotFoundError    there is nothing of that name; shown as a page with status 404
"""

from __future__ import annotations

from localaws.exceptions import LocalAwsError

__all__ = ["PageNotFoundError"]


class PageNotFoundError(LocalAwsError):
    """The page, or what it is about, is not there."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no {what} in this home.")
