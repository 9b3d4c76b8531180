"""Alarms change their state by metrics that services really publish, and tell whom they name."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from endpoint_process import EndpointProcess
from moto.cloudwatch.models import MetricDatum

from localaws.cloudwatch import watcher
from localaws.cloudwatch.evaluation import Datum, evaluate
from localaws.cloudwatch.recent import Recent
from localaws.cloudwatch.watcher import Watcher
from waiting import wait_until

ACCOUNT = "us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/alarms"


def datum(age: float, value: float, count: float = 1) -> Datum:
    return Datum(age, value * count, count, value, value)


@pytest.mark.parametrize(
    ("data", "missing", "expected"),
    [
        pytest.param([], "missing", "INSUFFICIENT_DATA", id="nothing is known"),
        pytest.param([], "notBreaching", "OK", id="nothing is fine"),
        pytest.param([], "breaching", "ALARM", id="nothing is bad"),
        pytest.param([], "ignore", None, id="nothing changes nothing"),
        pytest.param([datum(5, 11), datum(65, 11)], "missing", "ALARM", id="two of three breach"),
        pytest.param([datum(5, 11), datum(65, 10), datum(125, 10)], "missing", "OK", id="one of three breaches"),
        pytest.param([datum(5, 11)], "missing", "OK", id="one is known and not enough"),
        pytest.param([datum(5, 11)], "breaching", "ALARM", id="one breaches and others are missing"),
        pytest.param([datum(5, 11)], "ignore", None, id="what is missing could decide"),
        pytest.param([datum(5, 6), datum(6, 6), datum(65, 12)], "missing", "ALARM", id="values of one period are added"),
        pytest.param([datum(5, 11), datum(185, 11)], "missing", "OK", id="what is too old does not count"),
    ],
)
def test_the_state_follows_from_the_last_periods(data: list[Datum], missing: str, expected: str | None) -> None:
    assert evaluate(data, "Sum", 60, 3, 2, "GreaterThanThreshold", 10.0, missing).state == expected


@pytest.mark.parametrize(
    ("statistic", "comparison", "threshold"),
    [
        ("Average", "LessThanThreshold", 2.6),
        ("Minimum", "LessThanOrEqualToThreshold", 1.0),
        ("Maximum", "GreaterThanOrEqualToThreshold", 4.0),
        ("SampleCount", "GreaterThanThreshold", 3.0),
        ("Sum", "GreaterThanOrEqualToThreshold", 10.0),
    ],
)
def test_statistics_are_of_all_values_of_a_period(statistic: str, comparison: str, threshold: float) -> None:
    data = [Datum(1, 6.0, 3, 1.0, 3.0), datum(2, 4.0)]

    assert evaluate(data, statistic, 60, 1, 1, comparison, threshold, "missing").state == "ALARM"


def test_each_datum_is_read_once_and_found_by_its_metric() -> None:
    def put(metric: str, value: float, age: float = 1, unit: str | None = None, **dimensions: str) -> MetricDatum:
        named = [{"Name": name, "Value": text} for name, text in dimensions.items()]
        return MetricDatum("own", metric, value, named, datetime.now(UTC) - timedelta(seconds=age), unit)

    recent, everything = Recent(), [put("a", 1), put("a", 2, age=100), put("a", 3, job="x"), put("b", 4), put("a", 5, unit="Count")]
    recent.take(everything)
    recent.take([*everything, put("a", 6), put("a", 7, age=8 * 86_400)])

    def values(metric: str, longest: float, unit: str | None = None, **dimensions: str) -> list[float]:
        return [each.total for each in recent.data("own", metric, set(dimensions.items()), longest, unit)]

    assert values("a", 60) == [1, 5, 6]
    assert values("a", 10 * 86_400) == [1, 2, 5, 6]
    assert (values("a", 60, job="x"), values("a", 60, unit="Count"), values("b", 60), values("c", 60)) == ([3], [5], [4], [])
    recent.take([])
    assert values("a", 60) == []


def test_an_alarm_that_cannot_be_looked_at_does_not_silence_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(Watcher, "_look", lambda self, alarm: looked.append(alarm.name))
    back_end = SimpleNamespace(alarms={"broken": object(), "sound": SimpleNamespace(name="sound")}, metric_data=[])
    monkeypatch.setattr(watcher, "_back_end", lambda: back_end)
    watching = Watcher(tmp_path, "http://127.0.0.1:1", lambda service: None)
    try:
        wait_until(lambda: len(looked) > 1)
    finally:
        watching.close()
    assert [record.getMessage() for record in caplog.records if "broken" in record.getMessage()] == [
        "the alarm broken could not be looked at"
    ]


class Alarms:
    """A topic with a queue, and alarms that tell it."""

    def __init__(self, endpoint: EndpointProcess, wait_until: Callable[..., Any]) -> None:
        self.endpoint, self.wait_until, self.cloudwatch = endpoint, wait_until, endpoint.client("cloudwatch")
        self.sqs, sns, name = endpoint.client("sqs"), endpoint.client("sns"), f"a-{uuid.uuid4().hex[:8]}"
        self.url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        self.topic = sns.create_topic(Name=name)["TopicArn"]
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{ACCOUNT}:{name}")

    def put(self, name: str, **settings: Any) -> None:
        given = {"Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold",
                 "TreatMissingData": "notBreaching", "AlarmActions": [self.topic], **settings}  # fmt: skip
        self.cloudwatch.put_metric_alarm(AlarmName=name, **given)

    def state(self, name: str) -> str:
        return str(self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])

    def told(self) -> Any:
        """The next message of the queue, as the topic sent it."""
        (message,) = self.wait_until(lambda: self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=1).get("Messages"), 60)
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        envelope = json.loads(message["Body"])
        return envelope["Subject"], json.loads(envelope["Message"])


@pytest.fixture
def alarms(endpoint: EndpointProcess, wait_until: Callable[..., Any]) -> Alarms:
    return Alarms(endpoint, wait_until)


def test_a_failed_execution_raises_the_alarm_and_the_topic_is_told(alarms: Alarms) -> None:
    states, name = alarms.endpoint.client("stepfunctions"), f"failing-{uuid.uuid4().hex[:8]}"
    definition = json.dumps({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Load", "Cause": "no"}}})
    machine = states.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
    dimensions = [{"Name": "StateMachineArn", "Value": machine}]
    alarms.put(name, Namespace="AWS/States", MetricName="ExecutionsFailed", Dimensions=dimensions, AlarmDescription="a batch failed")
    alarms.wait_until(lambda: alarms.state(name) == "OK", 60)

    states.start_execution(stateMachineArn=machine)

    subject, message = alarms.told()
    assert subject == f'ALARM: "{name}" in US East (N. Virginia)'
    assert {key: message[key] for key in ("AlarmName", "NewStateValue", "OldStateValue", "AlarmDescription")} == {
        "AlarmName": name, "NewStateValue": "ALARM", "OldStateValue": "OK", "AlarmDescription": "a batch failed",
    }  # fmt: skip
    assert message["Trigger"]["Dimensions"] == [{"name": "StateMachineArn", "value": machine}]
    assert "greater than the threshold (0)" in message["NewStateReason"]
    assert alarms.state(name) == "ALARM"


def test_a_function_that_fails_raises_an_alarm_that_invokes_another(alarms: Alarms) -> None:
    lambdas, s3, name = alarms.endpoint.client("lambda"), alarms.endpoint.client("s3"), f"f-{uuid.uuid4().hex[:8]}"
    alarms.endpoint.client("iam").create_role(RoleName="alarms", AssumeRolePolicyDocument="{}")
    s3.create_bucket(Bucket=name)
    put = f"boto3.client('s3').put_object(Bucket='{name}', Key='got', Body=json.dumps(event))"
    codes = {"fails": "def handler(event, context):\n    raise ValueError('no')\n",
             "notes": f"import boto3, json\ndef handler(event, context):\n    {put}\n"}  # fmt: skip
    for each, code in codes.items():
        with zipfile.ZipFile(content := io.BytesIO(), "w") as archive:
            archive.writestr("app.py", code)
        lambdas.create_function(
            FunctionName=f"{name}-{each}", Code={"ZipFile": content.getvalue()}, Handler="app.handler", Runtime="python3.11", Role=ROLE,
            Timeout=30, MemorySize=512,
        )  # fmt: skip
    action = f"arn:aws:lambda:{ACCOUNT}:function:{name}-notes"
    dimensions = [{"Name": "FunctionName", "Value": f"{name}-fails"}]
    alarms.put(name, Namespace="AWS/Lambda", MetricName="Errors", Dimensions=dimensions, AlarmActions=[action])

    lambdas.invoke(FunctionName=f"{name}-fails")

    alarms.wait_until(lambda: s3.list_objects_v2(Bucket=name).get("Contents"), 60)
    event = json.loads(s3.get_object(Bucket=name, Key="got")["Body"].read())
    assert (event["source"], event["alarmData"]["alarmName"], event["alarmData"]["state"]["value"]) == ("aws.cloudwatch", name, "ALARM")


def test_a_state_that_somebody_sets_is_told_and_evaluated_again(alarms: Alarms) -> None:
    name = f"set-{uuid.uuid4().hex[:8]}"
    alarms.put(name, Namespace="own", MetricName=name, OKActions=[alarms.topic])
    assert alarms.told()[1]["NewStateValue"] == "OK"

    alarms.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")

    message = alarms.told()[1]
    assert (message["NewStateValue"], message["NewStateReason"]) == ("ALARM", "a drill")
    assert alarms.told()[1]["NewStateValue"] == "OK"


def test_an_alarm_begins_without_data_and_stays_in_its_state_when_it_is_changed(alarms: Alarms) -> None:
    name = f"own-{uuid.uuid4().hex[:8]}"
    settings = {"Namespace": "own", "MetricName": name, "TreatMissingData": "missing"}
    alarms.put(name, **settings)
    assert alarms.state(name) == "INSUFFICIENT_DATA"
    alarms.cloudwatch.put_metric_data(Namespace="own", MetricData=[{"MetricName": name, "Value": 1.0}])
    assert alarms.told()[1]["OldStateValue"] == "INSUFFICIENT_DATA"

    alarms.put(name, **settings, AlarmDescription="changed")
    assert alarms.state(name) == "ALARM"
    alarms.cloudwatch.put_metric_data(
        Namespace="own", MetricData=[{"MetricName": name, "Value": 5.0, "Dimensions": [{"Name": "d", "Value": "1"}]}]
    )
    other = f"{name}-d"
    alarms.put(other, **settings, Dimensions=[{"Name": "d", "Value": "2"}])
    alarms.put(f"{other}-1", **settings, Dimensions=[{"Name": "d", "Value": "1"}])
    alarms.wait_until(lambda: alarms.state(f"{other}-1") == "ALARM", 60)
    assert alarms.state(other) == "INSUFFICIENT_DATA"
