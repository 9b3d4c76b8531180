"""Functions run their own code in a process of their own, with what Lambda gives them; queues and streams invoke them."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

ROLE = "arn:aws:iam::123456789012:role/function"
CODE = """
import json, logging, os, sys, time
import boto3
COLD = []

def handler(event, context):
    do = event.get("do")
    if do == "context":
        COLD.append(1)
        return {"name": context.function_name, "memory": context.memory_limit_in_mb, "left": context.get_remaining_time_in_millis(),
                "greeting": os.environ["GREETING"], "calls": len(COLD), "pid": os.getpid(), "home": os.environ.get("HOME"),
                "secret": os.environ.get("ETL_TEST_SECRET")}
    if do == "raise":
        raise ValueError("no such batch")
    if do == "sleep":
        time.sleep(60)
    if do == "exit":
        os._exit(3)
    if do == "memory":
        return len(bytearray(1 << 30))
    if do == "unserializable":
        return {1, 2}
    if do == "log":
        print("printed")
        logging.getLogger().warning("warned")
        return None
    if do == "internet":
        import urllib.request
        return urllib.request.urlopen("http://203.0.113.1/", timeout=2).status
    if do == "layer":
        import of_layer
        return of_layer.NAME
    if do == "bucket":
        boto3.client("s3").put_object(Bucket=event["bucket"], Key="from/lambda", Body=json.dumps(event).encode())
        return None
    if "Records" in event:
        record = event["Records"][0]
        if "poison" in json.dumps(event):
            raise RuntimeError("poison")
        key = record["eventSource"].replace(":", "-") + "/" + str(time.time_ns())
        boto3.client("s3").put_object(Bucket="function-events", Key=key, Body=json.dumps(event).encode())
        return None
    return event
