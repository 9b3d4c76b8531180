"""Rotation of secrets: the function of `lambdas/` changes who logs in on real servers, in four steps that may each fail."""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

from deploy.functions import build_functions
from localaws.bootstrap import put_secrets
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.postgres import PostgresEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home

FAILING = """
import json
import time
import boto3
import handler as real

def told():
    return json.loads(boto3.client("secretsmanager").get_secret_value(SecretId="fault")["SecretString"])

def handler(event, context):
    while (fault := told()).get("hold") == event["Step"]:
        time.sleep(0.1)
    if event["Step"] == fault.get("at"):
        raise RuntimeError("the server went away")
    return None if event["Step"] == fault.get("forget") else real.handler(event, context)
"""


class Lab:
    """An endpoint with the rotation function, a MySQL-compatible server and a warehouse."""

    def __init__(self, endpoint: EndpointProcess, folder: Path) -> None:
        self.endpoint, self.home = endpoint, Home(endpoint.home)
        self._clients: dict[tuple[str, str], Any] = {}
        self.client("iam").create_role(RoleName="rotation", AssumeRolePolicyDocument="{}")
        package = next(file for file in build_functions(folder) if file.stem == "secret_rotation")
        with zipfile.ZipFile(package, "a") as archive:
            archive.writestr("failing.py", FAILING)
        self.function = self.client("lambda").create_function(
            FunctionName="rotation", Role="arn:aws:iam::123456789012:role/rotation", Runtime="python3.11", Timeout=60,
            Handler="failing.handler", Code={"ZipFile": package.read_bytes()}, Environment={"Variables": {"DATABASE_TLS": "off"}},
        )["FunctionArn"]  # fmt: skip
        self.secrets.create_secret(Name="fault", SecretString="{}")
        self.permit()

    def client(self, service: str) -> Any:
        """Made once for each place where the endpoint listens: a client takes longer than a call."""
        key = (service, self.endpoint.url)
        if key not in self._clients:
            self._clients[key] = self.endpoint.client(service)
        return self._clients[key]

    @property
    def secrets(self) -> Any:
        return self.client("secretsmanager")

    def permit(self, **narrow: str) -> None:
        principal = {"Action": "lambda:InvokeFunction", "Principal": "secretsmanager.amazonaws.com", **narrow}
        self.client("lambda").add_permission(FunctionName="rotation", StatementId="rotation", **principal)

    def fail(self, **fault: str) -> None:
        """What goes wrong from now on: a step fails `at`, waits in `hold`, or the function does nothing in what it should `forget`."""
        self.secrets.put_secret_value(SecretId="fault", SecretString=json.dumps(fault))

    def create(self, name: str, login: dict[str, Any]) -> str:
        arn: str = self.secrets.create_secret(Name=name, SecretString=json.dumps(login))["ARN"]
        return arn

    def rotate(self, secret: str, **given: Any) -> dict[str, Any]:
        rules = {"RotationRules": {"AutomaticallyAfterDays": 30}}
        answer: dict[str, Any] = self.secrets.rotate_secret(SecretId=secret, RotationLambdaARN=self.function, **{**rules, **given})
        return answer

    def value(self, secret: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.secrets.get_secret_value(SecretId=secret)["SecretString"])
        return found

    def events(self, arn: str) -> list[tuple[str, str]]:
        """What was told of a secret's rotations, oldest first: name and reason."""
        found = self.client("cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": arn}]
        )["Events"]  # fmt: skip
        records = [json.loads(event["CloudTrailEvent"]) for event in reversed(found)]
        told = [record for record in records if record["eventType"] == "AwsServiceEvent"]
        return [(record["eventName"], record["additionalEventData"].get("errorMessage", "")) for record in told]

    def mysql_login(self) -> dict[str, Any]:
        found = MariaDBEngine(self.home).connection_arguments()
        return {"engine": "mysql", "host": found["host"], "port": found["port"], "username": found["user"], "password": found["password"],
                "dbname": found["database"]}  # fmt: skip

    def redshift_login(self) -> dict[str, Any]:
        found = RedshiftEngine(self.home).connection()
        address = {name: found[name] for name in ("host", "port", "dbname", "password")}
        return {"engine": "redshift", "username": found["user"], **address}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    endpoint = EndpointProcess(tmp_path_factory.mktemp("rotation") / "a home").start()
    home = Home(endpoint.home)
    engines = [MariaDBEngine(home), PostgresEngine(home), RedshiftEngine(home)]
    try:
        for engine in engines:
            engine.start()
        yield Lab(endpoint, tmp_path_factory.mktemp("packages"))
    finally:
        for engine in reversed(engines):
            engine.stop()
        PostgresEngine(home).remove_outside()
        endpoint.stop()


