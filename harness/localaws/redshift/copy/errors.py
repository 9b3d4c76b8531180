"""Why a record does not load: the facts of STL_LOAD_ERRORS (Redshift guide, "Load error reference")."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Failure", "FieldError"]


class FieldError(Exception):
    """A record or a field of it does not load. `position` counts characters within the field."""

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        # What no text may hold cannot be told either.
        self.code, self.position = code, position
        self.reason = reason.encode(errors="replace").decode().replace("\0", "?")
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Failure:
    """One row of STL_LOAD_ERRORS."""

    file: str
    line: int
    column: str
    type: str
    length: str
    position: int
    raw_line: str
    raw_value: str
    code: int
    reason: str
