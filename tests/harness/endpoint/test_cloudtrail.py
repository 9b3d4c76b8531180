"""Who asked for what: the event history, and the files of trails."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

from localaws.journal import changes
from waiting import wait_until

ROLE = "arn:aws:iam::123456789012:role/audited"


def looked_up(endpoint: EndpointProcess, name: str, value: str) -> list[dict[str, Any]]:
    found = endpoint.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": name, "AttributeValue": value}])["Events"]
    return [{**event, "record": json.loads(event["CloudTrailEvent"])} for event in found]


def test_a_change_is_in_the_history_with_who_what_and_which(endpoint: EndpointProcess) -> None:
    endpoint.client("glue").create_database(DatabaseInput={"Name": "audited"})
    (event,) = looked_up(endpoint, "EventName", "CreateDatabase")
    assert (event["EventSource"], event["Username"], event["AccessKeyId"], event["ReadOnly"]) == (
        "glue.amazonaws.com",
        "root",
        "test",
        "false",
    )
    assert {"ResourceType": "AWS::Glue::Database", "ResourceName": "audited"} in event["Resources"]
    record = event["record"]
    assert record["requestParameters"] == {"databaseInput": {"name": "audited"}}
    assert (record["eventCategory"], record["managementEvent"], record["awsRegion"]) == ("Management", True, "us-east-1")
    assert record["userIdentity"]["type"] == "Root"
    assert [each["EventName"] for each in looked_up(endpoint, "ResourceName", "audited")] == ["CreateDatabase"]
    assert abs(event["EventTime"] - datetime.now(UTC)) < timedelta(minutes=5)


def test_reads_and_what_failed_are_in_it_too(endpoint: EndpointProcess) -> None:
    with pytest.raises(ClientError):
        endpoint.client("glue").get_job(JobName="no-such-job")
    (event,) = looked_up(endpoint, "ResourceName", "no-such-job")
    assert (event["ReadOnly"], event["record"]["errorCode"]) == ("true", "EntityNotFoundException")
    assert event["record"]["responseElements"] is None


def test_a_session_of_a_role_says_whose_it_is(endpoint: EndpointProcess) -> None:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    endpoint.client("iam").create_role(RoleName="audited", AssumeRolePolicyDocument=json.dumps(trust))
    given = endpoint.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="night-run")["Credentials"]
    session = boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], "us-east-1")
    session.client("glue", endpoint_url=endpoint.url, config=Config(proxies={})).get_crawlers()
    (event,) = looked_up(endpoint, "Username", "night-run")
    identity = event["record"]["userIdentity"]
    assert (event["EventName"], identity["type"], identity["sessionContext"]["sessionIssuer"]["arn"]) == (
        "GetCrawlers",
        "AssumedRole",
        ROLE,
    )


def test_data_that_is_sent_is_a_change_too() -> None:
    told = {name: changes(name) for name in ("SendMessage", "PutEvents", "PutObject", "DeleteItem", "AssumeRole", "GetObject", "Decrypt")}
    assert [name for name, is_change in told.items() if is_change] == ["SendMessage", "PutEvents", "PutObject", "DeleteItem"]


def test_secrets_are_not_in_it(endpoint: EndpointProcess) -> None:
    endpoint.client("secretsmanager").create_secret(Name="audited", SecretString="hunter2-of-the-secret")
    endpoint.client("secretsmanager").get_secret_value(SecretId="audited")
    properties = {"USERNAME": "u", "PASSWORD": "hunter2-of-the-connection", "JDBC_CONNECTION_URL": "jdbc:mysql://h/d"}
    endpoint.client("glue").create_connection(ConnectionInput={"Name": "c", "ConnectionType": "JDBC", "ConnectionProperties": properties})
    endpoint.client("iam").create_user(UserName="audited")
    key = endpoint.client("iam").create_access_key(UserName="audited")["AccessKey"]["SecretAccessKey"]
    token = endpoint.client("sts").get_session_token()["Credentials"]
    kept = "".join(path.read_text("utf-8") for path in (endpoint.home / "cloudtrail").glob("*.jsonl"))
    assert "CreateConnection" in kept
    assert "GetSessionToken" in kept
    for secret in ("hunter2", key, token["SecretAccessKey"], token["SessionToken"]):
        assert secret not in kept


def test_pages_and_times_and_what_is_asked_wrongly(endpoint: EndpointProcess) -> None:
    trail = endpoint.client("cloudtrail")
    for number in range(5):
        endpoint.client("sns").create_topic(Name=f"page-{number}")
    created = {"AttributeKey": "EventName", "AttributeValue": "CreateTopic"}
    pages = trail.get_paginator("lookup_events").paginate(LookupAttributes=[created], PaginationConfig={"PageSize": 2})
    found = [json.loads(event["CloudTrailEvent"])["requestParameters"]["name"] for page in pages for event in page["Events"]]
    assert found == [f"page-{number}" for number in (4, 3, 2, 1, 0)]
    first = trail.lookup_events(LookupAttributes=[created], MaxResults=2)
    endpoint.client("sns").create_topic(Name="page-5")
    second = trail.lookup_events(LookupAttributes=[created], MaxResults=3, NextToken=first["NextToken"])
    names = [json.loads(event["CloudTrailEvent"])["requestParameters"]["name"] for event in second["Events"]]
    assert names == ["page-2", "page-1", "page-0"], "what is called between two pages moves nothing onto the next"
    assert "NextToken" not in second
    now = datetime.now(UTC)
    assert trail.lookup_events(EndTime=now - timedelta(days=1))["Events"] == []
    assert trail.lookup_events(StartTime=now + timedelta(days=1))["Events"] == []
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("InvalidTimeRangeException", {"StartTime": now, "EndTime": now - timedelta(days=1)}),
        ("InvalidLookupAttributesException", {"LookupAttributes": [created, created]}),
        ("InvalidMaxResultsException", {"MaxResults": 51}),
        ("InvalidNextTokenException", {"NextToken": "x"}),
    ]
    for code, parameters in wrong:
        with pytest.raises(ClientError) as refused:
            trail.lookup_events(**parameters)
        assert refused.value.response["Error"]["Code"] == code


def delivered(endpoint: EndpointProcess, bucket: str, prefix: str) -> list[dict[str, Any]]:
    s3 = endpoint.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
    return [
        record for key in keys for record in json.loads(gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))["Records"]
    ]


def test_a_trail_that_logs_gets_what_it_selects(endpoint: EndpointProcess) -> None:
    s3, trail = endpoint.client("s3"), endpoint.client("cloudtrail")
    for name in ("trail-logs", "trail-data", "trail-other"):
        s3.create_bucket(Bucket=name)
    trail.create_trail(Name="everything", S3BucketName="trail-logs", S3KeyPrefix="audit", IsMultiRegionTrail=True)
    data = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::trail-data/"]}
    trail.put_event_selectors(
        TrailName="everything", EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [data]}]
    )
    endpoint.client("sns").create_topic(Name="before-it-logged")
    trail.start_logging(Name="everything")
    s3.put_object(Bucket="trail-data", Key="a/b", Body=b"1")
    s3.put_object(Bucket="trail-other", Key="a/b", Body=b"1")
    s3.get_object(Bucket="trail-data", Key="a/b")["Body"].read()
    endpoint.client("sns").create_topic(Name="while-it-logs")
    prefix = f"audit/AWSLogs/123456789012/CloudTrail/us-east-1/{datetime.now(UTC):%Y/%m/}"
    wait_until(lambda: any(record["eventName"] == "CreateTopic" for record in delivered(endpoint, "trail-logs", prefix)))
    records = delivered(endpoint, "trail-logs", prefix)
    assert [record["requestParameters"]["name"] for record in records if record["eventName"] == "CreateTopic"] == ["while-it-logs"]
    objects = [(record["eventName"], record["resources"][0]["ARN"]) for record in records if record["eventCategory"] == "Data"]
    assert objects == [("PutObject", "arn:aws:s3:::trail-data/a/b"), ("GetObject", "arn:aws:s3:::trail-data/a/b")]
    assert looked_up(endpoint, "EventName", "PutObject") == []
    trail.stop_logging(Name="everything")


def test_a_trail_that_cannot_write_costs_the_others_nothing(endpoint: EndpointProcess) -> None:
    s3, trail = endpoint.client("s3"), endpoint.client("cloudtrail")
    for name in ("trail-blocked", "trail-free"):
        s3.create_bucket(Bucket=name)
    s3.put_object(Bucket="trail-blocked", Key="AWSLogs", Body=b"a file where the trail needs a folder")
    for name in ("blocked", "free"):
        trail.create_trail(Name=name, S3BucketName=f"trail-{name}")
        trail.start_logging(Name=name)
    endpoint.client("sns").create_topic(Name="beside-a-blocked-trail")
    wait_until(lambda: any(record["eventName"] == "CreateTopic" for record in delivered(endpoint, "trail-free", "AWSLogs/")))
    assert "the trail blocked lost" in endpoint.log
    for name in ("blocked", "free"):
        trail.stop_logging(Name=name)


def test_what_waits_is_delivered_when_the_endpoint_ends(own_endpoint: EndpointProcess) -> None:
    own_endpoint.client("s3").create_bucket(Bucket="last")
    trail = own_endpoint.client("cloudtrail")
    trail.create_trail(Name="last", S3BucketName="last")
    trail.start_logging(Name="last")
    own_endpoint.client("sns").create_topic(Name="the-last-one")
    own_endpoint.stop()
    files = list((own_endpoint.home / "s3" / "last").rglob("*.json.gz"))
    records = [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]
    assert "CreateTopic" in [record["eventName"] for record in records]
    own_endpoint.start()
    assert looked_up(own_endpoint, "EventName", "CreateTopic")[0]["record"]["requestParameters"]["name"] == "the-last-one"
