"""moto and the journal as one thing: a write that succeeded is on disk before anybody is told.

Also the clients that handlers use for what moto keeps: boto3's own, whose requests never leave the process.
"""

from __future__ import annotations

import contextlib
import io
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from localaws.api_models import Target, identify
from localaws.errors import JournalError, UnknownOperationError
from localaws.http import RAW_HEADERS, HttpRequest, HttpResponse
from localaws.journal import Entry, Journal, compacted, mutates
from localaws.journal_items import with_items_compacted
from localaws.moto_app import MotoApp, MotoCall

__all__ = ["ControlPlane", "ReplayHook", "noted"]

ReplayHook = Callable[[Entry], None]
"""Called after an entry was replayed, to restore what moto alone would not."""

_note: ContextVar[Mapping[str, Any]] = ContextVar("note", default=MappingProxyType({}))


class ControlPlane:
    """Calls of moto that last."""

    def __init__(self, journal: Journal, host: str = "127.0.0.1") -> None:
        self.journal, self.host = journal, host
        self.moto = MotoApp()
        self._clients: dict[tuple[str, str], Any] = {}
        self._clients_lock = threading.Lock()

    def replay(self, hooks: Mapping[tuple[str, str], ReplayHook]) -> int:
        """Bring moto to the state that the journal tells, and leave out of the file what is replaced. Returns the calls made.

        Raises:
            JournalError: a call that succeeded once does not now.
        """
        written = list(self.journal.entries())
        entries = compacted(written)
        for entry in entries:
            response = self.moto.call(entry.call, self.host, entry.seed, entry.at)
            if response.status >= 400:
                raise JournalError(
                    f"{entry.call.service}:{entry.call.operation} of {entry.at:%Y-%m-%d %H:%M:%S} in {self.journal.path} cannot be "
                    f"replayed: {response.body!r}. Take its line out, or move the file away to start empty."
                )
            if hook := hooks.get((entry.call.service, entry.call.operation)):
                hook(entry)
        kept = with_items_compacted(entries, self.client)
        if len(kept) < len(written):
            self.journal.rewrite(kept)
        return len(entries)

    def forward(self, request: HttpRequest, target: Target) -> HttpResponse:
        """moto's answer to `request`; a write is journaled first.

        Raises:
            UnknownOperationError: the service is known and the operation is not.
            NotProvidedError: moto does not implement it.
            JournalError: the write cannot be kept.
        """
        if target.operation is None:
            raise UnknownOperationError(request.method, request.path, target.service)
        call = MotoCall(
            target.service, target.operation, target.signing_name, target.region, request.method,
            request.raw_path, request.raw_query, dict(request.headers), request.body,
        )  # fmt: skip
        if not mutates(target.service, target.operation):
            return self.moto.call(call, self.host)
        with self.moto.lock:
            entry = Entry(call, secrets.randbits(63), datetime.now(UTC).replace(tzinfo=None), dict(_note.get()))
            response = self.moto.call(call, self.host, entry.seed, entry.at)
            if response.status < 400:
                self.journal.append(entry)
        return response

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client of what moto keeps."""
        with self._clients_lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._make_client(service, region)
            return self._clients[service, region]

    def _make_client(self, service: str, region: str) -> Any:
        session = boto3.session.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=region)
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
        client = session.client(service, endpoint_url=f"http://{self.host}", config=config)
        client.meta.events.register("before-send", self._answer)
        return client

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        body = request.body if request.body is not None else b""
        content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes | bytearray) else body.read()
        headers = [(name, value.decode() if isinstance(value, bytes) else str(value)) for name, value in request.headers.items()]
        http = HttpRequest.of(
            {
                "REQUEST_METHOD": request.method,
                "REQUEST_URI": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                "PATH_INFO": parts.path or "/",
                "wsgi.input": io.BytesIO(bytes(content)),
                RAW_HEADERS: headers,
            }
        )
        target = identify(http)
        if target is None:
            raise UnknownOperationError(http.method, http.path, None)
        response = self.forward(http, target)
        return AWSResponse(request.url, response.status, _Headers(response.headers), _Raw(response.body))


@contextlib.contextmanager
def noted(**facts: Any) -> Iterator[None]:
    """Writes made inside carry `facts` in their journal entry, for the replay hook."""
    token = _note.set(facts)
    try:
        yield
    finally:
        _note.reset(token)


class _Headers(dict[str, str]):
    """Header names in lower case, as botocore asks for some."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__((name.lower(), value) for name, value in pairs)

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())


class _Raw(io.BytesIO):
    """A body as urllib3 gives it to botocore."""

    def __init__(self, body: Any) -> None:
        super().__init__(body if isinstance(body, bytes) else b"".join(body))

    def stream(self, amount: int = 1 << 16, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(amount):
            yield chunk
