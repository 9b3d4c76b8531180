"""Errors of this runtime that the vendor's library does not have.

NotSupportedError (NotImplementedError)   the API has it, this runtime does not
BadOptionError (ValueError)               a path, field, option or value that is not there; says what is
ErrorThresholdError (RuntimeError)        more error records than the caller allows
SourceError (RuntimeError)                a source or a target that cannot be read or written as asked
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["BadOptionError", "ErrorThresholdError", "NotSupportedError", "SourceError"]


class NotSupportedError(NotImplementedError):
    """A name, an option or a format of the API that this runtime does not do: it never pretends."""

    def __init__(self, what: str, instead: str = "") -> None:
        self.what = what
        hint = f" {instead}" if instead else ""
        super().__init__(f"{what} is not supported by this runtime.{hint}")


class BadOptionError(ValueError):
    """A call with an option or a value that cannot be; the message lists what can."""

    def __init__(self, where: str, what: str, known: Collection[str]) -> None:
        self.where, self.what, self.known = where, what, sorted(known)
        super().__init__(f"{where}: {what}. Possible: {', '.join(self.known)}.")


class ErrorThresholdError(RuntimeError):
    """As many records failed as the thresholds of a transform allow."""

    def __init__(self, stage: str, count: int, threshold: int, which: str, first: str) -> None:
        self.stage, self.count, self.threshold = stage, count, threshold
        super().__init__(
            f"{stage or 'A transform'} has {count} error records and {which} is {threshold}. The first says: {first}. "
            "errorsAsDynamicFrame() of the frame shows them; raise the threshold, or set it to 0 to go on whatever fails."
        )


class SourceError(RuntimeError):
    """A source or a target cannot be read or written as asked; the message names it and what to do."""

    def __init__(self, what: str, reason: str, fix: str) -> None:
        self.what = what
        super().__init__(f"{what}: {reason}. {fix}")
