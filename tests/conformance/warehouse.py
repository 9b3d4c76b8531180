"""What every warehouse behind the Redshift Data API must do. A back end inherits `WarehouseSuite` and gives `client` and `target`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

__all__ = ["WarehouseSuite", "finished", "records", "until"]

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/load'"


def until(client: Any, statement_id: str, *statuses: str, seconds: float = 120) -> dict[str, Any]:
    """Describes the statement until it has one of the statuses (by default: a final one)."""
    deadline = time.monotonic() + seconds
    while True:
        about = client.describe_statement(Id=statement_id)
        if about["Status"] in (statuses or ("FINISHED", "FAILED", "ABORTED")):
            return about
        assert time.monotonic() < deadline, about
        time.sleep(0.02)


def finished(client: Any, target: dict[str, str], *sqls: str, **more: Any) -> dict[str, Any]:
    """Runs one statement or a batch and describes its end, which must be good."""
    about = ended(client, target, *sqls, **more)
    assert about["Status"] == "FINISHED", about
    return about


def ended(client: Any, target: dict[str, str], *sqls: str, **more: Any) -> dict[str, Any]:
    if len(sqls) == 1:
        answer = client.execute_statement(Sql=sqls[0], **target, **more)
    else:
        answer = client.batch_execute_statement(Sqls=list(sqls), **target, **more)
    return until(client, answer["Id"])


def records(client: Any, statement_id: str) -> list[tuple[Any, ...]]:
    """All records, paged, as plain values."""
    pages = client.get_paginator("get_statement_result").paginate(Id=statement_id)
    return [
        tuple(None if "isNull" in field else next(iter(field.values())) for field in record) for page in pages for record in page["Records"]
    ]


class WarehouseSuite:
    """The operations, by boto3."""

    @pytest.fixture
    def schema(self, client: Any, target: dict[str, str]) -> Iterator[str]:
        name = f"s_{uuid.uuid4().hex[:10]}"
        finished(client, target, f"CREATE SCHEMA {name}")
        yield name
        finished(client, target, f"DROP SCHEMA {name} CASCADE")

    def rows(self, client: Any, target: dict[str, str], sql: str) -> list[tuple[Any, ...]]:
        return records(client, finished(client, target, sql)["Id"])

    def test_a_select_gives_typed_fields_and_what_is_known_of_its_columns(self, client: Any, target: dict[str, str]) -> None:
        about = finished(
            client,
            target,
            "SELECT 1::bigint AS a, 2.50::decimal(9,2) AS b, 'é'::varchar(5) AS c, true AS d, 0.5::float8 AS e, NULL::date AS f, "
            "TIMESTAMP '1998-06-15 10:00:00.5' AS g",
        )
        answer = client.get_statement_result(Id=about["Id"])

        assert answer["Records"] == [
            [
                {"longValue": 1},
                {"stringValue": "2.50"},
                {"stringValue": "é"},
                {"booleanValue": True},
                {"doubleValue": 0.5},
                {"isNull": True},
                {"stringValue": "1998-06-15 10:00:00.5"},
            ]
        ]
        assert [column["typeName"] for column in answer["ColumnMetadata"]] == [
            "int8",
            "numeric",
            "varchar",
            "bool",
            "float8",
            "date",
            "timestamp",
        ]
        assert [answer["ColumnMetadata"][1][name] for name in ("name", "precision", "scale")] == ["b", 9, 2]
        assert (about["HasResultSet"], about["ResultRows"], answer["TotalNumRows"]) == (True, 1, 1)
        assert about["Duration"] > 0
        assert about["RedshiftPid"] > 0

    def test_an_empty_result_has_columns_and_no_records(self, client: Any, target: dict[str, str]) -> None:
        about = finished(client, target, "SELECT 1 AS nothing WHERE 1 = 0")
        answer = client.get_statement_result(Id=about["Id"])
        assert (answer["Records"], answer["TotalNumRows"], answer["ColumnMetadata"][0]["name"]) == ([], 0, "nothing")

    def test_a_large_result_comes_in_pages_without_loss_or_repetition(self, client: Any, target: dict[str, str]) -> None:
        about = finished(client, target, "SELECT n, 'some text of a row' FROM generate_series(1, 30000) AS g(n) ORDER BY n")
        assert "NextToken" in client.get_statement_result(Id=about["Id"])
        assert [row[0] for row in records(client, about["Id"])] == list(range(1, 30001))

    def test_a_change_counts_its_rows_and_has_no_result_set(self, client: Any, target: dict[str, str], schema: str) -> None:
        finished(client, target, f"CREATE TABLE {schema}.t (a int)")
        about = finished(client, target, f"INSERT INTO {schema}.t VALUES (1), (2), (3)")
        assert (about["ResultRows"], about["HasResultSet"]) == (3, False)
        with pytest.raises(ClientError, match=r"ResourceNotFoundException.*Query does not have result"):
            client.get_statement_result(Id=about["Id"])

    def test_a_failed_statement_says_why_in_redshifts_words(self, client: Any, target: dict[str, str]) -> None:
        about = ended(client, target, "SELECT 1/0")
        assert (about["Status"], about["Error"]) == ("FAILED", "ERROR: Divide by zero")

    def test_named_parameters_are_values_and_never_sql(self, client: Any, target: dict[str, str], schema: str) -> None:
        finished(client, target, f"CREATE TABLE {schema}.t (a int, b varchar(60), d date)")
        evil = "x'); DROP TABLE t; --"
        given = [{"name": "a", "value": "7"}, {"name": "b", "value": evil}, {"name": "d", "value": "1998-06-15"}]
        finished(client, target, f"INSERT INTO {schema}.t VALUES (:a, :b, :d)", Parameters=given)
        assert self.rows(client, target, f"SELECT a, b, d::varchar FROM {schema}.t") == [(7, evil, "1998-06-15")]

    def test_a_parameter_that_is_not_used_or_not_given_is_named(self, client: Any, target: dict[str, str]) -> None:
        with pytest.raises(ClientError, match=r"ValidationException.*unused parameters.*extra"):
            client.execute_statement(Sql="SELECT 1", Parameters=[{"name": "extra", "value": "1"}], **target)
        assert "value was given for the parameters missing" in ended(client, target, "SELECT :missing")["Error"]

    def test_a_batch_is_one_transaction_with_a_status_for_each_statement(self, client: Any, target: dict[str, str], schema: str) -> None:
        finished(client, target, f"CREATE TABLE {schema}.t (a int)")
        good = finished(client, target, f"INSERT INTO {schema}.t VALUES (1)", f"SELECT count(*) FROM {schema}.t")
        assert [sub["Status"] for sub in good["SubStatements"]] == ["FINISHED", "FINISHED"]
        assert records(client, good["SubStatements"][1]["Id"]) == [(1,)]

        bad = ended(client, target, f"INSERT INTO {schema}.t VALUES (2)", "SELECT 1/0", f"INSERT INTO {schema}.t VALUES (3)")
        assert (bad["Status"], bad["Error"]) == ("FAILED", "Query #2 failed with ERROR: Divide by zero")
        assert [sub["Status"] for sub in bad["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
        assert self.rows(client, target, f"SELECT a FROM {schema}.t") == [(1,)]

    def test_a_batch_takes_forty_statements_and_not_one_more(self, client: Any, target: dict[str, str]) -> None:
        assert len(finished(client, target, *["SELECT 1"] * 40)["SubStatements"]) == 40
        with pytest.raises(ClientError, match=r"ValidationException.*less than or equal to 40"):
            client.batch_execute_statement(Sqls=["SELECT 1"] * 41, **target)

    @pytest.mark.parametrize("sql", ["TRUNCATE {}.t", "COMMIT", "BEGIN", "VACUUM {}.t"])
    def test_what_would_break_a_batchs_transaction_is_refused_before_anything_runs(
        self, client: Any, target: dict[str, str], schema: str, sql: str
    ) -> None:
        finished(client, target, f"CREATE TABLE {schema}.t (a int)")
        about = ended(client, target, f"INSERT INTO {schema}.t VALUES (1)", sql.format(schema))
        assert about["Status"] == "FAILED"
        assert about["Error"].startswith("Query #2 failed with ERROR: ")
        assert self.rows(client, target, f"SELECT count(*) FROM {schema}.t") == [(0,)]

    def test_a_client_token_runs_a_statement_once(self, client: Any, target: dict[str, str], schema: str) -> None:
        finished(client, target, f"CREATE TABLE {schema}.t (a int)")
        token = uuid.uuid4().hex
        sql = f"INSERT INTO {schema}.t VALUES (1)"
        first = client.execute_statement(Sql=sql, ClientToken=token, **target)["Id"]
        until(client, first, "FINISHED")
        assert client.execute_statement(Sql=sql, ClientToken=token, **target)["Id"] == first
        assert self.rows(client, target, f"SELECT count(*) FROM {schema}.t") == [(1,)]
        with pytest.raises(ClientError, match=r"ValidationException.*was used by statement"):
            client.execute_statement(Sql="SELECT 2", ClientToken=token, **target)

    def test_a_running_statement_is_cancelled_and_leaves_nothing(self, client: Any, target: dict[str, str], schema: str) -> None:
        finished(client, target, f"CREATE TABLE {schema}.t (a int)")
        sqls = [f"INSERT INTO {schema}.t VALUES (1)", "SELECT pg_sleep(60)"]
        running = client.batch_execute_statement(Sqls=sqls, **target)["Id"]
        until(client, running, "STARTED")
        time.sleep(0.2)

        assert client.cancel_statement(Id=running)["Status"] is True

        assert until(client, running)["Status"] == "ABORTED"
        assert self.rows(client, target, f"SELECT count(*) FROM {schema}.t") == [(0,)]
        with pytest.raises(ClientError, match=r"already in ABORTED state"):
            client.cancel_statement(Id=running)

    def test_two_loads_of_one_batch_at_once_load_it_once(self, client: Any, target: dict[str, str], schema: str) -> None:
        finished(client, target, f"CREATE TABLE {schema}.ledger (batch_id varchar(64) not null)", f"CREATE TABLE {schema}.t (a int)")
        load = [
            f"LOCK {schema}.ledger",
            f"SELECT 1 / (CASE WHEN count(*) = 0 THEN 1 ELSE 0 END) FROM {schema}.ledger WHERE batch_id = '1998-06-15'",
            "SELECT pg_sleep(0.5)",
            f"INSERT INTO {schema}.t VALUES (1)",
            f"INSERT INTO {schema}.ledger VALUES ('1998-06-15')",
        ]
        both = [client.batch_execute_statement(Sqls=load, **target)["Id"] for _ in range(2)]
        ends = sorted((until(client, one) for one in both), key=lambda about: about["Status"])
        assert [about["Status"] for about in ends] == ["FAILED", "FINISHED"]
        assert ends[0]["Error"] == "Query #2 failed with ERROR: Divide by zero"
        assert self.rows(client, target, f"SELECT count(*) FROM {schema}.t") == [(1,)]

    def test_a_request_can_wait_for_the_end_of_a_statement(self, client: Any, target: dict[str, str]) -> None:
        running = client.execute_statement(Sql="SELECT pg_sleep(0.5)", **target)["Id"]
        assert client.describe_statement(Id=running, WaitTimeSeconds=30)["Status"] == "FINISHED"
        assert client.execute_statement(Sql="SELECT 1", WaitTimeSeconds=30, **target)["Status"] == "FINISHED"
        with pytest.raises(ClientError, match=r"ValidationException.*WaitTimeSeconds"):
            client.describe_statement(Id=running, WaitTimeSeconds=31)

    def test_statements_are_listed_by_name_and_status(self, client: Any, target: dict[str, str]) -> None:
        name = f"n{uuid.uuid4().hex}"
        good = finished(client, target, "SELECT 1", StatementName=name)["Id"]
        bad = ended(client, target, "SELECT 1/0", StatementName=name)["Id"]

        def listed(prefix: str = name, **more: Any) -> list[str]:
            return [item["Id"] for item in client.list_statements(StatementName=prefix, **more)["Statements"]]

        assert listed() == [good]
        assert listed(Status="FAILED") == [bad]
        assert listed(name[:-1], Status="ALL", RoleLevel=True) == [bad, good]
        assert listed(name[1:], Status="ALL") == []
        assert listed(Status="ALL", Database="another") == []
        first = client.list_statements(StatementName=name, Status="ALL", MaxResults=1)
        assert [item["Id"] for item in first["Statements"]] == [bad]
        assert listed(Status="ALL", MaxResults=1, NextToken=first["NextToken"]) == [good]
        with pytest.raises(ClientError, match=r"ValidationException.*MaxResults"):
            client.list_statements(MaxResults=101)

    def test_the_catalog_is_listed(self, client: Any, target: dict[str, str], schema: str) -> None:
        finished(
            client,
            target,
            f"CREATE TABLE {schema}.t (id bigint not null, name varchar(20))",
            f"CREATE VIEW {schema}.v AS SELECT id FROM {schema}.t",
        )
        assert target["Database"] in client.list_databases(**target)["Databases"]
        assert client.list_schemas(SchemaPattern=schema, **target)["Schemas"] == [schema]
        assert [(table["name"], table["type"]) for table in client.list_tables(SchemaPattern=schema, **target)["Tables"]] == [
            ("t", "TABLE"),
            ("v", "VIEW"),
        ]
        columns = client.describe_table(Schema=schema, Table="t", **target)["ColumnList"]
        assert [(column["name"], column["typeName"], column["nullable"], column["length"]) for column in columns] == [
            ("id", "int8", 0, 0),
            ("name", "varchar", 1, 20),
        ]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            pytest.param({"Database": ""}, "Database is required", id="no_database"),
            pytest.param(
                {"WorkgroupName": "wholesale", "ClusterIdentifier": "other"},
                "Exactly one of ClusterIdentifier and WorkgroupName",
                id="two_targets",
            ),
            pytest.param({"SecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:none"}, "secret", id="no_such_secret"),
        ],
    )
    def test_a_wrong_target_is_refused(self, client: Any, target: dict[str, str], change: dict[str, str], message: str) -> None:
        with pytest.raises(ClientError, match=rf"ValidationException.*{message}"):
            client.execute_statement(Sql="SELECT 1", **{**target, **change})

    def test_an_unknown_statement_is_not_found(self, client: Any) -> None:
        with pytest.raises(ClientError, match=r"ResourceNotFoundException"):
            client.describe_statement(Id=str(uuid.uuid4()))
        with pytest.raises(ClientError, match=r"ValidationException"):
            client.describe_statement(Id="nonsense")

    def test_a_copy_of_nothing_and_a_statement_nobody_knows_fail_by_name(self, client: Any, target: dict[str, str], schema: str) -> None:
        finished(client, target, f"CREATE TABLE {schema}.t (a int)")
        about = ended(client, target, f"COPY {schema}.t FROM 's3://no-such-bucket/x' {ROLE} FORMAT AS PARQUET")
        assert "The specified bucket does not exist" in about["Error"]
        assert "not supported by the local Redshift endpoint yet" in ended(client, target, "CREATE DATASHARE nobody")["Error"]
