"""Tasks on disk: `<home>/dms/<task>/run.json`, so that a task outlives the endpoint that started it. No password is written."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

__all__ = ["ACTIVE", "TaskRun", "TaskStore"]

ACTIVE = ("starting", "running", "stopping")


@dataclass(frozen=True)
class TaskRun:
    """The last start of a task. Times are seconds since the epoch; pid and start time identify its process."""

    arn: str
    region: str
    status: str
    start_type: str
    started_on: float
    fresh_started_on: float
    start: str = ""
    stop: str = ""
    stopped_on: float | None = None
    stop_reason: str = ""
    message: str = ""
    pid: int | None = None
    process_started: str | None = None
    restarts: int = 0

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE


class TaskStore:
    """The runs below one folder. Every change replaces a file as a whole."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.RLock()

    def folder_of(self, arn: str) -> Path:
        """The folder of a task: its definition's last part, which is unique in an account."""
        return self._folder / arn.rpartition(":")[2]

    def save(self, run: TaskRun) -> TaskRun:
        with self._lock:
            folder = self.folder_of(run.arn)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = folder / f".run.{os.getpid()}.{threading.get_ident()}"
            draft.write_text(json.dumps(asdict(run), indent=1), "utf-8")
            draft.replace(folder / "run.json")
        return run

    def change(self, arn: str, **changes: Any) -> TaskRun:
        with self._lock:
            run = self.get(arn)
            if run is None:
                raise KeyError(arn)
            return self.save(replace(run, **changes))

    def get(self, arn: str) -> TaskRun | None:
        try:
            return TaskRun(**json.loads((self.folder_of(arn) / "run.json").read_text("utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def all(self) -> Iterator[TaskRun]:
        for path in sorted(self._folder.glob("*/run.json")):
            yield TaskRun(**json.loads(path.read_text("utf-8")))
