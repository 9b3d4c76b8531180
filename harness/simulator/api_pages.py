"""The API's answers without HTTP: pages of a batch's feeds, as docs/warehouse.md describes them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["PAGE_SIZES", "ApiError", "Feeds"]

PAGE_SIZES = {"rates": 1000, "shipments": 200}


@dataclass
class ApiError(Exception):
    """A request that the API refuses: the HTTP status, a code for programs and a message for people."""

    status: int
    code: str
    message: str


class Feeds:
    """The feeds of a generated folder. What a feed published for a batch is fixed; an unknown batch is an error, not an empty answer."""

    def __init__(self, folder: Path, page_sizes: dict[str, int] | None = None) -> None:
        self.folder, self.page_sizes = folder, {**PAGE_SIZES, **(page_sizes or {})}

    def currencies(self) -> dict[str, Any]:
        """The list of currencies; it is the same in every batch."""
        folders = sorted((self.folder / "api").iterdir()) if (self.folder / "api").is_dir() else []
        if not folders:
            raise ApiError(503, "not_ready", "Nothing has been published yet.")
        return {"data": _documents(folders[0] / "currencies.jsonl")}

    def rates(self, batch: str | None, page: str | None) -> dict[str, Any]:
        """Pages by number, from 1. An empty feed has one empty page."""
        documents, size = self._feed("rates", batch), self.page_sizes["rates"]
        pages = max(1, -(-len(documents) // size))
        number = _number("page", page or "1")
        if not 1 <= number <= pages:
            raise ApiError(404, "no_such_page", f"page is {number}; this feed has pages 1 to {pages}.")
        return {"data": documents[(number - 1) * size : number * size], "page": number, "pages": pages, "total": len(documents)}

    def shipments(self, batch: str | None, cursor: str | None) -> dict[str, Any]:
        """Pages by cursor: opaque, and of this batch only."""
        documents, size = self._feed("shipments", batch), self.page_sizes["shipments"]
        start = _read_cursor(cursor, str(batch)) if cursor else 0
        if start > len(documents):
            raise ApiError(400, "bad_cursor", "The cursor is beyond the feed.")
        end = start + size
        return {"data": documents[start:end], "next_cursor": _cursor(str(batch), end) if end < len(documents) else None}

    def _feed(self, name: str, batch: str | None) -> list[Any]:
        if not batch:
            raise ApiError(400, "missing_parameter", "batch is missing: ask for one batch, as in ?batch=1998-06-15.")
        known = {path.name: path for path in (self.folder / "api").iterdir()} if (self.folder / "api").is_dir() else {}
        if batch not in known:
            raise ApiError(404, "no_such_batch", f"There is no batch {batch!r}.")
        return _documents(known[batch] / f"{name}.jsonl")


def _documents(path: Path) -> list[Any]:
    return _parsed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _parsed(path: Path, changed: int) -> list[Any]:
    """A feed's documents; read again when its file has changed."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ApiError(400, "bad_parameter", f"{name} is {text!r}, which is no number.") from None


def _cursor(batch: str, start: int) -> str:
    return base64.urlsafe_b64encode(f"{batch}/{start}".encode()).decode()


def _read_cursor(cursor: str, batch: str) -> int:
    try:
        of_batch, _, start = base64.urlsafe_b64decode(cursor.encode()).decode().rpartition("/")
        place = int(start)
    except ValueError:
        raise ApiError(400, "bad_cursor", f"The cursor {cursor!r} is none of this API's.") from None
    if of_batch != batch or place < 0:
        raise ApiError(400, "bad_cursor", f"The cursor {cursor!r} is not of batch {batch!r}.")
    return place
