"""Retention in a running endpoint: once on every day (UTC), and when it is asked for (`POST /_etl/retention`, `etl retention run`)."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

from localaws.every import Every
from localaws.http import HttpRequest, HttpResponse
from localaws.records import Records
from localaws.retention.runs import Clients, moment_of, run

__all__ = ["RETENTION_PATH", "Retention"]

RETENTION_PATH = "/_etl/retention"
_LOG = logging.getLogger("localaws")
_LOOK = 60.0
"""Seconds between two looks at the date."""


class Retention:
    """The retention of one home."""

    def __init__(self, home: Path, clients: Clients) -> None:
        self.home, self.clients = home, clients
        self._days = Records(home / "endpoint")
        self._every: Every | None = None
        self._one = threading.Lock()

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The answer to a request for a run: `{"at": …, "dry_run": …}`, as JSON, so that no page of a browser can ask for one."""
        if not request.is_for_this_machine:
            return _answer(403, {"error": "ask by the address 127.0.0.1 or localhost: retention is run from this machine only"})
        if request.method != "POST" or request.header("content-type") != "application/json":
            return _answer(405, {"error": "POST a JSON document"})
        try:
            asked = json.loads(request.body or b"{}")
            at, dry = moment_of(asked.get("at")), bool(asked.get("dry_run"))
        except (ValueError, AttributeError) as error:
            return _answer(400, {"error": f"at is a date or a time (2026-12-31, 2026-12-31T12:00): {error}"})
        try:
            with self._one:
                found = run(self.home, self.clients, at, dry)
        except Exception as error:  # noqa: BLE001 - the edge of the process: whoever asked is told, and the log has the rest
            _LOG.exception("the retention as of %s could not be run to its end", at.isoformat())
            why = f"{type(error).__name__}: {error}"
            return _answer(500, {"error": f"The run did not come to its end ({why}); the endpoint's log has more"})
        return _answer(200, {"at": at.isoformat(), "dry_run": dry, "deleted": [due.as_answer() for due in found]})

    def keep_running(self) -> None:
        """A run on every new date, until `close`. One that fails is tried again with the next look."""
        self._every = Every("retention", _LOOK, self._look, at_once=True)

    def close(self) -> None:
        """No further run begins by itself."""
        if self._every is not None:
            self._every.close()

    def _look(self) -> None:
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        if self._last_day() != today:
            with self._one:
                found = run(self.home, self.clients, datetime.now(UTC))
            self._days.put("retention", {"day": today, "deleted": len(found)})

    def _last_day(self) -> str | None:
        try:
            return str((self._days.get("retention") or {}).get("day"))
        except ValueError:
            return None  # cut by a full disk of an older version: a day is run once more than needed


def _answer(status: int, document: object) -> HttpResponse:
    return HttpResponse(status, [("Content-Type", "application/json")], json.dumps(document).encode())
