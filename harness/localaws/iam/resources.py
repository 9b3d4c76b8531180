"""Which action on which resource an operation is, for every service but S3 ("Actions, resources, and condition keys", Service
Authorization Reference).

A table says by which parameter an operation names its resource. What the table does not know is found by the ARN among the
parameters; an operation that names nothing is on `*`, so that only a policy that allows it on everything does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.iam.back_ends import key_arn, named_arn, secret_arn
from localaws.iam.glue_resources import glue_resources
from localaws.moto_app import ACCOUNT_ID

__all__ = ["actions", "resources"]

_PREFIXES: Mapping[str, str] = {
    "dynamodbstreams": "dynamodb", "efs": "elasticfilesystem", "elbv2": "elasticloadbalancing", "emr": "elasticmapreduce",
    "kinesisanalyticsv2": "kinesisanalytics", "mwaa": "airflow", "resourcegroupstaggingapi": "tag", "s3control": "s3", "sesv2": "ses",
    "stepfunctions": "states",
}  # fmt: skip
"""Where the name in actions is not botocore's."""
_ACTIONS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("lambda", "Invoke"): ("lambda:InvokeFunction",),
    ("lambda", "InvokeAsync"): ("lambda:InvokeFunction",),
    ("lambda", "GetFunctionConcurrency"): ("lambda:GetFunctionConcurrency",),
    ("sqs", "SendMessageBatch"): ("sqs:SendMessage",),
    ("sqs", "DeleteMessageBatch"): ("sqs:DeleteMessage",),
    ("sqs", "ChangeMessageVisibilityBatch"): ("sqs:ChangeMessageVisibility",),
    ("sns", "PublishBatch"): ("sns:Publish",),
    ("kms", "ReEncrypt"): ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    ("dynamodb", "TransactGetItems"): ("dynamodb:GetItem",),
}
"""Where an operation is not the action of its name."""
_WRITES: Mapping[str, str] = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_WITHOUT_ACTION = frozenset({("sts", "GetCallerIdentity"), ("sts", "GetSessionToken"), ("sts", "GetAccessKeyInfo")})
"""Nobody needs a right for these."""
_BY_NAME: Mapping[str, tuple[tuple[str, str], ...]] = {
    "athena": (("WorkGroup", "workgroup/{}"), ("DataCatalogName", "datacatalog/{}"), ("CatalogName", "datacatalog/{}")),
    "cloudtrail": (("TrailName", "trail/{}"), ("Name", "trail/{}")),
    "cloudwatch": (("AlarmName", "alarm:{}"),),
    "dms": (
        ("ReplicationTaskArn", "{}"), ("ReplicationTaskIdentifier", "task:{}"), ("EndpointArn", "{}"),
        ("EndpointIdentifier", "endpoint:{}"), ("ReplicationInstanceArn", "{}"), ("ReplicationInstanceIdentifier", "rep:{}"),
    ),
    "emr-serverless": (("applicationId", "/applications/{}"),),
    "firehose": (("DeliveryStreamName", "deliverystream/{}"),),
    "kinesis": (("StreamName", "stream/{}"),),
    "rds": (("DBInstanceIdentifier", "db:{}"), ("DBParameterGroupName", "pg:{}"), ("DBSubnetGroupName", "subgrp:{}")),
    "redshift": (("ClusterIdentifier", "cluster:{}"), ("ParameterGroupName", "parametergroup:{}")),
    "redshift-data": (("ClusterIdentifier", "cluster:{}"), ("WorkgroupName", "workgroup/{}")),
    "redshift-serverless": (("workgroupName", "workgroup/{}"), ("namespaceName", "namespace/{}")),
    "sns": (("TopicArn", "{}"), ("TargetArn", "{}"), ("Name", "{}")),
    "ssm": (("Name", "parameter/{}"), ("Path", "parameter/{}")),
    "stepfunctions": (("stateMachineArn", "{}"), ("stateMachineAliasArn", "{}"), ("name", "stateMachine:{}")),
}  # fmt: skip
"""Parameter and the end of the ARN; the first that a request has counts. An ARN is what it is: it comes before a name, which may be
the new name that the resource gets, or that of something of its own (an execution)."""
_ARN_SERVICES: Mapping[str, str] = {"redshift-data": "redshift", "stepfunctions": "states"}
_EVENT_NAMES = (("Rule", "rule/{}"), ("Name", "rule/{}"), ("EventBusName", "event-bus/{}"))


def actions(service: str, operation: str) -> tuple[str, ...]:
    """The names of the actions; none where no right is needed."""
    if (service, operation) in _WITHOUT_ACTION:
        return ()
    return _ACTIONS.get((service, operation)) or (f"{_PREFIXES.get(service, service)}:{operation}",)


def resources(service: str, operation: str, asked: Mapping[str, Any], region: str) -> list[tuple[tuple[str, ...], str]]:
    """Pairs of actions and the ARN that they are on: a request may concern several."""
    done = actions(service, operation)
    if service in ("dynamodb", "dynamodbstreams"):
        return _of_dynamodb(done, operation, asked, region)
    special = _SPECIAL.get(service)
    arns = special(operation, asked, region) if special is not None else [_named(service, asked, region)]
    return [(done, arn) for arn in arns]


