"""The JSON API as a real HTTP server: `python -m simulator.api_server --folder F --port P --token-file T`.

Every path needs `Authorization: Bearer <token>`, except `/health`. It prints `listening on http://127.0.0.1:<port>` when it listens
(port 0: any free one) and ends in good order on SIGTERM. A folder that is generated later is served from then on.
"""

from __future__ import annotations

import argparse
import hmac
import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulator.api_faults import Fault, Faults
from simulator.api_pages import ApiError, Feeds

__all__ = ["ApiServer", "main"]


class ApiServer(ThreadingHTTPServer):
    """The server with its feeds, its token and the faults that tests ask for."""

    daemon_threads = True

    def __init__(self, folder: Path, token: str, port: int = 0, page_sizes: dict[str, int] | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.feeds, self.token, self.faults = Feeds(folder, page_sizes), token, Faults()
        self.requests: list[str] = []
        self.last_bodies: dict[str, bytes] = {}
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def server_close(self) -> None:
        self.stopping.set()
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ApiServer
    protocol_version = "HTTP/1.1"
    server_version = "WholesaleApi/1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == "/health":
            return self._answer(200, {"status": "ok"})
        try:
            self._authorize()
            if url.path == "/_admin/requests":
                return self._answer(200, {"requests": self.server.requests})
            self.server.requests.append(self.path)
            fault = self.server.faults.take(url.path)
            if fault is not None and fault.kind in _BEFORE:
                return _BEFORE[fault.kind](self, fault)
            body = self._encode(self._data(url.path, query))
        except ApiError as error:
            return self._refuse(error)
        if fault is not None:
            return _SPOIL[fault.kind](self, url.path, body)
        self.server.last_bodies[url.path] = body
        self._send(200, body)

    def do_POST(self) -> None:
        try:
            self._authorize()
            if self.path != "/_admin/faults":
                raise ApiError(405, "method_not_allowed", f"{self.path} is read by GET.")
            try:
                values = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            except ValueError:
                raise ApiError(400, "bad_json", "The body is no JSON.") from None
            self.server.faults.add(values)
        except ApiError as error:
            return self._refuse(error)
        self._answer(201, {"added": values})

    def do_DELETE(self) -> None:
        try:
            self._authorize()
            if self.path != "/_admin/faults":
                raise ApiError(405, "method_not_allowed", f"{self.path} is read by GET.")
        except ApiError as error:
            return self._refuse(error)
        self.server.faults.clear()
        self._answer(200, {"waiting": 0})

    def _data(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        feeds = self.server.feeds
        if path == "/v1/currencies":
            return feeds.currencies()
        if path == "/v1/rates":
            return feeds.rates(query.get("batch"), query.get("page"))
        if path == "/v1/shipments":
            return feeds.shipments(query.get("batch"), query.get("cursor"))
        raise ApiError(404, "no_such_path", f"There is no {path}; there are /v1/currencies, /v1/rates and /v1/shipments.")

    def _authorize(self) -> None:
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.token}".encode()):
            raise ApiError(401, "unauthorized", "The bearer token is missing or wrong.")

    def _refuse(self, error: ApiError) -> None:
        self._answer(error.status, {"error": {"code": error.code, "message": error.message}})

    def _answer(self, status: int, value: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send(status, self._encode(value), headers)

    @staticmethod
    def _encode(value: dict[str, Any]) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None, send: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:send])

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are kept in memory for tests; the log of the engine is for what goes wrong."""

    # ---- faults

    def _throttle(self, fault: Fault) -> None:
        self._answer(429, {"error": {"code": "too_many_requests", "message": "Slow down."}}, {"Retry-After": f"{fault.seconds:g}"})

    def _error(self, fault: Fault) -> None:
        self._refuse(ApiError(500, "internal_error", "Something went wrong."))

    def _unavailable(self, fault: Fault) -> None:
        self._refuse(ApiError(503, "unavailable", "Try again later."))

    def _unauthorized(self, fault: Fault) -> None:
        self._refuse(ApiError(401, "unauthorized", "The bearer token has expired."))

    def _timeout(self, fault: Fault) -> None:
        self.server.stopping.wait(fault.seconds)
        self.close_connection = True

    def _cut(self, path: str, body: bytes) -> None:
        self._send(200, body, send=len(body) // 2)
        self.close_connection = True

    def _repeat(self, path: str, body: bytes) -> None:
        self._send(200, self.server.last_bodies.get(path, body))

    def _short(self, path: str, body: bytes) -> None:
        value = json.loads(body)
        value["data"] = value["data"][:-1]
        self._answer(200, value)

    def _shape(self, path: str, body: bytes) -> None:
        value = json.loads(body)
        value["records"] = value.pop("data")
        self._answer(200, value)

    def _garbage(self, path: str, body: bytes) -> None:
        self._send(200, b"<html><body>Gateway</body></html>")


_BEFORE = {
    "throttle": _Handler._throttle,
    "error": _Handler._error,
    "unavailable": _Handler._unavailable,
    "unauthorized": _Handler._unauthorized,
    "timeout": _Handler._timeout,
}
_SPOIL = {"cut": _Handler._cut, "repeat": _Handler._repeat, "short": _Handler._short}
_SPOIL |= {"shape": _Handler._shape, "garbage": _Handler._garbage}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="simulator.api_server", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="folder of the generated sources")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--token-file", type=Path, required=True, help="file with the bearer token")
    arguments = parser.parse_args(argv)
    token = arguments.token_file.read_text(encoding="utf-8").strip()
    if not token:
        parser.error(f"{arguments.token_file} is empty: it must hold the bearer token")
    server = ApiServer(arguments.folder, token, arguments.port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    thread.start()
    print(f"listening on {server.url}", flush=True)
    while not stop.wait(1.0):
        if not thread.is_alive():
            return 1
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
