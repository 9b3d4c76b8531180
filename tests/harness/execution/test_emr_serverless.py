"""EMR Serverless runs are spark-submit: they do their work, say truly how they ended, and leave their logs where they were asked to."""

from __future__ import annotations

import gzip
import io
import json
import re
import urllib.request
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import EndpointProcess

from localaws.emrserverless.command import asked_of, gigabytes, spark_submit
from localaws.emrserverless.exceptions import ValidationError
from waiting import wait_until

ROLE = "arn:aws:iam::123456789012:role/spark"
COUNTS = """
import sys
import helper
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
source, target = sys.argv[1:]
rows = spark.read.option("header", True).csv(source)
rows.groupBy("name").count().coalesce(1).write.json(target)
print("counted", rows.count(), helper.WORD, spark.conf.get("spark.own.setting"), spark.conf.get("spark.sql.shuffle.partitions"))
"""


class Runs:
    """An application, and a bucket for what it reads and writes."""

    def __init__(self, endpoint: EndpointProcess) -> None:
        self.endpoint = endpoint
        self.emr, self.s3, self.bucket = endpoint.client("emr-serverless"), endpoint.client("s3"), f"emr-{uuid.uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.application = self.emr.create_application(name="large", releaseLabel="emr-7.5.0", type="SPARK")["applicationId"]

    def put(self, key: str, body: bytes | str) -> str:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def given(self, script: str, *arguments: str, parameters: str = "", **settings: Any) -> dict[str, Any]:
        submit = {
            "entryPoint": script,
            "entryPointArguments": list(arguments),
            **({"sparkSubmitParameters": parameters} if parameters else {}),
        }
        monitoring = {"s3MonitoringConfiguration": {"logUri": f"s3://{self.bucket}/logs/"}}
        defaults = {"classification": "spark-defaults", "properties": {"spark.sql.shuffle.partitions": "3"}}
        overrides = {"applicationConfiguration": [defaults], "monitoringConfiguration": monitoring}
        return {"applicationId": self.application, "executionRoleArn": ROLE, "jobDriver": {"sparkSubmit": submit},
                "configurationOverrides": overrides, **settings}  # fmt: skip

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.emr.get_job_run(applicationId=self.application, jobRunId=run_id)["jobRun"]
        return found

    def ended(self, run_id: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            return found if (found := self.run(run_id))["state"] in ("SUCCESS", "FAILED", "CANCELLED") else None

        found = wait_until(look, 180)
        assert found is not None
        return found

    def log(self, run_id: str, name: str) -> str:
        key = f"logs/applications/{self.application}/jobs/{run_id}/SPARK_DRIVER/{name}.gz"
        return gzip.decompress(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()).decode()


@pytest.fixture(scope="module")
def runs(endpoint: EndpointProcess) -> Runs:
    return Runs(endpoint)


def test_a_state_machine_runs_a_script_from_s3_with_its_modules_settings_and_arguments(runs: Runs) -> None:
    with zipfile.ZipFile(module := io.BytesIO(), "w") as archive:
        archive.writestr("helper.py", "WORD = 'helped'\n")
    library, source = runs.put("lib/helper.zip", module.getvalue()), runs.put("in/rows.csv", "name,n\na,1\nb,2\na,3\n")
    script, target = runs.put("scripts/counts.py", COUNTS), f"s3://{runs.bucket}/out"
    parameters = f"--py-files {library} --conf spark.own.setting='of its own' --conf spark.executor.memory=4g --executor-cores 2"
    given = runs.given(script, source, target, parameters=parameters, name="counts")
    task = {"Type": "Task", "Resource": "arn:aws:states:::emr-serverless:startJobRun.sync", "End": True}
    task["Parameters"] = {name[:1].upper() + name[1:]: value for name, value in given.items()}
    states = runs.endpoint.client("stepfunctions")
    definition = json.dumps({"StartAt": "Count", "States": {"Count": task}})
    machine = states.create_state_machine(name=f"m-{runs.bucket}", definition=definition, roleArn=ROLE)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]

    def look() -> dict[str, Any] | None:
        found = states.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    ended = wait_until(look, 180)
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    run_id = json.loads(ended["output"])["JobRunId"]
    written = [each["Key"] for each in runs.s3.list_objects_v2(Bucket=runs.bucket, Prefix="out/part-")["Contents"]]
    rows = [json.loads(line) for key in written for line in runs.s3.get_object(Bucket=runs.bucket, Key=key)["Body"].read().splitlines()]
    assert sorted((row["name"], row["count"]) for row in rows) == [("a", 2), ("b", 1)]
    assert "counted 3 helped of its own 3" in runs.log(run_id, "stdout")
    run = runs.run(run_id)
    assert (run["state"], run["name"], run["jobDriver"]) == ("SUCCESS", "counts", given["jobDriver"])
    assert run["totalExecutionDurationSeconds"] > 0
    assert run["totalResourceUtilization"]["vCPUHour"] > 0
    assert runs.emr.get_application(applicationId=runs.application)["application"]["state"] == "STARTED"
    listed = runs.emr.list_job_runs(applicationId=runs.application, states=["SUCCESS", "FAILED"])["jobRuns"]
    assert run_id in [each["id"] for each in listed]
    later = datetime.now(UTC) + timedelta(hours=1)
    assert runs.emr.list_job_runs(applicationId=runs.application, createdAtAfter=later)["jobRuns"] == []


