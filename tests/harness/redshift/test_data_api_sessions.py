"""Sessions of the Data API, results in CSV, batches that commit one by one, and ends that are told to EventBridge."""

from __future__ import annotations

import csv
import io
import json
import time
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from conformance.warehouse import ended, finished, records, until
from harness.redshift.conftest import aws
from localaws.engines.endpoint import EndpointEngine
from localaws.redshiftdata import sessions as sessions_module
from localaws.redshiftdata.exceptions import TooManySessionsError, ValidationError
from localaws.redshiftdata.sessions import Sessions
from localaws.redshiftdata.statements import Statement, StatementStore, SubStatement, Target

TARGET = {"WorkgroupName": "wholesale", "Database": "warehouse"}


@pytest.fixture
def session_id(client: Any) -> str:
    return str(finished(client, TARGET, "SELECT 1", SessionKeepAliveSeconds=600)["SessionId"])


def in_session(client: Any, session_id: str, sql: str) -> dict[str, Any]:
    return until(client, client.execute_statement(Sql=sql, SessionId=session_id)["Id"])


def state(client: Any, session_id: str) -> str:
    return str(client.list_sessions(SessionId=session_id)["Sessions"][0]["Status"])


def test_what_a_session_makes_and_sets_is_there_for_its_next_statement_only(client: Any, session_id: str) -> None:
    for sql in ("CREATE TEMP TABLE kept (a int)", "INSERT INTO kept VALUES (7)", "SET search_path TO nowhere, public"):
        assert in_session(client, session_id, sql)["Status"] == "FINISHED"
    about = in_session(client, session_id, "SELECT a, current_setting('search_path') FROM kept")
    assert records(client, about["Id"]) == [(7, "nowhere, public")]
    assert (about["SessionId"], about["WorkgroupName"], about["Database"]) == (session_id, "wholesale", "warehouse")
    assert "does not exist" in ended(client, TARGET, "SELECT a FROM kept")["Error"]
    other = finished(client, TARGET, "SELECT 1", SessionKeepAliveSeconds=600)["SessionId"]
    assert "does not exist" in in_session(client, other, "SELECT a FROM kept")["Error"]


def test_a_transaction_spans_the_statements_of_a_session(client: Any, session_id: str) -> None:
    name = f"t_{uuid.uuid4().hex[:10]}"
    finished(client, TARGET, f"CREATE TABLE {name} (a int)")
    for sql in ("BEGIN", f"INSERT INTO {name} VALUES (1)"):
        assert in_session(client, session_id, sql)["Status"] == "FINISHED"
    assert records(client, finished(client, TARGET, f"SELECT count(*) FROM {name}")["Id"]) == [(0,)]
    assert in_session(client, session_id, "COMMIT")["Status"] == "FINISHED"
    assert records(client, finished(client, TARGET, f"SELECT count(*) FROM {name}")["Id"]) == [(1,)]

    assert in_session(client, session_id, "BEGIN")["Status"] == "FINISHED"
    assert "not supported" in in_session(client, session_id, "CREATE INDEX i ON t (a)")["Error"]
    assert "current transaction is aborted" in in_session(client, session_id, "SELECT 1")["Error"]
    assert in_session(client, session_id, "ROLLBACK")["Status"] == "FINISHED"
    assert in_session(client, session_id, "SELECT 1")["Status"] == "FINISHED"
    finished(client, TARGET, f"DROP TABLE {name}")


def test_a_busy_session_refuses_and_a_cancelled_statement_leaves_it_usable(client: Any, session_id: str) -> None:
    running = client.execute_statement(Sql="SELECT pg_sleep(60)", SessionId=session_id)["Id"]
    until(client, running, "STARTED")
    shown = client.list_sessions(SessionId=session_id)["Sessions"][0]
    assert (shown["Status"], shown["CurrentStatementId"]) == ("BUSY", running)
    with pytest.raises(ClientError, match=r"ValidationException.*Session is not available"):
        client.execute_statement(Sql="SELECT 1", SessionId=session_id)
    client.cancel_statement(Id=running)
    assert until(client, running)["Status"] == "ABORTED"
    assert in_session(client, session_id, "SELECT 1/0")["Status"] == "FAILED"
    assert in_session(client, session_id, "SELECT 1")["Status"] == "FINISHED"


