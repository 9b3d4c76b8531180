"""Queries of Athena and statements of the Redshift Data API: text, state, error, cost, and the first rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from localaws.console.exceptions import PageNotFoundError
from localaws.console.sources import Page, Query, Sources, attempt
from localaws.records import Records

__all__ = ["athena", "queries", "recent_queries", "recent_statements", "redshift"]

_MOST = 100
_ROWS = 50
DOLLARS_PER_BYTE = 5.0 / 1e12
"""Athena's price in us-east-1 for bytes scanned ("Amazon Athena pricing"); at least 10 MB are counted."""
_LEAST_BYTES = 10_000_000


def queries(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """The last queries of both engines."""
    statements, problem = recent_statements(sources)
    data = {"athena": recent_queries(sources)[:_MOST], "statements": statements[:_MOST], "problem": problem}
    return Page("queries.html.j2", "Queries", data)


def athena(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """One query of Athena with its first rows."""
    client = sources.client("athena")
    try:
        found = client.get_query_execution(QueryExecutionId=parts["id"])["QueryExecution"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "InvalidRequestException":
            raise PageNotFoundError(f"query {parts['id']!r}") from error
        raise
    rows: list[list[str]] = []
    problem = ""
    if found["Status"]["State"] == "SUCCEEDED":
        rows, problem = attempt(lambda: _athena_rows(client, parts["id"]))
    scanned = found.get("Statistics", {}).get("DataScannedInBytes", 0)
    cost = max(scanned, _LEAST_BYTES) * DOLLARS_PER_BYTE if scanned else 0.0
    return Page("athena.html.j2", "Athena query", {"query": found, "rows": rows, "problem": problem, "cost": cost, "most": _ROWS})


def redshift(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """One statement of the Data API, or a batch with its statements."""
    client = sources.client("redshift-data")
    try:
        found = client.describe_statement(Id=parts["id"])
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ResourceNotFoundException", "ValidationException"):
            raise PageNotFoundError(f"statement {parts['id']!r}") from error
        raise
    columns: list[str] = []
    rows: list[list[Any]] = []
    problem = ""
    if found.get("HasResultSet") and "SubStatements" not in found:
        answer, problem = attempt(lambda: [client.get_statement_result(Id=parts["id"])])
        columns = [column["name"] for each in answer for column in each["ColumnMetadata"]]
        rows = [[_field(field) for field in record] for each in answer for record in each["Records"][:_ROWS]]
    data = {"statement": found, "columns": columns, "rows": rows, "problem": problem, "most": _ROWS}
    return Page("redshift.html.j2", "Redshift statement", data)


def recent_queries(sources: Sources) -> list[dict[str, Any]]:
    """Athena's queries of every workgroup, the newest first."""
    found = Records(sources.home / "athena" / "queries").all()
    return sorted(found, key=lambda each: float(each["Status"].get("SubmissionDateTime") or 0), reverse=True)


def recent_statements(sources: Sources) -> tuple[list[dict[str, Any]], str]:
    """The Data API's statements, the newest first, and why they cannot be listed when they cannot."""
    found, problem = attempt(lambda: sources.client("redshift-data").list_statements(Status="ALL", MaxResults=_MOST)["Statements"])
    return sorted(found, key=lambda each: each["CreatedAt"], reverse=True), problem


def _athena_rows(client: Any, query_id: str) -> list[list[str]]:
    answer = client.get_query_results(QueryExecutionId=query_id, MaxResults=_ROWS + 1)
    return [[cell.get("VarCharValue", "NULL") for cell in row["Data"]] for row in answer["ResultSet"]["Rows"]]


def _field(field: Mapping[str, Any]) -> Any:
    return "NULL" if field.get("isNull") else next(iter(field.values()))
