"""EventBridge Scheduler: what is scheduled happens, once or again, and what could not happen is refused."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

from localaws.scheduler.operations import EventTooOldError, refuse_what_is_old
from localaws.schedules import next_after

ACCOUNT = "us-east-1:123456789012"
CREATE_QUEUE = "arn:aws:scheduler:::aws-sdk:sqs:createQueue"
ROLE = "arn:aws:iam::123456789012:role/s"
ONCE = {"FlexibleTimeWindow": {"Mode": "OFF"}}


def soon(zone: str = "UTC") -> str:
    return f"at({datetime.now(ZoneInfo(zone)) + timedelta(seconds=2):%Y-%m-%dT%H:%M:%S})"


@pytest.fixture
def scheduler(endpoint: EndpointProcess) -> Any:
    return endpoint.client("scheduler")


@pytest.fixture
def queue(endpoint: EndpointProcess) -> tuple[str, str]:
    name = f"q-{uuid.uuid4().hex[:8]}"
    return endpoint.client("sqs").create_queue(QueueName=name)["QueueUrl"], f"arn:aws:sqs:{ACCOUNT}:{name}"


def received(endpoint: EndpointProcess, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = endpoint.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages", [])
    return found


def test_a_schedule_fires_once_in_its_zone_and_goes(
    endpoint: EndpointProcess, scheduler: Any, queue: tuple[str, str], wait_until: Callable[..., Any]
) -> None:
    url, arn = queue
    name = uuid.uuid4().hex
    scheduler.create_schedule(
        Name=name, ScheduleExpression=soon("Asia/Tokyo"), ScheduleExpressionTimezone="Asia/Tokyo", ActionAfterCompletion="DELETE",
        Target={"Arn": arn, "RoleArn": ROLE, "Input": '{"batch": 7, "at": "<aws.scheduler.scheduled-time>"}'}, **ONCE,
    )  # fmt: skip
    (message,) = wait_until(lambda: received(endpoint, url), 60)
    body = json.loads(message["Body"])
    assert body["batch"] == 7
    assert abs(datetime.fromisoformat(body["at"]) - datetime.now(UTC)) < timedelta(minutes=5)

    def gone() -> bool:
        try:
            scheduler.get_schedule(Name=name)
        except scheduler.exceptions.ResourceNotFoundException:
            return True
        return False

    wait_until(gone, 60)


def test_a_schedule_starts_a_state_machine_and_any_operation(
    endpoint: EndpointProcess, scheduler: Any, queue: tuple[str, str], wait_until: Callable[..., Any]
) -> None:
    states, sqs = endpoint.client("stepfunctions"), endpoint.client("sqs")
    definition = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}})
    machine = states.create_state_machine(name=uuid.uuid4().hex, definition=definition, roleArn=ROLE)["stateMachineArn"]
    target = {"Arn": machine, "RoleArn": ROLE, "Input": '{"n": 1}'}
    disabled = {"Arn": CREATE_QUEUE, "RoleArn": ROLE, "Input": json.dumps({"QueueName": (never := f"never-{uuid.uuid4().hex[:8]}")})}
    scheduler.create_schedule(Name=uuid.uuid4().hex, ScheduleExpression=soon(), Target=disabled, State="DISABLED", **ONCE)
    scheduler.create_schedule(Name=uuid.uuid4().hex, ScheduleExpression=soon(), Target=target, **ONCE)
    made = f"made-{uuid.uuid4().hex[:8]}"
    target = {"Arn": CREATE_QUEUE, "RoleArn": ROLE, "Input": json.dumps({"QueueName": made})}
    scheduler.create_schedule(Name=uuid.uuid4().hex, ScheduleExpression=soon(), Target=target, **ONCE)

    (execution,) = wait_until(lambda: states.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"], 60)
    assert json.loads(states.describe_execution(executionArn=execution["executionArn"])["input"]) == {"n": 1}
    assert wait_until(lambda: sqs.list_queues(QueueNamePrefix=made).get("QueueUrls"), 60)
    assert not sqs.list_queues(QueueNamePrefix=never).get("QueueUrls")


def test_what_a_target_refuses_is_in_the_dead_letter_queue(
    endpoint: EndpointProcess, scheduler: Any, queue: tuple[str, str], wait_until: Callable[..., Any]
) -> None:
    url, arn = queue
    target = {"Arn": f"arn:aws:states:{ACCOUNT}:stateMachine:absent", "RoleArn": ROLE, "Input": "{}", "DeadLetterConfig": {"Arn": arn}}
    scheduler.create_schedule(Name=uuid.uuid4().hex, ScheduleExpression=soon(), Target=target, **ONCE)

    (message,) = wait_until(lambda: received(endpoint, url), 60)
    assert message["MessageAttributes"]["TARGET_ARN"]["StringValue"].endswith(":absent")
    assert "does not exist" in message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"].lower()


def test_what_was_due_while_no_endpoint_ran_fires_when_one_does_and_what_has_fired_does_not(
    tmp_path: Path, wait_until: Callable[..., Any]
) -> None:
    endpoint = EndpointProcess(tmp_path / "home").start()
    try:
        states = endpoint.client("stepfunctions")
        definition = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}})
        machine = states.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]

        def schedule(name: str, **settings: Any) -> None:
            told = json.dumps({"schedule": name, "at": "<aws.scheduler.scheduled-time>"})
            target = {"Arn": machine, "RoleArn": ROLE, "Input": told, **settings}
            endpoint.client("scheduler").create_schedule(Name=name, ScheduleExpression=soon(), Target=target, **ONCE)

        def inputs() -> list[dict[str, Any]]:
            states = endpoint.client("stepfunctions")
            arns = [each["executionArn"] for each in states.list_executions(stateMachineArn=machine)["executions"]]
            return [json.loads(states.describe_execution(executionArn=arn)["input"]) for arn in arns]

        schedule("fired")
        wait_until(inputs)
        wait_until(lambda: list((endpoint.home / "scheduler" / "fired").glob("*.json")))  # a kill before that fires it again
        schedule("slept")
        due = datetime.now(UTC) + timedelta(seconds=2)
        endpoint.kill()
        wait_until(lambda: datetime.now(UTC) > due)
        endpoint.start()
        late = wait_until(lambda: next((each for each in inputs() if each["schedule"] == "slept"), None))
        assert [each["schedule"] for each in inputs()].count("fired") == 1
        assert datetime.fromisoformat(late["at"]) <= due
    finally:
        endpoint.stop()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ScheduleExpression": "every monday"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "at(2026-13-01T00:00:00)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"Target": {"Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/c", "RoleArn": ROLE}}, "is not reached here"),
        ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:glue:fly", "RoleArn": ROLE, "Input": "{}"}}, "no operation Fly"),
        ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun", "RoleArn": ROLE, "Input": "[]"}}, "it is no object"),
    ],
)
def test_what_would_not_fire_is_refused(scheduler: Any, queue: tuple[str, str], changes: dict[str, Any], message: str) -> None:
    name = uuid.uuid4().hex
    given = {"ScheduleExpression": "rate(1 hour)", "Target": {"Arn": queue[1], "RoleArn": ROLE}, **ONCE, **changes}
    with pytest.raises(ClientError, match=message) as error:
        scheduler.create_schedule(Name=name, **given)

    assert error.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule(Name=name)


def test_what_is_older_than_the_target_allows_is_not_sent() -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    refuse_what_is_old({"RetryPolicy": {"MaximumEventAgeInSeconds": 86_400}}, an_hour_ago)
    refuse_what_is_old({}, an_hour_ago)
    with pytest.raises(EventTooOldError, match="MaximumEventAgeInSeconds, 60"):
        refuse_what_is_old({"RetryPolicy": {"MaximumEventAgeInSeconds": 60}}, an_hour_ago)


def test_cron_is_meant_in_its_zone() -> None:
    winter = datetime(2026, 1, 15, tzinfo=UTC)
    found = next_after("cron(30 9 * * ? *)", winter, "Europe/Berlin")
    assert found is not None
    assert found.astimezone(UTC) == datetime(2026, 1, 15, 8, 30, tzinfo=UTC)
