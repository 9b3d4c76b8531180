"""Queries: one thread and one DuckDB session each, kept on disk, so that their states and results outlive the endpoint.

A session reads below the home's `s3` and its own work folder and nowhere else. A stop interrupts it; a query that the endpoint's
end cut off is told as FAILED at the next start.
"""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from botocore.exceptions import ClientError

from localaws.athena.catalog import Catalog, storage_of
from localaws.athena.exceptions import NO_COLUMN, QueryCancelled, QueryFailure
from localaws.athena.parsing import Statement
from localaws.athena.results import FINAL, ResultWriter
from localaws.athena.statements import Outcome, run_statement
from localaws.athena.values import column_info
from localaws.bootstrap import client
from localaws.lakeformation.lake import Lake
from localaws.records import Records

__all__ = ["Queries", "new_session"]

_LOG = logging.getLogger("localaws")
_KEPT_SECONDS = 45 * 24 * 3600  # "Athena keeps a query history for 45 days"
_MACROS = (
    "CREATE TEMP MACRO map_agg(k, v) AS map(array_agg(k), array_agg(v))",
    "CREATE TEMP MACRO url_extract_host(u) AS regexp_extract(u, '^[a-z]+://([^/:?#]+)', 1)",
)


class Queries:
    """The queries of one home."""

    def __init__(self, home: Path, endpoint_url: str, control_plane: Callable[[str], Any]) -> None:
        self.home, self.endpoint_url, self.client = home, endpoint_url, control_plane
        self.records = Records(home / "athena" / "queries")
        self.prepared = Records(home / "athena" / "prepared")
        self._sessions: dict[str, duckdb.DuckDBPyConnection] = {}
        self._cancelled: set[str] = set()
        self._threads: dict[str, threading.Thread] = {}
        self.tokens = {query["Token"]: query["QueryExecutionId"] for query in self.records.all() if query.get("Token")}
        """Ids by client token."""

    @cached_property
    def s3(self) -> Any:
        """The endpoint's own S3, as any client sees it."""
        return client("s3", self.endpoint_url)

    def results(self, query_id: str) -> Path:
        """The folder of a query's rows."""
        return self.home / "athena" / "results" / query_id

    def submit(self, query: dict[str, Any], statement: Statement, limit: int | None) -> None:
        """Keep the query and begin it in the background. `limit` is the workgroup's, in bytes scanned."""
        query_id = query["QueryExecutionId"]
        self.records.put(query_id, query)
        if query["Token"]:
            self.tokens[query["Token"]] = query_id
        thread = threading.Thread(target=self._run, args=(query, statement, limit), name=f"athena {query_id}", daemon=True)
        self._threads[query_id] = thread
        thread.start()

    def stop(self, query_id: str) -> None:
        """A query that is not final yet becomes CANCELLED."""
        self._cancelled.add(query_id)
        session = self._sessions.get(query_id)
        if session is not None:
            session.interrupt()

    def recover(self) -> None:
        """At a start of the endpoint: what its end cut off has failed; what is too old is forgotten."""
        for query in self.records.all():
            query_id, status = query["QueryExecutionId"], query["Status"]
            if status["State"] not in FINAL:
                self._end(query_id, "FAILED", {}, "INTERNAL_ERROR: The endpoint ended while the query was under way.")
            elif status.get("CompletionDateTime", 0) < time.time() - _KEPT_SECONDS:
                self.records.delete(query_id)
                shutil.rmtree(self.results(query_id), ignore_errors=True)

    def close(self) -> None:
        """At an orderly end of the endpoint its queries are cancelled."""
        for query_id, thread in list(self._threads.items()):
            if thread.is_alive():
                self.stop(query_id)
                thread.join(timeout=5)

    def _run(self, query: dict[str, Any], statement: Statement, limit: int | None) -> None:
        query_id, begun = query["QueryExecutionId"], time.monotonic()
        self.records.change(query_id, lambda document: document["Status"].update(State="RUNNING"))
        work = self.home / "athena" / "work" / query_id
        statistics: dict[str, Any] = {"DataScannedInBytes": 0}
        try:
            outcome = self._execute(query, statement, limit, work, statistics)
            state, reason = "SUCCEEDED", None
            statistics |= {"DataScannedInBytes": outcome.scanned}
            self._keep(query, outcome)
        except QueryCancelled as error:
            state, reason = "CANCELLED", str(error) or "Query was cancelled by the user"
        except QueryFailure as error:
            state, reason = "FAILED", str(error)
        except duckdb.InterruptException:
            state, reason = "CANCELLED", "Query was cancelled by the user"
        except duckdb.Error as error:
            state, reason = ("CANCELLED", "Query was cancelled by the user") if query_id in self._cancelled else ("FAILED", _reason(error))
        except ClientError as error:
            state, reason = "FAILED", f"HIVE_METASTORE_ERROR: {error.response['Error'].get('Message', error)}"
        except Exception as error:  # noqa: BLE001 - a query must not stay RUNNING for ever because of a mistake of ours
            _LOG.exception("query %s", query_id)
            state, reason = "FAILED", f"INTERNAL_ERROR: {type(error).__name__}: {error}"
        finally:
            shutil.rmtree(work, ignore_errors=True)
        elapsed = int((time.monotonic() - begun) * 1000)
        self._end(query_id, state, {**statistics, "EngineExecutionTimeInMillis": elapsed, "TotalExecutionTimeInMillis": elapsed}, reason)

    def _execute(
        self, query: Mapping[str, Any], statement: Statement, limit: int | None, work: Path, statistics: dict[str, Any]
    ) -> Outcome:
        query_id = query["QueryExecutionId"]
        work.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(new_session(self.home, work)) as session:
            self._sessions[query_id] = session
            if query_id in self._cancelled:
                raise QueryCancelled
            try:
                who = query.get("Principal")
                catalog = Catalog(self.client("glue"), self.home, Lake(self.home, who["Arn"], who["Region"]) if who else None)

                def check(scanned: int) -> None:
                    statistics["DataScannedInBytes"] = scanned
                    if limit is not None and scanned > limit:
                        raise QueryCancelled("Query cancelled! : Bytes scanned limit was exceeded")
                    if query_id in self._cancelled:
                        raise QueryCancelled

                writer: list[ResultWriter] = []

                def results(columns: list[str], is_table: bool) -> ResultWriter:
                    writer.append(ResultWriter(self.results(query_id), is_table, columns))
                    return writer[0]

                try:
                    return run_statement(statement, query, session, catalog, work, self.s3, self.prepared, check, results)
                finally:
                    for each in writer:
                        each.close()
            finally:
                self._sessions.pop(query_id, None)

    def _keep(self, query: Mapping[str, Any], outcome: Outcome) -> None:
        """Put the result where it was asked for, and what GetQueryResults tells of it beside the rows."""
        import json

        query_id = query["QueryExecutionId"]
        columns = [column_info(name, kind) for name, kind in outcome.columns]
        folder = self.results(query_id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "columns.json").write_text(json.dumps({"columns": columns, "count": outcome.count, "updated": outcome.updated}))
        bucket, key = storage_of(query["ResultConfiguration"]["OutputLocation"])
        try:
            output = next((each for each in (folder / "output.csv", folder / "output.txt") if each.exists()), None)
            if output is not None:
                with open(output, "rb") as body:
                    self.s3.put_object(Bucket=bucket, Key=key, Body=body)
                output.unlink()
            self.s3.put_object(Bucket=bucket, Key=f"{key}.metadata", Body=json.dumps(columns).encode())
        except ClientError as error:
            raise QueryFailure("GENERIC_INTERNAL_ERROR", f"The result cannot be written to {bucket}/{key}: {error}") from error

    def _end(self, query_id: str, state: str, statistics: Mapping[str, Any], reason: str | None) -> None:
        def ended(query: dict[str, Any]) -> None:
            query["Status"] |= {"State": state, "CompletionDateTime": time.time()}
            query["Statistics"] = {
                "QueryQueueTimeInMillis": 0,
                "QueryPlanningTimeInMillis": 0,
                "ServiceProcessingTimeInMillis": 0,
                **statistics,
            }
            if reason is not None:
                query["Status"]["StateChangeReason"] = reason
            if state == "FAILED":
                query["Status"]["AthenaError"] = {"ErrorCategory": 2, "ErrorType": 1000, "Retryable": False, "ErrorMessage": reason}

        self.records.change(query_id, ended)
        self._cancelled.discard(query_id)


