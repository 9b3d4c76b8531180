"""Job runs of the EMR Serverless API: start, look, list, cancel. Applications are moto's, and start by themselves with their first run."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from localaws.emrserverless.command import asked_of, spark_submit
from localaws.emrserverless.exceptions import ResourceNotFoundError, ValidationError
from localaws.emrserverless.runs import FINAL, SparkRuns
from localaws.iam.service_roles import trusts
from localaws.operation import Handler, Request, ServiceContext

__all__ = ["OPERATIONS", "close_service", "open_service"]

_MINUTES = 720
_OWN = ("pid", "process_started", "cores", "memory", "clientToken")
"""What a run's document has for us alone."""

_runs: dict[Path, SparkRuns] = {}
_lock = threading.Lock()


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: runs that still go are followed."""
    if (context.home / "emr-serverless").exists():
        _runs_of(context).recover()


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    with _lock:
        everything = list(_runs.values())
        _runs.clear()
    for runs in everything:
        runs.close()


def start_job_run(request: Request) -> dict[str, Any]:
    """StartJobRun.

    Raises:
        ValidationError: what is asked for is not Spark's, or would not be done; the application is not started and may not start by itself.
        ResourceNotFoundException: there is no such application (moto's).
    """
    given = request.parameters
    if given.get("mode", "BATCH") != "BATCH" or int((given.get("retryPolicy") or {}).get("maxAttempts") or 1) > 1:
        raise ValidationError("Job runs of mode STREAMING and a retryPolicy of more than one attempt would not be honoured here.")
    application = _started_application(request, given.get("applicationId", ""))
    runs = _runs_of(request)
    token = given.get("clientToken", "")
    with _lock:
        earlier = next((run for run in runs.records.all() if token and run["clientToken"] == token), None)
        if earlier is not None:
            return _told(earlier)
        job_driver, overrides = given.get("jobDriver") or {}, given.get("configurationOverrides") or {}
        asked, role = asked_of(job_driver, overrides), str(given.get("executionRoleArn", ""))
        if not trusts(role, "emr-serverless.amazonaws.com"):
            raise ValidationError(f"The execution role {role} does not trust emr-serverless.amazonaws.com, or does not exist.")
        run_id, now = f"00{secrets.token_hex(7)}", time.time()
        run = {
            "applicationId": application["applicationId"], "jobRunId": run_id, "arn": f"{application['arn']}/jobruns/{run_id}",
            "name": given.get("name", ""), "createdBy": f"arn:aws:iam::{request.account_id}:root", "createdAt": now, "updatedAt": now,
            "executionRole": role, "state": "SUBMITTED", "stateDetails": "", "releaseLabel": application["releaseLabel"],
            "jobDriver": job_driver, "configurationOverrides": overrides, "tags": given.get("tags") or {}, "mode": "BATCH", "attempt": 1,
            "executionTimeoutMinutes": int(given.get("executionTimeoutMinutes", _MINUTES)), "clientToken": token,
            "cores": asked.cores, "memory": asked.memory,
        }  # fmt: skip
        runs.start(run, spark_submit(job_driver, asked))
    return _told(run)


def get_job_run(request: Request) -> dict[str, Any]:
    """GetJobRun."""
    return {"jobRun": {name: value for name, value in _run(request).items() if name not in _OWN}}


def list_job_runs(request: Request) -> dict[str, Any]:
    """ListJobRuns: the newest first, by state and time of creation, in pages."""
    given = request.parameters
    application = given.get("applicationId", "")
    request.control_plane("emr-serverless").get_application(applicationId=application)
    wanted = given.get("states")
    first, last = _seconds(given.get("createdAtAfter"), 0.0), _seconds(given.get("createdAtBefore"), float("inf"))
    found = [run for run in _runs_of(request).records.all() if run["applicationId"] == application]
    found = [run for run in found if first <= run["createdAt"] <= last and (not wanted or run["state"] in wanted)]
    found.sort(key=lambda run: float(run["createdAt"]), reverse=True)
    start, count = int(given.get("nextToken") or 0), int(given.get("maxResults") or 50)
    more = {"nextToken": str(start + count)} if start + count < len(found) else {}
    return {"jobRuns": [_summary(run) for run in found[start : start + count]], **more}


def cancel_job_run(request: Request) -> dict[str, Any]:
    """CancelJobRun."""
    run = _run(request)
    if run["state"] in FINAL:
        raise ValidationError(f"The job run {run['jobRunId']} is {run['state']} and cannot be cancelled.")
    _runs_of(request).cancel(run["jobRunId"])
    return {"applicationId": run["applicationId"], "jobRunId": run["jobRunId"]}


def _started_application(request: Request, application_id: str) -> dict[str, Any]:
    service = request.control_plane("emr-serverless")
    found: dict[str, Any] = service.get_application(applicationId=application_id)["application"]
    if found["state"] == "TERMINATED":
        raise ValidationError(f"Application {application_id} is terminated. Cannot start job run.")
    if found["state"] != "STARTED":
        if not (found.get("autoStartConfiguration") or {}).get("enabled", True):
            raise ValidationError(f"Application {application_id} is {found['state']} and does not start by itself.")
        service.start_application(applicationId=application_id)
    return found


def _run(request: Request) -> dict[str, Any]:
    run_id = request.parameters.get("jobRunId", "")
    run = _runs_of(request).records.get(run_id)
    if run is None or run["applicationId"] != request.parameters.get("applicationId"):
        raise ResourceNotFoundError("JobRun", run_id)
    return run


def _told(run: Mapping[str, Any]) -> dict[str, Any]:
    return {name: run[name] for name in ("applicationId", "jobRunId", "arn")}


def _summary(run: Mapping[str, Any]) -> dict[str, Any]:
    names = ("applicationId", "arn", "attempt", "createdAt", "createdBy", "executionRole", "mode", "name", "releaseLabel", "state",
             "stateDetails", "updatedAt")  # fmt: skip
    return {"id": run["jobRunId"], "type": "SPARK", **{name: run[name] for name in names}}


def _seconds(text: str | None, default: float) -> float:
    try:
        return datetime.fromisoformat(text).timestamp() if text else default
    except ValueError as error:
        raise ValidationError(f"{text!r} is no time: {error}.") from error


def _runs_of(context: Request | ServiceContext) -> SparkRuns:
    with _lock:  # two would follow one run, each with a lock of its own
        if context.home not in _runs:
            _runs[context.home] = SparkRuns(context.home, context.endpoint_url)
        return _runs[context.home]


OPERATIONS: Mapping[str, Handler] = {
    "CancelJobRun": cancel_job_run,
    "GetJobRun": get_job_run,
    "ListJobRuns": list_job_runs,
    "StartJobRun": start_job_run,
}