def test_a_session_ends_when_its_time_is_over_and_is_told_of_by_status(client: Any) -> None:
    session_id = finished(client, TARGET, "SELECT 1", SessionKeepAliveSeconds=1)["SessionId"]
    deadline = time.monotonic() + 60
    while state(client, session_id) != "CLOSED":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with pytest.raises(ClientError, match=r"ValidationException.*Session is not available"):
        client.execute_statement(Sql="SELECT 1", SessionId=session_id)
    listed = [one["SessionId"] for one in client.list_sessions(Status="CLOSED", Database="warehouse")["Sessions"]]
    assert session_id in listed
    assert session_id not in [one["SessionId"] for one in client.list_sessions()["Sessions"]]

    ending = finished(client, TARGET, "SELECT 1", SessionKeepAliveSeconds=600)["SessionId"]
    until(client, client.execute_statement(Sql="SELECT 1", SessionId=ending, SessionKeepAliveSeconds=0)["Id"])
    assert state(client, ending) == "CLOSED"


NOBODY = "12345678-1234-1234-1234-123456789012"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"SessionId": NOBODY}, f"ValidationException.*Session with Id: {NOBODY} is invalid"),
        ({**TARGET, "SessionKeepAliveSeconds": 86_401}, "ValidationException.*SessionKeepAliveSeconds must be between 0 and 86400"),
        ({**TARGET, "ResultFormat": "XML"}, "ValidationException.*ResultFormat must be one of JSON, CSV"),
        ({**TARGET, "WaitTimeSeconds": 31}, "ValidationException.*WaitTimeSeconds must be between 1 and 30"),
    ],
    ids=["unknown_session", "too_long", "format", "wait"],
)
def test_a_wrong_request_is_refused_by_name(client: Any, request_: dict[str, Any], error: str) -> None:
    with pytest.raises(ClientError, match=error):
        client.execute_statement(Sql="SELECT 1", **request_)


def test_a_session_is_where_it_is(client: Any, session_id: str) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*Database is not that of the session"):
        client.execute_statement(Sql="SELECT 1", SessionId=session_id, Database="another")
    with pytest.raises(client.exceptions.ResourceNotFoundException) as error:
        client.list_sessions(SessionId=NOBODY)
    assert error.value.response["ResourceId"] == NOBODY


def test_a_batch_in_a_session_is_a_transaction_of_its_own(client: Any, session_id: str) -> None:
    sqls = ["CREATE TEMP TABLE b (a int)", "INSERT INTO b VALUES (1)"]
    assert until(client, client.batch_execute_statement(Sqls=sqls, SessionId=session_id)["Id"])["Status"] == "FINISHED"
    bad = until(client, client.batch_execute_statement(Sqls=["INSERT INTO b VALUES (2)", "SELECT 1/0"], SessionId=session_id)["Id"])
    assert bad["Error"] == "Query #2 failed with ERROR: Divide by zero"
    assert records(client, in_session(client, session_id, "SELECT count(*) FROM b")["Id"]) == [(1,)]


def test_statements_that_commit_one_by_one_stand_for_themselves(client: Any) -> None:
    name = f"t_{uuid.uuid4().hex[:10]}"
    sqls = [f"CREATE TABLE {name} (a int)", f"INSERT INTO {name} VALUES (1)", "SELECT 1/0", f"SELECT a FROM {name}", f"VACUUM {name}"]
    batch = until(client, client.batch_execute_statement(Sqls=sqls, ExecutionMode="AUTO_COMMIT", **TARGET)["Id"])
    assert [sub["Status"] for sub in batch["SubStatements"]] == ["FINISHED", "FINISHED", "FAILED", "FINISHED", "FINISHED"]
    assert (batch["Status"], batch["Error"]) == ("FAILED", "Query #3 failed with ERROR: Divide by zero")
    assert batch["ExecutionMode"] == "AUTO_COMMIT"
    assert records(client, batch["SubStatements"][3]["Id"]) == [(1,)]
    finished(client, TARGET, f"DROP TABLE {name}")


def test_a_batch_that_commits_one_by_one_leaves_the_sessions_transaction_alone(client: Any, session_id: str) -> None:
    for sql in ("CREATE TEMP TABLE mine (a int)", "BEGIN", "INSERT INTO mine VALUES (1)"):
        assert in_session(client, session_id, sql)["Status"] == "FINISHED"
    for sqls in (["SELECT 1", "INSERT INTO mine VALUES (2)"], ["SELECT 1/0", "SELECT 1"]):
        batch = until(client, client.batch_execute_statement(Sqls=sqls, ExecutionMode="AUTO_COMMIT", SessionId=session_id)["Id"])
        assert (batch["Status"], [sub["Status"] for sub in batch["SubStatements"]]) == ("FAILED", ["ABORTED", "ABORTED"])
        assert "transaction open: send COMMIT or ROLLBACK first" in batch["Error"]
    assert records(client, in_session(client, session_id, "SELECT a FROM mine")["Id"]) == [(1,)]
    assert in_session(client, session_id, "ROLLBACK")["Status"] == "FINISHED"
    assert records(client, in_session(client, session_id, "SELECT count(*) FROM mine")["Id"]) == [(0,)]


