"""Job runs: a process group each, followed by a thread, and kept as documents, so that they outlive the endpoint.

The exit code is left in a file by the run's own shell, so that a run whose endpoint ended meanwhile is told truly as well.
"""

from __future__ import annotations

import contextlib
import gzip
import logging
import re
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from localaws.bootstrap import client
from localaws.engines.processes import end_group, is_running, start_time
from localaws.glue.launcher import runner_environment
from localaws.home import Home
from localaws.iam.service_roles import role_environment
from localaws.records import Records

__all__ = ["FINAL", "SparkRuns"]

FINAL = ("SUCCESS", "FAILED", "CANCELLED")
_LOG = logging.getLogger("localaws")
_POLL = 0.1
_TAIL = 16 * 1024
_SHELL = '"$@" >stdout 2>stderr; code=$?; echo $code >exit-code.draft && mv exit-code.draft exit-code; exit $code'


class SparkRuns:
    """The runs of one home."""

    def __init__(self, home: Path, endpoint_url: str) -> None:
        self.home, self.endpoint_url = Home(home), endpoint_url
        self.records = Records(home / "emr-serverless" / "runs")
        self._threads: dict[str, threading.Thread] = {}

    def folder(self, run_id: str) -> Path:
        """What a run leaves: stdout, stderr, exit-code."""
        return self.home.root / "emr-serverless" / "work" / run_id

    def start(self, run: dict[str, Any], command: Sequence[str]) -> None:
        """Keep the run and begin it in the background."""
        self.records.put(run["jobRunId"], run)
        self._watch(run["jobRunId"], lambda: self._run(run, command))

    def cancel(self, run_id: str) -> None:
        """The run becomes CANCELLING; its thread ends it."""
        self._change(run_id, lambda run: run.update(state="CANCELLING") if run["state"] not in FINAL else None)

    def recover(self) -> None:
        """At a start of the endpoint: follow what still runs, tell of the rest how it ended."""
        for run in self.records.all():
            if run["state"] not in FINAL:
                self._watch(run["jobRunId"], lambda run=run: self._follow(run))  # type: ignore[misc]

    def close(self) -> None:
        """At an orderly end of the endpoint its runs end with it."""
        for run_id, thread in list(self._threads.items()):
            if thread.is_alive():
                self.cancel(run_id)
        for thread in list(self._threads.values()):
            thread.join(timeout=10)

    def _watch(self, run_id: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - a run must not stay RUNNING for ever because its watcher failed
                _LOG.exception("EMR Serverless run %s", run_id)
                self._end(run_id, "FAILED", f"The run could not be supervised: {error}")

        self._threads[run_id] = threading.Thread(target=guarded, name=f"spark run {run_id}", daemon=True)
        self._threads[run_id].start()

    def _run(self, run: dict[str, Any], command: Sequence[str]) -> None:
        folder = self.folder(run["jobRunId"])
        folder.mkdir(parents=True)
        rights = role_environment(self.home.root, run["executionRole"], "emr-serverless")
        environment = {**runner_environment(self.home, self.endpoint_url, folder), **rights}
        process = subprocess.Popen(
            ["/bin/sh", "-c", _SHELL, "sh", *command], env=environment, cwd=folder, stdin=subprocess.DEVNULL, start_new_session=True
        )
        started = {"pid": process.pid, "process_started": start_time(process.pid) or "ended:0", "startedAt": time.time()}
        reaper = threading.Thread(target=process.wait, name=f"reap {process.pid}", daemon=True)
        reaper.start()

        def running(document: dict[str, Any]) -> None:
            document.update(started, state="RUNNING" if document["state"] != "CANCELLING" else "CANCELLING")

        self._follow(self._change(run["jobRunId"], running))

    def _follow(self, run: dict[str, Any]) -> None:
        """Until its process is gone; ends it when it is to be cancelled or its time is over."""
        run_id = run["jobRunId"]
        if "pid" not in run:
            self._end(run_id, "FAILED", "The endpoint ended before the run was started.")
            return
        limit = int(run["executionTimeoutMinutes"]) * 60 or float("inf")
        reason = ""
        while is_running(run["pid"], run["process_started"]):
            current = self.records.get(run_id) or run
            if time.time() > run["startedAt"] + limit:
                reason = f"The job run exceeded its time-out of {run['executionTimeoutMinutes']} minutes."
            if current["state"] == "CANCELLING" or reason:
                end_group(run["pid"], run["process_started"], patience=0.2)  # the leader is a shell: what it started is to be told
                break
            time.sleep(_POLL)
        self._conclude(run_id, reason)

    def _conclude(self, run_id: str, reason: str) -> None:
        code = _read(self.folder(run_id) / "exit-code").strip()
        current = self.records.get(run_id) or {}
        self._send_logs(current)
        if reason or (current.get("state") == "CANCELLING" and code != "0"):
            self._end(run_id, "CANCELLED", reason or "The job run was cancelled.")
        elif code == "0":
            self._end(run_id, "SUCCESS", "")
        else:
            told = f"ExitCode: {code}. " if code else "Its process is gone and left no exit code. "
            last = _last_error(*(_read(self.folder(run_id) / name) for name in ("stdout", "stderr")))
            logs = "Job failed, please check complete logs in configured logging destination."
            self._end(run_id, "FAILED", f"{logs} {told}Last few exceptions: {last}")

    def _end(self, run_id: str, state: str, details: str) -> None:
        now = time.time()

        def ended(run: dict[str, Any]) -> None:
            seconds = max(0, round(now - float(run.get("startedAt", now))))
            hours = seconds / 3600
            used = {"vCPUHour": round(run["cores"] * hours, 4), "memoryGBHour": round(run["memory"] * hours, 4), "storageGBHour": 0.0}
            run.update(state=state, stateDetails=details, updatedAt=now, endedAt=now, totalExecutionDurationSeconds=seconds)
            run.update(totalResourceUtilization=used, billedResourceUtilization=used)

        self._change(run_id, ended)

    def _change(self, run_id: str, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        def stamped(run: dict[str, Any]) -> None:
            change(run)
            run["updatedAt"] = time.time()

        return self.records.change(run_id, stamped)

    def _send_logs(self, run: Mapping[str, Any]) -> None:
        """To S3 and CloudWatch Logs, where the run's monitoringConfiguration names them ("Storing logs", User Guide)."""
        asked = (run.get("configurationOverrides") or {}).get("monitoringConfiguration") or {}
        place = f"applications/{run['applicationId']}/jobs/{run['jobRunId']}/SPARK_DRIVER"
        for name in ("stdout", "stderr"):
            text = _read(self.folder(run["jobRunId"]) / name)
            try:
                if uri := (asked.get("s3MonitoringConfiguration") or {}).get("logUri"):
                    self._to_s3(uri, f"{place}/{name}.gz", text)
                if (group := asked.get("cloudWatchLoggingConfiguration") or {}).get("enabled"):
                    self._to_cloudwatch(group, f"{place}/{name}", text)
            except (ClientError, BotoCoreError) as error:
                _LOG.error("the %s of the EMR Serverless run %s was not kept: %s", name, run["jobRunId"], error)

    def _to_s3(self, uri: str, name: str, text: str) -> None:
        parts = urlsplit(uri)
        key = "/".join(filter(None, (parts.path.strip("/"), name)))
        client("s3", self.endpoint_url).put_object(Bucket=parts.netloc, Key=key, Body=gzip.compress(text.encode()))

    def _to_cloudwatch(self, asked: Mapping[str, Any], name: str, text: str) -> None:
        logs, group = client("logs", self.endpoint_url), asked.get("logGroupName") or "/aws/emr-serverless"
        stream = "/".join(filter(None, (asked.get("logStreamNamePrefix"), name)))
        for create in (
            lambda: logs.create_log_group(logGroupName=group),
            lambda: logs.create_log_stream(logGroupName=group, logStreamName=stream),
        ):
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                create()
        now = int(time.time() * 1000)
        if events := [{"timestamp": now, "message": line} for line in text.splitlines() if line]:
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events[-10_000:])


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _last_error(*texts: str) -> str:
    """The last line that names an error. Spark writes what a Python script prints to either stream to its own output."""
    lines = [line for text in texts for line in text[-_TAIL:].splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return (errors or lines or ["nothing was printed"])[-1].strip()
