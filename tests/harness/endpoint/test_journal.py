"""What was answered with success survives a kill; what was not answered does not come back."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from endpoint_process import CHECKOUT, EndpointProcess


def test_resources_come_back_as_they_were(own_endpoint: EndpointProcess) -> None:
    glue, secrets, dynamodb = (own_endpoint.client(name) for name in ("glue", "secretsmanager", "dynamodb"))
    glue.create_database(DatabaseInput={"Name": "curated"})
    glue.create_table(DatabaseName="curated", TableInput={"Name": "t", "Parameters": {"metadata_location": "s3://b/1.json"}})
    glue.update_table(
        DatabaseName="curated",
        SkipArchive=True,
        VersionId="1",
        TableInput={"Name": "t", "Parameters": {"metadata_location": "s3://b/2.json"}},
    )
    secrets.create_secret(Name="wholesale/rds", SecretString='{"password": "ü"}')
    dynamodb.create_table(
        TableName="etl-state",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="etl-state", Item={"pk": {"S": "watermark"}, "high": {"B": b"\x00\xff"}})

    def state(endpoint: EndpointProcess) -> list[Any]:
        glue, secrets, dynamodb = (endpoint.client(name) for name in ("glue", "secretsmanager", "dynamodb"))
        secret = secrets.get_secret_value(SecretId="wholesale/rds")
        table = glue.get_table(DatabaseName="curated", Name="t")["Table"]
        return [
            table,
            (secret["ARN"], secret["VersionId"], secret["SecretString"]),
            dynamodb.scan(TableName="etl-state")["Items"],
        ]

    before = state(own_endpoint)
    own_endpoint.kill()
    assert state(own_endpoint.start()) == before
    assert before[0]["Parameters"] == {"metadata_location": "s3://b/2.json"}


def test_every_write_that_was_answered_survives_a_kill_at_any_instant(own_endpoint: EndpointProcess) -> None:
    answered: list[str] = []

    def write() -> None:
        secrets = own_endpoint.client("secretsmanager")
        for number in range(10_000):
            try:
                secrets.create_secret(Name=f"s-{number}", SecretString="x")
            except (BotoCoreError, ClientError):
                return
            answered.append(f"s-{number}")

    writer = threading.Thread(target=write)
    writer.start()
    while len(answered) < 20:
        time.sleep(0.005)
    own_endpoint.kill()
    writer.join()
    secrets = own_endpoint.start().client("secretsmanager")
    pages = secrets.get_paginator("list_secrets").paginate()
    there = {secret["Name"] for page in pages for secret in page["SecretList"]}
    assert set(answered) <= there
    assert len(there - set(answered)) <= 1  # the one whose answer the kill cut off


def test_a_last_line_that_was_cut_is_forgotten_and_a_damaged_one_is_an_error(own_endpoint: EndpointProcess) -> None:
    own_endpoint.client("glue").create_database(DatabaseInput={"Name": "kept"})
    own_endpoint.kill()
    journal = own_endpoint.home / "endpoint" / "journal.jsonl"
    with open(journal, "a", encoding="utf-8") as file:
        file.write('{"format":1,"at":"2026')
    glue = own_endpoint.start().client("glue")
    glue.create_database(DatabaseInput={"Name": "after"})
    own_endpoint.kill()
    assert [entry["Name"] for entry in own_endpoint.start().client("glue").get_databases()["DatabaseList"]] == ["kept", "after"]

    own_endpoint.stop()
    whole = journal.read_text("utf-8")
    journal.write_text("{}\n" + whole, "utf-8")
    with pytest.raises(AssertionError, match=r"Line 1 of .*journal\.jsonl cannot be read"):
        own_endpoint.start()
    journal.write_text(whole, "utf-8")
    own_endpoint.start()


def test_commits_of_one_table_take_one_line_after_a_restart(own_endpoint: EndpointProcess) -> None:
    glue = own_endpoint.client("glue")
    glue.create_database(DatabaseInput={"Name": "d"})
    glue.create_table(DatabaseName="d", TableInput={"Name": "t"})
    for number in range(10):
        glue.update_table(
            DatabaseName="d", TableInput={"Name": "t", "Description": str(number)}, SkipArchive=True, VersionId=str(number + 1)
        )
    own_endpoint.kill()
    glue = own_endpoint.start().client("glue")
    operations = [json.loads(line)["operation"] for line in (own_endpoint.home / "endpoint" / "journal.jsonl").read_text().splitlines()]
    assert operations == ["CreateDatabase", "CreateTable", "UpdateTable"]
    table = glue.get_table(DatabaseName="d", Name="t")["Table"]
    assert (table["Description"], table["VersionId"]) == ("9", "11")
    assert [entry["VersionId"] for entry in glue.get_table_versions(DatabaseName="d", TableName="t")["TableVersions"]] == ["11"]


def test_items_that_are_written_again_and_again_take_one_line_each_after_a_restart(own_endpoint: EndpointProcess) -> None:
    dynamodb = own_endpoint.client("dynamodb")
    dynamodb.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="t", Item={"pk": {"S": "other"}, "raw": {"B": b"\x00\xff"}, "list": {"L": [{"N": "1.5"}, {"NULL": True}]}})
    dynamodb.put_item(TableName="t", Item={"pk": {"S": "lease"}, "n": {"N": "0"}})
    for number in range(220):
        dynamodb.update_item(
            TableName="t",
            Key={"pk": {"S": "lease"}},
            UpdateExpression="SET n = :new",
            ConditionExpression="n = :old",
            ExpressionAttributeValues={":old": {"N": str(number)}, ":new": {"N": str(number + 1)}},
        )
    before = dynamodb.scan(TableName="t")["Items"]
    own_endpoint.kill()
    own_endpoint.start()
    assert len((own_endpoint.home / "endpoint" / "journal.jsonl").read_text().splitlines()) == 3
    own_endpoint.kill()
    after = own_endpoint.start().client("dynamodb").scan(TableName="t")["Items"]
    assert sorted(after, key=str) == sorted(before, key=str)
    assert {"pk": {"S": "lease"}, "n": {"N": "220"}} in after


def test_the_journal_keeps_no_signature_and_is_its_owners_alone(own_endpoint: EndpointProcess) -> None:
    own_endpoint.client("glue").create_database(DatabaseInput={"Name": "d"})
    journal = own_endpoint.home / "endpoint" / "journal.jsonl"
    assert "ignature" not in journal.read_text()
    assert "uthorization" not in journal.read_text()
    assert journal.stat().st_mode & 0o077 == 0


def test_a_call_that_failed_is_not_replayed(own_endpoint: EndpointProcess) -> None:
    glue = own_endpoint.client("glue")
    glue.create_database(DatabaseInput={"Name": "d"})
    with pytest.raises(ClientError):
        glue.create_database(DatabaseInput={"Name": "d"})
    glue.get_databases()
    assert len((own_endpoint.home / "endpoint" / "journal.jsonl").read_text().splitlines()) == 1


def test_a_second_endpoint_on_one_home_is_refused(own_endpoint: EndpointProcess) -> None:
    command = [sys.executable, "-m", "localaws.server", "--home", str(own_endpoint.home)]
    second = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(CHECKOUT / "harness")}, timeout=60, check=False)
    assert second.returncode != 0
    assert "Another endpoint serves" in second.stderr
