"""Stored procedures over the wire and by the Data API: what PL/pgSQL of Redshift says, and what it does to the transaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from localaws.engines.redshift import RedshiftEngine


@pytest.fixture(scope="module")
def own(redshift: RedshiftEngine) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA sp")
        connection.execute("SET search_path TO sp")
        yield connection
        connection.execute("DROP SCHEMA sp CASCADE")


@pytest.fixture
def connection(own: psycopg.Connection) -> psycopg.Connection:
    own.execute("DROP TABLE IF EXISTS t")
    own.execute("CREATE TABLE t (a int, b varchar(20))")
    return own


def make(connection: psycopg.Connection, body: str, arguments: str = "", options: str = "") -> None:
    connection.execute(f"CREATE OR REPLACE PROCEDURE p({arguments}) {options} AS $$\n{body}\n$$ LANGUAGE plpgsql")  # type: ignore[arg-type]


def rows(connection: psycopg.Connection, sql: str = "SELECT a, b FROM t ORDER BY a") -> list[tuple]:
    return connection.execute(sql).fetchall()  # type: ignore[arg-type]


# Each body fills t or gives out; `result` is what it leaves.
BODIES = [
    pytest.param(
        "DECLARE i int := 1; total int; BEGIN WHILE i <= 3 LOOP INSERT INTO t (a, b) VALUES (i, 'n' || i); i := i + 1; END LOOP;"
        " SELECT INTO total count(*) FROM t; UPDATE t SET a = a + total WHERE a = 1; END;",
        [(2, "n2"), (3, "n3"), (4, "n1")],
        id="while_and_select_into",
    ),
    pytest.param(
        "BEGIN FOR i IN 1..3 LOOP CONTINUE WHEN i = 2; INSERT INTO t VALUES (i, NULL); END LOOP;"
        " FOR i IN REVERSE 12..10 LOOP EXIT WHEN i = 11; INSERT INTO t VALUES (i, 'r'); END LOOP; END;",
        [(1, None), (3, None), (12, "r")],
        id="for_ranges_with_continue_and_exit",
    ),
    pytest.param(
        "DECLARE rec RECORD; BEGIN INSERT INTO t VALUES (1, 'x'), (2, 'y');"
        " FOR rec IN SELECT a, b FROM t ORDER BY a LOOP INSERT INTO t VALUES (rec.a + 10, rec.b); END LOOP; END;",
        [(1, "x"), (2, "y"), (11, "x"), (12, "y")],
        id="for_over_a_query",
    ),
    pytest.param(
        "DECLARE v varchar := 'b'; n int; BEGIN"
        " EXECUTE 'INSERT INTO t (a, ' || quote_ident(v) || ') VALUES (7, ' || quote_literal('it''s') || ')';"
        " EXECUTE 'SELECT max(a) FROM t' INTO n; INSERT INTO t VALUES (n + 1, 'next'); END;",
        [(7, "it's"), (8, "next")],
        id="dynamic_sql",
    ),
    pytest.param(
        "DECLARE n int := 5; BEGIN IF n > 10 THEN INSERT INTO t VALUES (1, 'big'); ELSIF n > 3 THEN INSERT INTO t VALUES (2, 'middle');"
        " ELSE INSERT INTO t VALUES (3, 'small'); END IF;"
        " CASE n WHEN 1, 2 THEN NULL; WHEN 5 THEN INSERT INTO t VALUES (4, 'five'); ELSE NULL; END CASE; END;",
        [(2, "middle"), (4, "five")],
        id="if_and_case",
    ),
    pytest.param(
        "DECLARE c CURSOR (low int) FOR SELECT a, b FROM t WHERE a > low ORDER BY a; x int; y t.b%TYPE; BEGIN"
        " INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z'); OPEN c(1); LOOP FETCH c INTO x, y; EXIT WHEN NOT FOUND;"
        " INSERT INTO t VALUES (x * 100, y || '!'); END LOOP; CLOSE c; END;",
        [(1, "x"), (2, "y"), (3, "z"), (200, "y!"), (300, "z!")],
        id="a_cursor_with_an_argument",
    ),
    pytest.param(
        "DECLARE n int; BEGIN INSERT INTO t SELECT i, 'g'"
        " FROM (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) AS s;"
        " DELETE FROM t WHERE a > 2; GET DIAGNOSTICS n := ROW_COUNT;"
        " PERFORM n; INSERT INTO t VALUES (n * 10, to_char(DATEADD(day, n, DATE '2020-01-01'), 'YYYY-MM-DD')); END;",
        [(1, "g"), (2, "g"), (20, "2020-01-03")],
        id="row_count_and_redshifts_functions",
    ),
    pytest.param(
        "DECLARE a int := 3; day date := '2020-02-05'; BEGIN INSERT INTO t (a) VALUES (a); UPDATE t SET b = 'm' || extract(month FROM day);"
        " CREATE TEMP TABLE made DISTKEY (x) AS SELECT a AS x; INSERT INTO t SELECT x + 1, 'made' FROM made; DROP TABLE made; RETURN;"
        " INSERT INTO t VALUES (99, 'never'); END;",
        [(3, "m2"), (4, "made")],
        id="columns_keep_their_names_and_return_ends_it",
    ),
    pytest.param(
        "<<outer>> DECLARE n int := 0; BEGIN <<turn>> LOOP LOOP n := n + 1; EXIT turn WHEN n = 3; END LOOP; END LOOP;"
        " DECLARE n int := 50; BEGIN INSERT INTO t VALUES (n, 'inner'); END; INSERT INTO t VALUES (n, 'outer'); END;",
        [(3, "outer"), (50, "inner")],
        id="labels_and_blocks_of_their_own",
    ),
]


@pytest.mark.parametrize(("body", "result"), BODIES)
def test_a_body_does_what_it_says(connection: psycopg.Connection, body: str, result: list[tuple]) -> None:
    make(connection, body)
    connection.execute("CALL p()")
    assert rows(connection) == result


def test_arguments_come_in_and_go_out_in_both_protocols(connection: psycopg.Connection) -> None:
    body = "BEGIN b := b || '-' || a; c := a * 2.5; END;"
    make(connection, body, "a IN int, b INOUT varchar(20), c OUT numeric(10, 2)")
    from decimal import Decimal

    simple = connection.execute("CALL p(3, 'x')")
    assert [column.name for column in simple.description or ()] == ["b", "c"]
    assert simple.fetchall() == [("x-3", Decimal("7.50"))]
    assert connection.execute("CALL p(%s, %s)", [4, "y"]).fetchall() == [("y-4", Decimal("10.00"))]
    with connection.cursor(binary=True) as binary:
        assert binary.execute("CALL p(%s, %s)", [None, "y"]).fetchall() == [(None, None)]
    with pytest.raises(psycopg.Error, match=r"value too long for type character varying\(20\)"):
        connection.execute("CALL p(%s, %s)", [1, "y" * 20])
    with pytest.raises(psycopg.errors.UndefinedFunction, match=r"procedure p\(1 argument\(s\)\) does not exist"):
        connection.execute("CALL p(1)")
    connection.execute("DROP PROCEDURE p(int, varchar)")


def test_procedures_call_each_other_and_no_deeper_than_sixteen(connection: psycopg.Connection) -> None:
    make(connection, "BEGIN n := n + 1; END;", "n INOUT int")
    connection.execute(
        "CREATE PROCEDURE q() AS $$ DECLARE x int := 1; BEGIN CALL p(x); CALL p(x); INSERT INTO t VALUES (x, 'q'); END $$ LANGUAGE plpgsql"
    )
    connection.execute("CALL q()")
    assert rows(connection) == [(3, "q")]
    connection.execute("CREATE OR REPLACE PROCEDURE q() AS $$ BEGIN CALL q(); END $$ LANGUAGE plpgsql")
    with pytest.raises(psycopg.Error, match="nested call limit of 16"):
        connection.execute("CALL q()")
    connection.execute("DROP PROCEDURE q(); DROP PROCEDURE p(int)")


def test_what_raise_says_reaches_the_client(connection: psycopg.Connection) -> None:
    told: list[tuple[str | None, str | None]] = []
    connection.add_notice_handler(lambda notice: told.append((notice.severity, notice.message_primary)))
    make(connection, "DECLARE n int := 4; BEGIN RAISE INFO 'n is %, %% of %', n, n IS NULL; RAISE EXCEPTION 'no %', 'more'; END;")
    with pytest.raises(psycopg.errors.RaiseException, match="no more") as failed:
        connection.execute("CALL p()")
    assert ("INFO", "n is 4, % of false") in told
    assert failed.value.diag.context == 'PL/pgSQL function "p" line 2 at Raise'


def test_an_error_undoes_the_call(connection: psycopg.Connection) -> None:
    make(connection, "BEGIN INSERT INTO t VALUES (1, 'x'); INSERT INTO t VALUES (1/0, 'y'); END;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("CALL p()")
    assert rows(connection) == []
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_a_handler_runs_in_a_new_transaction_and_the_error_goes_on(connection: psycopg.Connection) -> None:
    make(
        connection,
        "BEGIN INSERT INTO t VALUES (1, 'lost'); INSERT INTO t VALUES (1/0, 'y');"
        " EXCEPTION WHEN OTHERS THEN INSERT INTO t VALUES (2, left(SQLERRM, 14) || SQLSTATE); END;",
    )
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("CALL p()")
    assert rows(connection) == [(2, "Divide by zero22012")]


def test_a_nonatomic_procedure_commits_each_statement_and_its_handler_ends_the_error(connection: psycopg.Connection) -> None:
    body = "BEGIN INSERT INTO t VALUES (1, 'kept'); INSERT INTO t VALUES (1/0, 'y'); INSERT INTO t VALUES (3, 'after');"
    make(connection, f"{body} EXCEPTION WHEN OTHERS THEN INSERT INTO t VALUES (2, 'handled'); END;", options="NONATOMIC")
    connection.execute("CALL p()")
    assert rows(connection) == [(1, "kept"), (2, "handled")]
    connection.execute("DELETE FROM t")
    make(connection, f"{body} EXCEPTION CONTINUE_HANDLER WHEN OTHERS THEN INSERT INTO t VALUES (2, 'handled'); END;", options="NONATOMIC")
    connection.execute("CALL p()")
    assert rows(connection) == [(1, "kept"), (2, "handled"), (3, "after")]


def test_commit_rollback_and_truncate_end_the_calls_own_transaction_only(connection: psycopg.Connection) -> None:
    make(
        connection,
        "BEGIN INSERT INTO t VALUES (1, 'x'); COMMIT; INSERT INTO t VALUES (2, 'y'); ROLLBACK; INSERT INTO t VALUES (3, 'z'); END;",
    )
    connection.execute("CALL p()")
    assert rows(connection) == [(1, "x"), (3, "z")]
    with pytest.raises(psycopg.Error, match="COMMIT cannot be invoked from a procedure that is executing in an atomic context"):
        connection.execute("BEGIN; CALL p()")
    connection.execute("ROLLBACK")
    make(connection, "BEGIN INSERT INTO t VALUES (9, 'gone'); TRUNCATE t; INSERT INTO t VALUES (4, 'new'); SELECT 1/0 INTO t_x; END;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("CALL p()")
    assert rows(connection) == []
    connection.execute("BEGIN")
    make(connection, "BEGIN INSERT INTO t VALUES (5, 'five'); END;")
    connection.execute("CALL p()")
    connection.execute("ROLLBACK")
    assert rows(connection) == []


def test_a_procedure_copies_from_s3(connection: psycopg.Connection, storage: Path) -> None:
    (storage / "lake" / "sp.csv").write_text("1,x\n2,y\n", encoding="utf-8")
    make(
        connection,
        "BEGIN EXECUTE 'COPY t FROM ''' || place || ''' IAM_ROLE default CSV'; END;",
        "place varchar",
    )
    connection.execute("CALL p(%s)", ["s3://lake/sp.csv"])
    assert rows(connection) == [(1, "x"), (2, "y")]
    connection.execute("DROP PROCEDURE p(place IN varchar)")


def test_a_result_set_is_given_by_a_cursor(connection: psycopg.Connection) -> None:
    make(
        connection,
        "BEGIN OPEN rs FOR SELECT a FROM (SELECT 1 AS a UNION ALL SELECT 2) AS s WHERE a >= low ORDER BY a; END;",
        "low int, rs INOUT refcursor",
    )
    with connection.transaction():
        assert connection.execute("CALL p(2, 'mine')").fetchall() == [("mine",)]
        assert connection.execute("FETCH ALL FROM mine").fetchall() == [(2,)]
    connection.execute("DROP PROCEDURE p(int, refcursor)")


REFUSED = [
    pytest.param("BEGIN SELECT 1; END;", "query has no destination for result data", id="a_query_without_into"),
    pytest.param("BEGIN nope := 1; END;", '"nope" is not a known variable', id="an_unknown_variable"),
    pytest.param("DECLARE c CONSTANT int := 1; BEGIN c := 2; END;", '"c" is declared CONSTANT', id="a_constant"),
    pytest.param("DECLARE n int NOT NULL := 1; BEGIN n := NULL; END;", "declared NOT NULL", id="not_null"),
    pytest.param("BEGIN EXECUTE 'COMMIT'; END;", "COMMIT cannot be run by EXECUTE", id="commit_in_dynamic_sql"),
    pytest.param("BEGIN EXECUTE 'CREATE INDEX i ON t (a)'; END;", "CREATE INDEX is not supported by Redshift", id="what_redshift_refuses"),
    pytest.param("BEGIN VACUUM t; END;", "VACUUM cannot be executed from a procedure", id="vacuum"),
    pytest.param("DECLARE n int; BEGIN n := 'x'; END;", "invalid input syntax for type integer", id="a_value_of_another_type"),
    pytest.param("DECLARE r RECORD; BEGIN RAISE INFO '%', r.a; END;", 'record "r" is not assigned yet', id="an_empty_record"),
    pytest.param("BEGIN EXIT; END;", "EXIT cannot be used outside a loop", id="exit_without_a_loop"),
]


@pytest.mark.parametrize(("body", "words"), REFUSED)
def test_what_a_body_may_not_do_fails_when_it_runs(connection: psycopg.Connection, body: str, words: str) -> None:
    make(connection, body)
    with pytest.raises(psycopg.Error, match=words):
        connection.execute("CALL p()")


BROKEN = [
    pytest.param("BEGIN IF true THEN NULL; END;", "syntax error", id="no_end_if"),
    pytest.param("BEGIN RETURN 1; END;", "RETURN cannot have a parameter", id="a_result"),
    pytest.param("BEGIN NULL; EXCEPTION WHEN division_by_zero THEN NULL; END;", "OTHERS is the only one", id="another_condition"),
    pytest.param("DECLARE n serial; BEGIN NULL; END;", "unsupported type", id="a_type_redshift_has_not"),
    pytest.param(
        "BEGIN\n NULL;\n GET DIAGNOSTICS x := PG_CONTEXT;\nEND;", r"GET DIAGNOSTICS … PG_CONTEXT.*\(line 4", id="other_diagnostics"
    ),
]


@pytest.mark.parametrize(("body", "words"), BROKEN)
def test_a_body_that_cannot_be_parsed_makes_no_procedure(connection: psycopg.Connection, body: str, words: str) -> None:
    with pytest.raises(psycopg.Error, match=words):
        make(connection, body, "x1 int, x2 int, x3 int")
    assert rows(connection, "SELECT count(*) FROM pg_proc_info WHERE proname = 'p' AND pronargs = 3") == [(0,)]


def test_procedures_are_shown_and_only_their_owner_may_run_them_until_it_is_granted(connection: psycopg.Connection, redshift: Any) -> None:
    make(connection, "BEGIN RAISE INFO 'hello'; END;")
    (shown,) = rows(connection, "SHOW PROCEDURE sp.p()")[0]
    assert shown.startswith("CREATE OR REPLACE PROCEDURE p()")
    assert ("p",) in [row[2:3] for row in rows(connection, "SHOW PROCEDURES FROM SCHEMA warehouse.sp")]
    connection.execute("CREATE USER caller PASSWORD 'Passw0rd'; GRANT USAGE ON SCHEMA sp TO caller")
    try:
        with psycopg.connect(**{**redshift.connection(), "user": "caller", "password": "Passw0rd"}, autocommit=True) as other:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for procedure p"):
                other.execute("CALL sp.p()")
            connection.execute("GRANT EXECUTE ON PROCEDURE p() TO caller")
            other.execute("CALL sp.p()")
    finally:
        connection.execute("REVOKE ALL ON PROCEDURE p() FROM caller; REVOKE ALL ON SCHEMA sp FROM caller; DROP USER caller")
    assert rows(connection, "SELECT count(*) > 0 FROM svl_stored_proc_call WHERE trim(querytxt) = 'CALL sp.p()' AND aborted = 0") == [
        (True,)
    ]


def test_the_data_api_calls_procedures_with_named_parameters(connection: psycopg.Connection, client: Any) -> None:
    make(connection, "BEGIN INSERT INTO sp.t VALUES (n, 'api'); COMMIT; done := n + 1; END;", "n IN int, done OUT int")
    target = {"WorkgroupName": "local", "Database": "warehouse"}
    parameters = [{"name": "n", "value": "41"}]
    statement = client.execute_statement(Sql="CALL sp.p(:n)", Parameters=parameters, WaitTimeSeconds=30, **target)["Id"]
    assert client.describe_statement(Id=statement)["Status"] == "FINISHED"
    assert client.get_statement_result(Id=statement)["Records"] == [[{"longValue": 42}]]
    assert rows(connection) == [(41, "api")]
    batch = client.batch_execute_statement(Sqls=["CALL sp.p(1)"], WaitTimeSeconds=30, **target)["Id"]
    assert "atomic context" in client.describe_statement(Id=batch)["Error"]
    connection.execute("DROP PROCEDURE p(int)")
