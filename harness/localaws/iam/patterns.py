"""Wildcards and variables of policies ("IAM policy elements: Variables and tags", IAM User Guide).

`*` and `?` stand for characters; `${aws:username}` for a key of the request, whose value is taken literally; `${*}`, `${?}` and `${$}`
for the characters themselves. `${aws:username, 'default'}` has a default. Only policies of version 2012-10-17 have variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

__all__ = ["Context", "glob", "matches", "substituted"]

Context = Mapping[str, str | Sequence[str]]
"""What is known of a request: lower-case names of condition keys, and their value or values."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERALS = ("*", "?", "$")


@lru_cache(maxsize=4096)
def glob(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """A pattern without variables."""
    return re.compile(_globbed(pattern), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def matches(pattern: str, text: str, context: Context, variables: bool) -> bool:
    """Does `text` match? A variable that the request does not have matches nothing.

    >>> matches("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/ann/x", {"aws:username": "ann"}, True)
    True
    >>> matches("b/${aws:username}", "b/x", {"aws:username": "*"}, True)
    False
    """
    if not variables or "${" not in pattern:
        return glob(pattern).fullmatch(text) is not None
    pieces, end = [], 0
    for found in _VARIABLE.finditer(pattern):
        value = _value(found[1], context)
        if value is None:
            return False
        pieces += [_globbed(pattern[end : found.start()]), re.escape(value)]
        end = found.end()
    return re.fullmatch("".join([*pieces, _globbed(pattern[end:])]), text, re.DOTALL) is not None


def substituted(text: str, context: Context, variables: bool) -> str | None:
    """The text with its variables replaced; None where the request does not have one."""
    if not variables or "${" not in text:
        return text
    pieces, end = [], 0
    for found in _VARIABLE.finditer(text):
        value = _value(found[1], context)
        if value is None:
            return None
        pieces += [text[end : found.start()], value]
        end = found.end()
    return "".join([*pieces, text[end:]])


def _value(name: str, context: Context) -> str | None:
    if name in _LITERALS:
        return name
    key, comma, default = name.partition(",")
    found = context.get(key.strip().lower())
    if found is None:
        return default.strip().strip("'") if comma else None
    # A key of several values cannot be used as a variable.
    return found if isinstance(found, str) else None


def _globbed(text: str) -> str:
    return re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
