"""Parts of the Data API's answers: what several operations say alike."""

from __future__ import annotations

import base64
from typing import Any

from localaws.operation import Request
from localaws.redshiftdata.exceptions import ValidationError
from localaws.redshiftdata.execution import AUTO_COMMIT
from localaws.redshiftdata.sessions import DataSession
from localaws.redshiftdata.statements import Statement

__all__ = ["listed", "page_number", "page_of", "session_data", "sub_statement", "target_fields", "token"]


def target_fields(statement: Statement) -> dict[str, str]:
    """What a statement was sent to, and its session."""
    target = statement.target
    named = {"ClusterIdentifier": target.cluster, "WorkgroupName": target.workgroup, "DbUser": target.user, "SecretArn": target.secret}
    named["SessionId"] = statement.session
    return {name: value for name, value in named.items() if value}


def sub_statement(statement: Statement, number: int) -> dict[str, Any]:
    """One statement of a batch."""
    sub = statement.subs[number - 1]
    found = {
        "Id": f"{statement.id}:{number}",
        "QueryString": sub.shown,
        "Status": sub.status,
        "CreatedAt": sub.created_at or statement.created_at,
        "UpdatedAt": sub.updated_at or statement.updated_at,
        "Duration": sub.duration,
        "ResultRows": sub.rows,
        "ResultSize": sub.size,
        "HasResultSet": sub.has_result and (statement.status == "FINISHED" or statement.mode == AUTO_COMMIT),
        "RedshiftQueryId": statement.query_id,
    }
    return {**found, "Error": sub.error} if sub.error else found


def listed(statement: Statement) -> dict[str, Any]:
    """A statement as ListStatements gives it."""
    texts = [sub.shown for sub in statement.subs]
    found = {
        "Id": statement.id,
        "Status": statement.status,
        "CreatedAt": statement.created_at,
        "UpdatedAt": statement.updated_at,
        "IsBatchStatement": statement.is_batch,
        "StatementName": statement.name or None,
        "SecretArn": statement.target.secret or None,
        "QueryStrings": texts if statement.is_batch else None,
        "QueryString": None if statement.is_batch else texts[0],
        "QueryParameters": statement.parameters or None,
        "ResultFormat": statement.format,
        "SessionId": statement.session or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def session_data(session: DataSession) -> dict[str, Any]:
    """A session as ListSessions gives it."""
    found = {
        "SessionId": session.id,
        "Status": session.status,
        "CreatedAt": session.created_at,
        "UpdatedAt": session.updated_at,
        "Database": session.target.database,
        "DbUser": session.target.user or None,
        "ClusterIdentifier": session.target.cluster or None,
        "WorkgroupName": session.target.workgroup or None,
        "SessionAliveSeconds": session.keep_alive,
        "SessionTtl": session.ends_at or None,
        "CurrentStatementId": session.current or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def token(number: int) -> str:
    """NextToken for the place."""
    return base64.urlsafe_b64encode(f"from:{number}".encode()).decode()


def page_number(request: Request) -> int:
    """The place that the request's NextToken names, 0 without one."""
    token = request.parameters.get("NextToken")
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("from:"))
    except ValueError as error:
        raise ValidationError("NextToken is not valid.") from error


def page_of(request: Request, name: str, items: list[Any], *, most: int) -> dict[str, Any]:
    """MaxResults of the items from the request's place on, and where the next ones are; at most `most` may be asked for.

    Raises:
        ValidationError: more are asked for, or the place is none.
    """
    size = request.parameters.get("MaxResults") or min(most, 100)
    if not 0 < size <= most:
        raise ValidationError(f"MaxResults must be between 0 and {most}: {size}")
    start = page_number(request)
    answer: dict[str, Any] = {name: items[start : start + size]}
    return {**answer, "NextToken": token(start + size)} if start + size < len(items) else answer
