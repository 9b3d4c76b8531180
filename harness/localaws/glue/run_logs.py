"""What a run prints in CloudWatch Logs, while it prints: standard output and error under Glue's log groups, by run id.

The groups are those of "Logging for AWS Glue jobs": `/aws-glue/jobs/output` and `/aws-glue/jobs/error`, or what the run's arguments
`--custom-logGroup-prefix` and `--custom-logStream-prefix` make of them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["PREFIX", "RunLogs"]

FILES = {"output.log": "output", "error.log": "error"}
PREFIX = "/aws-glue/jobs"
"""What the names of the log groups begin with, where a run does not say another."""

_LONGEST = 256 * 1024 - 64
_MOST = 1000


class RunLogs:
    """The log streams of one run."""

    def __init__(self, logs: Any, run_id: str, folder: Path, arguments: Mapping[str, str]) -> None:
        self.logs, self.run_id, self.folder = logs, run_id, folder
        self.prefix = arguments.get("--custom-logGroup-prefix") or PREFIX
        stream = arguments.get("--custom-logStream-prefix")
        self.stream = f"{stream}-driver" if stream else run_id
        self._read: dict[str, int] = {}

    def ship(self, final: bool = False) -> None:
        """Send the lines that are complete, at the end whatever there is."""
        for name, kind in FILES.items():
            path = self.folder / name
            if not path.exists():
                continue
            with open(path, "rb") as file:
                file.seek(self._read.get(name, 0))
                text = file.read()
            if not final:
                text = text[: text.rfind(b"\n") + 1]
            if text:
                self._send(f"{self.prefix}/{kind}", text, first=name not in self._read)
                self._read[name] = self._read.get(name, 0) + len(text)

    def _send(self, group: str, text: bytes, first: bool) -> None:
        if first:
            for create in (
                lambda: self.logs.create_log_group(logGroupName=group),
                lambda: self.logs.create_log_stream(logGroupName=group, logStreamName=self.stream),
            ):
                with contextlib.suppress(self.logs.exceptions.ResourceAlreadyExistsException):
                    create()
        now = int(time.time() * 1000)
        lines = [line[:_LONGEST] for line in text.decode("utf-8", "replace").splitlines() if line]
        for start in range(0, len(lines), _MOST):
            events = [{"timestamp": now, "message": line} for line in lines[start : start + _MOST]]
            self.logs.put_log_events(logGroupName=group, logStreamName=self.stream, logEvents=events)