def new_session(home: Path, work: Path) -> duckdb.DuckDBPyConnection:
    """A session that reads the home's objects, spills into `work`, and touches nothing else."""
    session = duckdb.connect()
    storage = str(home / "s3").replace("'", "''")
    folder = str(work).replace("'", "''")
    for setting in (
        "SET TimeZone='UTC'",
        "SET threads=2",
        "SET memory_limit='2GB'",
        f"SET temp_directory='{folder}/spill'",
        "SET autoinstall_known_extensions=false",
        "SET autoload_known_extensions=false",
        f"SET allowed_directories=['{storage}/', '{folder}/']",
        *_MACROS,
        "SET enable_external_access=false",
        "SET lock_configuration=true",
    ):
        session.execute(setting)
    return session


_WORDS: tuple[tuple[str, str, str], ...] = (
    (r'Referenced column "([^"]+)" not found', "COLUMN_NOT_FOUND", NO_COLUMN),
    (r'Column "([^"]+)" referenced that exists in the SELECT clause', "COLUMN_NOT_FOUND", NO_COLUMN),
    (r'column named "([^"]+)"', "COLUMN_NOT_FOUND", NO_COLUMN),
    (r"Scalar Function with name ([^ ]+) does not exist", "FUNCTION_NOT_FOUND", "Function '{0}' not registered (in the local Athena)"),
    (r"Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    (
        r'column "([^"]+)" must appear in the GROUP BY',
        "EXPRESSION_NOT_AGGREGATE",
        "'{0}' must be an aggregate expression or appear in GROUP BY clause",
    ),
    (r"Malformed JSON in file \"([^\"]+)\"", "HIVE_CURSOR_ERROR", "Row is not a valid JSON Object ({0})"),
    (r"(Could not convert string .*?) to ", "INVALID_CAST_ARGUMENT", "Cannot cast: {0}"),
)


def _reason(error: duckdb.Error) -> str:
    """DuckDB's error under the name that Trino has for it."""
    text = str(error)
    for pattern, name, words in _WORDS:
        if found := re.search(pattern, text):
            return f"{name}: {words.format(*found.groups())}"
    names: dict[type[Exception], str] = {
        duckdb.ConversionException: "INVALID_CAST_ARGUMENT", duckdb.OutOfRangeException: "NUMERIC_VALUE_OUT_OF_RANGE",
        duckdb.BinderException: "SYNTAX_ERROR", duckdb.ParserException: "SYNTAX_ERROR", duckdb.CatalogException: "NOT_FOUND",
        duckdb.PermissionException: "PERMISSION_DENIED", duckdb.OutOfMemoryException: "EXCEEDED_LOCAL_MEMORY_LIMIT",
    }  # fmt: skip
    return f"{names.get(type(error), 'GENERIC_USER_ERROR')}: {text.splitlines()[0]}"
