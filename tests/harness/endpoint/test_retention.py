"""Retention deletes what is due and nothing else: a story of one home, told by the day."""

from __future__ import annotations

import io
import json
import os
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from endpoint_process import EndpointProcess
from moto import mock_aws

from localaws.engines.endpoint import NO_PROXY
from localaws.http import RAW_HEADERS, HttpRequest
from localaws.retention.clock import Retention
from localaws.retention.rules import due_after
from localaws.retention.runs import run as retention_run

DAY = 24 * 3600
NOW = datetime.now(UTC)
KEYS = (
    "landing/new.csv", "landing/old.csv", "keep/old.csv", "tmp/old-small", "tmp/old-large", "tagged/old-temp", "tagged/old-other",
    "dated/a",
)  # fmt: skip


def rule(name: str, chosen: dict[str, Any], **what: Any) -> dict[str, Any]:
    return {"ID": name, "Status": what.pop("Status", "Enabled"), "Filter": chosen, **what}


RULES = [
    rule("landing after ten days", {"Prefix": "landing/"}, Expiration={"Days": 10}),
    rule("large ones", {"And": {"Prefix": "tmp/", "ObjectSizeGreaterThan": 1000}}, Expiration={"Days": 1}),
    rule("temporary ones", {"And": {"Prefix": "tagged/", "Tags": [{"Key": "kind", "Value": "temporary"}]}}, Expiration={"Days": 1}),
    rule("not in force", {"Prefix": "keep/"}, Expiration={"Days": 1}, Status="Disabled"),
    rule("at a date", {"Prefix": "dated/"}, Expiration={"Date": datetime(2031, 1, 1, tzinfo=UTC)}),
    rule("uploads", {"Prefix": ""}, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7}),
]


@pytest.fixture(scope="module")
def home(endpoint: EndpointProcess) -> EndpointProcess:
    s3, dynamodb, logs = (endpoint.client(service) for service in ("s3", "dynamodb", "logs"))
    s3.create_bucket(Bucket="kept"), s3.create_bucket(Bucket="without-rules")
    s3.put_bucket_lifecycle_configuration(Bucket="kept", LifecycleConfiguration={"Rules": RULES})
    for key in KEYS:
        tag = {"Tagging": f"kind={'temporary' if key.endswith('temp') else 'other'}"} if key.startswith("tagged/") else {}
        s3.put_object(Bucket="kept", Key=key, Body=b"x" * (5000 if "large" in key else 10), **tag)
        if "old" in key:
            backdate(endpoint, f"kept/{key}", 30)
    s3.put_object(Bucket="without-rules", Key="old", Body=b"x")
    backdate(endpoint, "without-rules/old", 3000)
    s3.create_multipart_upload(Bucket="kept", Key="half/done")

    dynamodb.create_table(
        TableName="leases", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )  # fmt: skip
    dynamodb.update_time_to_live(TableName="leases", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"})
    moments = {"over": -60, "later": 5 * DAY, "much-too-old": -6 * 365 * DAY}
    for name, seconds in moments.items():
        dynamodb.put_item(TableName="leases", Item={"pk": {"S": name}, "expires_at": {"N": str(int(NOW.timestamp()) + seconds)}})
    dynamodb.put_item(TableName="leases", Item={"pk": {"S": "for-ever"}})
    abroad = endpoint.client("dynamodb", region_name="eu-central-1")
    abroad.create_table(
        TableName="abroad", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )  # fmt: skip
    abroad.update_time_to_live(TableName="abroad", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"})
    abroad.put_item(TableName="abroad", Item={"pk": {"S": "over-there"}, "expires_at": {"N": str(int(NOW.timestamp()) - 60)}})
    dynamodb.put_item(TableName="leases", Item={"pk": {"S": "text"}, "expires_at": {"S": "1"}})

    for group, days in (("short", 7), ("unlimited", None)):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        events = [{"timestamp": int((NOW - timedelta(days=age)).timestamp() * 1000), "message": f"{age} days"} for age in (9, 3)]
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
        if days is not None:
            logs.put_retention_policy(logGroupName=group, retentionInDays=days)
    return endpoint


def backdate(endpoint: EndpointProcess, path: str, days: int) -> None:
    """An object of the past: its tags are kept by the file's state, so the record goes with it."""
    client, (bucket, _, key) = endpoint.client("s3"), path.partition("/")
    tags = client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    then = time.time() - days * DAY
    os.utime(endpoint.home / "s3" / path, (then, then))
    if tags:
        client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tags})


def run(endpoint: EndpointProcess, **asked: Any) -> set[tuple[str, str, str]]:
    request = urllib.request.Request(
        f"{endpoint.url}/_etl/retention", json.dumps(asked).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with NO_PROXY.open(request, timeout=60) as answer:
        return {(due["kind"], due["name"], due["rule"]) for due in json.load(answer)["deleted"]}


def left(endpoint: EndpointProcess, bucket: str = "kept") -> set[str]:
    return {each["Key"] for each in endpoint.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])}


