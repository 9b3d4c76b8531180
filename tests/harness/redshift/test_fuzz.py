"""Random bytes and random statements: the server goes on, and no transaction is left open."""

from __future__ import annotations

import socket
import struct

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localaws.engines.redshift import RedshiftEngine

_KINDS = st.sampled_from([b"Q", b"P", b"B", b"D", b"E", b"C", b"S", b"H", b"d", b"c", b"f", b"F", b"p", b"z"])
_MESSAGE = st.tuples(_KINDS, st.binary(max_size=60)).map(lambda parts: parts[0] + struct.pack(">I", len(parts[1]) + 4) + parts[1])
_WORDS = st.sampled_from(
    [
        "SELECT",
        "INSERT",
        "INTO",
        "t",
        "VALUES",
        "(",
        ")",
        ",",
        ";",
        "'",
        '"',
        "1",
        "*",
        "FROM",
        "WHERE",
        "a",
        "b",
        "AS",
        "JOIN",
        "ON",
        "COPY",
        "UNLOAD",
        "CREATE",
        "TABLE",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "DROP",
        "VIEW",
        "WITH",
        "QUALIFY",
        "PIVOT",
        "GROUP",
        "BY",
        "ALL",
        "LISTAGG",
        "(",
        "DATEDIFF",
        "DISTKEY",
        "$1",
        ":x",
        "--",
        "/*",
        "*/",
        "$$",
        "#",
        "::",
        ".",
        "[",
        "]",
        "{",
        "}",
        "\\",
        "SHOW",
        "SET",
        "EXPLAIN",
        "MERGE",
    ]
)
_SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def alive(redshift: RedshiftEngine) -> None:
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@_SETTINGS
@given(st.binary(max_size=200))
def test_random_bytes_before_the_log_in(redshift: RedshiftEngine, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", redshift.ports["main"]), timeout=10) as connection:
        connection.sendall(sent)


@_SETTINGS
@given(st.lists(_MESSAGE, max_size=8))
def test_random_messages_after_it(redshift: RedshiftEngine, sent: list[bytes]) -> None:
    connection = psycopg.connect(**redshift.connection(), autocommit=True, sslmode="disable")
    with socket.socket(fileno=socket.dup(connection.pgconn.socket)) as raw:
        raw.sendall(b"".join(sent))
    connection.pgconn.finish()


@_SETTINGS
@given(st.lists(st.one_of(_WORDS, st.text(max_size=4)), max_size=14).map(" ".join))
def test_random_statements_give_a_result_or_an_error(redshift: RedshiftEngine, sql: str) -> None:
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        try:
            connection.execute(sql.replace("\0", ""))  # type: ignore[call-overload]
        except psycopg.OperationalError as error:
            pytest.fail(f"the connection was lost: {error}")
        except (psycopg.Error, UnicodeEncodeError):
            pass
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_nothing_is_left_of_all_that(redshift: RedshiftEngine) -> None:
    alive(redshift)
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        open_ones = "SELECT COUNT(*) FROM svv_transactions WHERE pid <> pg_backend_pid()"
        for _ in range(100):
            if connection.execute(open_ones).fetchone() == (0,):
                return
            connection.execute("SELECT pg_sleep(0.05)")
        pytest.fail("a transaction was left open")
