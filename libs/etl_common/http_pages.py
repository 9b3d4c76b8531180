"""Pages of a JSON API: authentication, pagination, time-outs, retries, and checks of what came.

`Pages` yields every page as the bytes that were received, so that landing keeps the original. A page
that is cut, repeated or of another shape is an error: a feed with a hole never becomes a batch.
Retries wait a random time up to a doubling limit ("full jitter", Amazon Builders' Library, "Timeouts,
retries, and backoff with jitter"), or as long as Retry-After says.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import urllib3

from etl_common.exceptions import ApiError, ApiUnavailableError, IncompleteFeedError, PageShapeError, RepeatedPageError

__all__ = ["Cursor", "JsonApi", "Page", "PageNumber", "Retries", "SinglePage"]

_RETRIED = {408, 425, 429, 500, 502, 503, 504}
_BODY_SHOWN = 200


@dataclass(frozen=True)
class Page:
    """One received page. number counts from 1; body is as received."""

    number: int
    body: bytes
    content: Mapping[str, Any]
    records: int


class Paginator(Protocol):
    """How a feed is walked. total_field: where a page says how many records the feed has, None when none does."""

    @property
    def total_field(self) -> str | None: ...

    def first(self) -> dict[str, str]:
        """Query parameters of the first page."""

    def next(self, page: Page, url: str) -> dict[str, str] | None:
        """Those of the page after this one, None when it was the last. Raises PageShapeError."""


@dataclass(frozen=True)
class SinglePage:
    """The feed is one page."""

    total_field: str | None = None

    def first(self) -> dict[str, str]:
        return {}

    def next(self, page: Page, url: str) -> dict[str, str] | None:
        return None


@dataclass(frozen=True)
class PageNumber:
    """`?page=1`, and the answer says which page it is, how many there are and, if it does, how many records they hold."""

    parameter: str = "page"
    number_field: str = "page"
    pages_field: str = "pages"
    total_field: str | None = "total"

    def first(self) -> dict[str, str]:
        return {self.parameter: "1"}

    def next(self, page: Page, url: str) -> dict[str, str] | None:
        answered, pages = page.content.get(self.number_field), page.content.get(self.pages_field)
        if not isinstance(pages, int) or isinstance(pages, bool):
            raise PageShapeError(url, page.number, f"has no whole number {self.pages_field}")
        if answered != page.number:
            raise RepeatedPageError(url, page.number, f"says that it is page {answered}")
        return {self.parameter: str(page.number + 1)} if page.number < pages else None


@dataclass(frozen=True)
class Cursor:
    """The answer holds the cursor of the next page, or null in the last one."""

    parameter: str = "cursor"
    cursor_field: str = "next_cursor"
    total_field: str | None = None

    def first(self) -> dict[str, str]:
        return {}

    def next(self, page: Page, url: str) -> dict[str, str] | None:
        if self.cursor_field not in page.content:
            raise PageShapeError(url, page.number, f"has no {self.cursor_field}")
        cursor = page.content[self.cursor_field]
        if cursor is not None and not isinstance(cursor, str):
            raise PageShapeError(url, page.number, f"has a {self.cursor_field} that is no text: {cursor!r}")
        return None if cursor is None else {self.parameter: cursor}


@dataclass(frozen=True)
class Retries:
    """attempts: tries of one request in all. base, limit: seconds of the first and the longest wait."""

    attempts: int = 6
    base: float = 0.5
    limit: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def wait(self, attempt: int, retry_after: float | None) -> None:
        if retry_after is not None:
            self.sleep(min(retry_after, 4 * self.limit))
            return
        self.sleep(random.uniform(0, min(self.limit, self.base * 2**attempt)))


@dataclass(frozen=True)
class JsonApi:
    """An API whose pages are JSON objects with the records in a list `data`.

    token: bearer token, sent as a header and never shown. connect, read: time-outs in seconds.
    """

    base_url: str
    token: str = field(repr=False)
    retries: Retries = field(default_factory=Retries)
    connect: float = 5.0
    read: float = 30.0
    max_pages: int = 100_000
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager, repr=False)

    def pages(
        self, path: str, paginator: Paginator, parameters: Mapping[str, str] | None = None, *, records: str = "data"
    ) -> Iterator[Page]:
        """Every page of the feed, in order.

        Raises ApiUnavailableError when the retries are used up, ApiError for a refusal, PageShapeError
        for another shape, RepeatedPageError for a page or cursor that came before, IncompleteFeedError when the pages
        do not hold what the last one says.
        """
        url = self.base_url.rstrip("/") + path
        query: dict[str, str] | None = paginator.first()
        bodies: dict[str, int] = {}
        asked: set[tuple[tuple[str, str], ...]] = set()
        number = found = 0
        while query is not None:
            number += 1
            if number > self.max_pages:
                raise RepeatedPageError(url, number, f"is beyond the limit of {self.max_pages} pages")
            request = tuple(sorted(query.items()))
            if request in asked:
                raise RepeatedPageError(url, number, f"would be asked for again with {dict(request)}")
            asked.add(request)
            page = self._page(url, number, {**(parameters or {}), **query}, records)
            digest = hashlib.sha256(page.body).hexdigest()
            if page.records and digest in bodies:
                raise RepeatedPageError(url, number, f"has the same content as page {bodies[digest]}")
            bodies[digest] = number
            yield page
            found += page.records
            query = paginator.next(page, url)
            if query is None:
                _check_total(url, page, paginator.total_field, found)

    def _page(self, url: str, number: int, query: Mapping[str, str], records: str) -> Page:
        body, content = self._get(url, number, query)
        if not isinstance(content, dict) or not isinstance(content.get(records), list):
            raise PageShapeError(url, number, f"is not an object with a list {records}: {body[:_BODY_SHOWN]!r}")
        for position, record in enumerate(content[records], 1):
            if not isinstance(record, dict):
                raise PageShapeError(url, number, f"has a record {position} that is not an object: {str(record)[:_BODY_SHOWN]}")
        return Page(number, body, content, len(content[records]))

    def _get(self, url: str, number: int, query: Mapping[str, str]) -> tuple[bytes, Any]:
        """One page's body, as bytes and parsed. A body that ends too early is asked for again."""
        reason = ""
        for attempt in range(self.retries.attempts):
            retry_after = None
            try:
                answer = self._request(url, query)
            except urllib3.exceptions.HTTPError as error:
                reason = f"{type(error).__name__}: {error}"
            else:
                content = _parsed(answer.data, url, number) if answer.status == 200 else None
                if content is not None:
                    return bytes(answer.data), content
                if answer.status != 200 and answer.status not in _RETRIED:
                    raise ApiError(url, number, answer.status, answer.data[:_BODY_SHOWN].decode(errors="replace"))
                reason = "the body ends in mid-page, or is no JSON" if answer.status == 200 else f"HTTP {answer.status}"
                retry_after = _retry_after(answer.headers.get("Retry-After"))
            if attempt + 1 < self.retries.attempts:
                self.retries.wait(attempt, retry_after)
        raise ApiUnavailableError(url, number, self.retries.attempts, reason)

    def _request(self, url: str, query: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        return self.http.request(
            "GET",
            url,
            fields=dict(query),
            headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json"},
            timeout=urllib3.Timeout(connect=self.connect, read=self.read),
            retries=False,
            redirect=False,
        )


def _check_total(url: str, last: Page, total_field: str | None, found: int) -> None:
    promised = None if total_field is None else last.content.get(total_field)
    if isinstance(promised, int) and promised != found:
        raise IncompleteFeedError(url, found, promised)


def _parsed(body: bytes, url: str, number: int) -> Any:
    """The JSON value, None for an object that is cut off: without a Content-Length, that shows only here."""
    try:
        return json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        if error.end == len(body) and error.reason == "unexpected end of data":
            return None
        shown = body[max(0, error.start - 40) : error.start + 10]
        raise PageShapeError(url, number, f"is not UTF-8 at byte {error.start}: {shown!r}") from error
    except ValueError as error:
        if body.lstrip().startswith(b"{") or not body.strip():
            return None
        raise PageShapeError(url, number, f"is not JSON: {body[:_BODY_SHOWN]!r}") from error


def _retry_after(header: str | None) -> float | None:
    """Seconds from a Retry-After header: a number or a date (RFC 9110, section 10.2.3)."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
