"""ExecuteStatement and BatchExecuteStatement: what may be asked for, and the statement that follows from it."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from localaws.operation import Request
from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import RedshiftError
from localaws.redshiftdata.answers import target_fields
from localaws.redshiftdata.events import resource_of
from localaws.redshiftdata.exceptions import ValidationError
from localaws.redshiftdata.execution import AUTO_COMMIT
from localaws.redshiftdata.runner import runner_of
from localaws.redshiftdata.sessions import LONGEST_KEPT_SECONDS
from localaws.redshiftdata.statements import Statement, SubStatement, Target
from localaws.redshiftdata.targets import target_of
from localaws.redshiftdata.waiting import wait, wait_seconds

__all__ = ["batch_execute_statement", "execute_statement"]

_LONGEST_SQL = 100 * 1024
_MOST_SQLS = 40
_FORMATS = ("JSON", "CSV")
_MODES = ("TRANSACTION", AUTO_COMMIT)


def execute_statement(request: Request) -> dict[str, Any]:
    """ExecuteStatement."""
    return _submit(request, [_sql(request.parameters.get("Sql"), "Sql")], is_batch=False)


def batch_execute_statement(request: Request) -> dict[str, Any]:
    """BatchExecuteStatement: at most 40 statements, in one transaction or, with AUTO_COMMIT, each in its own."""
    sqls = request.parameters.get("Sqls") or []
    if not 1 <= len(sqls) <= _MOST_SQLS:
        raise ValidationError(
            "1 validation error detected: Value at 'sqls' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MOST_SQLS} and greater than or equal to 1; there are {len(sqls)}."
        )
    return _submit(request, [_sql(sql, f"sqls.{i}.member") for i, sql in enumerate(sqls, 1)], is_batch=True)


def _sql(text: str | None, where: str) -> str:
    if not text or not text.strip():
        raise ValidationError(f"1 validation error detected: Value at '{where}' failed to satisfy constraint: Member must not be empty.")
    if len(text.encode()) > _LONGEST_SQL:
        raise ValidationError(f"Cannot process query string larger than {_LONGEST_SQL >> 10}kB ({where}).")
    return text


def _submit(request: Request, sqls: list[str], *, is_batch: bool) -> dict[str, Any]:
    asked, runner = request.parameters, runner_of(request.home)
    wait_seconds(asked)
    keep_alive = asked.get("SessionKeepAliveSeconds")
    if keep_alive is not None and not 0 <= keep_alive <= LONGEST_KEPT_SECONDS:
        raise ValidationError(f"SessionKeepAliveSeconds must be between 0 and {LONGEST_KEPT_SECONDS}.")
    session = asked.get("SessionId", "")
    target = _session_target(request, runner.sessions.target(session)) if session else target_of(request)
    statement = Statement(
        id=str(uuid.uuid4()),
        target=target,
        subs=[SubStatement(sql) for sql in sqls],
        is_batch=is_batch,
        name=asked.get("StatementName", ""),
        token=asked.get("ClientToken", ""),
        parameters=_parameters(asked.get("Parameters"), sqls),
        format=_one_of(asked, "ResultFormat", _FORMATS),
        mode=_one_of(asked, "ExecutionMode", _MODES),
        session=session,
        resource=resource_of(request, target) if asked.get("WithEvent") else "",
        principal=f"arn:aws:iam::{request.account_id}:root",
        fingerprint=_fingerprint(asked),
    )
    kept = runner.submit(statement, keep_alive)
    if kept.fingerprint != statement.fingerprint:
        raise ValidationError(f"The client token {statement.token} was used by statement {kept.id} with other parameters.")
    wait(runner.store, kept, asked, must=False)
    answer = {"Id": kept.id, "CreatedAt": kept.created_at, "Database": kept.target.database, **target_fields(kept)}
    if not asked.get("WaitTimeSeconds"):
        return answer
    return {**answer, "Status": kept.status, "RedshiftPid": kept.pid, "HasResultSet": kept.has_result}


def _one_of(asked: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = str(asked.get(name) or allowed[0])
    if value not in allowed:
        raise ValidationError(f"{name} must be one of {', '.join(allowed)}: {value}")
    return value


def _session_target(request: Request, target: Target) -> Target:
    """Where a session runs. Raises ValidationError when the request says something else."""
    asked = request.parameters
    is_at = {
        "ClusterIdentifier": target.cluster,
        "WorkgroupName": target.workgroup,
        "Database": target.database,
        "DbUser": target.user,
        "SecretArn": target.secret,
    }
    for name, value in is_at.items():
        if asked.get(name) and asked[name] != value:
            raise ValidationError(f"{name} is not that of the session {asked['SessionId']}: leave it out when SessionId is given.")
    return target


def _fingerprint(asked: Mapping[str, Any]) -> str:
    """What must be the same when a client token comes again."""
    what = {name: value for name, value in asked.items() if name not in ("ClientToken", "WaitTimeSeconds")}
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


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
