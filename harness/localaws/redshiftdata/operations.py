"""The operations of `redshift-data`, as its service model and the Redshift guide ("Using the Amazon Redshift Data API") describe them."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from localaws.errors import AwsError
from localaws.operation import Handler, Request, ServiceContext
from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import RedshiftError
from localaws.redshiftdata.answers import listed, page_number, page_of, sub_statement, target_fields, token
from localaws.redshiftdata.catalog import describe_table, list_databases, list_schemas, list_tables
from localaws.redshiftdata.exceptions import NotFoundError, TooManyWaitingError, ValidationError, WarehouseUnreachableError
from localaws.redshiftdata.results import read_page
from localaws.redshiftdata.runner import Runner, runner_of
from localaws.redshiftdata.statements import Statement, SubStatement
from localaws.redshiftdata.targets import target_of

__all__ = ["OPERATIONS", "close_service", "open_service"]

_LONGEST_SQL = 100 * 1024
_MOST_SQLS = 40
_LONGEST_WAIT = 60
_MOST_WAITING = 8  # each holds a thread of the server
_waiting = threading.BoundedSemaphore(_MOST_WAITING)
_ID = re.compile(r"([a-z0-9]{8}(?:-[a-z0-9]{4}){3}-[a-z0-9]{12})(?::(\d+))?")
_STATUSES = ("SUBMITTED", "PICKED", "STARTED", "FINISHED", "ABORTED", "FAILED", "ALL")
_NOT_YET = {
    "SessionId": "Sessions are",
    "SessionKeepAliveSeconds": "Sessions are",
    "WithEvent": "EventBridge events of statements are",
}
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


def execute_statement(request: Request) -> dict[str, Any]:
    """ExecuteStatement."""
    return _submit(request, [_sql(request.parameters.get("Sql"), "Sql")], is_batch=False)


def batch_execute_statement(request: Request) -> dict[str, Any]:
    """BatchExecuteStatement: one transaction, at most 40 statements."""
    sqls = request.parameters.get("Sqls") or []
    if not 1 <= len(sqls) <= _MOST_SQLS:
        raise ValidationError(
            "1 validation error detected: Value at 'sqls' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MOST_SQLS} and greater than or equal to 1; there are {len(sqls)}."
        )
    if request.parameters.get("ExecutionMode", "TRANSACTION") != "TRANSACTION":
        raise ValidationError("ExecutionMode other than TRANSACTION is not supported by the local endpoint yet; nothing was executed.")
    return _submit(request, [_sql(sql, f"sqls.{i}.member") for i, sql in enumerate(sqls, 1)], is_batch=True)


def _sql(text: str | None, where: str) -> str:
    if not text or not text.strip():
        raise ValidationError(f"1 validation error detected: Value at '{where}' failed to satisfy constraint: Member must not be empty.")
    if len(text.encode()) > _LONGEST_SQL:
        raise ValidationError(f"Cannot process query string larger than {_LONGEST_SQL >> 10}kB ({where}).")
    return text


def _submit(request: Request, sqls: list[str], *, is_batch: bool) -> dict[str, Any]:
    asked = request.parameters
    for name, what in _NOT_YET.items():
        if asked.get(name):
            raise ValidationError(f"{what} not supported by the local endpoint yet ({name}); nothing was executed.")
    if asked.get("ResultFormat", "JSON") != "JSON":
        raise ValidationError("ResultFormat other than JSON is not supported by the local endpoint yet; nothing was executed.")
    _wait_seconds(asked)
    target = target_of(request)
    runner = runner_of(request.home)
    statement = Statement(
        id=str(uuid.uuid4()),
        target=target,
        subs=[SubStatement(sql) for sql in sqls],
        is_batch=is_batch,
        name=asked.get("StatementName", ""),
        token=asked.get("ClientToken", ""),
        parameters=_parameters(asked.get("Parameters"), sqls),
        fingerprint=hashlib.sha256(json.dumps([sqls, vars(target), asked.get("Parameters")]).encode()).hexdigest(),
    )
    kept = runner.submit(statement)
    if kept.fingerprint != statement.fingerprint:
        raise ValidationError(f"The client token {statement.token} was used by statement {kept.id} with other parameters.")
    _wait(runner, kept, asked, must=False)
    answer = {"Id": kept.id, "CreatedAt": kept.created_at, "Database": kept.target.database, **target_fields(kept)}
    return answer if not asked.get("WaitTimeSeconds") else {**answer, "Status": kept.status, "HasResultSet": kept.subs[-1].has_result}


def _parameters(given: list[dict[str, str]] | None, sqls: list[str]) -> list[dict[str, str]]:
    """Named parameters, each used and each once. A statement that cannot be parsed is let through: it fails when it runs."""
    if given is None:
        return []
    names = [parameter.get("name", "") for parameter in given]
    if len(set(names)) != len(names) or not all(re.fullmatch(r"[0-9a-zA-Z_]+", name) for name in names):
        raise ValidationError(f"Parameter names must be unique and of letters, digits and underscores: {names}")
    used: set[str] = set()
    for sql in sqls:
        try:
            used.update(translate(sql).parameters)
        except RedshiftError:
            return list(given)
    unused = sorted(set(names) - used)
    if unused:
        raise ValidationError(f"Parameters list contains unused parameters. Unused parameters: {unused}")
    return list(given)


def _wait_seconds(asked: Mapping[str, Any]) -> int:
    seconds = int(asked.get("WaitTimeSeconds", 0))
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise ValidationError(f"WaitTimeSeconds must be between 0 and {_LONGEST_WAIT}.")
    return seconds


def _wait(runner: Runner, statement: Statement, asked: Mapping[str, Any], *, must: bool = True) -> None:
    """Long polling. Once a statement is submitted its id must be told, waiting or not: then `must` is False."""
    seconds = _wait_seconds(asked)
    if seconds and not statement.final:
        if not _waiting.acquire(blocking=False):
            if must:
                raise TooManyWaitingError(_MOST_WAITING)
            return
        try:
            runner.store.wait(statement, seconds)
        finally:
            _waiting.release()


def _found(request: Request) -> tuple[Runner, Statement, int | None]:
    match = _ID.fullmatch(request.parameters.get("Id") or "")
    if match is None:
        raise ValidationError("id must satisfy regex pattern: ^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\\d+)?$")
    runner = runner_of(request.home)
    statement = runner.store.get(match[1])
    number = int(match[2]) if match[2] else None
    if statement is None or (number is not None and not (statement.is_batch and 1 <= number <= len(statement.subs))):
        raise NotFoundError(f"Query {match[0]} does not exist.")
    return runner, runner.settle(statement), number


def describe_statement(request: Request) -> dict[str, Any]:
    """DescribeStatement, of a statement or of one of a batch (`<id>:<number>`)."""
    runner, statement, number = _found(request)
    _wait(runner, statement, request.parameters)
    with runner.store.changed:
        about = {"Database": statement.target.database, "RedshiftPid": statement.pid, "ResultFormat": "JSON", **target_fields(statement)}
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
            "HasResultSet": statement.status == "FINISHED" and any(sub.has_result for sub in statement.subs),
        }
        if statement.error:
            about["Error"] = statement.error
        if statement.parameters:
            about["QueryParameters"] = statement.parameters
        if statement.is_batch:
            return {**about, "SubStatements": [sub_statement(statement, i) for i in range(1, len(statement.subs) + 1)]}
        done = statement.status == "FINISHED"
        return {**about, "QueryString": last.sql, "ResultRows": last.rows if done else -1, "ResultSize": last.size if done else -1}


def get_statement_result(request: Request) -> dict[str, Any]:
    """GetStatementResult: a page of records."""
    runner, statement, number = _found(request)
    _wait(runner, statement, request.parameters)
    if statement.is_batch and number is None:
        raise ValidationError("Batch statement's results are got by the Id of a sub-statement, <id>:<number>.")
    sub = statement.subs[(number or 1) - 1]
    if statement.status != "FINISHED" or not sub.has_result:
        raise NotFoundError("Query does not have result. Please check query status with DescribeStatement.")
    page = read_page(runner.store.results(statement.id, number or 1), page_number(request))
    if page is None:
        raise ValidationError("NextToken is not valid for this result.")
    records, columns, more = page
    answer = {"Records": records, "ColumnMetadata": columns, "TotalNumRows": sub.rows}
    return {**answer, "NextToken": token(page_number(request) + 1)} if more else answer


def list_statements(request: Request) -> dict[str, Any]:
    """ListStatements: newest first; those that finished unless a status is asked for."""
    asked = request.parameters
    status = asked.get("Status", "ALL")
    if status not in _STATUSES:
        raise ValidationError(f"Status is one of {', '.join(_STATUSES)}: {status}")
    runner = runner_of(request.home)
    runner.settle_all()
    found = [
        statement
        for statement in runner.store.all()
        if status in ("ALL", statement.status)
        and statement.name.startswith(asked.get("StatementName", ""))
        and all(
            not asked.get(name) or asked[name] == value
            for name, value in (
                ("Database", statement.target.database),
                ("ClusterIdentifier", statement.target.cluster),
                ("WorkgroupName", statement.target.workgroup),
            )
        )
    ]
    return page_of(request, "Statements", [listed(statement) for statement in found])


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
        database = request.parameters.get("ConnectedDatabase") or target.database or "warehouse"
        try:
            session = runner.session(database, user=target.user)
        except RedshiftError as error:
            raise AwsError("DatabaseConnectionException", error.message, 500) from error
        try:
            return page_of(request, name, read(session.connection, request.parameters))
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
    "ListDatabases": _catalog(list_databases, "Databases"),
    "ListSchemas": _catalog(list_schemas, "Schemas"),
    "ListStatements": list_statements,
    "ListTables": _catalog(list_tables, "Tables"),
}
