"""Errors of the generated documentation.

DocumentError
└── MissingRegionError    a page has no place for what is generated into it
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["DocumentError", "MissingRegionError"]


class DocumentError(Exception):
    """Base of this package's errors."""


class MissingRegionError(DocumentError):
    """A page has not exactly one pair of markers of a region."""

    def __init__(self, page: Path, region: str) -> None:
        self.page, self.region = page, region
        super().__init__(
            f"{page} has no region {region!r}, or has it twice. Put the lines `<!-- generated: {region} -->` and "
            f"`<!-- end of {region} -->` where the generated text belongs, once."
        )