"""


def package(code: str = CODE, name: str = "app.py") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, code)
    return target.getvalue()


class Functions:
    """Makes functions and invokes them."""

    def __init__(self, endpoint: EndpointProcess) -> None:
        self.endpoint = endpoint
        self.client = endpoint.client("lambda")
        self.s3, self.logs = endpoint.client("s3"), endpoint.client("logs")
        self.s3.create_bucket(Bucket="function-events")
        endpoint.client("iam").create_role(RoleName="function", AssumeRolePolicyDocument="{}")

    def create(self, name: str, **settings: Any) -> str:
        given = {"Code": {"ZipFile": package()}, "Handler": "app.handler", "Runtime": "python3.11", "Timeout": 20, "MemorySize": 256,
                 "Environment": {"Variables": {"GREETING": "hello"}}, **settings}  # fmt: skip
        arn: str = self.client.create_function(FunctionName=name, Role=ROLE, **given)["FunctionArn"]
        return arn

    def invoke(self, name: str, event: Any, **given: Any) -> tuple[Any, dict[str, Any]]:
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **given)
        text = answer["Payload"].read()
        return json.loads(text) if text else None, answer

    def events(self, source: str) -> list[dict[str, Any]]:
        found = self.s3.list_objects_v2(Bucket="function-events", Prefix=f"{source}/").get("Contents", [])
        return [json.loads(self.s3.get_object(Bucket="function-events", Key=each["Key"])["Body"].read()) for each in found]


@pytest.fixture(scope="module")
def functions(endpoint: EndpointProcess) -> Functions:
    functions = Functions(endpoint)
    functions.create("f")
    return functions


def test_the_handler_runs_with_its_environment_and_context_and_stays_warm(functions: Functions) -> None:
    first, answer = functions.invoke("f", {"do": "context"})
    second, _ = functions.invoke("f", {"do": "context"})
    assert (answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer) == (200, "$LATEST", False)
    assert (first["name"], first["memory"], first["greeting"], first["home"], first["secret"]) == ("f", "256", "hello", None, None)
    assert 15_000 < first["left"] < 20_000
    assert (first["calls"], second["calls"], second["pid"] == first["pid"]) == (1, 2, True)
    assert first["pid"] != functions.endpoint.pid


def test_a_destination_that_would_get_nothing_is_refused_and_retries_are_taken(functions: Functions) -> None:
    queue = "arn:aws:sqs:us-east-1:123456789012:failed"
    with pytest.raises(ClientError, match="DestinationConfig OnFailure: what becomes of an invocation would not be sent"):
        functions.client.put_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnFailure": {"Destination": queue}})

    kept = functions.client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=1)
    assert kept["MaximumRetryAttempts"] == 1
    functions.client.delete_function_event_invoke_config(FunctionName="f")


@pytest.mark.parametrize(
    ("do", "kind", "message"),
    [
        ("raise", "ValueError", "no such batch"),
        ("exit", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("memory", "Runtime.OutOfMemory", "Runtime exited with error: signal: killed"),
        ("unserializable", "Runtime.MarshalError", "Unable to marshal response: Object of type set is not JSON serializable"),
        ("internet", "LoopbackOnlyError", "a connection to '203.0.113.1' was refused"),
    ],
)
def test_a_function_that_fails_answers_with_lambdas_errors(functions: Functions, do: str, kind: str, message: str) -> None:
    payload, answer = functions.invoke("f", {"do": do}, LogType="Tail")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert payload["errorType"] == kind
    assert message in payload["errorMessage"]
    if do == "raise":
        assert "no such batch" in payload["stackTrace"][-1]
        assert "[ERROR] ValueError: no such batch" in base64.b64decode(answer["LogResult"]).decode()


def test_a_function_ends_at_its_time_out(functions: Functions) -> None:
    functions.create("slow", Timeout=1)
    begun = time.monotonic()
    payload, _ = functions.invoke("slow", {"do": "sleep"})
    assert time.monotonic() - begun < 10
    assert payload["errorType"] == "Sandbox.Timedout"
    assert payload["errorMessage"].endswith("Task timed out after 1.00 seconds")


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"Handler": "nowhere.handler"}, "Runtime.ImportModuleError"),
        ({"Handler": "app.nothing"}, "Runtime.HandlerNotFound"),
        ({"Code": {"ZipFile": package("def handler(:")}}, "Runtime.UserCodeSyntaxError"),
    ],
)
def test_code_that_cannot_be_loaded_says_so(functions: Functions, settings: dict[str, Any], kind: str) -> None:
    name = "broken_" + kind.rpartition(".")[2]
    functions.create(name, **settings)
    assert functions.invoke(name, {})[0]["errorType"] == kind


def test_what_is_printed_is_in_the_log_group(functions: Functions) -> None:
    functions.create("talks")
    functions.invoke("talks", {"do": "log"})
    stream = functions.logs.describe_log_streams(logGroupName="/aws/lambda/talks")["logStreams"][0]["logStreamName"]
    lines = [event["message"] for event in functions.logs.get_log_events(logGroupName="/aws/lambda/talks", logStreamName=stream)["events"]]
    assert lines[0].startswith("START RequestId: ")
    assert lines[1] == "printed"
    assert lines[2].startswith("[WARNING]\t")
    assert lines[2].endswith("\twarned")
    assert lines[-1].startswith("REPORT RequestId: ")


def test_layers_code_in_s3_new_code_and_versions(functions: Functions) -> None:
    functions.s3.create_bucket(Bucket="function-code")
    functions.s3.put_object(Bucket="function-code", Key="layer.zip", Body=package("NAME = 'layered'", "python/of_layer.py"))
    functions.s3.put_object(Bucket="function-code", Key="app.zip", Body=package())
    layer = functions.client.publish_layer_version(LayerName="l", Content={"S3Bucket": "function-code", "S3Key": "layer.zip"})
    code = {"S3Bucket": "function-code", "S3Key": "app.zip"}
    functions.create("layered", Code=code, Layers=[layer["LayerVersionArn"]])
    assert functions.invoke("layered", {"do": "layer"})[0] == "layered"
    version = functions.client.publish_version(FunctionName="layered")["Version"]
    functions.client.update_function_code(FunctionName="layered", ZipFile=package("def handler(event, context):\n    return 'new'"))
    assert functions.invoke("layered", {})[0] == "new"
    assert functions.invoke("layered", {"do": "layer"}, Qualifier=version)[0] == "layered"
    with pytest.raises(ClientError, match="S3 Error Code: NoSuchKey"):
        functions.create("nowhere", Code={"S3Bucket": "function-code", "S3Key": "missing.zip"})


def test_what_cannot_be_invoked_is_refused(functions: Functions) -> None:
    with pytest.raises(
        functions.client.exceptions.ResourceNotFoundException,
        match="Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody",
    ):
        functions.invoke("nobody", {})
    with pytest.raises(functions.client.exceptions.InvalidRequestContentException):
        functions.client.invoke(FunctionName="f", Payload=b"{")
    functions.create("other", Runtime="nodejs20.x")
    with pytest.raises(ClientError, match=r"other has the runtime nodejs20\.x, which does not run here"):
        functions.invoke("other", {})
    assert functions.client.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204


def test_an_event_is_taken_at_once_and_its_effect_comes(functions: Functions, wait_until: Callable[..., Any]) -> None:
    answer = functions.client.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"do": "bucket", "bucket": "function-events"}')
    assert answer["StatusCode"] == 202
    wait_until(lambda: "Contents" in functions.s3.list_objects_v2(Bucket="function-events", Prefix="from/lambda"))


def test_messages_of_a_queue_invoke_and_are_deleted_only_when_that_succeeds(functions: Functions, wait_until: Callable[..., Any]) -> None:
    sqs = functions.endpoint.client("sqs")
    url = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    functions.client.create_event_source_mapping(EventSourceArn=arn, FunctionName="f", BatchSize=5)

    sqs.send_message(QueueUrl=url, MessageBody="good")
    event = wait_until(lambda: functions.events("aws-sqs"))[0]
    assert (event["Records"][0]["body"], event["Records"][0]["eventSourceARN"]) == ("good", arn)
    sqs.send_message(QueueUrl=url, MessageBody="poison")

    def left() -> list[int]:
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return [int(counts[name]) for name in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")]

    streams = functions.logs.describe_log_streams(logGroupName="/aws/lambda/f")["logStreams"]

    def poisoned() -> int:
        names = [each["logStreamName"] for each in functions.logs.describe_log_streams(logGroupName="/aws/lambda/f")["logStreams"]]
        pages = [functions.logs.get_log_events(logGroupName="/aws/lambda/f", logStreamName=name)["events"] for name in names]
        return sum("[ERROR] RuntimeError: poison" in event["message"] for page in pages for event in page)

    assert streams
    wait_until(lambda: poisoned() >= 2)
    assert sum(left()) == 1


def test_records_of_streams_invoke_with_their_events(functions: Functions, wait_until: Callable[..., Any]) -> None:
    kinesis, dynamodb = functions.endpoint.client("kinesis"), functions.endpoint.client("dynamodb")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    arn = kinesis.describe_stream(StreamName="clicks")["StreamDescription"]["StreamARN"]
    functions.client.create_event_source_mapping(EventSourceArn=arn, FunctionName="f", StartingPosition="TRIM_HORIZON")
    kinesis.put_record(StreamName="clicks", Data=b"click", PartitionKey="p")
    record = wait_until(lambda: functions.events("aws-kinesis"))[0]["Records"][0]
    assert (base64.b64decode(record["kinesis"]["data"]), record["kinesis"]["partitionKey"]) == (b"click", "p")

    table = dynamodb.create_table(
        TableName="changing", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]  # fmt: skip
    functions.client.create_event_source_mapping(EventSourceArn=table["LatestStreamArn"], FunctionName="f", StartingPosition="TRIM_HORIZON")
    dynamodb.put_item(TableName="changing", Item={"pk": {"S": "a"}, "n": {"N": "1"}})
    record = wait_until(lambda: functions.events("aws-dynamodb"))[0]["Records"][0]
    assert (record["eventName"], record["dynamodb"]["NewImage"]) == ("INSERT", {"pk": {"S": "a"}, "n": {"N": "1"}})


def test_a_mapping_that_would_not_be_honoured_is_refused(functions: Functions) -> None:
    with pytest.raises(ClientError, match="FilterCriteria of an event source mapping would not be honoured here"):
        functions.client.create_event_source_mapping(
            EventSourceArn="arn:aws:sqs:us-east-1:123456789012:work", FunctionName="f", FilterCriteria={"Filters": [{"Pattern": "{}"}]}
        )


def test_a_state_machine_invokes_a_function(functions: Functions, wait_until: Callable[..., Any]) -> None:
    states = functions.endpoint.client("stepfunctions")
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$"},
            "End": True, "OutputPath": "$.Payload", "Catch": [{"ErrorEquals": ["ValueError"], "Next": "Caught"}]}  # fmt: skip
    definition = {"StartAt": "S", "States": {"S": task, "Caught": {"Type": "Pass", "OutputPath": "$.Error", "End": True}}}
    arn = states.create_state_machine(name="invoking", definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
    for event, expected in (({"a": 1}, {"a": 1}), ({"do": "raise"}, "ValueError")):
        execution = states.start_execution(stateMachineArn=arn, input=json.dumps(event))["executionArn"]
        found = wait_until(lambda arn=execution: (e := states.describe_execution(executionArn=arn))["status"] != "RUNNING" and e)
        assert json.loads(found["output"]) == expected
