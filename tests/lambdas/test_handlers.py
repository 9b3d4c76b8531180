"""The functions of `lambdas/`, called as Lambda calls them, on an account in this process's own server."""

from __future__ import annotations

import importlib.util
import json
import os
import time
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest

from deploy.functions import build_functions
from empty_account import empty_account
from localaws.home import CHECKOUT

CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f", aws_request_id="r"
)
FOLDER = "csv/part/ingestion_date=1998-06-15/batch_id=1998-06-15/"


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"lambda_{name}", CHECKOUT / "lambdas" / name / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def account() -> Iterator[pytest.MonkeyPatch]:
    with empty_account() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.delenv("AWS_PROFILE", raising=False)
        yield patch


@pytest.fixture(scope="module")
def told(account: pytest.MonkeyPatch) -> Any:
    """What is published to the topic, as the queue that listens to it gets it: subject and message."""
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="runs")["TopicArn"]
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:told")
    account.setenv("TOPIC_ARN", topic)

    def messages() -> list[tuple[str, str]]:
        found = []
        while batch := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                body = json.loads(message["Body"])
                found.append((body["Subject"], body["Message"]))
        return found

    return messages


def arrival(manifest: bytes, files: dict[str, bytes]) -> dict[str, Any]:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="landing")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket="landing"):
        for entry in page.get("Contents", []):
            s3.delete_object(Bucket="landing", Key=entry["Key"])
    for name, body in {**files, "manifest.json": manifest}.items():
        s3.put_object(Bucket="landing", Key=FOLDER + name, Body=body)
    return {"detail": {"bucket": {"name": "landing"}, "object": {"key": f"{FOLDER}manifest.json"}}}


def manifest(**sizes: int) -> bytes:
    return json.dumps({"files": [{"name": f"{name}.csv", "bytes": size} for name, size in sizes.items()]}).encode()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(manifest(a=3), None, id="complete"),
        pytest.param(manifest(a=3, b=1), f"{FOLDER}b.csv is missing", id="a_file_is_missing"),
        pytest.param(manifest(a=4), f"{FOLDER}a.csv has 3 bytes, and its manifest says 4", id="a_file_was_cut"),
        pytest.param(b"{", "manifest.json cannot be read", id="no_manifest"),
        pytest.param(b"[]", "manifest.json cannot be read", id="another_shape"),
    ],
)
def test_a_delivery_that_is_not_complete_is_told(told: Any, body: bytes, problem: str | None) -> None:
    answer = module("landing_validator").handler(arrival(body, {"a.csv": b"1,2"}), CONTEXT)

    messages = told()
    if problem is None:
        assert (answer["problems"], messages) == ([], [])
    else:
        assert problem in answer["problems"][0]
        assert [subject for subject, _ in messages] == ["Incomplete delivery"]
        assert problem in messages[0][1]


def test_a_batch_is_started_once_by_request_and_by_schedule(account: pytest.MonkeyPatch) -> None:
    states = boto3.client("stepfunctions")
    definition = json.dumps({"StartAt": "done", "States": {"done": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/states"
    account.setenv("STATE_MACHINE_ARN", states.create_state_machine(name="batch", definition=definition, roleArn=role)["stateMachineArn"])
    start = module("api_trigger").handler

    asked = start({"batch_id": "1998-06-15-late"}, CONTEXT)
    again = start({"body": json.dumps({"batch_id": "1998-06-15-late", "business_date": "1998-06-15"})}, CONTEXT)
    scheduled = start({"source": "aws.events", "time": "1998-06-16T04:00:00Z"}, CONTEXT)
    states.stop_execution(executionArn=json.loads(asked["body"])["execution"])
    ended = start({"batch_id": "1998-06-15-late"}, CONTEXT)

    assert [answer["statusCode"] for answer in (asked, again, scheduled, ended)] == [202, 202, 202, 409]
    assert asked["body"] == again["body"]  # the same execution, which still runs
    assert len(states.list_executions(stateMachineArn=os.environ["STATE_MACHINE_ARN"])["executions"]) == 2
    execution = states.describe_execution(executionArn=json.loads(asked["body"])["execution"])
    assert (execution["name"], json.loads(execution["input"])) == (
        "1998-06-15-late.1", {"batch_id": "1998-06-15-late", "business_date": "1998-06-15"},
    )  # fmt: skip
    assert json.loads(scheduled["body"])["execution"].endswith(":1998-06-16.1")


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({"batch_id": "today"}, "batch_id is YYYY-MM-DD"),
        ({"batch_id": "1998-06-15", "business_date": "1998-06-16"}, "begins with its business_date"),
        ({"batch_id": "1998-13-15"}, "month must be in"),
        ({"batch_id": "1998-06-15", "attempt": 0}, "attempt is a whole number from 1"),
        ({"body": "{"}, "Expecting property name"),
        ({"body": "[]"}, "an object with batch_id"),
    ],
    ids=["no_date", "another_date", "no_such_month", "attempt", "no_json", "no_object"],
)
def test_what_is_no_request_is_answered_with_what_is_wrong(account: pytest.MonkeyPatch, event: dict[str, Any], problem: str) -> None:
    answer = module("api_trigger").handler(event, CONTEXT)

    assert answer["statusCode"] == 400
    assert problem in json.loads(answer["body"])["error"]


def test_a_job_that_failed_is_told_with_its_reason(told: Any) -> None:
    detail = {"jobName": "maintenance", "jobRunId": "jr_1", "state": "FAILED", "message": "out of memory"}

    module("run_notifier").handler({"detail": detail}, CONTEXT)

    [(subject, message)] = told()
    assert subject == "Glue job maintenance: FAILED"
    assert "out of memory" in message
    assert "jr_1" in message


def test_a_package_has_the_same_bytes_for_the_same_sources(tmp_path: Any) -> None:
    first = {file.name: file.read_bytes() for file in build_functions(tmp_path / "one")}
    time.sleep(0.01)

    assert {file.name: file.read_bytes() for file in build_functions(tmp_path / "two")} == first
    assert set(first) == {f"{folder.name}.zip" for folder in (CHECKOUT / "lambdas").iterdir() if (folder / "handler.py").exists()}
