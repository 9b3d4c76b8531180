"""Policies that queues, topics, functions and secrets have themselves: whom they let in without a right of their own, and keep out."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Clients = Callable[..., Any]
PLACE = "us-east-1:123456789012"
ACCOUNT = "arn:aws:iam::123456789012:root"


def person(name: str) -> str:
    return f"arn:aws:iam::123456789012:user/{name}"


def policy(effect: str, principal: Any, actions: Any, resource: str, condition: Any = None) -> str:
    statement = {"Effect": effect, "Principal": principal, "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]})


def allow(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": "*"}


def refusal(call: Callable[..., Any], **parameters: Any) -> str:
    """Code and message of a call that must fail."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return f"{refused.value.response['Error']['Code']}: {refused.value.response['Error']['Message']}"


def test_a_queue_s_policy_lets_in_and_keeps_out(user: Clients, operator: Clients) -> None:
    own, arn = operator("sqs"), f"arn:aws:sqs:{PLACE}:orders"
    url = own.create_queue(QueueName="orders")["QueueUrl"]
    guest, reader = user("queue-guest")("sqs"), user("queue-reader", allow("sqs:*"))("sqs")
    assert "because no identity-based policy allows" in refusal(guest.send_message, QueueUrl=url, MessageBody="1")

    def change(text: str) -> None:
        own.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})

    change(policy("Allow", {"AWS": person("queue-guest")}, "SQS:SendMessage", arn))
    guest.send_message(QueueUrl=url, MessageBody="1")
    guest.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "2"}])
    assert f"sqs:ReceiveMessage on resource: {arn}" in refusal(guest.receive_message, QueueUrl=url)
    change(policy("Allow", {"AWS": ACCOUNT}, "SQS:*", arn))
    assert "no identity-based policy" in refusal(guest.send_message, QueueUrl=url, MessageBody="3"), "the account's own policies decide"
    reader.send_message(QueueUrl=url, MessageBody="3")
    change(policy("Deny", "*", "sqs:SendMessage", arn, {"ArnNotEquals": {"aws:PrincipalArn": person("queue-guest")}}))
    assert "with an explicit deny in a resource-based policy" in refusal(reader.send_message, QueueUrl=url, MessageBody="4")
    assert len(reader.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 3
    change("")
    reader.send_message(QueueUrl=url, MessageBody="4")


def test_a_topic_s_policy_lets_in_and_keeps_out(user: Clients, operator: Clients) -> None:
    own = operator("sns")
    arn = own.create_topic(Name="news")["TopicArn"]
    guest, writer = user("topic-guest")("sns"), user("topic-writer", allow("sns:*"))("sns")
    assert refusal(guest.publish, TopicArn=arn, Message="1").startswith("AuthorizationError: "), (
        "the policy that a topic begins with lets nobody in"
    )
    writer.publish(TopicArn=arn, Message="1")

    def change(text: str) -> None:
        own.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=text)

    only = {"StringEquals": {"sns:Protocol": "sqs"}}
    change(policy("Allow", {"AWS": person("topic-guest")}, ["SNS:Publish", "SNS:Subscribe"], arn, only))
    queue = f"arn:aws:sqs:{PLACE}:orders"
    guest.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)
    assert "sns:Subscribe" in refusal(guest.subscribe, TopicArn=arn, Protocol="email", Endpoint="a@example.org")
    change(policy("Deny", {"AWS": person("topic-writer")}, "SNS:Publish", arn))
    assert "explicit deny in a resource-based policy" in refusal(writer.publish, TopicArn=arn, Message="2")


