"""Exclude patterns of a crawler's target, relative to its include path ("Include and exclude patterns", Glue Developer Guide)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

__all__ = ["is_excluded"]


def is_excluded(path: str, patterns: Iterable[str]) -> bool:
    """Does a pattern match the whole of `path`?

    >>> is_excluded("a/b/c.tmp", ["**.tmp"]), is_excluded("a/b.csv", ["*.csv"]), is_excluded("b.csv", ["*.{csv,json}"])
    (True, False, True)
    """
    return any(_compiled(pattern).fullmatch(path) for pattern in patterns)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_expression(pattern), re.DOTALL)


def _expression(pattern: str) -> str:
    found, at, depth = "", 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            found, at = found + re.escape(pattern[at + 1]), at + 2
            continue
        if char == "*":
            double = pattern.startswith("**", at)
            found, at = found + (".*" if double else "[^/]*"), at + (2 if double else 1)
            continue
        if char == "[" and (end := pattern.find("]", at + 2)) > 0:
            inside = pattern[at + 1 : end].replace("\\", "\\\\")
            found, at = found + "[" + ("^" + inside[1:] if inside.startswith("!") else inside) + "]", end + 1
            continue
        if char == "{":
            found, depth = found + "(?:", depth + 1
        elif char == "}" and depth:
            found, depth = found + ")", depth - 1
        elif char == "," and depth:
            found += "|"
        else:
            found += "[^/]" if char == "?" else re.escape(char)
        at += 1
    return found
