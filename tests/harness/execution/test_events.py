"""Rules fire by events and by schedule, and their targets are reached; buckets tell queues and functions of their objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from endpoint_process import EndpointProcess

from localaws.schedules import Schedule, Ticker

ACCOUNT = "us-east-1:123456789012"


class Events:
    """A queue that things are sent to, and a rule's targets."""

    def __init__(self, endpoint: EndpointProcess, wait_until: Callable[..., Any]) -> None:
        self.events, self.sqs, self.s3, self.states = (endpoint.client(service) for service in ("events", "sqs", "s3", "stepfunctions"))
        self.endpoint, self.wait_until = endpoint, wait_until

    def queue(self, name: str) -> tuple[str, str]:
        return self.sqs.create_queue(QueueName=name)["QueueUrl"], f"arn:aws:sqs:{ACCOUNT}:{name}"

    def message(self, url: str) -> Any:
        found = self.wait_until(lambda: self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages"))
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
        return json.loads(found[0]["Body"])


@pytest.fixture
def events(endpoint: EndpointProcess, wait_until: Callable[..., Any]) -> Events:
    return Events(endpoint, wait_until)


def test_an_object_that_arrives_starts_a_state_machine(events: Events) -> None:
    events.s3.create_bucket(Bucket="arrivals")
    events.s3.put_bucket_notification_configuration(Bucket="arrivals", NotificationConfiguration={"EventBridgeConfiguration": {}})
    definition = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}})
    arn = events.states.create_state_machine(name="arrival", definition=definition, roleArn="arn:aws:iam::123456789012:role/m")[
        "stateMachineArn"
    ]
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"object": {"key": [{"suffix": "manifest.json"}]}}}
    events.events.put_rule(Name="arrived", EventPattern=json.dumps(pattern))
    transformer = {"InputPathsMap": {"key": "$.detail.object.key"}, "InputTemplate": '{"arrived": "<key>"}'}
    events.events.put_targets(Rule="arrived", Targets=[{"Id": "1", "Arn": arn, "InputTransformer": transformer}])

    events.s3.put_object(Bucket="arrivals", Key="in/data.csv", Body=b"1")
    events.s3.put_object(Bucket="arrivals", Key="in/manifest.json", Body=b"{}")

    (execution,) = events.wait_until(lambda: events.states.list_executions(stateMachineArn=arn, statusFilter="SUCCEEDED")["executions"])
    described = events.states.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"]) == {"arrived": "in/manifest.json"}


def test_a_bucket_tells_a_queue_of_what_its_filters_name(events: Events) -> None:
    url, arn = events.queue("objects")
    events.s3.create_bucket(Bucket="telling")
    rules = [{"Name": "suffix", "Value": ".csv"}]
    wanted = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], "Filter": {"Key": {"FilterRules": rules}}}
    events.s3.put_bucket_notification_configuration(Bucket="telling", NotificationConfiguration={"QueueConfigurations": [wanted]})
    events.sqs.purge_queue(QueueUrl=url)

    events.s3.put_object(Bucket="telling", Key="a b.txt", Body=b"12")
    events.s3.put_object(Bucket="telling", Key="a b.csv", Body=b"12")
    record = events.message(url)["Records"][0]
    assert (record["eventName"], record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == ("ObjectCreated:Put", "a+b.csv", 2)
    events.s3.delete_objects(Bucket="telling", Delete={"Objects": [{"Key": "a b.csv"}, {"Key": "a b.txt"}]})
    assert events.message(url)["Records"][0]["eventName"] == "ObjectRemoved:Delete"


def test_events_that_are_put_reach_the_targets_of_the_rules_they_match(events: Events) -> None:
    url, arn = events.queue("matched")
    events.events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}]}}))
    events.events.put_targets(Rule="orders", Targets=[{"Id": "q", "Arn": arn}])
    for total in (5, 50):
        events.events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": json.dumps({"total": total})}])
    event = events.message(url)
    assert (event["detail"], event["detail-type"], event["time"][-1]) == ({"total": 50}, "order", "Z")
    events.events.disable_rule(Name="orders")
    events.events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": '{"total": 60}'}])
    events.events.enable_rule(Name="orders")
    events.events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": '{"total": 70}'}])
    assert events.message(url)["detail"] == {"total": 70}


def test_the_end_of_an_execution_and_of_a_crawl_are_events(events: Events) -> None:
    url, arn = events.queue("ends")
    events.events.put_rule(
        Name="ends", EventPattern=json.dumps({"detail-type": ["Step Functions Execution Status Change", "Glue Crawler State Change"]})
    )
    events.events.put_targets(Rule="ends", Targets=[{"Id": "q", "Arn": arn, "InputPath": "$.detail"}])
    definition = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Fail", "Error": "Told"}}})
    machine = events.states.create_state_machine(name="told", definition=definition, roleArn="arn:aws:iam::123456789012:role/m")[
        "stateMachineArn"
    ]
    events.states.start_execution(stateMachineArn=machine)
    detail = events.message(url)
    assert (detail["status"], detail["error"], detail["stateMachineArn"]) == ("FAILED", "Told", machine)


