"""Errors of data quality.

RulesetError (ValueError)      a ruleset that cannot be read; the message says where, what was expected and what there may be
RuleError (ValueError)         a rule that cannot be evaluated on this data; it fails, and this is its reason
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["RuleError", "RulesetError"]


class RulesetError(ValueError):
    """A ruleset, or a rule of it, cannot be read."""

    def __init__(self, what: str, where: str, known: Collection[str] = ()) -> None:
        possible = f" Possible: {', '.join(sorted(known))}." if known else ""
        super().__init__(f"{what}, at {where}.{possible}")


class RuleError(ValueError):
    """A rule cannot be evaluated: a column or source that is not there, a value that cannot be compared."""
