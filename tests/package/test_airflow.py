"""The DAG of `pipelines/airflow` in Airflow, in its own environment: `make test-airflow` makes that, and runs this."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.bootstrap import client
from localaws.engines.endpoint import EndpointEngine
from localaws.home import CHECKOUT, Home
from package import airflow_lane

SCRIPT = "import sys\nif 'fail' in sys.argv:\n    raise ValueError('no such batch')\n"
OWN = ("AWS_", "AIRFLOW", "PYTHONPATH")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not airflow_lane.is_made():
        pytest.skip("there is no environment of Airflow: `make test-airflow` makes one")
    engine = EndpointEngine(Home(tmp_path_factory.mktemp("airflow") / "a home"))
    try:
        engine.start()
        yield engine.endpoint
    finally:
        engine.stop()


def test_airflow_reads_the_dag_and_its_operators_run_jobs_on_the_endpoint(endpoint: str, tmp_path: Path) -> None:
    s3, glue = client("s3", endpoint), client("glue", endpoint)
    s3.create_bucket(Bucket="dags")
    s3.put_object(Bucket="dags", Key="job.py", Body=SCRIPT.encode())
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://dags/job.py"}
    client("iam", endpoint).create_role(RoleName="dags", AssumeRolePolicyDocument="{}")
    glue.create_job(Name="probe", Role="arn:aws:iam::123456789012:role/dags", Command=command)

    found = probe(endpoint, tmp_path)

    assert found["dag"] == "wholesale_batch"
    before: list[str] = []
    pipeline = json.loads((CHECKOUT / "deployment" / "pipeline.json").read_text("utf-8"))
    for step in pipeline["steps"]:
        names = [step["name"] if "arguments" in branch else branch["job"] for branch in step["branches"]]
        for name, branch in zip(names, step["branches"], strict=True):
            task = found["tasks"].pop(name)
            assert (task["upstream"], task["operator"], task["job"]) == (sorted(before), "GlueJobOperator", branch["job"])
            assert ("--batch_id" in task["arguments"]) == branch.get("batch", True)
            assert branch.get("arguments", {}).items() <= task["arguments"].items()
        before = names
        if step["name"] == pipeline["crawl"]["after"]:
            crawls = [f"crawl_{name}" for name in pipeline["crawl"]["crawlers"]]
            assert [found["tasks"].pop(name)["operator"] for name in crawls] == ["GlueCrawlerOperator"] * len(crawls)
            before = crawls
    assert found["tasks"] == {}
    assert found["batches"] == {
        "scheduled": ["1998-06-14", "1998-06-14"],
        "by hand": ["1998-06-15", "1998-06-15"],
        "for a batch": ["1998-06-13-late", "1998-06-13"],
    }
    assert glue.get_job_run(JobName="probe", RunId=found["run"])["JobRun"]["JobRunState"] == "SUCCEEDED"
    assert "FAILED" in found["failed"], found["failed"]


def probe(endpoint: str, folder: Path) -> dict[str, Any]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    environment = {
        **kept, "AIRFLOW_HOME": str(folder), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    files = [str(CHECKOUT / "tests" / "package" / "airflow_probe.py"), str(CHECKOUT / "pipelines" / "airflow" / "wholesale_batch.py")]
    command = [str(airflow_lane.FOLDER / "bin" / "python"), *files, "probe"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("PROBE "))[6:])
    return found