def _named(service: str, asked: Mapping[str, Any], region: str) -> str:
    for parameter, ending in _BY_NAME.get(service, ()):
        if value := asked.get(parameter):
            text = str(value)
            place = f"arn:aws:{_ARN_SERVICES.get(service, _PREFIXES.get(service, service))}:{region}:{ACCOUNT_ID}:"
            # A parameter's name may begin with a slash, which its ARN has already.
            return text if text.startswith("arn:") else place + ending.format(text.lstrip("/") if service == "ssm" else text)
    return _any_arn(asked)


def _any_arn(asked: Mapping[str, Any]) -> str:
    """Of the parameters the ARN that is no role's (which is what the resource is given)."""
    found = [value for value in asked.values() if isinstance(value, str) and value.startswith("arn:") and ":role/" not in value]
    return found[0] if found else "*"


def _of_dynamodb(done: tuple[str, ...], operation: str, asked: Mapping[str, Any], region: str) -> list[tuple[tuple[str, ...], str]]:
    def table(name: str) -> str:
        return name if name.startswith("arn:") else f"arn:aws:dynamodb:{region}:{ACCOUNT_ID}:table/{name}"

    if isinstance(asked.get("RequestItems"), Mapping):
        return [(done, table(name)) for name in asked["RequestItems"]]
    if items := asked.get("TransactItems"):
        pairs = [(kind, each[kind]["TableName"]) for each in items for kind in each]
        return [((f"dynamodb:{_WRITES[kind]}",) if kind in _WRITES else done, table(name)) for kind, name in pairs]
    if name := asked.get("TableName"):
        index = asked.get("IndexName")
        return [(done, f"{table(name)}/index/{index}" if index and operation in ("Query", "Scan") else table(name))]
    return [(done, _any_arn(asked))]


def _of_functions(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    given = str(asked.get("FunctionName") or "")
    name, qualifier = given.rsplit(":function:", maxsplit=1)[-1], asked.get("Qualifier")
    if not name:
        return [_any_arn(asked)]
    # A version or an alias is invoked under an ARN of its own, however it is named ("Using Lambda aliases in … permissions policies").
    ending = f":{qualifier}" if qualifier and ":" not in name and operation.startswith("Invoke") else ""
    return [(given if given.startswith("arn:") else f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{name}") + ending]


def _of_schedules(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    place, name = f"arn:aws:scheduler:{region}:{ACCOUNT_ID}:", asked.get("Name")
    if not name:
        return [str(asked.get("ResourceArn") or "*")]
    if operation.endswith("Group"):
        return [f"{place}schedule-group/{name}"]
    return [f"{place}schedule/{asked.get('GroupName') or 'default'}/{name}"]


def _of_logs(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    group = asked.get("logGroupName") or asked.get("logGroupIdentifier")
    place = f"arn:aws:logs:{region}:{ACCOUNT_ID}:log-group:"
    if not group:
        return [f"{place}*"] if operation == "DescribeLogGroups" else [_any_arn(asked)]
    name, stream = str(group).split(":log-group:")[-1], asked.get("logStreamName")
    return [f"{place}{name}:log-stream:{stream}" if stream else f"{place}{name}"]


def _of_queues(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    name = asked.get("QueueName") or str(asked.get("QueueUrl") or "").rsplit("/", 1)[-1]
    return [f"arn:aws:sqs:{region}:{ACCOUNT_ID}:{name}" if name else "*"]


def _of_events(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    place = f"arn:aws:events:{region}:{ACCOUNT_ID}:"
    if operation == "PutEvents":
        buses = {str(each.get("EventBusName") or "default") for each in asked.get("Entries") or []}
        return [bus if bus.startswith("arn:") else f"{place}event-bus/{bus}" for bus in sorted(buses)] or ["*"]
    found = next((ending.format(asked[name]) for name, ending in _EVENT_NAMES if asked.get(name)), None)
    return [f"{place}{found}" if found else _any_arn(asked)]


def _of_secrets(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    name = asked.get("SecretId") or asked.get("Name")
    return [secret_arn(str(name), region) if name else "*"]


def _of_keys(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    name = asked.get("KeyId") or asked.get("TargetKeyId")
    return [key_arn(str(name), region) if name else "*"]


def _of_identities(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    return [named_arn(asked)]


def _of_sts(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    if operation == "GetFederationToken":
        return [f"arn:aws:sts::{ACCOUNT_ID}:federated-user/{asked.get('Name', '')}"]
    return [str(asked.get("RoleArn") or "*")]


def _of_athena(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    place = f"arn:aws:athena:{region}:{ACCOUNT_ID}:"
    if operation == "StartQueryExecution":
        return [f"{place}workgroup/{asked.get('WorkGroup') or 'primary'}"]
    if operation in ("ListWorkGroups", "ListDataCatalogs"):
        return ["*"]
    if "Name" in asked and operation.endswith("WorkGroup"):
        return [f"{place}workgroup/{asked['Name']}"]
    # Queries belong to a workgroup, which the gate reads from the query's record and gives as WorkGroup.
    found = _named("athena", asked, region)
    return [found if found != "*" else f"{place}workgroup/primary"]


_SPECIAL: Mapping[str, Any] = {
    "athena": _of_athena, "events": _of_events, "glue": glue_resources, "iam": _of_identities, "kms": _of_keys, "lambda": _of_functions,
    "logs": _of_logs, "scheduler": _of_schedules, "secretsmanager": _of_secrets, "sqs": _of_queues, "sts": _of_sts,
}  # fmt: skip
