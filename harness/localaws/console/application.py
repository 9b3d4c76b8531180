"""Requests below `/_etl/`: pages and static files, for a browser on this machine.

The page is read-only: GET and HEAD are answered, nothing else. A request that names another host than loopback is refused, so that
a site on the internet cannot read the page by giving its own name this machine's address; and the pages load nothing from elsewhere.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from urllib.parse import parse_qsl

from botocore.exceptions import ClientError
from jinja2 import Environment, PackageLoader

from localaws.console import PREFIX
from localaws.console.exceptions import PageNotFoundError
from localaws.console.filters import FILTERS
from localaws.console.routes import NAVIGATION, find
from localaws.console.sources import Page, Sources
from localaws.http import HttpRequest, HttpResponse

__all__ = ["Console"]

_LOG = logging.getLogger("localaws")
_AT_ONCE = 6
"""Pages that are made at the same time: each calls the endpoint, whose threads must not all be busy with pages."""
_STATIC = {"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8"}
_HEADERS = [
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
     "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
]  # fmt: skip


class Console:
    """The web page of one endpoint."""

    def __init__(self, home: Path, endpoint_url: Callable[[], str]) -> None:
        self.sources = Sources(home, endpoint_url)
        self._turn = threading.Semaphore(_AT_ONCE)
        self._environment = Environment(
            loader=PackageLoader("localaws.console", "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= FILTERS
        self._environment.globals |= {"root": PREFIX, "navigation": NAVIGATION, "home": str(home)}

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The answer to a request whose path begins with `/_etl`; never raises."""
        if not request.is_for_this_machine:
            return self._page(403, Page("message.html.j2", "Refused", {"text": "This page is for a browser on this machine only."}))
        if request.method not in ("GET", "HEAD"):
            text = f"This page changes nothing: {request.method} is refused."
            response = self._page(405, Page("message.html.j2", "Read only", {"text": text}))
            response.headers.append(("Allow", "GET, HEAD"))
            return response
        path = request.raw_path.removeprefix(PREFIX.rstrip("/")).lstrip("/")
        if path.removeprefix("static/") in _STATIC and path.startswith("static/"):
            return _static(path.removeprefix("static/"))
        with self._turn:
            return self._answer(path, dict(parse_qsl(request.raw_query)))

    def _answer(self, path: str, query: dict[str, str]) -> HttpResponse:
        try:
            view, arguments = find(path)
            return self._page(200, view(self.sources, arguments, query), path)
        except PageNotFoundError as error:
            return self._page(404, Page("message.html.j2", "Not found", {"text": str(error)}), path)
        except ClientError as error:
            status = error.response["ResponseMetadata"].get("HTTPStatusCode", 400)
            kept = 404 if status == 404 or "NotFound" in error.response["Error"]["Code"] else 502
            return self._page(kept, Page("message.html.j2", "The endpoint refused", {"text": str(error)}), path)
        except Exception as error:  # noqa: BLE001 - the edge of the process: a mistake of ours is a page that says so, and is logged
            _LOG.exception("the page /_etl/%s", path)
            text = f"This page could not be made: {type(error).__name__}: {error}. The endpoint's log has more."
            return self._page(500, Page("message.html.j2", "A mistake of ours", {"text": text}), path)

    def _page(self, status: int, page: Page, path: str = "") -> HttpResponse:
        template = self._environment.get_template(page.template)
        text = template.render(title=page.title, path=path, subject=path.split("/", 1)[0], **page.data)
        return HttpResponse(status, [("Content-Type", "text/html; charset=utf-8"), *_HEADERS], text.encode())


def _static(name: str) -> HttpResponse:
    body = (resources.files("localaws.console") / "static" / name).read_bytes()
    return HttpResponse(200, [("Content-Type", _STATIC[name]), *_HEADERS], body)
