"""Reads what a report needs, by boto3, from the logs bucket, Glue and the warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from etl_common.exceptions import EtlError
from etl_common.model import Warehouse
from report.exceptions import NoSuchBatchError
from report.facts import DimensionState, Funnel, LedgerRow, RuleOutcome, RunReport, Step, TableWrite

__all__ = ["collect", "recorded_batches"]

Query = Callable[[str], list[dict[str, Any]]]


def recorded_batches(s3: Any, logs_bucket: str) -> list[str]:
    """Batches that have audit records, the one written last at the end."""
    latest: dict[str, datetime] = {}
    for item in _objects(s3, logs_bucket, "audit/"):
        batch_id = item["Key"].split("/")[1].removeprefix("batch_id=")
        latest[batch_id] = max(item["LastModified"], latest.get(batch_id, item["LastModified"]))
    return sorted(latest, key=lambda batch_id: (latest[batch_id], batch_id))


def collect(s3: Any, glue: Any, query: Query, warehouse: Warehouse, *, logs_bucket: str, batch_id: str | None = None) -> RunReport:
    """The facts about a batch, by default the one whose records were written last.

    query: runs SQL in the warehouse. When it fails, the report says so and has everything else.
    Raises NoSuchBatchError when the logs bucket has no record of it.
    """
    known = recorded_batches(s3, logs_bucket)
    if not known or (batch_id is not None and batch_id not in known):
        raise NoSuchBatchError(batch_id, logs_bucket, known)
    batch = batch_id or known[-1]
    audits = _records(s3, logs_bucket, f"audit/batch_id={batch}/")
    quality = _records(s3, logs_bucket, f"quality/batch_id={batch}/")
    date = next((audit["business_date"] for audit in audits if audit.get("business_date")), batch[:10])
    ledger, dimensions, error = _from_warehouse(query, warehouse, batch, date)
    return RunReport(
        batch_id=batch,
        business_date=date,
        written_at=datetime.now(UTC),
        steps=tuple(_steps(glue, batch, audits)),
        funnels=tuple(_funnels(audits)),
        tables=tuple(TableWrite(a["job"], t["table"], t["operation"], t.get("rows")) for a in audits for t in a.get("tables", ())),
        rules=tuple(_rules(quality, audits)),
        watermarks={table: marks for audit in audits for table, marks in audit.get("watermarks", {}).items()},
        dimensions=dimensions,
        ledger=ledger,
        warehouse_error=error,
    )


def _objects(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())


def _records(s3: Any, bucket: str, prefix: str) -> list[dict[str, Any]]:
    keys = sorted(item["Key"] for item in _objects(s3, bucket, prefix) if item["Key"].endswith(".json"))
    return [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]


def _steps(glue: Any, batch_id: str, audits: Iterable[dict[str, Any]]) -> list[Step]:
    """Glue's runs of the batch; a job that was run without Glue is known by its audit record alone."""
    steps = [step for job in _jobs(glue) for step in _runs(glue, job, batch_id)]
    known = {step.job for step in steps}
    for audit in audits:
        if audit["job"] not in known:
            ended = audit.get("finished_at")
            state = "SUCCEEDED" if ended else "RUNNING"
            started = datetime.fromisoformat(audit["started_at"])
            steps.append(Step(audit["job"], audit.get("job_run_id"), state, started, datetime.fromisoformat(ended) if ended else None))
    return sorted(steps, key=lambda step: step.started_at)


def _jobs(glue: Any) -> list[str]:
    return [job["Name"] for page in glue.get_paginator("get_jobs").paginate() for job in page["Jobs"]]


def _runs(glue: Any, job: str, batch_id: str) -> Iterator[Step]:
    for page in glue.get_paginator("get_job_runs").paginate(JobName=job):
        for run in page["JobRuns"]:
            if run.get("Arguments", {}).get("--batch_id") == batch_id:
                yield Step(job, run["Id"], run["JobRunState"], run["StartedOn"], run.get("CompletedOn"), run.get("ErrorMessage"))


def _funnels(audits: Iterable[dict[str, Any]]) -> Iterator[Funnel]:
    for audit in audits:
        for source in audit.get("sources", ()):
            counts = {name: source[name] for name in ("source", "read", "accepted", "duplicates", "quarantined")}
            yield Funnel(job=audit["job"], **counts)


def _rules(quality: list[dict[str, Any]], audits: Iterable[dict[str, Any]]) -> Iterator[RuleOutcome]:
    """From the quality records; from the audit records where a gate kept its results there."""
    kept = [{"phase": audit["job"], "results": audit.get("quality", ())} for audit in audits]
    for record in quality or kept:
        for result in record.get("results", ()):
            fields = {name: result[name] for name in ("table", "rule", "severity", "passed", "expected", "observed")}
            yield RuleOutcome(phase=record.get("phase", ""), sample=tuple(result.get("sample", ())), **fields)


def _from_warehouse(
    query: Query, warehouse: Warehouse, batch_id: str, business_date: str
) -> tuple[LedgerRow | None, tuple[DimensionState, ...], str | None]:
    try:
        text = batch_id.replace("'", "''")
        rows = query(f"SELECT loaded_at, loaded_rows, client_token FROM ops.load_ledger WHERE batch_id = '{text}'")
        ledger = LedgerRow(str(rows[0]["loaded_at"]), int(rows[0]["loaded_rows"]), str(rows[0]["client_token"]).strip()) if rows else None
        return ledger, tuple(_dimension_states(query, warehouse, business_date)), None
    except (EtlError, BotoCoreError, ClientError) as error:
        # The report is most wanted when something is broken: it is written without this part, and says why.
        return None, (), f"{type(error).__name__}: {error}"


def _dimension_states(query: Query, warehouse: Warehouse, business_date: str) -> Iterator[DimensionState]:
    for dimension in warehouse.dimensions:
        if not dimension.keeps_history:
            continue
        (row,) = query(
            "SELECT SUM(CASE WHEN is_current THEN 1 ELSE 0 END) AS members, COUNT(*) AS versions, "
            f"SUM(CASE WHEN effective_from >= '{business_date}' AND effective_from < DATEADD(day, 1, CAST('{business_date}' AS DATE)) "
            "THEN 1 ELSE 0 END) AS began, "
            "SUM(CASE WHEN is_current AND is_inferred THEN 1 ELSE 0 END) AS inferred, "
            "SUM(CASE WHEN is_current AND is_deleted THEN 1 ELSE 0 END) AS deleted "
            f"FROM {warehouse.schema}.{dimension.name} WHERE {dimension.surrogate_key} <> -1"
        )
        counts = [int(row[name] or 0) for name in ("members", "versions", "began", "inferred", "deleted")]
        yield DimensionState(dimension.name, *counts)
