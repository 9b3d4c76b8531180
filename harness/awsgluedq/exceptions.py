"""Errors of data quality.

RulesetError (ValueError)      a ruleset that cannot be read; the message says where and what there may be
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["RulesetError"]


class RulesetError(ValueError):
    """A ruleset, or a rule of it, cannot be read or does not fit the data."""

    def __init__(self, what: str, where: str, known: Collection[str] = ()) -> None:
        possible = f" Possible: {', '.join(sorted(known))}." if known else ""
        super().__init__(f"{what}, at: {where}.{possible}")
