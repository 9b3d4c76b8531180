"""The pipeline for Airflow, such as Amazon MWAA: the steps of deployment/pipeline.json as operators of Airflow's Amazon provider.

Put pipeline.json beside this file into the folder of DAGs; jobs and crawlers are those that Terraform made. A run is for the batch of its
logical date (of the day, where it is started by hand and has none), or for {"batch_id": "1998-06-15-late"} when it is started so. The state
machine does the same (`etl deployment` makes it from the same file) and also writes the ledger and tells people: here Airflow does, by its
own means.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow import DAG
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator

HERE = Path(__file__).resolve().parent
# A run that is started by hand may have no logical date, and then no `ds` either.
_NAME = "((dag_run.conf or {}).get('batch_id') or (dag_run.logical_date or dag_run.run_after).strftime('%Y-%m-%d'))"
BATCH = "{{ " + _NAME + " }}"
DAY = "{{ " + _NAME + "[:10] }}"


def pipeline() -> dict[str, Any]:
    """The description: beside this file, or where the checkout has it."""
    files = [HERE / "pipeline.json", *(folder / "deployment" / "pipeline.json" for folder in HERE.parents)]
    found = next((file for file in files if file.exists()), None)
    if found is None:
        raise FileNotFoundError(f"There is no pipeline.json beside {__file__}: put deployment/pipeline.json there.")
    document: dict[str, Any] = json.loads(found.read_text("utf-8"))
    return document


def job(step: str, branch: dict[str, Any]) -> GlueJobOperator:
    """A run of a job, waited for. A phase of a job has the name of its step."""
    batch = {"--batch_id": BATCH, "--business_date": DAY} if branch.get("batch", True) else {}
    name = step if "arguments" in branch else branch["job"]
    return GlueJobOperator(task_id=name, job_name=branch["job"], script_args={**batch, **branch.get("arguments", {})}, job_poll_interval=15)


def build() -> DAG:
    """Steps in order, the branches of a step at the same time, crawlers after the step that they belong to."""
    described = pipeline()
    with DAG(
        dag_id=described["name"],
        description=described["description"],
        schedule=None,
        start_date=datetime(1998, 6, 15),
        catchup=False,
        max_active_runs=1,
        default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    ) as dag:
        before: list[Any] = []
        for step in described["steps"]:
            stages = [[job(step["name"], branch) for branch in step["branches"]]]
            if step["name"] == described["crawl"]["after"]:
                stages += [
                    [GlueCrawlerOperator(task_id=f"crawl_{name}", config={"Name": name}, poll_interval=15)]
                    for name in described["crawl"]["crawlers"]
                ]
            for tasks in stages:
                for task in tasks:
                    task.set_upstream(before)
                before = tasks
    return dag


dag = build()
