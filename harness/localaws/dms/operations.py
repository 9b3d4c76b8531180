"""The DMS API, as far as tasks run: start, stop, states, statistics, tests of connections. Definitions are moto's.

Messages and error codes follow the DMS API reference; states follow the guide's "Task status".
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
import uuid
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from moto.backends import get_backend

from localaws.dms import events
from localaws.dms.bounds import Until, parse_start
from localaws.dms.endpoints import SOURCES, source_address, target_values
from localaws.dms.exceptions import ReplicationError
from localaws.dms.planning import check_together
from localaws.dms.process import RELOAD, Definition, make_target
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings
from localaws.dms.source.connection import MySqlAddress, connected
from localaws.dms.statistics import Statistics
from localaws.dms.supervisor import Supervisor, statistics_file
from localaws.dms.target.staging import DEFAULT_BUCKET
from localaws.dms.task_store import TaskRun
from localaws.errors import AwsError
from localaws.home import Home
from localaws.operation import Handler, Request, ServiceContext

__all__ = ["OPERATIONS", "close_service", "open_service"]

_START_TYPES = ("start-replication", "resume-processing", "reload-target")
_CHECKPOINT = "checkpoint:V1#"
_RELOAD_OPTIONS = ("data-reload", "validate-only")

_supervisors: dict[str, Supervisor] = {}
_contexts: dict[str, ServiceContext | Request] = {}
_connections: dict[tuple[str, str], dict[str, Any]] = {}
_lock = threading.Lock()


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens: goes on with the tasks that ran."""
    _supervisor(context).recover()


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    with _lock:
        supervisors = list(_supervisors.values())
        _supervisors.clear()
        _connections.clear()
    for supervisor in supervisors:
        supervisor.close()


def create_replication_task(request: Request) -> dict[str, Any]:
    """Refuses mappings and settings that could not be run; then moto keeps the task."""
    parameters = request.parameters
    _checked(parameters.get("TableMappings", ""), parameters.get("ReplicationTaskSettings", ""))
    _bounds(parameters, parameters.get("MigrationType", ""))
    answer: dict[str, Any] = request.control_plane("dms").create_replication_task(**parameters)
    _tell(request, answer["ReplicationTask"]["ReplicationTaskArn"], "created")
    return {"ReplicationTask": _described(request, answer["ReplicationTask"])}


def modify_replication_task(request: Request) -> dict[str, Any]:
    """Only a task that does not run, and only to what could be run; its next start takes what was changed."""
    parameters = request.parameters
    arn = parameters.get("ReplicationTaskArn", "")
    task, run = _task(request, arn), _supervisor(request).store.get(arn)
    if run is not None and run.is_active:
        raise AwsError("InvalidResourceStateFault", f"Task {arn} is {run.status}: stop it first.")
    _checked(parameters.get("TableMappings", task["TableMappings"]), parameters.get("ReplicationTaskSettings", ""))
    _bounds(parameters, parameters.get("MigrationType", task["MigrationType"]))
    answer: dict[str, Any] = request.control_plane("dms").modify_replication_task(**parameters)
    _tell(request, arn, "modified")
    return {"ReplicationTask": _described(request, answer["ReplicationTask"])}


def describe_replication_tasks(request: Request) -> dict[str, Any]:
    """moto's tasks with their true states."""
    parameters = {name: value for name, value in request.parameters.items() if name != "WithoutSettings"}
    answer = request.control_plane("dms").describe_replication_tasks(**parameters)
    return {"ReplicationTasks": [_described(request, task) for task in answer["ReplicationTasks"]]}


def delete_replication_task(request: Request) -> dict[str, Any]:
    """Only a task that does not run."""
    arn = request.parameters.get("ReplicationTaskArn", "")
    run = _supervisor(request).store.get(arn)
    if run is not None and run.is_active:
        raise AwsError("InvalidResourceStateFault", f"Task {arn} is {run.status}: stop it first.")
    answer: dict[str, Any] = request.control_plane("dms").delete_replication_task(ReplicationTaskArn=arn)
    if run is not None:
        for file in _supervisor(request).store.folder_of(arn).iterdir():
            file.unlink()
        _supervisor(request).store.folder_of(arn).rmdir()
    _tell(request, arn, "deleted")
    return {"ReplicationTask": {**answer["ReplicationTask"], "Status": "deleting"}}