def mysql(login: dict[str, Any], statement: str) -> list[Any]:
    user = {"user": login["username"], "password": login["password"], "database": login["dbname"]}
    with pymysql.connect(host=login["host"], port=login["port"], **user, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def redshift(login: dict[str, Any], *statements: str) -> list[Any]:
    address = {"host": login["host"], "port": login["port"], "dbname": login["dbname"]}
    with psycopg.connect(**address, user=login["username"], password=login["password"], autocommit=True) as connection:
        rows = [connection.execute(statement) for statement in statements][-1]
        return rows.fetchall() if rows.description else []


def rights(login: dict[str, Any]) -> set[str]:
    lines = mysql(login, "SHOW GRANTS")
    return {line[0].partition(" TO ")[0] + (" WITH GRANT OPTION" if line[0].endswith("WITH GRANT OPTION") else "") for line in lines}


def test_a_mysql_users_password_is_rotated_and_who_holds_the_old_value_goes_on(lab: Lab, wait_until: Callable[..., Any]) -> None:
    first = lab.mysql_login()
    arn = lab.create("mysql", first)

    version = lab.rotate("mysql")["VersionId"]
    wait_until(lambda: ("RotationSucceeded", "") in lab.events(arn))

    second = lab.value("mysql")
    assert second == {**first, "username": "etl_blue", "password": second["password"]}
    assert second["password"] not in (first["password"], "")
    assert rights(second) == rights(first)
    described = lab.secrets.describe_secret(SecretId="mysql")
    assert "AWSCURRENT" in described["VersionIdsToStages"][version]
    assert (described["RotationEnabled"], described["RotationLambdaARN"]) == (True, lab.function)
    assert described["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert described["NextRotationDate"] - described["LastRotatedDate"] == timedelta(days=30)
    assert datetime.now(UTC) - described["LastRotatedDate"] < timedelta(minutes=10)

    lab.secrets.rotate_secret(SecretId="mysql")
    wait_until(lambda: lab.events(arn).count(("RotationSucceeded", "")) == 2)
    third = lab.value("mysql")
    assert third["username"] == "etl_green"
    lab.secrets.rotate_secret(SecretId="mysql")
    wait_until(lambda: lab.events(arn).count(("RotationSucceeded", "")) == 3)
    fourth = lab.value("mysql")

    assert [list(mysql(login, "SELECT 1")) for login in (first, third, fourth)] == [[(1,)]] * 3
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        mysql(second, "SELECT 1")
    assert fourth["username"] == "etl_blue"


STEPS = [
    pytest.param({"at": "createSecret"}, "createSecret: the server went away", id="createSecret"),
    pytest.param({"at": "setSecret"}, "setSecret: the server went away", id="setSecret"),
    pytest.param({"at": "testSecret"}, "testSecret: the server went away", id="testSecret"),
    pytest.param({"at": "finishSecret"}, "finishSecret: the server went away", id="finishSecret"),
    pytest.param({"forget": "finishSecret"}, "finishSecret: the function did not move AWSCURRENT to the version", id="nothing_done"),
]


@pytest.mark.parametrize(("fault", "told"), STEPS)
def test_a_step_that_fails_leaves_the_old_password_and_the_rotation_can_be_gone_on_with(
    lab: Lab, wait_until: Callable[..., Any], fault: dict[str, str], told: str, request: pytest.FixtureRequest
) -> None:
    name, before = f"failing/{request.node.callspec.id}", lab.mysql_login()
    arn = lab.create(name, before)
    lab.fail(**fault)

    version = lab.rotate(name)["VersionId"]
    wait_until(lambda: [event for event, _ in lab.events(arn)] == ["RotationStarted", "RotationFailed"])

    assert told in lab.events(arn)[-1][1]
    assert lab.value(name) == before
    assert list(mysql(before, "SELECT 1")) == [(1,)]
    described = lab.secrets.describe_secret(SecretId=name)
    assert described["VersionIdsToStages"][version] == ["AWSPENDING"]
    assert "LastRotatedDate" not in described

    lab.fail()
    with pytest.raises(ClientError, match="A previous rotation isn't complete. That rotation will be reattempted."):
        lab.secrets.rotate_secret(SecretId=name)
    wait_until(lambda: lab.events(arn)[-1:] == [("RotationSucceeded", "")])
    assert "AWSCURRENT" in lab.secrets.describe_secret(SecretId=name)["VersionIdsToStages"][version]
    assert list(mysql(lab.value(name), "SELECT 1")) == [(1,)]


def test_asking_again_while_it_rotates_is_done_afterwards_and_the_same_token_changes_nothing(
    lab: Lab, wait_until: Callable[..., Any]
) -> None:
    arn, token = lab.create("again", lab.mysql_login()), str(uuid.uuid4())
    lab.fail(hold="createSecret")
    lab.rotate("again", ClientRequestToken=token)
    wait_until(lambda: lab.events(arn) == [("RotationStarted", "")])
    with pytest.raises(ClientError, match="A previous rotation isn't complete"):
        lab.rotate("again")

    lab.fail(at="setSecret")
    names = ["RotationStarted", "RotationFailed"] * 2
    wait_until(lambda: [event for event, _ in lab.events(arn)] == names)

    lab.fail()
    assert lab.rotate("again", ClientRequestToken=token)["VersionId"] == token
    wait_until(lambda: [event for event, _ in lab.events(arn)] == [*names, "RotationStarted", "RotationSucceeded"])
    rotated = lab.value("again")
    assert lab.rotate("again", ClientRequestToken=token)["VersionId"] == token
    assert lab.value("again") == rotated
    assert "AWSCURRENT" in lab.secrets.describe_secret(SecretId="again")["VersionIdsToStages"][token]
    assert len(lab.events(arn)) == 6


def test_a_user_who_may_not_make_users_is_rotated_by_an_administrator(lab: Lab, wait_until: Callable[..., Any]) -> None:
    admin = lab.mysql_login()
    mysql(admin, "CREATE TABLE IF NOT EXISTS kept (id INT)")
    mysql(admin, "CREATE USER 'reader'@'127.0.0.1' IDENTIFIED BY 'Reads0nly'")
    mysql(admin, "GRANT SELECT ON wholesale.* TO 'reader'@'127.0.0.1'")
    reader = {**admin, "username": "reader", "password": "Reads0nly"}
    arn = lab.create("reader", reader)
    lab.rotate("reader")
    wait_until(lambda: [event for event, _ in lab.events(arn)[-1:]] == ["RotationFailed"])
    assert "setSecret: (1142" in lab.events(arn)[-1][1], "the reader may not look at users"
    assert lab.value("reader") == reader

    master = lab.create("admin", {"username": admin["username"], "password": admin["password"]})
    lab.secrets.put_secret_value(SecretId="reader", SecretString=json.dumps({**reader, "masterarn": master}))
    versions = lab.secrets.describe_secret(SecretId="reader")["VersionIdsToStages"]
    pending = next(version for version, labels in versions.items() if labels == ["AWSPENDING"])
    lab.secrets.update_secret_version_stage(SecretId="reader", VersionStage="AWSPENDING", RemoveFromVersionId=pending)
    lab.rotate("reader")
    wait_until(lambda: lab.events(arn)[-1:] == [("RotationSucceeded", "")])

    login = lab.value("reader")
    assert (login["username"], login["masterarn"]) == ("reader_blue", master)
    assert list(mysql(login, "SELECT COUNT(*) FROM kept")) == [(0,)]
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        mysql(login, "DROP TABLE kept")


def test_a_redshift_users_password_is_rotated_with_its_groups_and_roles(lab: Lab, wait_until: Callable[..., Any]) -> None:
    admin = lab.redshift_login()
    arn = lab.create("warehouse", admin)
    lab.rotate("warehouse")
    wait_until(lambda: lab.events(arn)[-1:] == [("RotationSucceeded", "")])
    rotated = lab.value("warehouse")
    assert rotated["username"] == "etl_blue"
    assert redshift(rotated, "SELECT usesuper FROM pg_user WHERE usename = current_user") == [(True,)]

    redshift(
        rotated, "CREATE USER loader PASSWORD 'Loads0nly'", "CREATE GROUP loaders", "ALTER GROUP loaders ADD USER loader",
        "CREATE ROLE writes", "GRANT ROLE writes TO loader", "CREATE TABLE facts (id INT)", "GRANT SELECT, INSERT ON facts TO ROLE writes",
        "GRANT USAGE ON SCHEMA public TO GROUP loaders",
    )  # fmt: skip
    master = lab.create("warehouse admin", {"username": admin["username"], "password": admin["password"]})
    loader = {**admin, "username": "loader", "password": "Loads0nly", "masterarn": master}
    arn = lab.create("loader", loader)
    lab.rotate("loader")
    wait_until(lambda: lab.events(arn)[-1:] == [("RotationSucceeded", "")])
    assert redshift(lab.value("loader"), "INSERT INTO facts VALUES (1)", "SELECT id FROM facts") == [(1,)]

    members = "SELECT usename FROM pg_user, pg_group WHERE usesysid = ANY(grolist) AND groname = 'loaders' ORDER BY 1"
    redshift(rotated, "CREATE USER loader_green PASSWORD 'Loads0nly'", "CREATE ROLE once", "CREATE GROUP formers")
    redshift(rotated, "GRANT ROLE once TO loader_green", "ALTER GROUP formers ADD USER loader_green")
    lab.secrets.rotate_secret(SecretId="loader")
    wait_until(lambda: [event for event, _ in lab.events(arn)].count("RotationSucceeded") == 2)
    assert redshift(rotated, members) == [("loader",), ("loader_blue",), ("loader_green",)]
    assert redshift(rotated, "SELECT role_name FROM svv_user_grants WHERE user_name = 'loader_green'") == [("writes",)]
    assert redshift(rotated, members.replace("loaders", "formers")) == [], "what was taken from one is taken from the other"

    redshift(rotated, "GRANT CREATE ON DATABASE " + admin["dbname"] + " TO loader_green", "GRANT SELECT (id) ON facts TO loader_green")
    redshift(
        rotated, "CREATE TABLE own (id INT)", "ALTER TABLE own OWNER TO loader_green", "CREATE SCHEMA theirs AUTHORIZATION loader_green"
    )
    redshift(rotated, "CREATE VIEW seen AS SELECT 1 AS one", "ALTER TABLE seen OWNER TO loader_green")
    redshift(rotated, "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO loader_green")
    lab.secrets.rotate_secret(SecretId="loader")
    wait_until(lambda: [event for event, _ in lab.events(arn)[-1:]] == ["RotationFailed"])
    assert "loader_green owns public.own, which another user would not have" in lab.events(arn)[-1][1]
    assert "(6 in all)" in lab.events(arn)[-1][1]
    assert redshift(lab.value("loader"), "SELECT 1") == [(1,)]


def test_cancelling_ends_the_calendar_and_names_what_is_left_over(lab: Lab, wait_until: Callable[..., Any]) -> None:
    arn = lab.create("cancelled", lab.mysql_login())
    with pytest.raises(ClientError, match="InvalidRequestException"):
        lab.secrets.cancel_rotate_secret(SecretId="cancelled")
    lab.fail(at="setSecret")
    version = lab.rotate("cancelled")["VersionId"]
    wait_until(lambda: [event for event, _ in lab.events(arn)[-1:]] == ["RotationFailed"])
    lab.fail()

    assert lab.secrets.cancel_rotate_secret(SecretId="cancelled")["VersionId"] == version
    described = lab.secrets.describe_secret(SecretId="cancelled")
    assert described["RotationEnabled"] is False
    assert "NextRotationDate" not in described


def test_a_function_that_may_not_be_called_and_rules_that_are_none_are_refused(lab: Lab) -> None:
    arn = lab.create("refused", lab.mysql_login())
    with pytest.raises(ClientError, match="No Lambda rotation function ARN is associated with this secret"):
        lab.secrets.rotate_secret(SecretId="refused")
    with pytest.raises(ClientError, match="must specify either AutomaticallyAfterDays or ScheduleExpression"):
        lab.rotate("refused", RotationRules={"AutomaticallyAfterDays": 3, "ScheduleExpression": "rate(3 days)"})
    with pytest.raises(ClientError, match="Invalid ScheduleExpression"):
        lab.rotate("refused", RotationRules={"ScheduleExpression": "monthly"})
    lab.client("lambda").remove_permission(FunctionName="rotation", StatementId="rotation")
    denied = "Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com"
    other = arn[:-1] + ("b" if arn.endswith("a") else "a")
    for narrow in ({}, {"SourceArn": other}, {"SourceAccount": "999999999999"}, {"Action": "lambda:GetFunction"}):
        if narrow:
            lab.permit(**narrow)
        with pytest.raises(ClientError, match=denied):
            lab.rotate("refused")
        if narrow:
            lab.client("lambda").remove_permission(FunctionName="rotation", StatementId="rotation")
    lab.permit(SourceArn=arn, SourceAccount="123456789012")
    with pytest.raises(ClientError, match="Invalid ScheduleExpression"):
        lab.rotate("refused", RotationRules={"ScheduleExpression": "monthly"})
    lab.client("lambda").remove_permission(FunctionName="rotation", StatementId="rotation")
    lab.permit()
    assert "RotationEnabled" not in lab.secrets.describe_secret(SecretId="refused")


def test_what_became_due_while_the_endpoint_was_down_is_rotated_when_it_is_up(lab: Lab, wait_until: Callable[..., Any]) -> None:
    arn = lab.create("due", lab.mysql_login())
    lab.rotate("due", RotateImmediately=False)
    wait_until(lambda: lab.events(arn)[-1:] == [("TestRotationSucceeded", "")])
    described = lab.secrets.describe_secret(SecretId="due")
    assert list(described["VersionIdsToStages"].values()).count(["AWSCURRENT"]) == 1
    assert not any("AWSPENDING" in labels for labels in described["VersionIdsToStages"].values())
    assert lab.value("due")["username"] == "etl"

    lab.endpoint.stop()
    journal = lab.home.endpoint / "journal.jsonl"
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    for line in lines:
        if line["operation"] == "RotateSecret" and json.loads(line["body"])["SecretId"] == "due":
            line["at"] = (datetime.fromisoformat(line["at"]) - timedelta(days=31)).isoformat()  # asked for a month and a day ago
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    lab.endpoint.start()

    wait_until(lambda: lab.events(arn)[-1:] == [("RotationSucceeded", "")])
    assert lab.value("due")["username"] == "etl_blue"
    assert lab.secrets.describe_secret(SecretId="due")["NextRotationDate"] > datetime.now(UTC) + timedelta(days=29)


def test_starting_the_engines_again_keeps_the_rotated_user(lab: Lab, wait_until: Callable[..., Any]) -> None:
    login = lab.mysql_login()
    assert put_secrets(lab.secrets, {"kept": login}) == ["secret kept"]
    lab.rotate("kept")
    wait_until(lambda: lab.value("kept")["username"] == "etl_blue")
    rotated = lab.value("kept")

    assert put_secrets(lab.secrets, {"kept": login}) == []
    assert put_secrets(lab.secrets, {"kept": {**login, "port": 1}}) == ["secret kept"]
    assert lab.value("kept") == {**rotated, "port": 1}
