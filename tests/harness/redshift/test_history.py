"""What was run can be read afterwards: STL_QUERY, SYS_QUERY_HISTORY and their like, by the wire and by the Data API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from localaws.engines.redshift import RedshiftEngine

HISTORY = (
    "SELECT trim(query_type), trim(status), returned_rows, trim(query_text) FROM sys_query_history WHERE session_id = pg_backend_pid()"
)


@pytest.fixture
def connection(redshift: RedshiftEngine) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        yield connection


def test_statements_are_in_the_history_with_their_type_outcome_and_rows(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TEMP TABLE told (a int)")
    connection.execute("INSERT INTO told VALUES (1), (2)")
    connection.execute("SELECT a FROM told WHERE a > %s", [0], prepare=True)
    connection.execute("CREATE TEMP TABLE copied DISTKEY (a) AS SELECT a FROM told")
    for refused in ("SELECT 1/0", "CREATE INDEX i ON told (a)"):
        with pytest.raises(psycopg.Error):
            connection.execute(refused)
    with pytest.raises(psycopg.Error):
        connection.execute("SELECT a FROM nowhere WHERE a = %s", [1])
    found = connection.execute(f"{HISTORY} ORDER BY query_id").fetchall()
    assert found == [
        ("DDL", "success", 0, "CREATE TEMP TABLE told (a int)"),
        ("INSERT", "success", 0, "INSERT INTO told VALUES (1), (2)"),
        ("SELECT", "success", 2, "SELECT a FROM told WHERE a > $1"),
        ("CTAS", "success", 0, "CREATE TEMP TABLE copied DISTKEY (a) AS SELECT a FROM told"),
        ("SELECT", "failed", 0, "SELECT 1/0"),
        ("OTHER", "failed", 0, "CREATE INDEX i ON told (a)"),
        ("SELECT", "failed", 0, "SELECT a FROM nowhere WHERE a = $1"),
    ]
    errors = connection.execute(
        "SELECT trim(error_message) FROM sys_query_history WHERE session_id = pg_backend_pid() AND status = 'failed' ORDER BY query_id"
    ).fetchall()
    assert [error[0].split(" (")[0] for error in errors] == [
        "Divide by zero",
        "CREATE INDEX is not supported by Redshift",
        'relation "nowhere" does not exist',
    ]


def test_queries_have_times_a_label_and_their_transaction(connection: psycopg.Connection) -> None:
    connection.execute("SET query_group TO 'nightly'")
    connection.execute("BEGIN")
    connection.execute("SELECT 11")
    connection.execute("SELECT 12")
    connection.execute("COMMIT")
    connection.execute("SELECT 13")
    found = connection.execute(
        "SELECT trim(querytxt), trim(label), xid, aborted, endtime >= starttime, datediff(minute, starttime, getdate()) < 5"
        " FROM stl_query WHERE pid = pg_backend_pid() ORDER BY query"
    ).fetchall()
    assert [row[:2] for row in found] == [(f"SELECT {number}", "nightly") for number in (11, 12, 13)]
    assert found[0][2] == found[1][2] != found[2][2]
    assert {row[3:] for row in found} == {(0, True, True)}
    assert connection.execute("SELECT trim(text) FROM stl_utilitytext WHERE pid = pg_backend_pid() ORDER BY starttime").fetchall() == [
        ("SET query_group TO 'nightly'",),
        ("BEGIN",),
        ("COMMIT",),
    ]


def test_a_label_is_gone_when_the_query_group_is_reset(connection: psycopg.Connection) -> None:
    for undo in ("RESET query_group", "SET query_group TO DEFAULT", "RESET ALL"):
        for statement in ("SET query_group TO 'nightly'", "SELECT 51", undo, "SELECT 52"):
            connection.execute(statement)
    labels = connection.execute("SELECT trim(label) FROM stl_query WHERE pid = pg_backend_pid() ORDER BY query").fetchall()
    assert labels == [("nightly",), ("default",)] * 3


def test_a_long_text_is_kept_in_pieces(connection: psycopg.Connection) -> None:
    text = f"SELECT '{'x' * 450}'"
    connection.execute(text)
    pieces = connection.execute(
        "SELECT sequence, rtrim(text) FROM stl_querytext WHERE query = pg_last_query_id() ORDER BY sequence"
    ).fetchall()
    assert [number for number, _ in pieces] == [0, 1, 2]
    assert "".join(piece for _, piece in pieces) == text


def test_several_statements_of_a_message_are_told_apart_and_those_after_an_error_were_not_run(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error):
        connection.execute("SELECT 21; SELECT 1/0; SELECT 23")
    found = connection.execute("SELECT trim(querytxt), aborted FROM stl_query WHERE pid = pg_backend_pid() ORDER BY query").fetchall()
    assert found == [("SELECT 21", 0), ("SELECT 1/0", 1)]


def test_a_load_and_its_errors_have_one_number(connection: psycopg.Connection, storage: Path) -> None:
    (storage / "lake" / "numbered.csv").write_text("1\nx\n3\n", encoding="utf-8")
    connection.execute("CREATE TABLE numbered (a int)")
    copy = "COPY numbered FROM 's3://lake/numbered.csv' IAM_ROLE default CSV"
    try:
        with pytest.raises(psycopg.Error):
            connection.execute(copy)
        connection.execute(f"{copy} MAXERROR 2")
        found = connection.execute(
            "SELECT status, table_name, data_source, file_format, loaded_rows, source_file_count, source_file_bytes, error_count"
            " FROM sys_load_history WHERE session_id = pg_backend_pid() ORDER BY query_id"
        ).fetchall()
        joined = connection.execute(
            "SELECT e.line_number FROM stl_load_errors e JOIN stl_query q ON q.query = e.query WHERE q.query = pg_last_copy_id()"
        ).fetchall()
    finally:
        connection.execute("DROP TABLE numbered")
    assert found == [
        ("failed", "numbered", "s3://lake/numbered.csv", "CSV", 0, 0, 0, 1),
        ("completed", "numbered", "s3://lake/numbered.csv", "CSV", 2, 1, 6, 1),
    ]
    assert joined == [(2,)]


def test_a_user_sees_his_own_statements_only(connection: psycopg.Connection, redshift: RedshiftEngine) -> None:
    connection.execute("CREATE USER teller PASSWORD 'Passw0rd'")
    try:
        with psycopg.connect(**{**redshift.connection(), "user": "teller", "password": "Passw0rd"}, autocommit=True) as other:
            other.execute("SELECT 31")
            assert other.execute("SELECT DISTINCT trim(querytxt) FROM stl_query").fetchall() == [("SELECT 31",)]
        assert connection.execute("SELECT count(*) FROM stl_query WHERE querytxt = 'SELECT 31'").fetchone() == (1,)
    finally:
        connection.execute("DROP USER teller")


def test_statements_of_the_data_api_are_in_it_under_the_number_that_describe_statement_tells(client: Any, connection: Any) -> None:
    target = {"WorkgroupName": "local", "Database": "warehouse"}
    statement = client.execute_statement(Sql="SELECT 41", WaitTimeSeconds=30, **target)["Id"]
    about = client.describe_statement(Id=statement)
    batch = client.batch_execute_statement(Sqls=["SELECT 42", "SELECT 1/0"], WaitTimeSeconds=30, **target)["Id"]
    assert client.describe_statement(Id=batch)["Status"] == "FAILED"
    query = "SELECT trim(query_text), trim(status) FROM sys_query_history WHERE {} ORDER BY query_id"
    assert connection.execute(query.format(f"query_id = {about['RedshiftQueryId']}")).fetchall() == [("SELECT 41", "success")]
    session = client.describe_statement(Id=batch)["RedshiftPid"]
    assert connection.execute(query.format(f"session_id = {session}")).fetchall() == [("SELECT 42", "success"), ("SELECT 1/0", "failed")]


def test_vacuum_and_analyze_are_recorded_and_seen_in_the_tables_information(connection: psycopg.Connection) -> None:
    information = "SELECT unsorted, stats_off FROM svv_table_info WHERE \"table\" = 'kept'"
    connection.execute("CREATE TABLE kept (a int SORTKEY)")
    try:
        numbers = "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 100)"
        connection.execute(f"INSERT INTO kept {numbers} SELECT n FROM s")  # type: ignore[call-overload]
        connection.execute("SELECT pg_stat_force_next_flush()")
        assert connection.execute(information).fetchone() == (100, 100)
        connection.execute("VACUUM SORT ONLY kept TO 99 PERCENT")
        connection.execute("ANALYZE kept")
        assert connection.execute(information).fetchone() == (0, 0)
        found = connection.execute(
            "SELECT trim(status) FROM stl_vacuum WHERE table_id = 'kept'::regclass::oid ORDER BY eventtime"
        ).fetchall()
        analyzed = connection.execute("SELECT trim(status), rows FROM stl_analyze WHERE trim(table_name) = 'kept'").fetchall()
        kinds = connection.execute("SELECT vacuum_type, status FROM sys_vacuum_history WHERE table_name = 'kept'").fetchall()
    finally:
        connection.execute("DROP TABLE kept")
    assert found == [("Started Sort Only",), ("Finished",)]
    assert analyzed == [("Full", 100.0)]
    assert kinds == [("Sort", "Complete")]
    with pytest.raises(psycopg.Error, match="VACUUM cannot run inside"):
        with connection.transaction():
            connection.execute("VACUUM")
