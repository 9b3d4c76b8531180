"""Job runs, functions and state machines have the rights of their roles, and no others."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Clients = Callable[..., Any]
ACCOUNT = "123456789012"
JOB = """
import boto3, json, sys
s3 = boto3.client("s3")
landing = s3.get_object(Bucket="run-landing", Key="k")["Body"].read().decode()
print(json.dumps({"who": boto3.client("sts").get_caller_identity()["Arn"], "landing": landing}))
s3.get_object(Bucket="run-curated", Key="k")
"""
FUNCTION = """
import boto3
def handler(event, context):
    who = boto3.client("sts").get_caller_identity()["Arn"]
    try:
        return {"who": who, "body": boto3.client("s3").get_object(Bucket=event["bucket"], Key="k")["Body"].read().decode()}
    except Exception as error:
        return {"who": who, "error": str(error)}
"""


def trusted(service: str) -> dict[str, Any]:
    return {
        "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def layers(bucket: Callable[..., str]) -> None:
    bucket("run-landing", {"k": b"raw"}), bucket("run-curated", {"k": b"typed"}), bucket("run-scripts", {"job.py": JOB.encode()})


def reading(*buckets: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [f"arn:aws:s3:::{name}/*" for name in buckets]}


@pytest.mark.timeout(300)
def test_a_job_run_cannot_read_another_layer(operator: Clients, role: Callable[..., str], wait_until: Callable[..., Any]) -> None:
    glue, arn = operator("glue"), role("job-ingest", reading("run-landing"), trust=trusted("glue.amazonaws.com"))
    glue.create_job(Name="ingest", Role=arn, Command={"Name": "pythonshell", "ScriptLocation": "s3://run-scripts/job.py"})
    run_id = glue.start_job_run(JobName="ingest")["JobRunId"]

    def ended() -> Any:
        run = glue.get_job_run(JobName="ingest", RunId=run_id)["JobRun"]
        return run if run["JobRunState"] not in ("STARTING", "RUNNING") else None

    run = wait_until(ended, 240)
    assert run["JobRunState"] == "FAILED"
    denied = 'job-ingest/GlueJobRunnerSession is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::run-curated/k"'
    assert denied in run["ErrorMessage"]
    events = operator("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run_id)["events"]
    told = next(json.loads(event["message"]) for event in events if event["message"].startswith("{"))
    assert told == {"who": f"arn:aws:sts::{ACCOUNT}:assumed-role/job-ingest/GlueJobRunnerSession", "landing": "raw"}


def test_a_job_whose_role_does_not_trust_glue_is_not_started(operator: Clients, role: Callable[..., str]) -> None:
    glue, arn = operator("glue"), role("job-untrusting", trust=trusted("lambda.amazonaws.com"))
    command = {"Name": "pythonshell", "ScriptLocation": "s3://run-scripts/job.py"}
    glue.create_job(Name="untrusting", Role=arn, Command=command)
    glue.create_job(Name="roleless", Role=f"arn:aws:iam::{ACCOUNT}:role/none", Command=command)
    for name in ("untrusting", "roleless"):
        with pytest.raises(ClientError, match="should be given assume role permissions for Glue Service"):
            glue.start_job_run(JobName=name)


def test_a_function_acts_as_its_role(operator: Clients, role: Callable[..., str]) -> None:
    arn = role("function-reader", reading("run-landing"), trust=trusted("lambda.amazonaws.com"))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("f.py", FUNCTION)
    functions = operator("lambda")
    functions.create_function(
        FunctionName="reader", Runtime="python3.11", Role=arn, Handler="f.handler", Code={"ZipFile": package.getvalue()}, Timeout=60
    )

    def invoked(bucket: str) -> Any:
        return json.loads(functions.invoke(FunctionName="reader", Payload=json.dumps({"bucket": bucket}))["Payload"].read())

    assert invoked("run-landing") == {"who": f"arn:aws:sts::{ACCOUNT}:assumed-role/function-reader/reader", "body": "raw"}
    assert "is not authorized to perform: s3:GetObject" in invoked("run-curated")["error"]


def test_a_state_machine_calls_as_its_role(operator: Clients, role: Callable[..., str], wait_until: Callable[..., Any]) -> None:
    arn = role("machine-reader", reading("run-landing"), trust=trusted("states.amazonaws.com"))
    read = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Parameters": {"Bucket.$": "$.bucket", "Key": "k"},
        "End": True,
    }
    states = operator("stepfunctions")
    definition = json.dumps({"StartAt": "Read", "States": {"Read": read}})
    machine = states.create_state_machine(name="reader", definition=definition, roleArn=arn)["stateMachineArn"]

    def executed(bucket: str) -> Any:
        execution = states.start_execution(stateMachineArn=machine, input=json.dumps({"bucket": bucket}))["executionArn"]

        def ended() -> Any:
            found = states.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        return wait_until(ended, 60)

    assert json.loads(executed("run-landing")["output"])["Body"] == "raw"
    refused = executed("run-curated")
    assert refused["error"] == "S3.AccessDeniedException"
    assert "assumed-role/machine-reader/" in refused["cause"]