def start_replication_task(request: Request) -> dict[str, Any]:
    """Starts the task's process and answers at once."""
    parameters, supervisor = request.parameters, _supervisor(request)
    arn, start_type = parameters.get("ReplicationTaskArn", ""), parameters.get("StartReplicationTaskType", "")
    task = _task(request, arn)
    if start_type not in _START_TYPES:
        raise AwsError("InvalidParameterValueException", f"StartReplicationTaskType {start_type!r} is none of {', '.join(_START_TYPES)}.")
    own = any(parameters.get(name) for name in ("CdcStartPosition", "CdcStartTime"))
    kept = {name: task.get(name) for name in ("CdcStopPosition", *([] if own else ["CdcStartPosition"]))}
    bounds = _bounds({**kept, **parameters}, task["MigrationType"])
    with _lock_of(arn):
        former = supervisor.store.get(arn)
        if former is not None and former.is_active:
            raise AwsError("InvalidResourceStateFault", f"Task {arn} is {former.status} already.")
        if former is None and start_type != "start-replication":
            raise AwsError("InvalidResourceStateFault", f"Task {arn} was never started: its first start is start-replication.")
        now = time.time()
        fresh = now if former is None or start_type != "resume-processing" else former.fresh_started_on
        run = TaskRun(arn, request.region, "starting", start_type, now, fresh, *bounds)
        _refused_as_aws(lambda: _definition(request, run))
        statistics_file(supervisor, arn).unlink(missing_ok=True)
        supervisor.launch(supervisor.store.save(run))
    return {"ReplicationTask": _described(request, task)}


def _bounds(given: Mapping[str, Any], migration: str) -> tuple[str, str]:
    """CdcStartPosition and CdcStopPosition, each empty without one; a start time is a position too."""
    start, stop = (str(given.get(name) or "").removeprefix(_CHECKPOINT) for name in ("CdcStartPosition", "CdcStopPosition"))
    if given.get("CdcStartTime"):
        if start:
            raise AwsError("InvalidParameterCombinationException", "CdcStartTime and CdcStartPosition are both given: give one of them.")
        start = _moment(given["CdcStartTime"])
    if start and migration != "cdc":
        raise AwsError("InvalidParameterCombinationException", f"A task of the type {migration} begins with its load.")
    for name, text, parse in (("CdcStartPosition", start, parse_start), ("CdcStopPosition", stop, Until.parse)):
        try:
            if text:
                parse(text)
        except ValueError as error:
            form = "server_time: or commit_time: and a time" if name == "CdcStopPosition" else "a time"
            reason = f"{name} {text!r} is no position that this engine takes: give file:offset, or {form} as 2026-01-02T03:04:05 (UTC)."
            raise AwsError("InvalidParameterValueException", reason) from error
    return start, stop


def _moment(given: Any) -> str:
    """A time as the protocol gives it, in UTC."""
    at = given if isinstance(given, datetime) else datetime.fromtimestamp(float(given), UTC)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def stop_replication_task(request: Request) -> dict[str, Any]:
    """Asks the task to stop: it is stopping, and stopped when the batch under way is applied."""
    arn, supervisor = request.parameters.get("ReplicationTaskArn", ""), _supervisor(request)
    task = _task(request, arn)
    run = supervisor.store.get(arn)
    if run is None or run.status not in ("starting", "running"):
        raise AwsError("InvalidResourceStateFault", f"Task {arn} is {run.status if run else 'ready'}: only a running task can be stopped.")
    supervisor.stop(run)
    return {"ReplicationTask": _described(request, task)}


def reload_tables(request: Request) -> dict[str, Any]:
    """Tables of a running task are loaded, or compared, again. The task's process finds what is left in its folder."""
    arn, supervisor = request.parameters.get("ReplicationTaskArn", ""), _supervisor(request)
    task, run, option = _task(request, arn), supervisor.store.get(arn), request.parameters.get("ReloadOption") or "data-reload"
    if run is None or run.status != "running" or task["MigrationType"] == "full-load":
        state = "has a full load only: start it with reload-target" if task["MigrationType"] == "full-load" else "does not run"
        raise AwsError("InvalidResourceStateFault", f"Task {arn} {state}.")
    if option not in _RELOAD_OPTIONS:
        raise AwsError("InvalidParameterValueException", f"ReloadOption {option!r} is none of {', '.join(_RELOAD_OPTIONS)}.")
    validate = option == "validate-only"
    if validate and not TaskSettings.parse(task.get("ReplicationTaskSettings") or "").validation.enabled:
        raise AwsError("InvalidResourceStateFault", f"Task {arn} does not validate: set ValidationSettings.EnableValidation.")
    known = Statistics.read(statistics_file(supervisor, arn)).tables
    tables = [(table.get("SchemaName", ""), table.get("TableName", "")) for table in request.parameters.get("TablesToReload") or []]
    unknown = [".".join(name) for name in tables if ".".join(name) not in known]
    if unknown or not tables:
        raise AwsError("InvalidParameterValueException", f"{', '.join(unknown) or 'TablesToReload'}: no table of task {arn}.")
    for schema, table in tables:
        path = supervisor.store.folder_of(arn) / f"{RELOAD}{uuid.uuid4().hex}.json"
        path.with_suffix(".draft").write_text(json.dumps({"schema": schema, "table": table, "validate": validate}), "utf-8")
        path.with_suffix(".draft").replace(path)
    return {"ReplicationTaskArn": arn}


