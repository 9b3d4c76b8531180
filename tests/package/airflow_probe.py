"""Run by Airflow's Python: the DAG's graph as Airflow reads it, and its operators on the endpoint that AWS_ENDPOINT_URL names, as JSON."""

from __future__ import annotations

import json
import runpy
import sys
from datetime import UTC, datetime
from typing import Any

from airflow.sdk.api.datamodels._generated import DagRun

RUNS: dict[str, dict[str, Any]] = {
    "scheduled": {"logical_date": datetime(1998, 6, 14, tzinfo=UTC)},
    "by hand": {},
    "for a batch": {"conf": {"batch_id": "1998-06-13-late"}},
}


def batches(task: Any) -> dict[str, tuple[str, str]]:
    """What a task's templates come to in runs of each kind."""
    now = datetime(1998, 6, 15, 23, tzinfo=UTC)
    given = {"dag_id": "some", "run_id": "one", "run_after": now, "start_date": now, "run_type": "manual", "consumed_asset_events": []}
    found = {kind: task.render_template(task.script_args, {"dag_run": DagRun(**given, **more)}) for kind, more in RUNS.items()}
    return {kind: (arguments["--batch_id"], arguments["--business_date"]) for kind, arguments in found.items()}


def main(dag_file: str, job: str) -> dict[str, Any]:
    found = runpy.run_path(dag_file)
    dag = found["dag"]
    tasks = {
        task.task_id: {
            "upstream": sorted(task.upstream_task_ids),
            "operator": type(task).__name__,
            "job": getattr(task, "job_name", None),
            "arguments": getattr(task, "script_args", None),
        }
        for task in dag.tasks
    }  # fmt: skip
    operator = found["GlueJobOperator"](task_id="probe", job_name=job, job_poll_interval=1, do_xcom_push=False)
    run = operator.execute({})
    failing = found["GlueJobOperator"](
        task_id="fails", job_name=job, script_args={"--mode": "fail"}, job_poll_interval=1, do_xcom_push=False
    )  # fmt: skip
    try:
        failing.execute({})
        refused = ""
    except Exception as error:  # noqa: BLE001 - whatever Airflow raises is what is told
        refused = f"{type(error).__name__}: {error}"
    dated = next(task for task in dag.tasks if "--batch_id" in (getattr(task, "script_args", None) or {}))
    return {"dag": dag.dag_id, "tasks": tasks, "batches": batches(dated), "run": run, "failed": refused}


if __name__ == "__main__":
    print("PROBE " + json.dumps(main(*sys.argv[1:])))
