"""SUPER, VARBYTE and TIMETZ as clients see them: Redshift's numbers of types, and its forms of their values."""

from __future__ import annotations

import datetime as dt
from typing import Any

import awswrangler
import psycopg
import pytest
import redshift_connector

from localaws.engines.redshift import RedshiftEngine

SUPER, VARBYTE, TIMETZ = 4000, 6551, 1266
DOCUMENT = """{"a": [1, 2.50, null], "b": {"c": "x: \\\\"y, z\\\\""}}"""
COMPACT = '{"a":[1,2.50,null],"b":{"c":"x: \\"y, z\\""}}'
QUERY = f"SELECT 1 AS one, JSON_PARSE('{DOCUMENT}') AS s, 'abc'::varbyte AS v, '12:30:01+02'::timetz AS t, NULL::super AS n"


@pytest.fixture
def wire(redshift: RedshiftEngine) -> Any:
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        yield connection


def codes(cursor: Any) -> list[int]:
    return [column.type_code for column in cursor.description]


def test_the_simple_protocol_gives_redshifts_types(wire: psycopg.Connection) -> None:
    done = wire.pgconn.exec_(QUERY.encode())
    assert [done.ftype(place) for place in range(5)] == [23, SUPER, VARBYTE, TIMETZ, SUPER]
    assert [done.get_value(0, place) for place in range(5)] == [b"1", COMPACT.encode(), b"616263", b"12:30:01+02", None]


def test_several_statements_of_one_message_each_have_their_types(wire: psycopg.Connection) -> None:
    wire.pgconn.send_query(b"SELECT 1; SELECT ARRAY(1, 2); SELECT 'x, y'; SELECT OBJECT('k', 'v, w')")
    found = []
    while (result := wire.pgconn.get_result()) is not None:
        found.append((result.ftype(0), result.get_value(0, 0)))
    assert found == [(23, b"1"), (SUPER, b"[1,2]"), (25, b"x, y"), (SUPER, b'{"k":"v, w"}')]


@pytest.mark.parametrize("binary", [False, True])
def test_the_extended_protocol_gives_them_in_text_and_in_binary(wire: psycopg.Connection, binary: bool) -> None:
    with wire.cursor(binary=binary) as cursor:
        for _ in range(2):
            cursor.execute(QUERY, prepare=True)
            assert codes(cursor) == [23, SUPER, VARBYTE, TIMETZ, SUPER]
            one, document, varbyte, at, nothing = cursor.fetchone() or ()
            assert (one, nothing, at) == (1, None, dt.time(12, 30, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))))
            assert document == (COMPACT.encode() if binary else COMPACT)
            assert varbyte == (b"abc" if binary else "616263")


def test_a_pipeline_of_statements_keeps_them_apart_and_an_error_loses_none_after_it(wire: psycopg.Connection) -> None:
    with wire.pipeline() as pipeline:
        cursors = [wire.execute(query, prepare=True) for query in ("SELECT 1", "SELECT ARRAY(1, 2)", "SELECT 'a, b'", "SELECT ARRAY(3, 4)")]
        pipeline.sync()
        broken = wire.execute("SELECT ARRAY(1, 2), 1 / 0 FROM (SELECT 1) AS x", prepare=True)
        with pytest.raises(psycopg.errors.DivisionByZero):
            pipeline.sync()
        after = wire.execute("SELECT 'c, d', ARRAY(5, 6)", prepare=True)
    assert [cursor.fetchall() for cursor in cursors] == [[(1,)], [("[1,2]",)], [("a, b",)], [("[3,4]",)]]
    assert after.fetchall() == [("c, d", "[5,6]")]
    assert broken.description is None


def test_a_cursor_that_is_read_in_parts_keeps_them(wire: psycopg.Connection) -> None:
    with wire.transaction(), wire.cursor(name="parts") as cursor:
        cursor.itersize = 7
        cursor.execute("SELECT n, ARRAY(n, n) FROM generate_series(1, 100) AS n")
        assert [row[1] for row in cursor] == [f"[{n},{n}]" for n in range(1, 101)]


def test_many_rows_come_whole(wire: psycopg.Connection) -> None:
    rows = wire.execute("SELECT n, OBJECT('n', n, 'text', REPEAT('a, ', 100)) FROM generate_series(1, 5000) AS n").fetchall()
    assert [row[0] for row in rows] == list(range(1, 5001))
    text = "a, " * 100
    assert {row[1] for row in rows} == {f'{{"n":{n},"text":"{text}"}}' for n in range(1, 5001)}


def test_redshifts_driver_and_awswrangler_read_them(redshift: RedshiftEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(redshift.authority))
    given = redshift.connection()
    place = {"host": given["host"], "port": given["port"], "database": given["dbname"]}
    with redshift_connector.connect(**place, user=given["user"], password=given["password"], sslmode="verify-ca") as connection:
        cursor = connection.cursor()
        cursor.execute(QUERY)
        assert [column[1] for column in cursor.description] == [23, SUPER, VARBYTE, TIMETZ, SUPER]
        at = dt.time(12, 30, 1, tzinfo=dt.timezone(dt.timedelta(hours=2)))
        assert cursor.fetchone() == [1, COMPACT, "abc", at, None]
        frame = awswrangler.redshift.read_sql_query(QUERY, connection)
        assert frame["s"].tolist() == [COMPACT]


def test_a_call_gives_them(wire: psycopg.Connection) -> None:
    wire.execute("CREATE PROCEDURE of_types(INOUT d super) AS 'BEGIN d := ARRAY(1, 2); END' LANGUAGE plpgsql")
    try:
        cursor = wire.execute("CALL of_types(NULL)")
        assert (codes(cursor), cursor.fetchall()) == ([SUPER], [("[1,2]",)])
        simple = wire.pgconn.exec_(b"CALL of_types(NULL)")
        assert (simple.ftype(0), simple.get_value(0, 0)) == (SUPER, b"[1,2]")
    finally:
        wire.execute("DROP PROCEDURE of_types(super)")
