"""Resources that stand for an engine: they are refused by name where the engine is not what is asked for, or does not run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

SERVERLESS = "redshift-serverless"
NAMESPACE = {"namespaceName": "wholesale"}
INSTANCE = {"DBInstanceIdentifier": "d", "DBInstanceClass": "db.t3.micro", "Engine": "mysql"}


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code", "message"),
    [
        ("rds", "create_db_instance", INSTANCE, "InvalidParameterValue", r"does not run\. Start it with `\./etl up mysql`"),
        ("rds", "create_db_instance", {**INSTANCE, "Engine": "postgres"}, "InvalidParameterValue", "Engine is 'postgres'"),
        ("rds", "stop_db_instance", {"DBInstanceIdentifier": "d"}, "NotExecuted", "the server would go on"),
        (SERVERLESS, "create_namespace", NAMESPACE, "ValidationException", "the local Redshift does not run"),
        (SERVERLESS, "create_namespace", {**NAMESPACE, "dbName": "dev"}, "ValidationException", "dbName is 'dev': there is one warehouse"),
        (SERVERLESS, "create_namespace", {**NAMESPACE, "adminUserPassword": "Secret12"}, "ValidationException", "manageAdminPassword"),
        (SERVERLESS, "create_workgroup", {**NAMESPACE, "workgroupName": "group"}, "ResourceNotFoundException", "namespace wholesale"),
        (SERVERLESS, "get_namespace", NAMESPACE, "ResourceNotFoundException", "The namespace wholesale does not exist"),
    ],
)
def test_what_no_engine_stands_behind_is_refused(
    endpoint: EndpointProcess, service: str, operation: str, arguments: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(ClientError, match=message) as error:
        getattr(endpoint.client(service), operation)(**arguments)

    assert error.value.response["Error"]["Code"] == code
    assert endpoint.client("rds").describe_db_instances()["DBInstances"] == []
    assert endpoint.client("redshift-serverless").list_namespaces()["namespaces"] == []


LOST = {"StartAt": "wait", "States": {"wait": {"Type": "Wait", "Seconds": 1, "Next": "gone"}}}


def machine(**states: Any) -> str:
    return json.dumps({"StartAt": "first", "States": states})


@pytest.mark.parametrize(
    ("definition", "found"),
    [
        pytest.param(machine(first={"Type": "Pass", "End": True}), [], id="right"),
        pytest.param("{", ["INVALID_JSON_DESCRIPTION"], id="no_json"),
        pytest.param(machine(first={"Type": "Pass", "Next": "gone"}), ["MISSING_TRANSITION_TARGET"], id="a_state_that_is_missing"),
        pytest.param(machine(second={"Type": "Pass", "End": True}), ["MISSING_TRANSITION_TARGET"], id="a_start_that_is_missing"),
        pytest.param(machine(first={"Type": "Nothing"}), ["SCHEMA_VALIDATION_FAILED"], id="an_unknown_type"),
        pytest.param(machine(first={"Type": "Parallel", "End": True, "Branches": [LOST]}), ["MISSING_TRANSITION_TARGET"], id="in_a_branch"),
    ],
)
def test_a_definition_is_validated_before_it_is_kept(endpoint: EndpointProcess, definition: str, found: list[str]) -> None:
    answer = endpoint.client("stepfunctions").validate_state_machine_definition(definition=definition)

    assert answer["result"] == ("FAIL" if found else "OK")
    assert sorted({diagnostic["code"] for diagnostic in answer["diagnostics"]}) == found


def test_an_update_replaces_a_definition_whole_and_outlives_a_kill_with_every_identifier(own_endpoint: EndpointProcess) -> None:
    own_endpoint.client("ec2").describe_vpcs()  # moto makes its back ends when they are first asked for, and that is not journaled
    key = own_endpoint.client("kms").create_key()["KeyMetadata"]["KeyId"]
    own_endpoint.client("kms").enable_key_rotation(KeyId=key)
    glue = own_endpoint.client("glue")
    role, command = "arn:aws:iam::123456789012:role/r", {"Name": "glueetl", "ScriptLocation": "s3://b/s.py"}
    connection = {"Name": "c", "ConnectionType": "JDBC", "ConnectionProperties": {"JDBC_CONNECTION_URL": "x"}}
    glue.create_job(Name="j", Role=role, Command=command, Timeout=10, DefaultArguments={"--a": "1"}, Tags={"team": "one"})
    glue.create_connection(ConnectionInput=connection)
    glue.create_trigger(Name="t", Type="SCHEDULED", Schedule="cron(0 1 * * ? *)", Actions=[{"JobName": "j"}])

    glue.update_job(JobName="j", JobUpdate={"Role": role, "Command": command, "Timeout": 20})
    glue.update_connection(Name="c", ConnectionInput={**connection, "ConnectionProperties": {"JDBC_CONNECTION_URL": "y"}})
    glue.update_trigger(Name="t", TriggerUpdate={"Schedule": "cron(0 2 * * ? *)", "Actions": [{"JobName": "j"}]})
    own_endpoint.kill()
    glue = own_endpoint.start().client("glue")

    assert own_endpoint.client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    job = glue.get_job(JobName="j")["Job"]
    assert (job["Timeout"], job.get("DefaultArguments", {}), job.get("ExecutionClass")) == (20, {}, None)
    assert glue.get_tags(ResourceArn="arn:aws:glue:us-east-1:123456789012:job/j")["Tags"] == {"team": "one"}
    kept = glue.get_connection(Name="c")["Connection"]
    assert (kept["ConnectionType"], kept["ConnectionProperties"]) == ("JDBC", {"JDBC_CONNECTION_URL": "y"})
    assert glue.get_trigger(Name="t")["Trigger"]["Schedule"] == "cron(0 2 * * ? *)"
    glue.delete_connection(ConnectionName="c")
    for operation, arguments in (("delete_connection", {"ConnectionName": "c"}), ("update_job", {"JobName": "none", "JobUpdate": {}})):
        with pytest.raises(glue.exceptions.EntityNotFoundException):
            getattr(glue, operation)(**arguments)


def test_a_client_of_another_protocol_is_understood(endpoint: EndpointProcess) -> None:
    import urllib.request

    body = b"Action=DescribeAlarms&Version=2010-08-01"
    signature = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=none"
    headers = {"Authorization": signature, "Content-Type": "application/x-www-form-urlencoded"}
    with urllib.request.urlopen(urllib.request.Request(endpoint.url, data=body, headers=headers)) as answer:
        assert b"<DescribeAlarmsResponse" in answer.read()

    headers = {"Authorization": signature.replace("monitoring", "cloudtrail"), "X-Amz-Target": "CloudTrail_20131101.DescribeTrails"}
    with urllib.request.urlopen(urllib.request.Request(endpoint.url, data=b"{}", headers=headers)) as answer:
        assert json.loads(answer.read())["trailList"] == []
