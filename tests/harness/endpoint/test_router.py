"""Requests reach who does the work, and what nobody does is refused by name."""

from __future__ import annotations

import io
import json
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

from localaws.api_models import identify
from localaws.http import RAW_HEADERS, HttpRequest
from localaws.refusals import NOT_EXECUTED
from localaws.services import guards, handlers


def request(method: str, uri: str, service: str, body: bytes = b"", **headers: str) -> HttpRequest:
    scope = f"AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    sent = [("Authorization", scope), *((name.replace("_", "-"), value) for name, value in headers.items())]
    environ = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "PATH_INFO": uri, "wsgi.input": io.BytesIO(body), RAW_HEADERS: sent}
    return HttpRequest.of(environ)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(request("POST", "/", "glue", x_amz_target="AWSGlue.StartJobRun"), ("glue", "StartJobRun"), id="json"),
        pytest.param(
            request("POST", "/", "dynamodb", x_amz_target="DynamoDBStreams_20120810.GetRecords"), ("dynamodbstreams", "GetRecords"),
            id="one_signing_name_of_two_services",
        ),
        pytest.param(request("POST", "/", "iam", b"Action=CreateRole&Version=2010-05-08"), ("iam", "CreateRole"), id="query"),
        pytest.param(request("POST", "/", "elasticmapreduce", x_amz_target="ElasticMapReduce.RunJobFlow"), ("emr", "RunJobFlow"), id="emr"),
        pytest.param(request("POST", "/2015-03-31/functions/f/invocations", "lambda"), ("lambda", "Invoke"), id="rest_json"),
        pytest.param(request("GET", "/b?list-type=2", "s3"), ("s3", "ListObjectsV2"), id="query_parameter_of_the_template"),
        pytest.param(request("GET", "/b", "s3"), ("s3", "ListObjects"), id="without_it"),
        pytest.param(request("PUT", "/b/k?partNumber=1&uploadId=u", "s3"), ("s3", "UploadPart"), id="required_query_parameters"),
        pytest.param(request("PUT", "/b/k", "s3", x_amz_copy_source="/a/b"), ("s3", "CopyObject"), id="required_header"),
        pytest.param(request("PUT", "/b/k?x-id=PutObject", "s3"), ("s3", "PutObject"), id="marked_by_newer_clients"),
        pytest.param(request("POST", "/", "glue", x_amz_target="AWSGlue.NoSuchThing"), ("glue", None), id="unknown_operation"),
    ],
)  # fmt: skip
def test_an_operation_is_told_from_the_service_models(asked: HttpRequest, expected: tuple[str, str | None]) -> None:
    target = identify(asked)
    assert target is not None
    assert (target.service, target.operation) == expected
    assert target.region == "eu-west-1"


def test_a_bucket_and_a_key_are_cut_from_the_path_as_it_was_sent() -> None:
    target = identify(request("GET", "/b/a%2Fb%20%C3%BC//c", "s3"))
    assert target is not None
    assert target.labels == {"Bucket": "b", "Key": "a/b ü//c"}


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("emr", "run_job_flow", {"Name": "e", "Instances": {}}),
        ("firehose", "put_record", {"DeliveryStreamName": "f", "Record": {"Data": b"x"}}),
        ("batch", "submit_job", {"jobName": "b", "jobQueue": "q", "jobDefinition": "d"}),
        ("rds", "create_db_cluster", {"DBClusterIdentifier": "d", "Engine": "aurora-mysql"}),
        ("redshift", "create_cluster_snapshot", {"ClusterIdentifier": "c", "SnapshotIdentifier": "s"}),
    ],
)
def test_what_would_be_a_false_success_is_refused_by_name(endpoint: EndpointProcess, service: str, operation: str, arguments: Any) -> None:
    with pytest.raises(ClientError, match=r"is not executed by this endpoint yet: ") as error:
        getattr(endpoint.client(service, parameter_validation=False), operation)(**arguments)
    assert error.value.response["Error"]["Code"] == "NotExecuted"


def test_the_table_of_refusals_names_operations_that_exist() -> None:
    from botocore.session import Session

    session = Session()
    known = {service: set(session.get_service_model(service).operation_names) for service in NOT_EXECUTED}
    assert {service: sorted(set(table) - known[service]) for service, table in NOT_EXECUTED.items() if set(table) - known[service]} == {}


def test_no_refusal_names_what_a_handler_runs() -> None:
    refused = {(service, operation) for service, table in NOT_EXECUTED.items() for operation in table}
    assert refused & (set(handlers()) | set(guards())) == set()


def test_every_handler_is_an_operation_of_its_service() -> None:
    from botocore.session import Session

    session = Session()
    assert [name for service, name in handlers() if name not in session.get_service_model(service).operation_names] == []


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "named"),
    [
        ("glue", "get_blueprint", {"Name": "b"}, "glue:GetBlueprint"),
        ("redshift", "describe_usage_limits", {}, "redshift:DescribeUsageLimits"),
        ("redshift-serverless", "list_snapshots", {}, "redshift-serverless:ListSnapshots"),
        ("mwaa", "list_environments", {}, "mwaa:ListEnvironments"),
    ],
)
def test_what_nobody_implements_is_refused_by_name(
    endpoint: EndpointProcess, service: str, operation: str, arguments: Any, named: str
) -> None:
    with pytest.raises(ClientError, match=f"{named} is not provided by this endpoint"):
        getattr(endpoint.client(service, parameter_validation=False), operation)(**arguments)


def test_a_request_that_is_no_operation_is_refused(endpoint: EndpointProcess) -> None:
    wrong = urllib.request.Request(f"{endpoint.url}/", method="POST", data=b"{}", headers={"X-Amz-Target": "Nothing.AtAll"})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(wrong)
    assert json.loads(error.value.read())["__type"] == "UnknownOperation"


def test_moto_answers_the_rest(endpoint: EndpointProcess) -> None:
    iam = endpoint.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    assert iam.get_role(RoleName="r")["Role"]["Arn"] == "arn:aws:iam::123456789012:role/r"
    assert endpoint.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_the_health_page_answers(endpoint: EndpointProcess) -> None:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{endpoint.url}/_etl/health") as answer:
        assert json.load(answer)["status"] == "ok"


def test_the_head_of_a_bucket_that_is_not_there_is_404(endpoint: EndpointProcess) -> None:
    s3 = endpoint.client("s3")
    with pytest.raises(ClientError) as refused:
        s3.head_bucket(Bucket="no-such-bucket-here")
    assert (refused.value.response["Error"]["Code"], refused.value.response["ResponseMetadata"]["HTTPStatusCode"]) == ("404", 404)
    s3.create_bucket(Bucket="with-a-head")
    assert s3.head_bucket(Bucket="with-a-head")["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        pytest.param("rekognition", "detect_labels", {"Image": {"Bytes": b"x"}}, id="refused"),
        pytest.param("ses", "send_raw_email", {"RawMessage": {"Data": b"x"}}, id="refused_in_xml"),
        pytest.param("devicefarm", "list_projects", {}, id="not_provided"),
    ],
)
def test_a_refusal_is_an_answer_that_clients_do_not_ask_for_again(
    endpoint: EndpointProcess, mode: Any, service: Any, operation: str, parameters: dict[str, Any]
) -> None:
    client: Any = boto3.client(
        service, endpoint_url=endpoint.url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(retries={"mode": mode, "total_max_attempts": 4}, proxies={}),
    )  # fmt: skip
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**parameters)
    assert refused.value.response["Error"]["Code"] in ("NotExecuted", "NotProvided")
    assert refused.value.response["ResponseMetadata"].get("RetryAttempts", 0) == 0