def test_a_job_run_that_fails_is_an_event_that_a_topic_tells_of(events: Events) -> None:
    url, arn = events.queue("job-ends")
    glue, sns = events.endpoint.client("glue"), events.endpoint.client("sns")
    topic = sns.create_topic(Name="job-ends")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    events.s3.create_bucket(Bucket="job-ends")
    events.s3.put_object(Bucket="job-ends", Key="job.py", Body=b"import sys\nif 'fail' in sys.argv: raise ValueError('no such batch')\n")
    command = {"Name": "pythonshell", "ScriptLocation": "s3://job-ends/job.py", "PythonVersion": "3.9"}
    glue.create_job(Name="ends", Role="arn:aws:iam::123456789012:role/r", Command=command)
    pattern = {"source": ["aws.glue"], "detail-type": ["Glue Job State Change"], "detail": {"state": ["FAILED", "TIMEOUT"]}}
    events.events.put_rule(Name="failed-jobs", EventPattern=json.dumps(pattern))
    events.events.put_targets(Rule="failed-jobs", Targets=[{"Id": "t", "Arn": topic}])

    good = glue.start_job_run(JobName="ends")["JobRunId"]
    events.wait_until(lambda: glue.get_job_run(JobName="ends", RunId=good)["JobRun"]["JobRunState"] == "SUCCEEDED")
    run_id = glue.start_job_run(JobName="ends", Arguments={"--how": "fail"})["JobRunId"]

    event = events.message(url)
    assert (event["source"], event["detail-type"]) == ("aws.glue", "Glue Job State Change")
    assert event["detail"] == {
        "jobName": "ends", "severity": "ERROR", "state": "FAILED", "jobRunId": run_id, "message": "ValueError: no such batch",
    }  # fmt: skip


@pytest.mark.soak
def test_a_schedule_fires_its_rule(events: Events) -> None:
    url, arn = events.queue("scheduled")
    events.events.put_rule(Name="every_minute", ScheduleExpression="rate(1 minute)")
    events.events.put_targets(Rule="every_minute", Targets=[{"Id": "q", "Arn": arn, "Input": '{"from": "the schedule"}'}])
    messages = events.wait_until(lambda: events.sqs.receive_message(QueueUrl=url).get("Messages"), 90)
    assert messages[0]["Body"] == '{"from": "the schedule"}'


def test_a_ticker_starts_what_is_due_and_nothing_else(wait_until: Callable[..., Any]) -> None:
    fired: list[str] = []
    ticker = Ticker(
        "test",
        lambda: [Schedule("soon", "rate(1 minute)"), Schedule("never again", "cron(0 0 1 1 ? 2020)")],
        lambda name, due: fired.append(name),
    )
    ticker.close()
    for minute in (0, 0, 2, 2, 4):
        ticker._tick(datetime(2026, 1, 1, 0, minute, tzinfo=UTC))
    wait_until(lambda: len(fired) == 2)
    assert fired == ["soon", "soon"]


def test_a_topic_invokes_the_functions_that_subscribe(events: Events) -> None:
    import io
    import zipfile

    put = "boto3.client('s3').put_object(Bucket='subscribers', Key='got', Body=event['Records'][0]['Sns']['Message'])"
    code = f"import boto3\ndef handler(event, context):\n    {put}\n"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("app.py", code)
    events.s3.create_bucket(Bucket="subscribers")
    events.endpoint.client("iam").create_role(RoleName="subscriber", AssumeRolePolicyDocument="{}")
    settings = {"Code": {"ZipFile": target.getvalue()}, "Handler": "app.handler", "Runtime": "python3.11", "Timeout": 30, "MemorySize": 256}
    function = events.endpoint.client("lambda").create_function(
        FunctionName="subscriber", Role="arn:aws:iam::123456789012:role/subscriber", **settings
    )
    sns = events.endpoint.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function["FunctionArn"])
    sns.publish(TopicArn=topic, Message="hello")
    events.wait_until(lambda: "Contents" in events.s3.list_objects_v2(Bucket="subscribers"))
    assert events.s3.get_object(Bucket="subscribers", Key="got")["Body"].read() == b"hello"


def test_a_bucket_tells_a_function_of_what_its_filters_name(events: Events) -> None:
    import io
    import zipfile

    put = "boto3.client('s3').put_object(Bucket='told', Key='out/' + key.split('/')[1], Body=record['eventName'])"
    code = (
        "import boto3, urllib.parse\ndef handler(event, context):\n    for record in event['Records']:\n"
        f"        key = urllib.parse.unquote_plus(record['s3']['object']['key'])\n        {put}\n"
    )
    with zipfile.ZipFile(target := io.BytesIO(), "w") as archive:
        archive.writestr("app.py", code)
    events.s3.create_bucket(Bucket="told")
    events.endpoint.client("iam").create_role(RoleName="told", AssumeRolePolicyDocument="{}")
    function = events.endpoint.client("lambda").create_function(
        FunctionName="told", Role="arn:aws:iam::123456789012:role/told", Code={"ZipFile": target.getvalue()}, Handler="app.handler",
        Runtime="python3.11", Timeout=30, MemorySize=512,
    )  # fmt: skip
    named = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]}}
    configuration = {"LambdaFunctionArn": function["FunctionArn"], "Events": ["s3:ObjectCreated:*"], "Filter": named}
    events.s3.put_bucket_notification_configuration(
        Bucket="told", NotificationConfiguration={"LambdaFunctionConfigurations": [configuration]}
    )

    events.s3.put_object(Bucket="told", Key="in/left.txt", Body=b"1")
    events.s3.put_object(Bucket="told", Key="in/a b+c.csv", Body=b"1")

    events.wait_until(lambda: "Contents" in events.s3.list_objects_v2(Bucket="told", Prefix="out/"), 60)
    assert [each["Key"] for each in events.s3.list_objects_v2(Bucket="told", Prefix="out/")["Contents"]] == ["out/a b+c.csv"]
    assert events.s3.get_object(Bucket="told", Key="out/a b+c.csv")["Body"].read() == b"ObjectCreated:Put"