def test_a_result_in_csv_comes_in_pages_and_tells_nulls_from_empty_texts(client: Any) -> None:
    about = finished(client, TARGET, "SELECT 'a,\"b\"' AS x, NULL::int AS y, '' AS z, true AS w", ResultFormat="CSV")
    answer = client.get_statement_result_v2(Id=about["Id"])
    assert answer["Records"] == [{"CSVRecords": '"a,""b""",,"",t\n'}]
    assert ([one["name"] for one in answer["ColumnMetadata"]], answer["TotalNumRows"]) == (["x", "y", "z", "w"], 1)
    assert (answer["ResultFormat"], about["ResultFormat"]) == ("CSV", "CSV")

    many = finished(client, TARGET, "SELECT n, 'é' FROM generate_series(1, 12000) AS g(n) ORDER BY n", ResultFormat="CSV")
    pages = list(client.get_paginator("get_statement_result_v2").paginate(Id=many["Id"]))
    rows = [row for page in pages for row in csv.reader(io.StringIO(page["Records"][0]["CSVRecords"]))]
    assert len(pages) > 1
    assert rows == [[str(n), "é"] for n in range(1, 12001)]

    with pytest.raises(ClientError, match=r"ValidationException.*call GetStatementResultV2"):
        client.get_statement_result(Id=about["Id"])
    with pytest.raises(ClientError, match=r"ValidationException.*call GetStatementResult\."):
        client.get_statement_result_v2(Id=finished(client, TARGET, "SELECT 1")["Id"])


def test_the_end_of_a_statement_is_told_to_eventbridge_when_it_is_asked_for(endpoint: EndpointEngine) -> None:
    events, sqs, client = (aws(endpoint.endpoint, service, region="us-east-1") for service in ("events", "sqs", "redshift-data"))
    name = f"ends-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.redshift-data"], "detail-type": ["Redshift Data Statement Status Change"]}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
    finished(client, TARGET, "SELECT 0")
    good = finished(client, TARGET, "SELECT 1", WithEvent=True, StatementName="one")
    bad = ended(client, {"ClusterIdentifier": "house", "Database": "warehouse", "DbUser": "etl"}, "SELECT 1/0", WithEvent=True)
    found: dict[str, dict[str, Any]] = {}
    deadline = time.monotonic() + 60
    while len(found) < 2:
        assert time.monotonic() < deadline, found
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10).get("Messages", []):
            event = json.loads(message["Body"])
            found[event["detail"]["statementId"]] = event
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    events.remove_targets(Rule=name, Ids=["1"])
    events.delete_rule(Name=name)

    assert set(found) == {good["Id"], bad["Id"]}
    detail = found[good["Id"]]["detail"]
    assert (detail["state"], detail["rows"], detail["statementName"]) == ("FINISHED", 1, "one")
    assert detail["expireAt"] > time.time()
    assert found[good["Id"]]["resources"] == ["arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/wholesale"]
    assert found[bad["Id"]]["detail"]["state"] == "FAILED"
    assert found[bad["Id"]]["resources"] == ["arn:aws:redshift:us-east-1:123456789012:cluster:house"]


def test_statements_and_their_results_are_forgotten_after_a_day(tmp_path: Path) -> None:
    store = StatementStore(tmp_path)
    old, new = (Statement(id=str(uuid.uuid4()), target=Target(), subs=[SubStatement("SELECT 1")], token=token) for token in ("old", "new"))
    for statement in (old, new):
        store.add(statement)
        store.mark(statement, "FINISHED")
        store.results(statement.id, 1).mkdir(parents=True)
    old.updated_at -= 24 * 3600 + 1
    assert (store.get(old.id), store.earlier("old"), store.get(new.id)) == (None, None, new)
    assert not store.results(old.id).exists()
    assert store.results(new.id).exists()


def test_a_session_of_an_endpoint_that_has_ended_is_closed_and_the_limit_is_the_services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Target(database="warehouse", workgroup="wholesale")
    first = Sessions(tmp_path).open(target, 600, "statement")
    again = Sessions(tmp_path)
    assert asdict(again.get(first.id)) == {**asdict(first), "status": "CLOSED", "current": "", "updated_at": again.get(first.id).updated_at}
    with pytest.raises(ValidationError, match="Session is not available"):
        again.take(first.id, None, "next")
    monkeypatch.setattr(sessions_module, "_LIMIT", 1)
    again.open(target, 600, "one")
    with pytest.raises(TooManySessionsError, match="ActiveSessionsExceededException"):
        again.open(target, 600, "two")
    again.open(Target(database="warehouse", cluster="another"), 600, "three")
