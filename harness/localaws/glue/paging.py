"""Lists in pages, as the operations of Glue and its crawlers give them."""

from __future__ import annotations

from typing import Any

from localaws.glue.exceptions import InvalidInputError
from localaws.operation import Request

__all__ = ["page"]


def page(request: Request, name: str, items: list[Any], default: int = 100, most: int | None = None) -> dict[str, Any]:
    """MaxResults of the items from the request's NextToken on, never more than `most`, and the NextToken of the rest.

    Raises:
        InvalidInputError: the token is not one that an answer gave.
    """
    token = str(request.parameters.get("NextToken") or "0")
    if not token.isdecimal():
        raise InvalidInputError(f"NextToken {token!r} is not one that was given.")
    start, size = int(token), int(request.parameters.get("MaxResults") or default)
    size = size if most is None else min(size, most)
    answer: dict[str, Any] = {name: items[start : start + size]}
    return {**answer, "NextToken": str(start + size)} if start + size < len(items) else answer
