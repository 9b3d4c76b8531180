"""What is defined in DMS reads back as it was given, can be changed, and events of tasks reach who subscribed to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.bootstrap import client
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.stack import Stack
from localaws.home import Home
from localaws.records import Records

RULES = json.dumps({"rules": [{"rule-type": "selection", "rule-id": "1", "rule-name": "all", "rule-action": "include",
                               "object-locator": {"schema-name": "wholesale", "table-name": "%"}}]})  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("definitions") / "a home")
    try:
        Stack(home).start(["endpoint"])
        yield home
    finally:
        Stack(home).stop()


def url(home: Home) -> str:
    return EndpointEngine(home).endpoint


def defined(dms: Any) -> dict[str, Any]:
    """An instance in a subnet group, two endpoints and a task."""
    dms.create_replication_subnet_group(
        ReplicationSubnetGroupIdentifier="group", ReplicationSubnetGroupDescription="Where", SubnetIds=["subnet-1", "subnet-2"]
    )
    instance = dms.create_replication_instance(
        ReplicationInstanceIdentifier="one", ReplicationInstanceClass="dms.t3.medium", ReplicationSubnetGroupIdentifier="group"
    )["ReplicationInstance"]
    source = dms.create_endpoint(
        EndpointIdentifier="source", EndpointType="source", EngineName="mysql", MySQLSettings={"SecretsManagerSecretId": "a"}
    )["Endpoint"]
    target = dms.create_endpoint(
        EndpointIdentifier="target", EndpointType="target", EngineName="redshift", RedshiftSettings={"BucketName": "b", "DatabaseName": "d"}
    )["Endpoint"]
    task = dms.create_replication_task(
        ReplicationTaskIdentifier="orders", MigrationType="full-load", TableMappings=RULES, SourceEndpointArn=source["EndpointArn"],
        TargetEndpointArn=target["EndpointArn"], ReplicationInstanceArn=instance["ReplicationInstanceArn"],
    )["ReplicationTask"]  # fmt: skip
    return {"source": source["EndpointArn"], "target": target["EndpointArn"], "task": task["ReplicationTaskArn"]}


def test_definitions_read_back_change_and_outlive_the_endpoint_and_subscribers_hear_of_a_task(home: Home) -> None:
    dms, sns, sqs = (client(service, url(home)) for service in ("dms", "sns", "sqs"))
    topic, queue = sns.create_topic(Name="runs")["TopicArn"], sqs.create_queue(QueueName="told")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:told")
    dms.create_event_subscription(SubscriptionName="tasks", SnsTopicArn=topic, SourceType="replication-task", EventCategories=["creation"])
    long_ago = Records(home.root / "dms-events")
    long_ago.put("20200101T000000000000-old", {"SourceIdentifier": "orders", "Date": 1577836800.0})
    arns = defined(dms)

    assert long_ago.get("20200101T000000000000-old") is None, "DMS keeps events for 14 days"
    message = json.loads(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]["Body"])
    assert json.loads(message["Message"])["Event Message"] == "Replication task created."
    assert [event["Message"] for event in dms.describe_events(SourceIdentifier="orders")["Events"]] == ["Replication task created."]

    dms.modify_endpoint(EndpointArn=arns["target"], RedshiftSettings={"BucketName": "other"})
    dms.modify_replication_task(ReplicationTaskArn=arns["task"], MigrationType="cdc")
    changes = dms.describe_events(SourceIdentifier="orders", EventCategories=["configuration change"])["Events"]
    assert [event["Message"] for event in changes] == ["Replication task modified."]
    dms.add_tags_to_resource(ResourceArn=arns["task"], Tags=[{"Key": "project", "Value": "wholesale"}])
    dms.modify_event_subscription(SubscriptionName="tasks", EventCategories=["failure"])
    Stack(home).stop(["endpoint"])
    Stack(home).start(["endpoint"])

    dms = client("dms", url(home))
    instance = dms.describe_replication_instances()["ReplicationInstances"][0]
    assert [subnet["SubnetIdentifier"] for subnet in instance["ReplicationSubnetGroup"]["Subnets"]] == ["subnet-1", "subnet-2"]
    assert not instance["PubliclyAccessible"]
    target = dms.describe_endpoints(Filters=[{"Name": "endpoint-arn", "Values": [arns["target"]]}])["Endpoints"][0]
    assert target["RedshiftSettings"] == {"BucketName": "other", "DatabaseName": "d"}
    task = dms.describe_replication_tasks()["ReplicationTasks"][0]
    assert (task["MigrationType"], task["Status"]) == ("cdc", "ready")
    assert dms.list_tags_for_resource(ResourceArn=arns["task"])["TagList"][0]["Value"] == "wholesale"
    assert dms.describe_event_subscriptions()["EventSubscriptionsList"][0]["EventCategoriesList"] == ["failure"]


def test_a_subscription_that_could_tell_nobody_is_refused(home: Home) -> None:
    dms = client("dms", url(home))
    with pytest.raises(ClientError, match="There is no SNS topic") as refused:
        dms.create_event_subscription(SubscriptionName="none", SnsTopicArn="arn:aws:sns:us-east-1:123456789012:none")
    assert refused.value.response["Error"]["Code"] == "SNSInvalidTopicFault"
    with pytest.raises(ClientError, match="There is no event subscription none"):
        dms.delete_event_subscription(SubscriptionName="none")
