"""Run by Airflow's Python: the DAG's graph as Airflow reads it, and its operators on the endpoint that AWS_ENDPOINT_URL names, as JSON."""

from __future__ import annotations

import json
import runpy
import sys
from typing import Any


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
    return {"dag": dag.dag_id, "tasks": tasks, "run": run, "failed": refused}


if __name__ == "__main__":
    print("PROBE " + json.dumps(main(*sys.argv[1:])))
