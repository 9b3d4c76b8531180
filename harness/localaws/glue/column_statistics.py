"""Column statistics of tables and partitions: given, told, dropped, and computed by task runs ("Column statistics API", Glue's guide)."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from localaws.errors import AwsError
from localaws.glue.exceptions import EntityNotFoundError, InvalidInputError
from localaws.glue.statistics_runs import FINAL, StatisticsRuns
from localaws.glue.table_facts import change_facts, facts_of, table_of
from localaws.operation import Handler, Request, ServiceContext

__all__ = ["OPERATIONS", "close_service", "open_service"]

_KIND = "column-statistics"
_WHOLE = "table"

_runs: dict[Path, StatisticsRuns] = {}
_lock = threading.Lock()


def open_service(context: ServiceContext) -> None:
    """Runs that the last end cut off have failed."""
    if (context.home / "statistics-runs").exists():
        _runs_of(context.home).recover()


def close_service() -> None:
    """At an orderly end runs are stopped."""
    with _lock:
        runs = list(_runs.values())
        _runs.clear()
    for each in runs:
        each.close()


def update(request: Request, of_partition: bool) -> dict[str, Any]:
    """UpdateColumnStatisticsForTable and …ForPartition: columns that the table has not are told as errors."""
    table, place = table_of(request), _place(request, of_partition)
    types = _types(table)
    errors: list[dict[str, Any]] = []

    def keep(facts: dict[str, Any]) -> None:
        for statistics in request.parameters.get("ColumnStatisticsList") or []:
            if statistics["ColumnName"] in types:
                facts.setdefault(place, {})[statistics["ColumnName"]] = statistics
            else:
                errors.append({"ColumnStatistics": statistics, "Error": _unknown(statistics["ColumnName"])})

    change_facts(request, table, _KIND, keep)
    return {"Errors": errors}


def get(request: Request, of_partition: bool) -> dict[str, Any]:
    """GetColumnStatisticsForTable and …ForPartition."""
    table, place = table_of(request), _place(request, of_partition)
    kept = facts_of(request, table, _KIND).get(place, {})
    names = request.parameters.get("ColumnNames") or []
    missing = [{"ColumnName": name, "Error": _unknown(name)} for name in names if name not in kept]
    return {"ColumnStatisticsList": [kept[name] for name in names if name in kept], "Errors": missing}


def delete(request: Request, of_partition: bool) -> dict[str, Any]:
    """DeleteColumnStatisticsForTable and …ForPartition."""
    table, place, name = table_of(request), _place(request, of_partition), request.parameters.get("ColumnName", "")

    def drop(facts: dict[str, Any]) -> None:
        if facts.get(place, {}).pop(name, None) is None:
            raise EntityNotFoundError(f"There are no statistics of the column {name} of the table {table['Name']}.")

    change_facts(request, table, _KIND, drop)
    return {}


def start_run(request: Request) -> dict[str, Any]:
    """StartColumnStatisticsTaskRun: reads the table and keeps what it finds, in the background."""
    parameters, table = request.parameters, table_of(request)
    if float(parameters.get("SampleSize") or 100) != 100:
        raise InvalidInputError("SampleSize would not be honoured here: statistics are computed of all rows. Leave it out, or give 100.")
    types = _types(table)
    columns = parameters.get("ColumnNameList") or sorted(types)
    if unknown := [name for name in columns if name not in types]:
        raise InvalidInputError(f"The table {table['Name']} has no columns {', '.join(unknown)}.")
    runs = _runs_of(request.home)
    if any(run["Status"] not in FINAL and _is_of(run, parameters) for run in runs.records.all()):
        raise AwsError("ColumnStatisticsTaskRunningException", f"A run computes the statistics of {table['Name']} already.")
    names = ("DatabaseName", "TableName", "ColumnNameList", "CatalogID", "Role", "SecurityConfiguration")
    run_id, now = str(uuid.uuid4()), time.time()
    run = {"ColumnStatisticsTaskRunId": run_id, **{name: parameters[name] for name in names if name in parameters}}
    run |= {"CustomerId": request.account_id, "Status": "STARTING", "CreationTime": now, "StartTime": now, "LastUpdated": now,
            "ComputationType": "FULL", "NumberOfWorkers": 1, "WorkerType": "G.1X"}  # fmt: skip

    def keep(statistics: list[dict[str, Any]]) -> None:
        found = {each["ColumnName"]: each for each in statistics}
        change_facts(request, table, _KIND, lambda facts: facts.setdefault(_WHOLE, {}).update(found))

    runs.submit(run, request.control_plane("glue"), {name: types[name] for name in columns}, keep)
    return {"ColumnStatisticsTaskRunId": run_id}


def stop_run(request: Request) -> dict[str, Any]:
    """StopColumnStatisticsTaskRun."""
    running = [run for run in _runs_of(request.home).records.all() if run["Status"] not in FINAL and _is_of(run, request.parameters)]
    if not running:
        raise AwsError(
            "ColumnStatisticsTaskNotRunningException", f"No run of the table {request.parameters.get('TableName')} is under way."
        )
    _runs_of(request.home).stop(running[0]["ColumnStatisticsTaskRunId"])
    return {}


def get_run(request: Request) -> dict[str, Any]:
    """GetColumnStatisticsTaskRun."""
    run_id = request.parameters.get("ColumnStatisticsTaskRunId", "")
    run = _runs_of(request.home).records.get(run_id)
    if run is None:
        raise EntityNotFoundError(f"The column statistics task run {run_id} was not found.")
    return {"ColumnStatisticsTaskRun": run}


def get_runs(request: Request) -> dict[str, Any]:
    """GetColumnStatisticsTaskRuns, of one table; the newest first."""
    return {"ColumnStatisticsTaskRuns": [run for run in _newest(request) if _is_of(run, request.parameters)]}


def list_runs(request: Request) -> dict[str, Any]:
    """ListColumnStatisticsTaskRuns: ids of all tables' runs."""
    return {"ColumnStatisticsTaskRunIds": [run["ColumnStatisticsTaskRunId"] for run in _newest(request)]}


