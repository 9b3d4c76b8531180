"""One HTTP request and one answer, as the router and the services see them.

A WSGI environment loses two things that AWS's services need: how a header's name was spelt (`x-amz-meta-batch_id` and
`x-amz-meta-batch-id` are two names) and the path as it was sent (a key may hold `%2F`). The server keeps both beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote_to_bytes

__all__ = ["RAW_HEADERS", "HttpRequest", "HttpResponse"]

RAW_HEADERS = "etl.headers"
"""Key of the environment under which the server leaves the headers: a list of (name as sent, value)."""

_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_MAX_BODY = 256 * 1024 * 1024


@dataclass
class HttpRequest:
    """A request whose body has not been read yet."""

    method: str
    raw_path: str
    raw_query: str
    headers: dict[str, str]
    """By lower-case name."""
    stream: BinaryIO
    environ: dict[str, Any]

    @classmethod
    def of(cls, environ: dict[str, Any]) -> HttpRequest:
        """From a WSGI environment of this package's server."""
        uri = environ.get("REQUEST_URI") or environ["PATH_INFO"]
        if uri.startswith(("http://", "https://")):
            uri = "/" + uri.split("/", 3)[3] if uri.count("/") > 2 else "/"
        path, _, query = uri.partition("?")
        headers = {name.lower(): value for name, value in environ[RAW_HEADERS]}
        return cls(environ["REQUEST_METHOD"], path, query, headers, environ["wsgi.input"], environ)

    @cached_property
    def path(self) -> str:
        """The path, unquoted as UTF-8. Undecodable bytes survive as surrogates, so that whoever needs text can refuse them."""
        return unquote_to_bytes(self.raw_path).decode("utf-8", "surrogateescape")

    @cached_property
    def query(self) -> dict[str, str]:
        """Parameters of the query, the last of each name."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @cached_property
    def body(self) -> bytes:
        """The whole body; for control-plane calls, which are small."""
        chunks, size = [], 0
        while chunk := self.stream.read(1 << 20):
            chunks.append(chunk)
            size += len(chunk)
            if size > _MAX_BODY:
                raise ValueError(f"a control-plane request of more than {_MAX_BODY} bytes")
        return b"".join(chunks)

    @property
    def is_for_this_machine(self) -> bool:
        """Does it call the endpoint by a name of this machine? A page of the web that got its own name resolved to here does not."""
        return self.header("host").rsplit(":", 1)[0].lower() in _HOSTS

    def header(self, name: str, default: str = "") -> str:
        """A header by its lower-case name."""
        return self.headers.get(name, default)


@dataclass
class HttpResponse:
    """An answer; the body is bytes or an iterable of bytes whose length a header gives."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""

    @property
    def status_line(self) -> str:
        """As WSGI wants it."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"{self.status} Unknown"
