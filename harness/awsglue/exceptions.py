"""Errors of this runtime that the vendor's library does not have.

NotSupportedError (NotImplementedError)   the API has it, this runtime does not yet
BadOptionError (ValueError)               an option or a value that the API does not have
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["BadOptionError", "NotSupportedError"]


class NotSupportedError(NotImplementedError):
    """A name, an option or a format of the API that this runtime does not do: it never pretends."""

    def __init__(self, what: str, instead: str = "") -> None:
        self.what = what
        hint = f" {instead}" if instead else ""
        super().__init__(f"{what} is not supported by this runtime yet.{hint}")


class BadOptionError(ValueError):
    """A call with an option or a value that cannot be; the message lists what can."""

    def __init__(self, where: str, what: str, known: Collection[str]) -> None:
        self.where, self.what, self.known = where, what, sorted(known)
        super().__init__(f"{where}: {what}. Possible: {', '.join(self.known)}.")
