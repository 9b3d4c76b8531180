"""The Redshift Data API: submit, wait, read rows; a failure names the statement that failed.

Statements run in the service, not in this process: what was submitted goes on when the job is killed.
So a caller that must not do a thing twice gives a client token, under which the service hands the same
statement back (Amazon Redshift API reference, BatchExecuteStatement).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from etl_common.exceptions import ConfigurationError, WarehouseError

__all__ = ["MAX_BATCH", "RedshiftDataApi", "Target"]

MAX_BATCH = 40
FINISHED, FAILED, ABORTED = "FINISHED", "FAILED", "ABORTED"
_ENDED = {FINISHED, FAILED, ABORTED}


@dataclass(frozen=True)
class Target:
    """Which warehouse, and as whom: a serverless workgroup or a cluster, with a secret or temporary credentials."""

    database: str
    workgroup: str | None = None
    cluster: str | None = None
    secret_arn: str | None = None
    db_user: str | None = None

    def __post_init__(self) -> None:
        if (self.workgroup is None) == (self.cluster is None):
            raise ConfigurationError("Give either a Redshift workgroup or a cluster: --redshift_workgroup or --redshift_cluster.")

    def parameters(self) -> dict[str, str]:
        names = {
            "Database": self.database,
            "WorkgroupName": self.workgroup,
            "ClusterIdentifier": self.cluster,
            "SecretArn": self.secret_arn,
            "DbUser": self.db_user,
        }
        return {name: value for name, value in names.items() if value}


@dataclass(frozen=True)
class RedshiftDataApi:
    """client: boto3's redshift-data. timeout: seconds for one statement or batch."""

    client: Any
    target: Target
    timeout: float = 3600.0
    first_pause: float = 0.02
    longest_pause: float = 2.0
    sleep: Callable[[float], None] = time.sleep

    def submit(self, statements: Sequence[str], name: str, token: str) -> str:
        """Start a transaction of at most 40 statements; the statement's id. Raises ConfigurationError for more."""
        if len(statements) > MAX_BATCH:
            problem = f"{name} has {len(statements)} statements, a batch takes {MAX_BATCH}"
            raise ConfigurationError(f"{problem}. Load fewer tables in one transaction.")
        where = self.target.parameters()
        answer = self.client.batch_execute_statement(**where, Sqls=list(statements), StatementName=name, ClientToken=token)
        return str(answer["Id"])

    def execute(self, sql: str, name: str = "etl") -> str:
        """Run one statement to its end; its id. Raises WarehouseError."""
        statement = str(self.client.execute_statement(**self.target.parameters(), Sql=sql, StatementName=name)["Id"])
        self.wait(statement)
        return statement

    def query(self, sql: str, name: str = "etl") -> list[dict[str, Any]]:
        """The rows of one statement, by column name. Raises WarehouseError."""
        statement = self.execute(sql, name)
        pages = self.client.get_paginator("get_statement_result").paginate(Id=statement)
        rows: list[dict[str, Any]] = []
        for page in pages:
            columns = [column["name"] for column in page["ColumnMetadata"]]
            rows += [{name: _value(value) for name, value in zip(columns, row, strict=True)} for row in page["Records"]]
        return rows

    def wait(self, statement: str) -> dict[str, Any]:
        """The finished statement's description. Raises WarehouseError when it failed, was aborted or takes too long."""
        described = self.ended(statement, self.timeout)
        if described is None:
            self.cancel(statement)
            raise WarehouseError(statement, "TIMED OUT", f"not finished in {self.timeout:.0f} s and was cancelled")
        if described["Status"] != FINISHED:
            raise _failure(described)
        return described

    def ended(self, statement: str, timeout: float) -> dict[str, Any] | None:
        """The statement's description once it has ended, None when it has not within the time."""
        give_up, pause = time.monotonic() + timeout, self.first_pause
        while True:
            described = dict(self.client.describe_statement(Id=statement))
            if described["Status"] in _ENDED:
                return described
            if time.monotonic() >= give_up:
                return None
            self.sleep(pause)
            pause = min(self.longest_pause, pause * 1.5)

    def cancel(self, statement: str) -> None:
        """Ask for the statement to be stopped. That it has just ended is no error: describe it to know."""
        try:
            self.client.cancel_statement(Id=statement)
        except (self.client.exceptions.ValidationException, self.client.exceptions.ResourceNotFoundException):
            return


def _failure(described: dict[str, Any]) -> WarehouseError:
    """The error with the sub-statement that failed."""
    parts = described.get("SubStatements") or []
    failed = next((part for part in parts if part.get("Status") == FAILED), None)
    message = (failed or described).get("Error") or described.get("Error") or "no reason given"
    return WarehouseError(described["Id"], described["Status"], message, (failed or described).get("QueryString"))


def _value(field: dict[str, Any]) -> Any:
    return None if field.get("isNull") else next(iter(field.values()))
