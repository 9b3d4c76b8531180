"""The wire protocol by psycopg and by hand: log-in, both protocols, transactions, cancel, COPY, and what a broken client gets."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from localaws.engines.redshift import RedshiftEngine

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/load'"


@pytest.fixture
def connection(redshift: RedshiftEngine) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        yield connection


def fields(error: psycopg.Error) -> tuple[str | None, str | None]:
    return error.sqlstate, error.diag.message_primary


def test_tls_is_offered_and_its_certificate_can_be_verified(redshift: RedshiftEngine) -> None:
    with psycopg.connect(**redshift.connection(), sslmode="verify-full", sslrootcert=str(redshift.authority)) as connection:
        assert connection.pgconn.ssl_in_use
    with psycopg.connect(**redshift.connection(), sslmode="disable") as connection:
        assert not connection.pgconn.ssl_in_use


REFUSED_LOGINS = [
    pytest.param({"password": "wrong"}, 'password authentication failed for user "etl"', id="wrong_password"),
    pytest.param({"user": "nobody"}, 'password authentication failed for user "nobody"', id="unknown_user"),
    pytest.param({"dbname": "nowhere"}, 'database "nowhere" does not exist', id="unknown_database"),
    pytest.param({"options": "-c work_mem=1GB"}, 'unrecognized configuration parameter "work_mem"', id="a_setting_redshift_has_not"),
]


@pytest.mark.parametrize(("change", "words"), REFUSED_LOGINS)
def test_a_wrong_login_is_refused_in_redshifts_words(redshift: RedshiftEngine, change: dict[str, str], words: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=words):
        psycopg.connect(**{**redshift.connection(), **change})


def test_a_user_that_was_created_logs_in_with_his_password_and_has_his_rights_only(connection: psycopg.Connection, redshift: Any) -> None:
    connection.execute("CREATE TABLE secret (a int)")
    connection.execute("CREATE USER reader PASSWORD 'Passw0rd'")
    try:
        with psycopg.connect(**{**redshift.connection(), "user": "reader", "password": "Passw0rd"}, autocommit=True) as other:
            assert other.execute("SELECT current_user").fetchone() == ("reader",)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute("SELECT * FROM secret")
            with pytest.raises(psycopg.Error, match="SESSION AUTHORIZATION"):
                other.execute("RESET SESSION AUTHORIZATION")
    finally:
        connection.execute("DROP USER reader")
        connection.execute("DROP TABLE secret")


def test_statements_are_translated_in_both_protocols(connection: psycopg.Connection) -> None:
    sql = "SELECT NVL(NULL, 3), DATEDIFF(day, DATE '2020-01-01', DATE '2020-02-01')"
    assert connection.execute(sql).fetchall() == [(3, 31)]  # simple
    assert connection.execute("SELECT NVL(NULL, %s::int)", [4]).fetchall() == [(4,)]  # extended
    assert connection.execute("SELECT NVL(NULL, %s::int)", [5], prepare=True).fetchall() == [(5,)]
    with connection.cursor(binary=True) as cursor:
        assert cursor.execute("SELECT 1::bigint, 'x'::varchar(3)").fetchall() == [(1, "x")]


def test_several_statements_in_one_message_are_one_transaction(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("CREATE TABLE half (a int DISTKEY); INSERT INTO half VALUES (1); SELECT * FROM nowhere")
    assert connection.execute("SELECT COUNT(*) FROM svv_tables WHERE table_name = 'half'").fetchone() == (0,)
    connection.execute("CREATE TEMP TABLE whole (a int DISTKEY); INSERT INTO whole VALUES (1); INSERT INTO whole VALUES (2)")
    assert connection.execute("SELECT COUNT(*) FROM whole").fetchone() == (2,)


def test_a_refused_statement_ends_its_transaction_and_nothing_else(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TEMP TABLE t (a int)")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(psycopg.Error) as refused:
        connection.execute("CREATE INDEX i ON t (a)")
    assert fields(refused.value) == ("0A000", "CREATE INDEX is not supported by Redshift")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        connection.execute("SELECT 1")
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)


def test_errors_have_redshifts_words(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TEMP TABLE t (a varchar(3) NOT NULL)")
    for sql, expected in {
        "SELECT 1/0": ("22012", "Divide by zero"),
        "INSERT INTO t VALUES ('long')": ("22001", "value too long for type character varying(3)"),
        "INSERT INTO t VALUES (NULL)": ("23502", "Cannot insert a NULL value into column a"),
        "SELECT * FROM nowhere": ("42P01", 'relation "nowhere" does not exist'),
    }.items():
        with pytest.raises(psycopg.Error) as failed:
            connection.execute(sql)
        assert fields(failed.value) == expected


def test_many_statements_of_a_pipeline_come_back_in_order(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TEMP TABLE t (a int)")
    connection.cursor().executemany("INSERT INTO t VALUES (%s)", [(i,) for i in range(3000)])
    assert connection.execute("SELECT COUNT(*), SUM(a) FROM t").fetchone() == (3000, 4498500)
    with connection.pipeline():
        results = [connection.execute("SELECT %s::int + 1", [i]) for i in range(50)]
    assert [result.fetchone() for result in results] == [(i + 1,) for i in range(50)]


def test_a_cursor_is_read_forward_in_pieces(connection: psycopg.Connection) -> None:
    with connection.transaction():
        connection.execute("DECLARE c CURSOR FOR SELECT TOP 5 n FROM (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) AS t ORDER BY n")
        assert connection.execute("FETCH 2 FROM c").fetchall() == [(1,), (2,)]
        assert connection.execute("FETCH FORWARD ALL FROM c").fetchall() == [(3,)]
        connection.execute("CLOSE c")
    with pytest.raises(psycopg.Error, match="FETCH PRIOR is not supported"):
        connection.execute("FETCH PRIOR FROM c")


def test_a_running_statement_is_cancelled_and_the_session_goes_on(connection: psycopg.Connection) -> None:
    threading.Timer(0.3, connection.cancel).start()
    started = time.monotonic()
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("SELECT COUNT(*) FROM generate_series(1, 10000000000)")
    assert time.monotonic() - started < 10
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cancel_with_a_wrong_secret_cancels_nothing(connection: psycopg.Connection, redshift: RedshiftEngine) -> None:
    with socket.create_connection(("127.0.0.1", redshift.ports["main"]), timeout=5) as other:
        other.sendall(struct.pack(">IIiI", 16, 80877102, connection.info.backend_pid, 1))
        assert other.recv(1) == b""
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_copy_from_s3_is_atomic_and_runs_in_the_sessions_transaction(connection: psycopg.Connection, storage: Path) -> None:
    folder = storage / "lake" / "wire"
    folder.mkdir(exist_ok=True)
    (folder / "a.csv").write_text("1,x\n2,y\n", encoding="utf-8")
    connection.execute("CREATE TEMP TABLE t (a int, b varchar(5))")
    notices: list[str | None] = []
    connection.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    assert connection.execute(f"COPY t FROM 's3://lake/wire/' {ROLE} CSV").statusmessage == "COPY"
    assert notices == ["Load into table 't' completed, 2 record(s) loaded successfully."]
    connection.execute("BEGIN")
    connection.execute(f"COPY t FROM 's3://lake/wire/' {ROLE} CSV", prepare=True)
    assert connection.execute("SELECT COUNT(*) FROM t").fetchone() == (4,)
    connection.execute("ROLLBACK")
    (folder / "b.csv").write_text("3,z\nbad,z\n", encoding="utf-8")
    with pytest.raises(psycopg.Error, match=r"(?s)Load into table 't' failed.*b.csv"):
        connection.execute(f"COPY t FROM 's3://lake/wire/' {ROLE} CSV")
    assert connection.execute("SELECT COUNT(*) FROM t").fetchone() == (2,)


def test_a_client_is_told_how_many_records_a_copy_left_out(connection: psycopg.Connection, storage: Path) -> None:
    (storage / "lake" / "left-out.csv").write_text("1\nx\n3\n", encoding="utf-8")
    connection.execute("CREATE TABLE left_out (a int)")
    notices: list[str] = []
    connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
    connection.execute("COPY left_out FROM 's3://lake/left-out.csv' IAM_ROLE default CSV MAXERROR 2")
    found = connection.execute("SELECT line_number, err_code FROM stl_load_errors WHERE query = pg_last_copy_id()").fetchall()
    connection.execute("DROP TABLE left_out")
    assert found == [(2, 1207)]
    assert any("2 record(s) loaded successfully" in notice for notice in notices)
    assert any("1 record(s) could not be loaded" in notice for notice in notices)


def test_copy_from_stdin_is_refused_as_redshift_does(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match="LOAD source is not supported"):
        connection.execute("COPY t FROM STDIN")


def test_a_transaction_begins_and_ends_in_every_spelling(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TEMP TABLE t (a int)")
    for opening, closing in (("START TRANSACTION", "END"), ("BEGIN WORK", "ABORT"), ("BEGIN TRANSACTION READ WRITE", "COMMIT WORK")):
        connection.execute(opening)  # type: ignore[call-overload]
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute(closing)  # type: ignore[call-overload]
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert connection.execute("SELECT COUNT(*) FROM t").fetchone() == (2,)


def test_a_prepared_statement_is_executed_and_forgotten(connection: psycopg.Connection) -> None:
    connection.execute("PREPARE twice (int) AS SELECT NVL($1, 0) * 2")
    assert connection.execute("EXECUTE twice (21)").fetchall() == [(42,)]
    connection.execute("DEALLOCATE twice")
    with pytest.raises(psycopg.Error, match='prepared statement "twice" does not exist'):
        connection.execute("EXECUTE twice (1)")


def test_truncate_commits_the_transaction(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TEMP TABLE t (a int)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.execute("BEGIN")
    connection.execute("TRUNCATE t")
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert connection.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)


def test_a_cycle_of_two_transactions_is_error_1023(connection: psycopg.Connection, redshift: RedshiftEngine) -> None:
    connection.execute("DROP TABLE IF EXISTS one; DROP TABLE IF EXISTS other; CREATE TABLE one (a int); CREATE TABLE other (a int)")
    with psycopg.connect(**redshift.connection(), autocommit=True) as second:
        for session, table in ((connection, "one"), (second, "other")):
            session.execute("BEGIN")
            session.execute(f"SELECT COUNT(*) FROM {table}").fetchall()
        connection.execute("INSERT INTO other VALUES (1)")
        second.execute("INSERT INTO one VALUES (1)")
        connection.execute("COMMIT")
        with pytest.raises(psycopg.errors.SerializationFailure, match="1023.*Serializable isolation violation"):
            second.execute("COMMIT")
        second.execute("ROLLBACK")
    connection.execute("ROLLBACK; DROP TABLE one; DROP TABLE other")


def test_a_lateral_alias_gives_way_to_a_column_of_the_table(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TEMP TABLE t (a int, b int)")
    connection.execute("INSERT INTO t VALUES (1, 10)")
    assert connection.execute("SELECT a + 1 AS b, b * 2 AS c, c + %s AS d FROM t", [1]).fetchall() == [(2, 20, 21)]


def raw(redshift: RedshiftEngine, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", redshift.ports["main"]), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\0",
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", 2**31),
        struct.pack(">II", 8, 196607),
        struct.pack(">II", 12, 196608) + b"abcd",
        struct.pack(">II", 9, 196608) + b"\0",
        struct.pack(">II", 8, 80877103) + b"not a TLS handshake",
    ],
    ids=["nothing", "one_byte", "http", "a_huge_length", "version_2", "no_zero_byte", "no_user", "no_tls"],
)
def test_a_broken_start_is_refused_and_the_server_goes_on(redshift: RedshiftEngine, sent: bytes) -> None:
    raw(redshift, sent)
    with psycopg.connect(**redshift.connection()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_client_that_vanishes_leaves_no_transaction_behind(connection: psycopg.Connection, redshift: RedshiftEngine) -> None:
    connection.execute("DROP TABLE IF EXISTS left_behind; CREATE TABLE left_behind (a int)")
    other = psycopg.connect(**redshift.connection(), autocommit=True)
    other.execute("BEGIN")
    other.execute("LOCK left_behind")
    pid = other.info.backend_pid
    other.pgconn.finish()
    deadline = time.monotonic() + 10
    while connection.execute("SELECT COUNT(*) FROM stv_sessions WHERE process = %s", [pid]).fetchone() != (0,):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    connection.execute("DROP TABLE left_behind")