def _newest(request: Request) -> list[dict[str, Any]]:
    return sorted(_runs_of(request.home).records.all(), key=lambda run: float(run["CreationTime"]), reverse=True)


def _runs_of(home: Path) -> StatisticsRuns:
    with _lock:
        if home not in _runs:
            _runs[home] = StatisticsRuns(home)
        return _runs[home]


def _is_of(run: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    return all(run.get(name) == parameters.get(name) for name in ("DatabaseName", "TableName"))


def _types(table: Mapping[str, Any]) -> dict[str, str]:
    columns = [*(table.get("StorageDescriptor") or {}).get("Columns", []), *table.get("PartitionKeys", [])]
    return {column["Name"]: column.get("Type", "string") for column in columns}


def _place(request: Request, of_partition: bool) -> str:
    if not of_partition:
        return _WHOLE
    values = request.parameters.get("PartitionValues") or []
    names = {"DatabaseName": request.parameters["DatabaseName"], "TableName": request.parameters["TableName"]}
    request.control_plane("glue").get_partition(**names, PartitionValues=values)  # EntityNotFoundException when there is none
    return json.dumps(values)


def _unknown(column: str) -> dict[str, str]:
    return {"ErrorCode": "EntityNotFoundException", "ErrorMessage": f"Column {column}: not found, or without statistics."}


OPERATIONS: Mapping[str, Handler] = {
    **{f"{verb}ColumnStatisticsFor{what}": partial(function, of_partition=what == "Partition")
       for verb, function in (("Update", update), ("Get", get), ("Delete", delete)) for what in ("Table", "Partition")},
    "GetColumnStatisticsTaskRun": get_run,
    "GetColumnStatisticsTaskRuns": get_runs,
    "ListColumnStatisticsTaskRuns": list_runs,
    "StartColumnStatisticsTaskRun": start_run,
    "StopColumnStatisticsTaskRun": stop_run,
}  # fmt: skip
