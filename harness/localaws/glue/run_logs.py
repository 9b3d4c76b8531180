"""What a run prints in CloudWatch Logs, while it prints: standard output and error under Glue's log groups, by run id.

The groups are those of "Monitoring with Amazon CloudWatch": `/aws-glue/jobs/output` and `/aws-glue/jobs/error`.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

__all__ = ["GROUPS", "RunLogs"]

GROUPS = {"output.log": "/aws-glue/jobs/output", "error.log": "/aws-glue/jobs/error"}
_LONGEST = 256 * 1024 - 64
_MOST = 1000


class RunLogs:
    """The log streams of one run."""

    def __init__(self, logs: Any, run_id: str, folder: Path) -> None:
        self.logs, self.run_id, self.folder = logs, run_id, folder
        self._read: dict[str, int] = {}

    def ship(self, final: bool = False) -> None:
        """Send the lines that are complete, at the end whatever there is."""
        for name, group in GROUPS.items():
            path = self.folder / name
            if not path.exists():
                continue
            with open(path, "rb") as file:
                file.seek(self._read.get(name, 0))
                text = file.read()
            if not final:
                text = text[: text.rfind(b"\n") + 1]
            if text:
                self._send(group, text, first=name not in self._read)
                self._read[name] = self._read.get(name, 0) + len(text)

    def _send(self, group: str, text: bytes, first: bool) -> None:
        if first:
            for create in (
                lambda: self.logs.create_log_group(logGroupName=group),
                lambda: self.logs.create_log_stream(logGroupName=group, logStreamName=self.run_id),
            ):
                with contextlib.suppress(self.logs.exceptions.ResourceAlreadyExistsException):
                    create()
        now = int(time.time() * 1000)
        lines = [line[:_LONGEST] for line in text.decode("utf-8", "replace").splitlines() if line]
        for start in range(0, len(lines), _MOST):
            events = [{"timestamp": now, "message": line} for line in lines[start : start + _MOST]]
            self.logs.put_log_events(logGroupName=group, logStreamName=self.run_id, logEvents=events)