def test_a_function_s_policy_lets_in(user: Clients, operator: Clients, role: Callable[..., str]) -> None:
    own, packed = operator("lambda"), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("f.py", "def handler(event, context):\n    return event\n")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    of = {"Runtime": "python3.11", "Role": role("open-function", trust=trust), "Handler": "f.handler"}
    own.create_function(FunctionName="open", Code={"ZipFile": packed.getvalue()}, **of)
    guest, caller = user("function-guest")("lambda"), user("function-caller", allow("lambda:InvokeFunction"))("lambda")

    def permit(statement: str, principal: str, **more: Any) -> None:
        own.add_permission(FunctionName="open", StatementId=statement, Action="lambda:InvokeFunction", Principal=principal, **more)

    permit("storage", "s3.amazonaws.com", SourceArn="arn:aws:s3:::landing")
    permit("account", "123456789012")
    assert "no identity-based policy allows the lambda:InvokeFunction action" in refusal(guest.invoke, FunctionName="open", Payload=b"1")
    caller.invoke(FunctionName="open", InvocationType="DryRun")
    permit("guest", person("function-guest"))
    guest.invoke(FunctionName="open", InvocationType="DryRun")
    permit("by-url", "*", InvokedViaFunctionUrl=True)
    guest.invoke(FunctionName="open", InvocationType="DryRun")
    stranger = user("function-stranger")("lambda")
    assert "lambda:InvokeFunction" in refusal(stranger.invoke, FunctionName="open", Payload=b"1"), "it asks without the URL"
    assert "lambda:GetFunction" in refusal(guest.get_function, FunctionName="open")
    own.publish_version(FunctionName="open")
    own.create_alias(FunctionName="open", Name="live", FunctionVersion="1")
    live = {"FunctionName": "open", "Qualifier": "live"}
    assert "function:open:live" in refusal(guest.invoke, **live, InvocationType="DryRun"), "the alias has permissions of its own"
    permit("of-the-alias", person("function-guest"), Qualifier="live")
    guest.invoke(**live, InvocationType="DryRun")
    own.remove_permission(FunctionName="open", StatementId="guest")
    assert "lambda:InvokeFunction" in refusal(guest.invoke, FunctionName="open", Payload=b"1")


def test_a_secret_s_policy_lets_in_and_keeps_out(user: Clients, operator: Clients) -> None:
    own = operator("secretsmanager")
    own.create_secret(Name="shared", SecretString="s")
    guest, owner = user("secret-guest")("secretsmanager"), user("secret-owner", allow("secretsmanager:*"))("secretsmanager")
    read = "secretsmanager:GetSecretValue"
    assert read in refusal(guest.get_secret_value, SecretId="shared")
    own.put_resource_policy(SecretId="shared", ResourcePolicy=policy("Allow", {"AWS": person("secret-guest")}, read, "*"))
    assert guest.get_secret_value(SecretId="shared")["SecretString"] == "s"
    assert "secretsmanager:DescribeSecret" in refusal(guest.describe_secret, SecretId="shared")
    own.put_resource_policy(SecretId="shared", ResourcePolicy=policy("Deny", {"AWS": person("secret-owner")}, read, "*"))
    assert "explicit deny in a resource-based policy" in refusal(owner.get_secret_value, SecretId="shared")
    own.delete_resource_policy(SecretId="shared")
    owner.get_secret_value(SecretId="shared")
    assert read in refusal(guest.get_secret_value, SecretId="shared")


def test_a_batch_of_secrets_is_read_only_where_each_may_be_read(user: Clients, operator: Clients) -> None:
    own = operator("secretsmanager")
    for name in ("batch/one", "batch/two"):
        own.create_secret(Name=name, SecretString=name)
    reader = user("batch-reader", allow("secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"))("secretsmanager")
    read, filters = "secretsmanager:GetSecretValue", [{"Key": "name", "Values": ["batch/"]}]
    own.put_resource_policy(SecretId="batch/one", ResourcePolicy=policy("Allow", {"AWS": person("batch-reader")}, read, "*"))
    assert reader.batch_get_secret_value(SecretIdList=["batch/one"])["SecretValues"][0]["SecretString"] == "batch/one"
    assert "secret:batch/two" in refusal(reader.batch_get_secret_value, SecretIdList=["batch/one", "batch/two"])
    assert "secret:batch/two" in refusal(reader.batch_get_secret_value, Filters=filters)
    own.put_resource_policy(SecretId="batch/two", ResourcePolicy=policy("Allow", {"AWS": person("batch-reader")}, read, "*"))
    assert len(reader.batch_get_secret_value(Filters=filters)["SecretValues"]) == 2


def test_a_secret_is_rotated_only_by_who_may_call_the_function(user: Clients, operator: Clients) -> None:
    operator("secretsmanager").create_secret(Name="rotated", SecretString="s")
    rotator = user("rotator", allow("secretsmanager:RotateSecret"))("secretsmanager")
    function = f"arn:aws:lambda:{PLACE}:function:rotates"
    told = refusal(rotator.rotate_secret, SecretId="rotated", RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 3})
    assert f"lambda:InvokeFunction on resource: {function}" in told
