"""Starts runs as processes, watches them, and writes down truly how they ended.

A final state is written only when nothing of the run is left: its process group is gone and what it did in the driver's JVM is
cancelled. Runs that a former endpoint left are found again by pid and start time: those that live are watched on, those that are
gone get the result that they wrote, or FAILED with the reason.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from localaws.engines.processes import is_running, start_time
from localaws.engines.spark import SparkEngine
from localaws.eventbridge.bus import emit
from localaws.glue.launcher import runner_command, runner_environment, script_arguments
from localaws.glue.run_logs import RunLogs
from localaws.glue.run_store import JobRun, RunStore
from localaws.glue.script_runner import Result
from localaws.home import Home
from localaws.iam.service_roles import role_environment

__all__ = ["RunSupervisor"]

MINUTE = 60.0
"""Seconds in a minute of a job's Timeout; tests shorten it."""
POLL = 0.05
GRACE = 5.0
SHIP = 1.0
"""Seconds between two looks at what a run printed."""

_LOG = logging.getLogger(__name__)


class RunSupervisor:
    """The runs of one home. One thread watches each active run."""

    def __init__(self, home: Home, endpoint_url: str, logs: Any = None) -> None:
        """`logs` is a client of CloudWatch Logs; without one, what runs print stays in their folders."""
        self.home, self.endpoint_url, self.logs = home, endpoint_url, logs
        self.store = RunStore(home.runs)
        self._watchers: list[threading.Thread] = []
        self._logs: dict[str, RunLogs] = {}

    def launch(self, run: JobRun, temporary: str) -> None:
        """Starts the process of a saved run, in the background."""
        self._watch(run.run_id, lambda: self._run(run, temporary))

    def recover(self) -> None:
        """Takes up the runs that a former endpoint left active."""
        for run in self.store.all():
            if run.is_active:
                self._watch(run.run_id, lambda run=run: self._take_up(run))  # type: ignore[misc]

    def ask_to_stop(self, run: JobRun) -> None:
        """The run becomes STOPPING; its watcher ends it."""
        self.store.change(run.run_id, state="STOPPING", stop_asked=True, last_modified_on=time.time())

    def close(self) -> None:
        """At an orderly stop of the endpoint its runs end with it, and say so."""
        for run in self.store.all():
            if run.is_active:
                self._end_processes(run)
        for watcher in self._watchers:
            watcher.join(timeout=GRACE)

    def _watch(self, run_id: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 the run must not stay RUNNING for ever because its watcher failed
                _LOG.exception("run %s cannot be watched", run_id)
                self._finish(run_id, "FAILED", f"The run could not be supervised: {error}")

        watcher = threading.Thread(target=guarded, name=f"watch-{run_id}", daemon=True)
        self._watchers = [thread for thread in self._watchers if thread.is_alive()] + [watcher]
        watcher.start()

    def _run(self, run: JobRun, temporary: str) -> None:
        folder = self.store.folder_of(run.run_id)
        arguments = script_arguments(run.job_name, run.run_id, temporary, run.arguments)
        command = runner_command(folder, run.run_id, run.script, arguments)
        rights = role_environment(self.home.root, run.role, "GlueJobRunnerSession")
        environment = {**runner_environment(self.home, self.endpoint_url, folder), **rights}
        with (folder / "output.log").open("ab") as output, (folder / "error.log").open("ab") as error:
            process = subprocess.Popen(
                command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=error, start_new_session=True
            )
        now = time.time()
        started = start_time(process.pid) or "ended:0"
        current = self.store.get(run.run_id)
        state = "STOPPING" if current is not None and current.stop_asked else "RUNNING"
        running = self.store.change(run.run_id, state=state, pid=process.pid, process_started=started, last_modified_on=now)
        self._follow(running, lambda: process.poll() is None)
        self._conclude(running, process.returncode)

    def _take_up(self, run: JobRun) -> None:
        if run.pid is None or run.process_started is None:
            self._finish(run.run_id, "FAILED", "The endpoint ended before the script was started.")
            return
        pid, started = run.pid, run.process_started
        self._follow(run, lambda: is_running(pid, started))
        self._conclude(run, None)

    def _follow(self, run: JobRun, is_alive: Callable[[], bool]) -> None:
        """Waits for the process; ends it when the run is to be stopped or its time is over."""
        deadline = run.started_on + run.timeout_minutes * MINUTE
        logs = self._logs_of(run)
        shipped = time.monotonic()
        while is_alive():
            if time.monotonic() - shipped > SHIP:
                self._ship(logs)
                shipped = time.monotonic()
            current = self.store.get(run.run_id)
            if current is None or current.stop_asked or time.time() > deadline:
                self._end_processes(run)
                return
            time.sleep(POLL)

    def _conclude(self, run: JobRun, exit_code: int | None) -> None:
        result = Result.read(self.store.folder_of(run.run_id))
        if result is None:  # it did not end by itself: something of it may still be at work in the driver
            self._end_processes(run)
            left = "" if SparkEngine(self.home).cancel(run.run_id) else " Its Spark jobs did not end when they were cancelled."
        else:
            left = ""
        SparkEngine(self.home).sweep()
        current = self.store.get(run.run_id)
        if result is not None:
            self._finish(run.run_id, result.state, result.error_message)
        elif current is not None and current.stop_asked:
            self._finish(run.run_id, "STOPPED", left.strip() or None)
        elif time.time() > run.started_on + run.timeout_minutes * MINUTE:
            self._finish(run.run_id, "TIMEOUT", f"Timeout of {run.timeout_minutes} minutes exceeded.{left}")
        else:
            self._finish(run.run_id, "FAILED", _how_it_ended(exit_code) + left)

    def _end_processes(self, run: JobRun) -> None:
        """SIGTERM, then SIGKILL, to every process of the run, those that its script started included."""
        mark = f"ETL_RUN_FOLDER={self.store.folder_of(run.run_id)}".encode()
        for sign, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
            for pid in _marked_processes(mark):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sign)
            deadline = time.monotonic() + patience
            while left := _marked_processes(mark):
                if time.monotonic() > deadline:
                    break
                time.sleep(POLL)
            if not left:
                return

    def _finish(self, run_id: str, state: str, message: str | None) -> None:
        now = time.time()
        run = self.store.get(run_id)
        if run is None:
            return  # its folder was deleted meanwhile: there is nothing to write it to
        self._ship(self._logs_of(run), final=True)
        self._logs.pop(run_id, None)
        self.store.change(
            run_id,
            state=state,
            error_message=message,
            completed_on=now,
            last_modified_on=now,
            execution_seconds=max(0, round(now - run.started_on)),
        )
        severity = "INFO" if state in ("SUCCEEDED", "STOPPED") else "ERROR"
        detail = {"jobName": run.job_name, "severity": severity, "state": state, "jobRunId": run_id}
        emit(self.home.root, "aws.glue", "Glue Job State Change", {**detail, "message": message or f"Job run {state.lower()}"})
        if state == "FAILED" and run.attempt < run.max_retries and not run.stop_asked:
            self._again(run)

    def _again(self, run: JobRun) -> None:
        """The next attempt of a run that failed, as MaxRetries of its job has it: a run of its own, with a name that follows."""
        attempt, now = run.attempt + 1, time.time()
        first = run.run_id.split("_attempt_")[0]
        following = replace(
            run, run_id=f"{first}_attempt_{attempt}", attempt=attempt, previous_run_id=run.run_id, state="STARTING", started_on=now,
            last_modified_on=now, completed_on=None, execution_seconds=0, error_message=None, pid=None, process_started=None,
        )  # fmt: skip
        self.launch(self.store.save(following), run.temporary)

    def _logs_of(self, run: JobRun) -> RunLogs | None:
        if self.logs is None:
            return None
        return self._logs.setdefault(run.run_id, RunLogs(self.logs, run.run_id, self.store.folder_of(run.run_id), run.arguments))

    def _ship(self, logs: RunLogs | None, final: bool = False) -> None:
        if logs is not None:
            try:
                logs.ship(final)
            except Exception:  # noqa: BLE001 - the run goes on, and its output is in its folder all the same
                _LOG.exception("the output of run %s could not be sent to its log groups", logs.run_id)


def _marked_processes(mark: bytes) -> list[int]:
    """Processes that run with the mark in their environment, which they inherit from the run's first one."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):  # ended meanwhile, or another user's
                if mark in Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                    found.append(int(name))
    return found


def _how_it_ended(exit_code: int | None) -> str:
    if exit_code is None:
        return "The process of the run is gone and left no result: the machine or the endpoint was stopped, or it was killed."
    if exit_code < 0:
        return f"The script's process was killed by signal {-exit_code} ({signal.Signals(-exit_code).name})."
    return f"The script's process ended with exit code {exit_code} and without a result."
