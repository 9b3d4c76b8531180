"""The operations on queries, results, prepared statements and metadata. Workgroups and named queries are moto's.

Answers and errors follow the Athena API reference.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localaws.athena.catalog import CATALOG, Catalog
from localaws.athena.exceptions import InvalidRequestError, NoMetadataError, QueryFailure
from localaws.athena.parsing import statement_of
from localaws.athena.results import FINAL, read_page
from localaws.errors import AwsError
from localaws.iam.callers import caller_of
from localaws.iam.setting import is_enforced
from localaws.lakeformation.lake import Lake
from localaws.operation import Handler, Request, ServiceContext

if TYPE_CHECKING:
    from localaws.athena.queries import Queries

__all__ = ["OPERATIONS", "close_service", "open_service"]

_LONGEST_QUERY = 262144
_PAGE = 1000
_LISTED = 50
_queries: dict[Path, Queries] = {}
_lock = threading.Lock()


def open_service(context: ServiceContext) -> None:
    """Called when the endpoint listens."""
    if (context.home / "athena").exists():
        _of(context).recover()


def close_service() -> None:
    """Called at an orderly stop of the endpoint."""
    with _lock:
        everything = list(_queries.values())
        _queries.clear()
    for queries in everything:
        queries.close()


def start_query_execution(request: Request) -> dict[str, Any]:
    """StartQueryExecution: the query runs in the background."""
    asked, queries = request.parameters, _of(request)
    text = asked.get("QueryString") or ""
    if len(text.encode()) > _LONGEST_QUERY:
        raise InvalidRequestError(f"QueryString is longer than {_LONGEST_QUERY} bytes")
    group = _work_group(request, asked.get("WorkGroup") or "primary")
    statement = statement_of(text)
    lake = _lake(request)
    principal = None if lake is None else {"Arn": lake.principal, "Region": lake.region}
    token = asked.get("ClientRequestToken")
    with queries.records.lock:
        if token is not None and (earlier := _with_token(queries, token)) is not None:
            if earlier["Query"] != text:
                raise InvalidRequestError("Idempotent parameters do not match")
            return {"QueryExecutionId": earlier["QueryExecutionId"]}
        query_id = str(uuid.uuid4())
        configuration = group.get("Configuration", {})
        context = {name: value for name, value in (asked.get("QueryExecutionContext") or {}).items() if value}
        query = {
            "QueryExecutionId": query_id,
            "Query": text,
            "StatementType": statement.type,
            "SubstatementType": statement.kind,
            "ResultConfiguration": _result_configuration(asked, configuration, query_id, statement.kind),
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": context,
            "Status": {"State": "QUEUED", "SubmissionDateTime": time.time()},
            "Statistics": {"DataScannedInBytes": 0},
            "WorkGroup": group["Name"],
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
            "ExecutionParameters": asked.get("ExecutionParameters") or [],
            "Token": token,
            "Principal": principal,
        }
        queries.submit(query, statement, configuration.get("BytesScannedCutoffPerQuery"))
    return {"QueryExecutionId": query_id}


def get_query_execution(request: Request) -> dict[str, Any]:
    """GetQueryExecution."""
    return {"QueryExecution": _shown(_found(request))}


def batch_get_query_execution(request: Request) -> dict[str, Any]:
    """BatchGetQueryExecution."""
    queries = _of(request)
    ids = request.parameters.get("QueryExecutionIds") or []
    found = {query_id: query for query_id in ids if (query := queries.records.get(query_id)) is not None}
    missing = [
        {"QueryExecutionId": query_id, "ErrorCode": "INVALID_INPUT", "ErrorMessage": f"QueryExecution {query_id} was not found"}
        for query_id in ids
        if query_id not in found
    ]
    return {"QueryExecutions": [_shown(query) for query in found.values()], "UnprocessedQueryExecutionIds": missing}


def list_query_executions(request: Request) -> dict[str, Any]:
    """ListQueryExecutions of a workgroup, the newest first."""
    group = request.parameters.get("WorkGroup") or "primary"
    queries = [query for query in _of(request).records.all() if query["WorkGroup"] == group]
    ids = [query["QueryExecutionId"] for query in sorted(queries, key=lambda each: each["Status"]["SubmissionDateTime"], reverse=True)]
    return _page(request, "QueryExecutionIds", ids, _LISTED)


def stop_query_execution(request: Request) -> dict[str, Any]:
    """StopQueryExecution."""
    query = _found(request)
    if query["Status"]["State"] not in FINAL:
        _of(request).stop(query["QueryExecutionId"])
    return {}


def get_query_results(request: Request) -> dict[str, Any]:
    """GetQueryResults: rows as text; the first row of a query has the column names."""
    query, asked = _found(request), request.parameters
    query_id, state = query["QueryExecutionId"], query["Status"]["State"]
    if state != "SUCCEEDED":
        what = "Query did not finish successfully. Final query state: " if state in FINAL else "Query has not yet finished. Current state: "
        raise InvalidRequestError(f"{what}{state}")
    size = int(asked.get("MaxResults") or _PAGE)
    token = asked.get("NextToken") or "0"
    if not token.isdigit() or not 1 <= size <= _PAGE:
        raise InvalidRequestError("MaxResults is 1 to 1000, and NextToken one that was given.")
    folder = _of(request).results(query_id)
    about = json.loads((folder / "columns.json").read_text())
    rows, following = read_page(folder, int(token), size) if (folder / "rows.jsonl").exists() else ([], None)
    answer = {"UpdateCount": about["updated"], "ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": about["columns"]}}}
    return answer if following is None else {**answer, "NextToken": str(following)}


def get_query_runtime_statistics(request: Request) -> dict[str, Any]:
    """GetQueryRuntimeStatistics: what the statistics of the query say."""
    query = _found(request)
    statistics = query["Statistics"]
    phases = ("QueryQueueTime", "ServiceProcessingTime", "QueryPlanningTime", "EngineExecutionTime", "TotalExecutionTime")
    names = [f"{phase}InMillis" for phase in phases]
    timeline = {name: statistics.get(name, 0) for name in names}
    folder = _of(request).results(query["QueryExecutionId"]) / "columns.json"
    count = json.loads(folder.read_text())["count"] if folder.exists() else 0
    rows = {"InputBytes": statistics["DataScannedInBytes"], "OutputRows": count}
    return {"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows}}


def create_prepared_statement(request: Request) -> dict[str, Any]:
    """CreatePreparedStatement."""
    return _put_prepared(request, must_exist=False)


def update_prepared_statement(request: Request) -> dict[str, Any]:
    """UpdatePreparedStatement."""
    return _put_prepared(request, must_exist=True)


def get_prepared_statement(request: Request) -> dict[str, Any]:
    """GetPreparedStatement."""
    return {"PreparedStatement": _prepared(request)}


def delete_prepared_statement(request: Request) -> dict[str, Any]:
    """DeletePreparedStatement."""
    found = _prepared(request)
    _of(request).prepared.delete(f"{found['WorkGroupName']}/{found['StatementName']}")
    return {}


def list_prepared_statements(request: Request) -> dict[str, Any]:
    """ListPreparedStatements of a workgroup."""
    group = request.parameters.get("WorkGroup")
    found = [
        {name: each[name] for name in ("StatementName", "LastModifiedTime")}
        for each in _of(request).prepared.all()
        if each["WorkGroupName"] == group
    ]
    return _page(request, "PreparedStatements", found, _LISTED)


def list_databases(request: Request) -> dict[str, Any]:
    """ListDatabases of the Glue catalog."""
    return _page(request, "DatabaseList", [{"Name": name} for name in _catalog(request).databases()], _LISTED)


def get_database(request: Request) -> dict[str, Any]:
    """GetDatabase of the Glue catalog."""
    name = request.parameters.get("DatabaseName", "")
    if name not in _catalog(request).databases():
        raise NoMetadataError(f"Database {name} not found.")
    return {"Database": {"Name": name}}


def list_table_metadata(request: Request) -> dict[str, Any]:
    """ListTableMetadata of the Glue catalog."""
    try:
        tables = _catalog(request).tables(request.parameters.get("DatabaseName", ""))
    except QueryFailure as error:
        raise NoMetadataError(str(error)) from error
    return _page(request, "TableMetadataList", [_metadata(table) for table in tables], _LISTED)


def get_table_metadata(request: Request) -> dict[str, Any]:
    """GetTableMetadata of the Glue catalog."""
    database, name = request.parameters.get("DatabaseName", ""), request.parameters.get("TableName", "")
    found = _catalog(request).find(database, name)
    if found is None:
        raise NoMetadataError(f"EntityNotFoundException: Table {name} not found in database {database}.")
    return {"TableMetadata": _metadata(found)}


OPERATIONS: Mapping[str, Handler] = {
    "BatchGetQueryExecution": batch_get_query_execution,
    "CreatePreparedStatement": create_prepared_statement,
    "DeletePreparedStatement": delete_prepared_statement,
    "GetDatabase": get_database,
    "GetPreparedStatement": get_prepared_statement,
    "GetQueryExecution": get_query_execution,
    "GetQueryResults": get_query_results,
    "GetQueryRuntimeStatistics": get_query_runtime_statistics,
    "GetTableMetadata": get_table_metadata,
    "ListDatabases": list_databases,
    "ListPreparedStatements": list_prepared_statements,
    "ListQueryExecutions": list_query_executions,
    "ListTableMetadata": list_table_metadata,
    "StartQueryExecution": start_query_execution,
    "StopQueryExecution": stop_query_execution,
    "UpdatePreparedStatement": update_prepared_statement,
}


def _of(context: Request | ServiceContext) -> Queries:
    from localaws.athena.queries import Queries  # DuckDB and Arrow: not before somebody asks

    with _lock:
        if context.home not in _queries:
            _queries[context.home] = Queries(context.home, context.endpoint_url, context.control_plane)
        return _queries[context.home]


def _catalog(request: Request) -> Catalog:
    name = request.parameters.get("CatalogName") or CATALOG
    if name.lower() != CATALOG:
        raise InvalidRequestError(f"The catalog {name} is not read here; AwsDataCatalog is.")
    return Catalog(request.control_plane("glue"), request.home, _lake(request))


def _lake(request: Request) -> Lake | None:
    """What whoever asks sees of the lake; None where policies are not enforced."""
    if not is_enforced(os.environ):
        return None
    return Lake.of(request.home, caller_of(request.home, request.access_key, "athena"), request.region)


def _work_group(request: Request, name: str) -> dict[str, Any]:
    try:
        group: dict[str, Any] = request.control_plane("athena").get_work_group(WorkGroup=name)["WorkGroup"]
    except (ClientError, KeyError) as error:  # moto answers with nothing when there is none
        raise InvalidRequestError(f"WorkGroup {name} is not found.") from error
    if group.get("State") == "DISABLED":
        raise InvalidRequestError(f"WorkGroup {name} is disabled.")
    return group


def _result_configuration(asked: Mapping[str, Any], configuration: Mapping[str, Any], query_id: str, kind: str) -> dict[str, Any]:
    of_group = configuration.get("ResultConfiguration") or {}
    given = asked.get("ResultConfiguration") or {}
    enforced = configuration.get("EnforceWorkGroupConfiguration", False)
    chosen = of_group if enforced and of_group.get("OutputLocation") else {**of_group, **given}
    location = chosen.get("OutputLocation")
    if not location:
        raise InvalidRequestError(
            "No output location provided. An output location is required either through the Workgroup result configuration setting or as "
            "an API input."
        )
    if not location.startswith("s3://"):
        raise InvalidRequestError(f"outputLocation is not a valid S3 path: {location}")
    suffix = ".csv" if kind in ("SELECT", "EXECUTE") else "" if kind in ("CREATE_TABLE_AS_SELECT", "INSERT", "UNLOAD") else ".txt"
    return {**chosen, "OutputLocation": f"{location.rstrip('/')}/{query_id}{suffix}"}


def _found(request: Request) -> dict[str, Any]:
    query_id = request.parameters.get("QueryExecutionId") or ""
    query = _of(request).records.get(query_id)
    if query is None:
        raise InvalidRequestError(f"QueryExecution {query_id} was not found")
    return query


def _with_token(queries: Queries, token: str) -> dict[str, Any] | None:
    query_id = queries.tokens.get(token)
    return None if query_id is None else queries.records.get(query_id)


def _shown(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if name not in ("Token", "Principal") and (name != "ExecutionParameters" or value)}


def _put_prepared(request: Request, *, must_exist: bool) -> dict[str, Any]:
    asked, queries = request.parameters, _of(request)
    name, group = asked.get("StatementName", ""), asked.get("WorkGroup", "")
    _work_group(request, group)
    statement_of(asked.get("QueryStatement", ""))
    if (queries.prepared.get(f"{group}/{name}") is not None) is not must_exist:
        if must_exist:
            raise _not_found(name, group)
        raise InvalidRequestError(f"PreparedStatement {name} already exists in WorkGroup {group}")
    document = {"StatementName": name, "QueryStatement": asked["QueryStatement"], "WorkGroupName": group, "LastModifiedTime": time.time()}
    queries.prepared.put(f"{group}/{name}", {**document, **({"Description": asked["Description"]} if asked.get("Description") else {})})
    return {}


def _prepared(request: Request) -> dict[str, Any]:
    name, group = request.parameters.get("StatementName", ""), request.parameters.get("WorkGroup", "")
    found = _of(request).prepared.get(f"{group}/{name}")
    if found is None:
        raise _not_found(name, group)
    return found


def _not_found(name: str, group: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"PreparedStatement {name} was not found in workGroup {group}")


def _metadata(table: Mapping[str, Any]) -> dict[str, Any]:
    descriptor = table.get("StorageDescriptor") or {}
    parameters = {**table.get("Parameters", {}), **({"location": descriptor["Location"]} if descriptor.get("Location") else {})}
    found = {
        "Name": table["Name"],
        "TableType": table.get("TableType", ""),
        "Columns": descriptor.get("Columns", []),
        "PartitionKeys": table.get("PartitionKeys", []),
        "Parameters": parameters,
    }
    return {**found, **({"CreateTime": table["CreateTime"]} if "CreateTime" in table else {})}


def _page(request: Request, name: str, items: list[Any], default: int) -> dict[str, Any]:
    token = request.parameters.get("NextToken") or "0"
    if not token.isdigit():
        raise InvalidRequestError(f"NextToken {token!r} is not one that was given.")
    start, size = int(token), int(request.parameters.get("MaxResults") or default)
    answer: dict[str, Any] = {name: items[start : start + size]}
    return {**answer, "NextToken": str(start + size)} if start + size < len(items) else answer
