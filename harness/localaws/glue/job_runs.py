"""Job runs: StartJobRun, GetJobRun, GetJobRuns, BatchStopJobRun. A run here is a script that really runs.

The jobs themselves are moto's (CreateJob, GetJob). Messages and error codes follow the Glue API reference, "Jobs".
"""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from localaws.errors import AwsError
from localaws.glue.paging import page
from localaws.glue.run_store import JobRun
from localaws.glue.run_supervisor import RunSupervisor
from localaws.home import CHECKOUT, Home
from localaws.iam.service_roles import trusts
from localaws.operation import Handler, Request, ServiceContext

__all__ = ["OPERATIONS", "close_service", "open_service", "scripts_bucket", "supervisor_of"]

_DEFAULT_TIMEOUT = 480  # minutes, Glue 5's default
_COMMANDS = ("glueetl", "gluestreaming", "pythonshell")
_PAGE = 200

_supervisors: dict[str, RunSupervisor] = {}
_lock = threading.Lock()
_start_lock = threading.Lock()  # counting a job's runs and adding one is one step


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: takes up the runs that its predecessor left."""
    supervisor_of(context).recover()


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    with _lock:
        supervisors = list(_supervisors.values())
        _supervisors.clear()
    for supervisor in supervisors:
        supervisor.close()


def start_job_run(request: Request) -> dict[str, Any]:
    """Starts the job's script with its default arguments and those given, and answers at once with the run's id."""
    parameters = request.parameters
    job = _job(request, parameters.get("JobName", ""))
    if not trusts(str(job.get("Role") or ""), "glue.amazonaws.com"):
        raise AwsError("InvalidInputException", f"Role {job.get('Role')} should be given assume role permissions for Glue Service.")
    supervisor = supervisor_of(request)
    timeout = int(parameters.get("Timeout") or job.get("Timeout") or _DEFAULT_TIMEOUT)
    arguments = {**job.get("DefaultArguments", {}), **parameters.get("Arguments", {}), **job.get("NonOverridableArguments", {})}
    script = arguments.get("--scriptLocation") or _script(job)
    run_id = supervisor.store.new_id()
    temporary = arguments.get("--TempDir") or f"s3://{_bucket_of(script)}/temporary/{run_id}/"
    with _start_lock:
        _refuse_too_many(supervisor, job)
        now = time.time()
        run = supervisor.store.save(
            JobRun(
                run_id=run_id,
                job_name=job["Name"],
                script=script,
                arguments={name: str(value) for name, value in arguments.items()},
                state="STARTING",
                started_on=now,
                last_modified_on=now,
                timeout_minutes=timeout,
                description=_description(job, parameters),
                max_retries=int(job.get("MaxRetries") or 0),
                temporary=temporary,
                role=str(job.get("Role") or ""),
            )
        )
    supervisor.launch(run, temporary)
    return {"JobRunId": run.run_id}


def get_job_run(request: Request) -> dict[str, Any]:
    """One run of a job."""
    parameters = request.parameters
    run = supervisor_of(request).store.get(parameters.get("RunId", ""))
    if run is None or run.job_name != parameters.get("JobName"):
        raise AwsError("EntityNotFoundException", f"Job run {parameters.get('RunId')} of job {parameters.get('JobName')} was not found.")
    return {"JobRun": run.as_answer()}


def get_job_runs(request: Request) -> dict[str, Any]:
    """The runs of a job, the newest first, in pages."""
    job = _job(request, request.parameters.get("JobName", ""))
    runs = supervisor_of(request).store.all(job["Name"])
    answer = page(request, "JobRuns", runs, _PAGE)
    return {**answer, "JobRuns": [run.as_answer() for run in answer["JobRuns"]]}


def batch_stop_job_run(request: Request) -> dict[str, Any]:
    """Asks runs to stop; they are STOPPING, and STOPPED when nothing of them is left."""
    parameters = request.parameters
    name = parameters.get("JobName", "")
    supervisor = supervisor_of(request)
    stopped: list[dict[str, str]] = []
    errors: list[dict[str, Any]] = []
    for run_id in parameters.get("JobRunIds", []):
        run = supervisor.store.get(run_id)
        if run is None or run.job_name != name:
            errors.append(_stop_error(name, run_id, "EntityNotFoundException", f"Job run {run_id} of job {name} was not found."))
        elif not run.is_active:
            errors.append(_stop_error(name, run_id, "InvalidInputException", f"Job run {run_id} is {run.state} already."))
        else:
            supervisor.ask_to_stop(run)
            stopped.append({"JobName": name, "JobRunId": run_id})
    return {"SuccessfulSubmissions": stopped, "Errors": errors}


OPERATIONS: Mapping[str, Handler] = {
    "StartJobRun": start_job_run,
    "GetJobRun": get_job_run,
    "GetJobRuns": get_job_runs,
    "BatchStopJobRun": batch_stop_job_run,
}


def supervisor_of(context: Request | ServiceContext) -> RunSupervisor:
    """The supervisor of a home's runs."""
    with _lock:
        key = str(context.home)
        if key not in _supervisors:
            _supervisors[key] = RunSupervisor(Home(context.home), context.endpoint_url, context.control_plane("logs"))
        return _supervisors[key]


def _job(request: Request, name: str) -> dict[str, Any]:
    try:
        job: dict[str, Any] = request.control_plane("glue").get_job(JobName=name)["Job"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "EntityNotFoundException":
            raise AwsError("EntityNotFoundException", f"Job {name} was not found.") from error
        raise
    return job


def _script(job: Mapping[str, Any]) -> str:
    command = job.get("Command", {})
    if command.get("Name") not in _COMMANDS:
        raise AwsError(
            "InvalidInputException",
            f"Job {job['Name']} has the command {command.get('Name')!r}, which this endpoint does not run yet. "
            f"It runs: {', '.join(_COMMANDS)}.",
        )
    if not command.get("ScriptLocation"):
        raise AwsError("InvalidInputException", f"Job {job['Name']} has no ScriptLocation.")
    return str(command["ScriptLocation"])


def _refuse_too_many(supervisor: RunSupervisor, job: Mapping[str, Any]) -> None:
    allowed = int(job.get("ExecutionProperty", {}).get("MaxConcurrentRuns") or 1)
    active = [run for run in supervisor.store.all(job["Name"]) if run.is_active]
    if len(active) >= allowed:
        counts = f"{len(active)} active, {allowed} allowed"
        raise AwsError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job['Name']}: {counts}.")


def _description(job: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What a run repeats of its job."""
    merged = {**job, **parameters}
    names = ("GlueVersion", "WorkerType", "NumberOfWorkers", "MaxCapacity", "SecurityConfiguration", "ExecutionClass")
    return {name: merged[name] for name in names if merged.get(name) is not None}


@functools.cache
def scripts_bucket() -> str:
    """The deployment's: where a run of a script that lies in no bucket has its temporary folder."""
    name: str = json.loads((CHECKOUT / "deployment" / "buckets.json").read_text("utf-8"))["scripts"]["name"]
    return name


def _bucket_of(script: str) -> str:
    return script.removeprefix("s3://").split("/", 1)[0] if script.startswith("s3://") else scripts_bucket()


def _stop_error(job_name: str, run_id: str, code: str, message: str) -> dict[str, Any]:
    return {"JobName": job_name, "JobRunId": run_id, "ErrorDetail": {"ErrorCode": code, "ErrorMessage": message}}