def test_a_script_that_fails_says_why_and_the_same_token_is_the_same_run(runs: Runs) -> None:
    script = runs.put("scripts/fails.py", "print('before')\nraise ValueError('no such batch')\n")
    given = runs.given(script, clientToken=uuid.uuid4().hex)
    run_id = runs.emr.start_job_run(**given)["jobRunId"]

    assert runs.emr.start_job_run(**given)["jobRunId"] == run_id
    ended = runs.ended(run_id)
    assert ended["state"] == "FAILED"
    assert ended["stateDetails"].endswith("ExitCode: 1. Last few exceptions: ValueError: no such batch")
    printed = runs.log(run_id, "stdout")  # Spark puts both of a script's streams there
    assert "before\n" in printed
    assert "Traceback" in printed
    with urllib.request.urlopen(f"{runs.endpoint.url}/_etl/jobs") as page:
        assert "ValueError: no such batch" in page.read().decode()


def test_a_run_that_is_cancelled_ends_with_its_processes(runs: Runs) -> None:
    script = runs.put("scripts/waits.py", "import os, time\nprint('I am', os.getpid(), flush=True)\ntime.sleep(600)\n")
    run_id = runs.emr.start_job_run(**runs.given(script))["jobRunId"]
    output = runs.endpoint.home / "emr-serverless" / "work" / run_id / "stdout"
    (pid,) = wait_until(lambda: output.exists() and re.findall(r"I am (\d+)\n", output.read_text()), 120)

    runs.emr.cancel_job_run(applicationId=runs.application, jobRunId=run_id)

    assert runs.ended(run_id)["state"] == "CANCELLED"
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(runs.emr.exceptions.ValidationException, match="cannot be cancelled"):
        runs.emr.cancel_job_run(applicationId=runs.application, jobRunId=run_id)


def test_what_is_not_there_is_said(runs: Runs) -> None:
    given = runs.given("s3://b/x.py")
    with pytest.raises(runs.emr.exceptions.ResourceNotFoundException):
        runs.emr.start_job_run(**{**given, "applicationId": "00absent"})
    with pytest.raises(runs.emr.exceptions.ResourceNotFoundException):
        runs.run("00absent")
    with pytest.raises(runs.emr.exceptions.ValidationException, match="STREAMING"):
        runs.emr.start_job_run(**given, mode="STREAMING")
    manual = runs.emr.create_application(
        name="manual", releaseLabel="emr-7.5.0", type="SPARK", autoStartConfiguration={"enabled": False}
    )["applicationId"]  # fmt: skip
    with pytest.raises(runs.emr.exceptions.ValidationException, match="does not start by itself"):
        runs.emr.start_job_run(**{**given, "applicationId": manual})


def driver(parameters: str) -> dict[str, Any]:
    return {"sparkSubmit": {"entryPoint": "s3://b/x.py", "entryPointArguments": ["--a", "b c"], "sparkSubmitParameters": parameters}}


@pytest.mark.parametrize(
    ("job_driver", "overrides", "message"),
    [
        ({"hive": {"query": "SELECT 1"}}, {}, "Hive does not run here"),
        (driver("--master yarn"), {}, "--master is the service's"),
        (driver("--conf spark.master=local"), {}, "spark.master are the service's"),
        (driver("x.py"), {}, "'x.py' is no parameter"),
        (driver("--conf"), {}, "--conf has no value"),
        (driver("--conf 'a=b"), {}, "cannot be read"),
        (driver("--driver-memory much"), {}, "'much' is no size"),
        (driver("--num-executors many"), {}, "spark.executor.instances is 'many', which is no number"),
        (driver("--conf spark.executor.cores=1.5"), {}, "spark.executor.cores is '1.5'"),
        (
            driver(""),
            {"applicationConfiguration": [{"classification": "hive-site", "properties": {}}]},
            "'hive-site' would not be honoured",
        ),
    ],
)
def test_what_would_not_be_honoured_is_refused(job_driver: dict[str, Any], overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        asked_of(job_driver, overrides)


def test_what_is_asked_for_is_counted_and_held_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_SPARK_DRIVER_MEMORY", "2g")
    given = driver("--num-executors 5 --executor-cores=8 --conf spark.executor.memory=60g --driver-memory 512m --verbose --files s3://b/f")
    asked = asked_of(given, {})

    assert (asked.cores, asked.memory) == (44.0, 300.5)
    assert asked.words == ["--verbose", "--files", "s3://b/f"]
    command = spark_submit(given, asked)
    assert command[-3:] == ["s3://b/x.py", "--a", "b c"]
    assert "spark.driver.memory=2048m" in command
    assert [gigabytes(text) for text in ("1024", "2G", "1.5gb", "512m", "1t")] == [1.0, 2.0, 1.5, 0.5, 1024.0]
