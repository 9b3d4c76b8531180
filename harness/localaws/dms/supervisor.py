"""Starts tasks as processes, watches them, and starts those anew that were killed: the target knows how far they came."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from localaws.dms.bounds import NORMAL
from localaws.dms.exceptions import ReplicationError
from localaws.dms.process import Definition, Result
from localaws.dms.task_store import TaskRun, TaskStore
from localaws.engines.processes import end_group, is_running, start_time
from localaws.home import CHECKOUT, Home

__all__ = ["Supervisor"]

_LOG = logging.getLogger(__name__)
_POLL = 0.1
_PATIENCE = 60.0
_RESTARTS = 100
_INHERITED = ("PATH", "LANG", "HOME", "TMPDIR")

Define = Callable[[TaskRun], Definition]
"""Everything a process needs, read anew for each start, so that a secret that was rotated is used."""

Told = Callable[[str, str, str], None]
"""Called with a task's ARN, with what it became (running, stopped, failed), and with the reason of a failure."""


class Supervisor:
    """The tasks of one home. One thread watches each that runs."""

    def __init__(self, home: Home, define: Define, told: Told = lambda arn, became, detail: None) -> None:
        self.home, self._define, self._told = home, define, told
        self.store = TaskStore(home.root / "dms")
        self._watchers: list[threading.Thread] = []
        self._closing = threading.Event()

    def launch(self, run: TaskRun) -> None:
        """Starts the process of a saved run, in the background."""
        self._watch(run.arn, run.start_type)

    def recover(self) -> None:
        """Goes on with the tasks that ran when the former endpoint ended."""
        for run in self.store.all():
            if run.is_active:
                self._end(run)
                self._watch(run.arn, self._next_start(run))

    def stop(self, run: TaskRun) -> None:
        """The task becomes stopping; its process ends after the batch under way."""
        run = self.store.change(run.arn, status="stopping")
        self._signal(run)

    def close(self) -> None:
        """At an orderly stop of the endpoint its tasks end with it; they stay active, and go on with the next endpoint."""
        self._closing.set()
        for run in self.store.all():
            if run.is_active:
                self._end(run)
        for watcher in self._watchers:
            watcher.join(timeout=5)

    def _watch(self, arn: str, start_type: str) -> None:
        watcher = threading.Thread(target=self._guarded, args=(arn, start_type), name=f"dms-{arn[-20:]}", daemon=True)
        self._watchers = [thread for thread in self._watchers if thread.is_alive()] + [watcher]
        watcher.start()

    def _guarded(self, arn: str, start_type: str) -> None:
        try:
            while start_type:
                start_type = self._run(arn, start_type)
        except ReplicationError as error:
            self._finish(arn, "failed", "FATAL_ERROR", str(error))
        except Exception as error:  # noqa: BLE001 - the task must not stay running for ever because its watcher failed
            _LOG.exception("task %s cannot be watched", arn)
            self._finish(arn, "failed", "FATAL_ERROR", f"The task could not be supervised: {error}")

    def _run(self, arn: str, start_type: str) -> str:
        """One process; the type of the start that follows it, empty when none does."""
        run = self.store.get(arn)
        if run is None or run.status == "stopping":
            self._finish(arn, "stopped", NORMAL, "")
            return ""
        definition = self._define(self.store.change(arn, start_type=start_type))
        folder = self.store.folder_of(arn)
        (folder / "result.json").unlink(missing_ok=True)
        process = self._spawn(run, definition)
        started = start_time(process.pid) or "ended:0"
        current = self.store.change(arn, pid=process.pid, process_started=started)
        if current.status == "stopping":  # asked for while it was started
            self._signal(current)
        else:
            self.store.change(arn, status="running")
            if not current.restarts:
                self._told(arn, "running", "")
        process.wait()
        return self._ended(arn, Result.read(folder), process.returncode)

    def _ended(self, arn: str, result: Result | None, code: int) -> str:
        run = self.store.get(arn)
        if run is None or self._closing.is_set():
            return ""
        if result is not None and result.state == "failed":
            self._finish(arn, "failed", "FATAL_ERROR", result.message)
        elif result is not None or run.status == "stopping":
            self._finish(arn, "stopped", NORMAL if result is None else result.reason, "")
        elif run.restarts >= _RESTARTS:
            self._finish(arn, "failed", "FATAL_ERROR", f"The task's process ended {_RESTARTS} times without a result (last with {code}).")
        else:
            _LOG.warning("task %s: its process ended with %s, it is started anew", arn, code)
            self.store.change(arn, restarts=run.restarts + 1)
            return self._next_start(run)
        return ""

    def _next_start(self, run: TaskRun) -> str:
        """A start that got no further than its beginning has left nothing to resume."""
        begun = (self.store.folder_of(run.arn) / "begun").exists()
        return "resume-processing" if begun else run.start_type

    def _spawn(self, run: TaskRun, definition: Definition) -> subprocess.Popen[bytes]:
        folder = self.store.folder_of(run.arn)
        (folder / "begun").unlink(missing_ok=True)
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment["PYTHONPATH"] = f"{CHECKOUT / 'libs'}{os.pathsep}{CHECKOUT / 'harness'}"
        environment |= {"PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1", "ETL_HOME": str(self.home.root)}
        with (folder / "task.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "localaws.dms.process", str(folder)],
                env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(asdict(definition)).encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # killed already; `wait` tells
        return process

    def _signal(self, run: TaskRun) -> None:
        """SIGTERM, which the process takes for a wish."""
        if run.pid is not None and run.process_started is not None and is_running(run.pid, run.process_started):
            os.kill(run.pid, 15)

    def _end(self, run: TaskRun) -> None:
        if run.pid is not None and run.process_started not in (None, "ended:0"):
            end_group(run.pid, str(run.process_started), patience=_PATIENCE)

    def _finish(self, arn: str, status: str, reason: str, message: str) -> None:
        if self.store.get(arn) is not None:
            self.store.change(arn, status=status, stop_reason=f"Stop Reason {reason}", message=message, stopped_on=time.time(), pid=None)
            self._told(arn, status, message)


def statistics_file(supervisor: Supervisor, arn: str) -> Any:
    """Where the task's process writes its counts."""
    return supervisor.store.folder_of(arn) / "statistics.json"