def describe_table_statistics(request: Request) -> dict[str, Any]:
    """Counts of each table of a task since its last start."""
    arn = request.parameters.get("ReplicationTaskArn", "")
    _task(request, arn)
    tables = [table.as_answer() for table in Statistics.read(statistics_file(_supervisor(request), arn)).tables.values()]
    names = {"schema-name": "SchemaName", "table-name": "TableName", "table-state": "TableState"}
    for item in request.parameters.get("Filters") or []:
        if item.get("Name") not in names:
            raise AwsError("InvalidParameterValueException", f"There is no filter {item.get('Name')!r}; there are {', '.join(names)}.")
        tables = [table for table in tables if table[names[item["Name"]]] in item["Values"]]
    return {"ReplicationTaskArn": arn, "TableStatistics": sorted(tables, key=lambda table: (table["SchemaName"], table["TableName"]))}


def test_connection(request: Request) -> dict[str, Any]:
    """Logs in to the endpoint, now; DescribeConnections has the result."""
    instance, arn = (request.parameters.get(name, "") for name in ("ReplicationInstanceArn", "EndpointArn"))
    answer = request.control_plane("dms").test_connection(ReplicationInstanceArn=instance, EndpointArn=arn)
    connection = {**answer["Connection"], "Status": "successful"}
    try:
        endpoint = _endpoint(request, arn)
        if endpoint["EngineName"] in SOURCES and endpoint["EndpointType"].lower() == "source":
            with connected(MySqlAddress(**source_address(endpoint, _password(request, arn), _secret(request)))):
                pass
        else:
            values = target_values(endpoint, _password(request, arn), _secret(request), DEFAULT_BUCKET)
            with tempfile.TemporaryDirectory() as folder:
                target = make_target(_bare(request, values), Path(folder))
                target.open()
                target.close()
    except ReplicationError as error:
        connection |= {"Status": "failed", "LastFailureMessage": str(error)}
    with _lock:
        _connections[instance, arn] = connection
    return {"Connection": {**answer["Connection"], "Status": "testing"}}


def describe_connections(request: Request) -> dict[str, Any]:
    """The results of TestConnection since the endpoint started."""
    answer = request.control_plane("dms").describe_connections(**request.parameters)
    with _lock:
        found = [_connections.get((item["ReplicationInstanceArn"], item["EndpointArn"])) for item in answer["Connections"]]
    return {"Connections": [connection for connection in found if connection is not None]}


def _checked(mappings: str, settings: str) -> None:
    _refused_as_aws(lambda: check_together(TableMappings.parse(mappings), TaskSettings.parse(settings)))


def _refused_as_aws(work: Any) -> Any:
    try:
        return work()
    except ReplicationError as error:
        raise AwsError("InvalidParameterValueException", str(error)) from error


def _described(request: Request, task: Mapping[str, Any]) -> dict[str, Any]:
    """The ReplicationTask structure of the API."""
    supervisor = _supervisor(request)
    run = supervisor.store.get(task["ReplicationTaskArn"])
    own = ("ReplicationTaskStats", "ReplicationTaskStartDate")
    kept = {name: value for name, value in task.items() if name not in own and value is not None}
    if run is None:
        return {**kept, "Status": "ready"}
    statistics = Statistics.read(statistics_file(supervisor, run.arn))
    states = [table.table_state for table in statistics.tables.values()]
    stats = {
        "FullLoadProgressPercent": statistics.progress,
        "ElapsedTimeMillis": int(1000 * ((run.stopped_on or time.time()) - run.started_on)),
        "TablesLoaded": states.count("Table completed"),
        "TablesLoading": states.count("Full load"),
        "TablesQueued": states.count("Before load"),
        "TablesErrored": states.count("Table error"),
        "FreshStartDate": run.fresh_started_on,
        "StartDate": run.started_on,
    }
    optional = {
        "LastFailureMessage": run.message or None,
        "StopReason": run.stop_reason or None,
        "RecoveryCheckpoint": f"{_CHECKPOINT}{statistics.position}" if statistics.position else None,
        "CdcStartPosition": run.start or None,
        "CdcStopPosition": run.stop or None,
    }
    stats |= {} if run.stopped_on is None else {"StopDate": run.stopped_on}
    given = {name: value for name, value in optional.items() if value is not None}
    return {**kept, "Status": run.status, "ReplicationTaskStartDate": run.started_on, "ReplicationTaskStats": stats, **given}


