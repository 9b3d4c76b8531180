"""moto's server application in this process: the control plane of everything that no service folder handles.

What is added to it: one call at a time (moto's back ends are plain dictionaries), a random generator seeded per write and a
clock that can be set, so that a replayed journal gives the same identifiers and times, and errors that name the operation
where moto would answer with a page of HTML or an exception.
"""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from localaws.errors import NotProvidedError
from localaws.http import HttpResponse

__all__ = ["ACCOUNT_ID", "MotoApp", "MotoCall"]

ACCOUNT_ID = "123456789012"
_UNLOCKED = frozenset({("sqs", "ReceiveMessage")})
"""Calls that wait inside moto and would hold everybody up."""

_settable_clock: ContextVar[datetime | None] = ContextVar("clock", default=None)


@dataclass(frozen=True)
class MotoCall:
    """One request to moto, in the form in which the journal keeps it."""

    service: str
    operation: str
    signing_name: str
    region: str
    method: str
    raw_path: str
    raw_query: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class MotoApp:
    """moto behind one method."""

    def __init__(self) -> None:
        os.environ.setdefault("S3_IGNORE_SUBDOMAIN_BUCKETNAME", "true")
        os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        import moto.core.utils

        moto.core.utils.utcnow = _utcnow
        from moto.moto_api._internal import mock_random
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._random = mock_random
        self.lock = threading.RLock()
        """Held during a call; whoever needs several calls as one holds it around them."""
        _steady_back_ends(mock_random, self.lock)
        self._application = DomainDispatcherApplication(create_backend_app)
        self._known: dict[str, bool] = {}

    def call(self, call: MotoCall, host: str = "127.0.0.1", seed: int | None = None, at: datetime | None = None) -> HttpResponse:
        """The answer of moto. With a seed, identifiers that moto makes are a function of it; with `at`, so are its times.

        Raises:
            NotProvidedError: moto has no such operation.
        """
        if (call.service, call.operation) in _UNLOCKED:
            return self._call(call, host)
        with self.lock, _clock(at):
            if seed is not None:
                self._random.seed(seed)
            return self._call(call, host)

    def _call(self, call: MotoCall, host: str) -> HttpResponse:
        environ = _environ(call, host)
        if not self._knows(call, environ):
            raise NotProvidedError(call.service, call.operation)
        answer: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answer["status"], answer["headers"] = int(status.split(" ", 1)[0]), headers

        try:
            result = self._application(environ, start_response)
            body = b"".join(result)
            if hasattr(result, "close"):
                result.close()
        except NotImplementedError as error:
            raise NotProvidedError(call.service, call.operation) from error
        status = answer["status"]
        if status in (404, 405) and call.method != "HEAD" and _is_flask_page(answer["headers"], body):
            raise NotProvidedError(call.service, call.operation)
        return HttpResponse(status, answer["headers"], body)

    def _knows(self, call: MotoCall, environ: dict[str, Any]) -> bool:
        """Has moto a back end of that name? It would fail within itself otherwise."""
        if call.signing_name not in self._known:
            host = self._application.infer_service_region_host(dict(environ), call.raw_path)
            self._known[call.signing_name] = self._application.get_backend_for_host(host) is not None
        return self._known[call.signing_name]


def _steady_back_ends(random: Any, lock: threading.RLock) -> None:
    """A back end that is made while a call runs must not draw from that call's numbers.

    moto makes a back end when something first asks for it, a read perhaps, which is not in the journal; IAM's draws a name for each of
    a thousand policies. Made in a call that is replayed, it would shift every identifier of that call. So each is made with numbers
    of its own, the same in every process, and the call's go on as if nothing had happened.
    """
    from moto.core.base_backend import AccountSpecificBackend

    make = AccountSpecificBackend.__getitem__

    def __getitem__(back_ends: Any, region: str) -> Any:
        if dict.__contains__(back_ends, region):
            return make(back_ends, region)
        with lock:  # services look at back ends beside a call that is under way in another thread
            state = random.getstate()
            random.seed(f"{back_ends.service_name}/{back_ends.account_id}/{region}")
            try:
                return make(back_ends, region)
            finally:
                random.setstate(state)

    AccountSpecificBackend.__getitem__ = __getitem__  # type: ignore[method-assign]


def _environ(call: MotoCall, host: str) -> dict[str, Any]:
    name, _, port = host.partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(call.raw_path).decode("latin-1"),
        "RAW_URI": call.raw_path,
        "REQUEST_URI": call.raw_path + ("?" + call.raw_query if call.raw_query else ""),
        "QUERY_STRING": call.raw_query,
        "SERVER_NAME": name,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(call.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(call.body)),
    }
    for header, value in call.headers.items():
        key = header.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    # moto reads service and region from a signature: it gets one that carries nobody's key.
    environ["HTTP_AUTHORIZATION"] = (
        f"AWS4-HMAC-SHA256 Credential=LOCAL/20200101/{call.region}/{call.signing_name}/aws4_request, SignedHeaders=host, Signature=none"
    )
    return environ


def _is_flask_page(headers: list[tuple[str, str]], body: bytes) -> bool:
    kind = {name.lower(): value for name, value in headers}.get("content-type", "")
    return (kind.startswith("text/html") and body.lstrip().lower().startswith(b"<!doctype html")) or not body


def _utcnow() -> datetime:
    """In the place of moto's: its modules import the name when a service is first used, which is after this is set."""
    return _settable_clock.get() or datetime.now(UTC).replace(tzinfo=None)


@contextlib.contextmanager
def _clock(at: datetime | None) -> Iterator[None]:
    token = _settable_clock.set(at)
    try:
        yield
    finally:
        _settable_clock.reset(token)
