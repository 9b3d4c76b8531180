"""The operations of `redshift-data`, as its service model and the Redshift guide ("Using the Amazon Redshift Data API") describe them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from localaws.errors import AwsError
from localaws.operation import Handler, Request, ServiceContext
from localaws.redshift.exceptions import RedshiftError
from localaws.redshiftdata.answers import listed, page_number, page_of, session_data, sub_statement, target_fields, token
from localaws.redshiftdata.catalog import describe_table, list_databases, list_schemas, list_tables
from localaws.redshiftdata.exceptions import NotFoundError, ValidationError, WarehouseUnreachableError
from localaws.redshiftdata.execution import AUTO_COMMIT
from localaws.redshiftdata.results import Page, read_page
from localaws.redshiftdata.runner import Runner, runner_of
from localaws.redshiftdata.statements import Statement, SubStatement, Target
from localaws.redshiftdata.submitting import batch_execute_statement, execute_statement
from localaws.redshiftdata.targets import target_of
from localaws.redshiftdata.waiting import wait

__all__ = ["OPERATIONS", "close_service", "open_service"]

_ID = re.compile(r"([a-z0-9]{8}(?:-[a-z0-9]{4}){3}-[a-z0-9]{12})(?::(\d+))?")
_STATUSES = ("SUBMITTED", "PICKED", "STARTED", "FINISHED", "ABORTED", "FAILED", "ALL")
_open: list[Runner] = []


def open_service(context: ServiceContext) -> None:
    """Looks up what became of statements that were cut off, as soon as PostgreSQL can be asked; it may start after the endpoint."""
    runner = runner_of(context.home)
    _open.append(runner)

    def settle() -> None:
        for _ in range(60):
            try:
                return runner.settle_all()
            except WarehouseUnreachableError:
                time.sleep(1)

    threading.Thread(target=settle, name="settle-statements", daemon=True).start()


def close_service() -> None:
    """Cancels what still runs."""
    while _open:
        _open.pop().close()


def _found(request: Request) -> tuple[Runner, Statement, int | None]:
    match = _ID.fullmatch(request.parameters.get("Id") or "")
    if match is None:
        raise ValidationError("id must satisfy regex pattern: ^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\\d+)?$")
    runner = runner_of(request.home)
    statement = runner.store.get(match[1])
    number = int(match[2]) if match[2] else None
    if statement is None or (number is not None and not (statement.is_batch and 1 <= number <= len(statement.subs))):
        raise NotFoundError(f"Query {match[0]} does not exist.", match[0])
    return runner, runner.settle(statement), number


def describe_statement(request: Request) -> dict[str, Any]:
    """DescribeStatement, of a statement or of one of a batch (`<id>:<number>`)."""
    runner, statement, number = _found(request)
    wait(runner.store, statement, request.parameters)
    with runner.store.changed:
        about = {"Database": statement.target.database, "RedshiftPid": statement.pid, "ResultFormat": statement.format}
        about |= target_fields(statement)
        if number is not None:
            return {**about, **sub_statement(statement, number), "RedshiftQueryId": statement.query_id}
        last = statement.subs[-1]
        about |= {
            "Id": statement.id,
            "Status": statement.status,
            "CreatedAt": statement.created_at,
            "UpdatedAt": statement.updated_at,
            "Duration": statement.duration if statement.final else 0,
            "RedshiftQueryId": statement.query_id,
            "HasResultSet": statement.has_result,
        }
        if statement.error:
            about["Error"] = statement.error
        if statement.parameters:
            about["QueryParameters"] = statement.parameters
        if statement.is_batch:
            about["ExecutionMode"] = statement.mode
            return {**about, "SubStatements": [sub_statement(statement, i) for i in range(1, len(statement.subs) + 1)]}
        done = statement.status == "FINISHED"
        return {**about, "QueryString": last.shown, "ResultRows": last.rows if done else -1, "ResultSize": last.size if done else -1}


def get_statement_result(request: Request) -> dict[str, Any]:
    """GetStatementResult: a page of records."""
    sub, page = _result(request, "JSON")
    records, columns, more = page
    answer = {"Records": records, "ColumnMetadata": columns, "TotalNumRows": sub.rows}
    return {**answer, "NextToken": token(page_number(request) + 1)} if more else answer


def get_statement_result_v2(request: Request) -> dict[str, Any]:
    """GetStatementResultV2: a page of a result in CSV."""
    sub, page = _result(request, "CSV")
    records, columns, more = page
    text = [{"CSVRecords": "".join(records)}] if records else []
    answer = {"Records": text, "ColumnMetadata": columns, "TotalNumRows": sub.rows, "ResultFormat": "CSV"}
    return {**answer, "NextToken": token(page_number(request) + 1)} if more else answer


def _result(request: Request, format: str) -> tuple[SubStatement, Page]:
    """The one of its texts, and the page that is asked for. Raises ValidationError, NotFoundError."""
    runner, statement, number = _found(request)
    wait(runner.store, statement, request.parameters)
    if statement.is_batch and number is None:
        raise ValidationError("Batch statement's results are got by the Id of a sub-statement, <id>:<number>.")
    if statement.format != format:
        other = "GetStatementResultV2" if statement.format == "CSV" else "GetStatementResult"
        raise ValidationError(f"The result of the statement is in {statement.format} format: call {other}.")
    sub = statement.subs[(number or 1) - 1]
    is_there = sub.status == "FINISHED" if statement.mode == AUTO_COMMIT and statement.final else statement.status == "FINISHED"
    if not is_there or not sub.has_result:
        raise NotFoundError("Query does not have result. Please check query status with DescribeStatement.", request.parameters["Id"])
    page = read_page(runner.store.results(statement.id, number or 1), page_number(request))
    if page is None:
        raise ValidationError("NextToken is not valid for this result.")
    return sub, page


def list_statements(request: Request) -> dict[str, Any]:
    """ListStatements: newest first; those that finished unless a status is asked for. RoleLevel changes nothing: there is one caller."""
    asked = request.parameters
    status = asked.get("Status", "FINISHED")
    if status not in _STATUSES:
        raise ValidationError(f"Status is one of {', '.join(_STATUSES)}: {status}")
    runner = runner_of(request.home)
    runner.settle_all()
    found = [
        statement
        for statement in runner.store.all()
        if status in ("ALL", statement.status)
        and statement.name.startswith(asked.get("StatementName", ""))
        and _is_at(asked, statement.target)
    ]
    return page_of(request, "Statements", [listed(statement) for statement in found], most=100)


def _is_at(asked: Mapping[str, Any], target: Target) -> bool:
    if asked.get("ClusterIdentifier") and asked.get("WorkgroupName"):
        raise ValidationError("ClusterIdentifier and WorkgroupName cannot both be given.")
    places = (("Database", target.database), ("ClusterIdentifier", target.cluster), ("WorkgroupName", target.workgroup))
    return all(not asked.get(name) or asked[name] == value for name, value in places)


def list_sessions(request: Request) -> dict[str, Any]:
    """ListSessions: newest first; those that are open unless a status is asked for."""
    asked, sessions = request.parameters, runner_of(request.home).sessions
    if asked.get("SessionId"):
        if others := [name for name in ("Status", "ClusterIdentifier", "WorkgroupName", "Database") if asked.get(name)]:
            raise ValidationError(f"{others[0]} cannot be given with SessionId.")
        return {"Sessions": [session_data(sessions.get(asked["SessionId"]))]}
    statuses = (asked["Status"],) if asked.get("Status") else ("AVAILABLE", "BUSY")
    if unknown := [status for status in statuses if status not in ("AVAILABLE", "BUSY", "CLOSED")]:
        raise ValidationError(f"Status is one of AVAILABLE, BUSY, CLOSED: {unknown[0]}")
    found = [session for session in sessions.all() if session.status in statuses and _is_at(asked, session.target)]
    return page_of(request, "Sessions", [session_data(session) for session in found], most=100)


def cancel_statement(request: Request) -> dict[str, Any]:
    """CancelStatement."""
    runner, statement, number = _found(request)
    if number is not None:
        raise ValidationError("A sub-statement cannot be cancelled by itself: cancel its batch.")
    if statement.final:
        raise ValidationError(f"Could not cancel a query that is already in {statement.status} state with ID: {statement.id}")
    runner.cancel(statement)
    return {"Status": True}


def _catalog(read: Any, name: str) -> Callable[[Request], dict[str, Any]]:
    def handler(request: Request) -> dict[str, Any]:
        target = target_of(request, database_is_required=name != "Databases")
        runner = runner_of(request.home)
        database = target.database or "warehouse"
        try:
            session = runner.session(database, user=target.user)
        except RedshiftError as error:
            raise AwsError("DatabaseConnectionException", error.message, 500) from error
        try:
            return page_of(request, name, read(session.connection, request.parameters), most=1000)
        finally:
            session.close()

    return handler


def _describe_table(request: Request) -> dict[str, Any]:
    return {**_catalog(describe_table, "ColumnList")(request), "TableName": request.parameters.get("Table", "")}


OPERATIONS: Mapping[str, Handler] = {
    "BatchExecuteStatement": batch_execute_statement,
    "CancelStatement": cancel_statement,
    "DescribeStatement": describe_statement,
    "DescribeTable": _describe_table,
    "ExecuteStatement": execute_statement,
    "GetStatementResult": get_statement_result,
    "GetStatementResultV2": get_statement_result_v2,
    "ListDatabases": _catalog(list_databases, "Databases"),
    "ListSchemas": _catalog(list_schemas, "Schemas"),
    "ListSessions": list_sessions,
    "ListStatements": list_statements,
    "ListTables": _catalog(list_tables, "Tables"),
}
