"""Errors of packaging.

PackageError                  the package cannot be made; the message says which step and what to do
└── ForeignImportError        what ships imports what Glue does not have
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["ForeignImportError", "PackageError"]


class PackageError(Exception):
    """A step of packaging failed."""

    def __init__(self, step: str, reason: str, fix: str) -> None:
        super().__init__(f"{step} failed: {reason.strip()}\n{fix}")


class ForeignImportError(PackageError):
    """A file that ships imports a module that Glue does not have."""

    def __init__(self, found: Sequence[str]) -> None:
        self.found = list(found)
        super().__init__(
            "The audit of imports",
            "; ".join(self.found),
            "Import what Glue has (harness/package/glue_modules.json), or add the distribution to requirements/ship.in.",
        )
