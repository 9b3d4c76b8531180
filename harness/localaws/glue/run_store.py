"""Job runs on disk: `<home>/runs/<run id>/run.json`, so that a run outlives the endpoint that started it."""

from __future__ import annotations

import errno
import json
import os
import secrets
import threading
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from localaws.glue.run_logs import PREFIX

__all__ = ["ACTIVE", "FINAL", "JobRun", "RunStore"]

ACTIVE = ("STARTING", "RUNNING", "STOPPING")
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FINAL = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT")


@dataclass(frozen=True)
class JobRun:
    """One run. Times are seconds since the epoch; pid and started identify its process (a pid alone may be reused)."""

    run_id: str
    job_name: str
    script: str
    arguments: dict[str, str]
    state: str
    started_on: float
    last_modified_on: float
    timeout_minutes: int
    completed_on: float | None = None
    execution_seconds: int = 0
    error_message: str | None = None
    pid: int | None = None
    process_started: str | None = None
    stop_asked: bool = False
    description: dict[str, Any] = field(default_factory=dict)
    attempt: int = 0
    max_retries: int = 0
    previous_run_id: str | None = None
    temporary: str = ""
    role: str = ""
    """Of the job, by name or ARN: the run has its rights where policies are enforced."""

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    def as_answer(self) -> dict[str, Any]:
        """The JobRun structure of the Glue API."""
        optional = {"CompletedOn": self.completed_on, "ErrorMessage": self.error_message, "PreviousRunId": self.previous_run_id}
        return {
            "Id": self.run_id,
            "Attempt": self.attempt,
            "JobName": self.job_name,
            "JobMode": "SCRIPT",
            "StartedOn": self.started_on,
            "LastModifiedOn": self.last_modified_on,
            "JobRunState": self.state,
            "Arguments": self.arguments,
            "PredecessorRuns": [],
            "ExecutionTime": self.execution_seconds,
            "Timeout": self.timeout_minutes,
            "LogGroupName": self.arguments.get("--custom-logGroup-prefix", PREFIX),
            **self.description,
            **{name: value for name, value in optional.items() if value is not None},
        }


class RunStore:
    """The runs below one folder. Every change is one atomic replacement of a file.

    A change that finds the disk full is told from memory, and written as soon as there is space: the run would be active for ever.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._unwritten: dict[str, JobRun] = {}

    def folder_of(self, run_id: str) -> Path:
        return self._folder / run_id

    def new_id(self) -> str:
        return f"jr_{secrets.token_hex(32)}"

    def save(self, run: JobRun) -> JobRun:
        with self._lock:
            folder = self.folder_of(run.run_id)
            folder.mkdir(parents=True, exist_ok=True)
            draft = folder / f".run.json.{os.getpid()}.{threading.get_ident()}"
            draft.write_text(json.dumps(asdict(run), indent=1), "utf-8")
            draft.replace(folder / "run.json")
            self._unwritten.pop(run.run_id, None)
        return run

    def change(self, run_id: str, **changes: Any) -> JobRun:
        """The run with some fields changed; a run in a final state stays as it is."""
        with self._lock:
            run = self.get(run_id)
            if run is None:
                raise KeyError(run_id)
            return self._saved_if_possible(replace(run, **changes)) if run.is_active else run

    def _saved_if_possible(self, run: JobRun) -> JobRun:
        try:
            return self.save(run)
        except OSError as error:
            if error.errno not in _NO_SPACE:
                raise
            self._unwritten[run.run_id] = run
            return run

    def get(self, run_id: str) -> JobRun | None:
        if "/" in run_id or run_id.startswith("."):
            return None
        with self._lock:
            if run_id in self._unwritten:
                return self._saved_if_possible(self._unwritten[run_id])
        try:
            return JobRun(**json.loads((self.folder_of(run_id) / "run.json").read_text("utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def all(self, job_name: str | None = None) -> list[JobRun]:
        """Runs (of one job), the newest first."""
        if not self._folder.exists():
            return []
        with self._lock:
            found = (self.get(entry.name) for entry in os.scandir(self._folder) if entry.is_dir())
            runs = [run for run in found if run is not None and job_name in (None, run.job_name)]
        return sorted(runs, key=lambda run: (run.started_on, run.run_id), reverse=True)