def _definition(context: ServiceContext | Request, run: TaskRun) -> Definition:
    """Everything the task's process needs, from moto's definitions and the secrets as they are now."""
    task, region = _task(context, run.arn, run.region), run.region
    source, target = (_endpoint(context, task[f"{kind}EndpointArn"], region) for kind in ("Source", "Target"))
    secret = _secret(context, region)
    values = target_values(target, _password(context, target["EndpointArn"], region), secret, DEFAULT_BUCKET)
    return Definition(
        name=task["ReplicationTaskIdentifier"],
        migration=task["MigrationType"],
        start_type=run.start_type,
        source=source_address(source, _password(context, source["EndpointArn"], region), secret),
        target=values,
        mappings=task["TableMappings"],
        settings=task.get("ReplicationTaskSettings") or "",
        server_id=100_000 + zlib.crc32(run.arn.encode()) % 1_000_000_000,
        endpoint_url=context.endpoint_url,
        start=run.start,
        stop=run.stop,
        instance=task["ReplicationInstanceArn"].rpartition(":")[2],
        region=region,
    )


def _bare(request: Request, values: dict[str, Any]) -> Definition:
    """A definition that only its target is made of."""
    return Definition("connection-test", "cdc", "start-replication", {}, values, "", "", 0, request.endpoint_url)


def _task(context: ServiceContext | Request, arn: str, region: str = "") -> dict[str, Any]:
    client = _client(context, "dms", region)
    tasks = client.describe_replication_tasks(Filters=[{"Name": "replication-task-arn", "Values": [arn]}])["ReplicationTasks"]
    if not tasks:
        raise AwsError("ResourceNotFoundFault", f"There is no replication task {arn}.")
    found: dict[str, Any] = tasks[0]
    return found


def _endpoint(context: ServiceContext | Request, arn: str, region: str = "") -> dict[str, Any]:
    found = _client(context, "dms", region).describe_endpoints(Filters=[{"Name": "endpoint-arn", "Values": [arn]}])["Endpoints"]
    if not found:
        raise AwsError("ResourceNotFoundFault", f"There is no endpoint {arn}.")
    endpoint: dict[str, Any] = found[0]
    return endpoint


def _password(context: ServiceContext | Request, arn: str, region: str = "") -> str:
    """The endpoint's own password, which no operation gives back; moto keeps it."""
    from localaws.moto_app import ACCOUNT_ID

    backend = get_backend("dms")[ACCOUNT_ID][region or arn.split(":")[3]]
    endpoint = next((item for item in backend.endpoints.values() if item.endpoint_arn == arn), None)
    return str(endpoint.password or "") if endpoint is not None else ""


def _secret(context: ServiceContext | Request, region: str = "") -> Any:
    def read(name: str) -> str:
        try:
            return str(_client(context, "secretsmanager", region).get_secret_value(SecretId=name)["SecretString"])
        except ClientError as error:
            raise AwsError("AccessDeniedFault", f"The secret {name} cannot be read: {error.response['Error']['Message']}") from error

    return read


def _client(context: ServiceContext | Request, service: str, region: str) -> Any:
    # A request's clients are of its region; the service's context has none.
    if isinstance(context, Request) or not region:
        return context.control_plane(service)
    return context.control_plane(service, region)  # type: ignore[call-arg]


_locks: dict[str, threading.Lock] = {}


def _lock_of(arn: str) -> threading.Lock:
    with _lock:
        return _locks.setdefault(arn, threading.Lock())


def _supervisor(context: ServiceContext | Request) -> Supervisor:
    key = str(context.home)
    with _lock:
        if key not in _supervisors:
            _contexts[key] = context
            _supervisors[key] = Supervisor(
                Home(context.home),
                lambda run: _definition(_contexts[key], run),
                lambda arn, became, detail: _tell(_contexts[key], arn, became, detail),
            )
        return _supervisors[key]


def _tell(context: ServiceContext | Request, arn: str, became: str, detail: str = "") -> None:
    events.tell(context.home, context.endpoint_url, arn, arn.rpartition(":")[2], became, detail)


OPERATIONS: Mapping[str, Handler] = {
    "CreateReplicationTask": create_replication_task,
    "DescribeReplicationTasks": describe_replication_tasks,
    "ModifyReplicationTask": modify_replication_task,
    "DeleteReplicationTask": delete_replication_task,
    "StartReplicationTask": start_replication_task,
    "StopReplicationTask": stop_replication_task,
    "ReloadTables": reload_tables,
    "DescribeTableStatistics": describe_table_statistics,
    "TestConnection": test_connection,
    "DescribeConnections": describe_connections,
}
