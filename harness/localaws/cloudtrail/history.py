"""The event history: a file of records for each day, for ninety days, and what waits to be delivered to trails.

A record is on disk when its call is answered; what trails get waits for some seconds, and is delivered at an orderly end too.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from localaws.api_models import Target
from localaws.cloudtrail.records import is_data_event, record_of
from localaws.cloudtrail.trails import deliver, logging_trails, selects
from localaws.errors import AwsError
from localaws.every import Every
from localaws.http import HttpRequest, HttpResponse
from localaws.iam.callers import access_key_of, caller_of

__all__ = ["History"]

_DAYS = 90
_DELIVERY = 5.0
"""Seconds between deliveries, which AWS makes about every five minutes."""
_LOG = logging.getLogger("localaws")


class History:
    """The history of one home."""

    def __init__(self, home: Path) -> None:
        self.home, self.folder = home, home / "cloudtrail"
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Any, list[Mapping[str, Any]]]] = {}
        self._every: Every | None = None

    def note(self, request: HttpRequest, target: Target, response: HttpResponse, request_id: str) -> None:
        """Keep the record of a call that was answered. A call of data costs nothing unless a trail logs data."""
        if target.operation is None:
            return
        data, trails = is_data_event(target), logging_trails()
        if data and not any(trail.event_selectors or trail.advanced_event_selectors for trail in trails):
            return
        caller = caller_of(self.home, access_key_of(request), target.service)
        record = record_of(request, target, caller, response, request_id)
        chosen = [trail for trail in trails if selects(trail, record)]
        with self._lock:
            if not data:
                self._append(record)
            for trail in chosen:
                self._waiting.setdefault(trail.arn, (trail, []))[1].append(record)

    def keep(self, record: Mapping[str, Any]) -> None:
        """A record of what a service did by itself."""
        with self._lock:
            self._append(record)

    def newest_first(self) -> Iterator[dict[str, Any]]:
        """Every management event that is kept."""
        for path in sorted(self.folder.glob("*.jsonl"), reverse=True):
            for line in reversed(path.read_text("utf-8").splitlines()):
                try:
                    yield json.loads(line)
                except ValueError:
                    continue  # cut by a kill: its call was not answered

    def open(self) -> None:
        """Forget what is older than ninety days, and deliver in the background until `close`."""
        oldest = f"{datetime.now(UTC) - timedelta(days=_DAYS):%Y-%m-%d}"
        for path in self.folder.glob("*.jsonl"):
            if path.stem < oldest:
                path.unlink()
        self._every = Every("deliveries of trails", _DELIVERY, self.flush)

    def close(self) -> None:
        """Deliver what waits, and end."""
        if self._every is not None:
            self._every.close()
        self.flush()

    def flush(self) -> None:
        """Deliver what waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for trail, records in waiting.values():
            try:
                deliver(self.home, trail, records)
            except (OSError, AwsError):
                # One trail whose bucket goes meanwhile must not cost the others their events, nor end the deliveries.
                _LOG.exception("the trail %s lost %d events: its file could not be written", trail.trail_name, len(records))

    def _append(self, record: Mapping[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / f"{datetime.now(UTC):%Y-%m-%d}.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(record, separators=(",", ":")) + "\n")