def test_what_is_due_goes_and_nothing_else(home: EndpointProcess) -> None:
    due_now = {
        ("object", "landing/old.csv", "landing after ten days"),
        ("object", "tmp/old-large", "large ones"),
        ("object", "tagged/old-temp", "temporary ones"),
        ("item", "over", "expires_at"),
        ("item", "over-there", "expires_at"),
        ("log events", "s (1)", "7 days"),
    }
    assert run(home, dry_run=True) == due_now
    assert left(home) == set(KEYS), "a dry run deletes nothing"
    assert run(home) == due_now
    assert left(home) == set(KEYS) - {"landing/old.csv", "tmp/old-large", "tagged/old-temp"}
    assert left(home, "without-rules") == {"old"}
    items = {item["pk"]["S"] for item in home.client("dynamodb").scan(TableName="leases")["Items"]}
    assert items == {"later", "for-ever", "text", "much-too-old"}
    messages = {
        group: [event["message"] for event in home.client("logs").get_log_events(logGroupName=group, logStreamName="s")["events"]]
        for group in ("short", "unlimited")
    }
    assert messages == {"short": ["3 days"], "unlimited": ["9 days", "3 days"]}
    assert run(home) == set(), "nothing is due twice"

    in_ten_days = (NOW + timedelta(days=9)).isoformat()
    assert run(home, at=in_ten_days, dry_run=True) >= {("upload", "half/done", "uploads"), ("item", "later", "expires_at")}
    assert ("object", "landing/new.csv", "landing after ten days") not in run(home, at=in_ten_days, dry_run=True)
    assert ("object", "dated/a", "at a date") not in run(home, at="2030-12-31", dry_run=True)
    assert run(home, at="2031-01-01") >= {
        ("object", "dated/a", "at a date"), ("object", "landing/new.csv", "landing after ten days"), ("upload", "half/done", "uploads"),
    }  # fmt: skip
    assert left(home) == {"keep/old.csv", "tmp/old-small", "tagged/old-other"}
    assert "Uploads" not in home.client("s3").list_multipart_uploads(Bucket="kept")


def test_rules_read_back_with_all_that_they_say_and_go(home: EndpointProcess) -> None:
    s3 = home.client("s3")
    s3.create_bucket(Bucket="rules")
    s3.put_bucket_lifecycle_configuration(Bucket="rules", LifecycleConfiguration={"Rules": RULES})
    assert s3.get_bucket_lifecycle_configuration(Bucket="rules")["Rules"] == RULES
    s3.delete_bucket_lifecycle(Bucket="rules")
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket="rules")


def test_a_run_is_asked_for_rightly(home: EndpointProcess) -> None:
    json_type = {"Content-Type": "application/json"}
    wrong = (
        (b'{"at": "tomorrow"}', json_type, 400), (b"{}", {"Content-Type": "text/plain"}, 405),
        (b"{}", {**json_type, "Host": "rebound.example.org"}, 403),
    )  # fmt: skip
    for body, headers, status in wrong:
        request = urllib.request.Request(f"{home.url}/_etl/retention", body, headers, method="POST")
        with pytest.raises(urllib.error.HTTPError) as refused:
            NO_PROXY.open(request, timeout=60)
        assert refused.value.code == status


def test_a_lease_that_is_renewed_while_it_is_looked_at_is_kept(tmp_path: Path) -> None:
    with mock_aws():
        session = boto3.session.Session("test", "test", region_name="us-east-1")

        def clients(service: str, region: str = "us-east-1") -> Any:
            client = session.client(service, region_name=region)
            # Whoever has the lease renews it between its being read and its being deleted.
            client.meta.events.register("after-call.dynamodb.Scan", lambda **_: put("mine", 600))
            return client

        def put(name: str, seconds: int) -> None:
            dynamodb.put_item(TableName="renewed", Item={"pk": {"S": name}, "ttl": {"N": str(int(NOW.timestamp()) + seconds)}})

        dynamodb = session.client("dynamodb", region_name="eu-west-3")
        dynamodb.create_table(
            TableName="renewed", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )  # fmt: skip
        dynamodb.update_time_to_live(TableName="renewed", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
        for name in ("mine", "nobody's"):
            put(name, -60)
        assert [due.name for due in retention_run(tmp_path, clients, NOW)] == ["nobody's"]
        assert [item["pk"]["S"] for item in dynamodb.scan(TableName="renewed")["Items"]] == ["mine"]


def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    def clients(service: str, region: str = "") -> Any:
        raise OSError("the disk is gone")

    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/_etl/retention", "wsgi.input": io.BytesIO(b"{}"),
        RAW_HEADERS: [("Host", "127.0.0.1:1"), ("Content-Type", "application/json")],
    }  # fmt: skip
    answer = Retention(tmp_path, clients).respond(HttpRequest.of(environ))
    assert answer.status == 500
    assert "OSError: the disk is gone" in json.loads(cast(bytes, answer.body))["error"]


def test_the_endpoint_runs_it_by_itself_on_a_new_day(own_endpoint: EndpointProcess) -> None:
    note = own_endpoint.home / "endpoint" / "retention.json"
    deadline = time.monotonic() + 60
    while not note.exists():
        assert time.monotonic() < deadline, "it was not run"
        time.sleep(0.05)
    s3 = own_endpoint.client("s3")
    s3.create_bucket(Bucket="daily")
    s3.put_bucket_lifecycle_configuration(
        Bucket="daily", LifecycleConfiguration={"Rules": [rule("all", {"Prefix": ""}, Expiration={"Days": 3})]}
    )
    s3.put_object(Bucket="daily", Key="old", Body=b"x"), s3.put_object(Bucket="daily", Key="new", Body=b"x")
    backdate(own_endpoint, "daily/old", 5)
    own_endpoint.stop()
    note.write_text(json.dumps({"day": "2020-01-01", "deleted": 0}))
    own_endpoint.start()
    while left(own_endpoint, "daily") != {"new"}:
        assert time.monotonic() < deadline + 60, "it was not run on the new day"
        time.sleep(0.05)


def test_days_end_at_midnight() -> None:
    assert due_after(datetime(2026, 1, 15, tzinfo=UTC).timestamp(), 1) == datetime(2026, 1, 16, tzinfo=UTC)
    assert due_after(datetime(2026, 1, 15, 0, 0, 1, tzinfo=UTC).timestamp(), 1) == datetime(2026, 1, 17, tzinfo=UTC)
