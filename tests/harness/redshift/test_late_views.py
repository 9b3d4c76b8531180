"""Late-binding views: made before their tables, through all that happens to those, and what they say when a name is not there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from harness.redshift.conftest import data_api
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.redshift import RedshiftEngine

Run = Callable[[str], list[tuple[Any, ...]]]
UNDEFINED = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn)


@pytest.fixture
def connection(redshift: RedshiftEngine) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA late")
        yield connection
        connection.execute("DROP SCHEMA late CASCADE")
        assert connection.execute("SELECT * FROM local_redshift.late_views()").fetchall() == []


@pytest.fixture
def run(connection: psycopg.Connection) -> Run:
    def one(sql: str) -> list[tuple[Any, ...]]:
        cursor = connection.execute(sql)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []

    return one


def test_a_view_lives_through_everything_that_happens_to_its_table(run: Run) -> None:
    run("CREATE VIEW late.v AS SELECT a, b FROM late.t WITH NO SCHEMA BINDING")
    for query in ("SELECT * FROM late.v", "SELECT COUNT(*) FROM late.v"):
        with pytest.raises(psycopg.errors.UndefinedTable, match='relation "late.t" does not exist'):
            run(query)
    run("CREATE TABLE late.t (a int, b varchar(5))")
    run("INSERT INTO late.t VALUES (1, 'x')")
    assert run("SELECT * FROM late.v") == [(1, "x")]
    run("DROP TABLE late.t")
    with pytest.raises(psycopg.errors.UndefinedTable, match='relation "late.t" does not exist'):
        run("SELECT a FROM late.v")
    run("CREATE TABLE late.t DISTKEY (a) AS SELECT 'text'::varchar(10) AS a, 2::bigint AS b, 3 AS c")
    assert run("SELECT * FROM late.v") == [("text", 2)]
    run("ALTER TABLE late.t ALTER COLUMN a TYPE varchar(300)")
    assert run("SELECT * FROM late.v") == [("text", 2)]
    run("ALTER TABLE late.t DROP COLUMN a")
    with pytest.raises(psycopg.errors.UndefinedColumn, match='column "a" does not exist'):
        run("SELECT * FROM late.v")
    run("ALTER TABLE late.t ADD COLUMN a int DEFAULT 7")
    assert run("SELECT * FROM late.v") == [(7, 2)]


def test_a_star_is_what_the_table_has_now(run: Run) -> None:
    run("CREATE TABLE late.t AS SELECT 1 AS a")
    run("CREATE VIEW late.star AS SELECT * FROM late.t WITH NO SCHEMA BINDING")
    run("ALTER TABLE late.t ADD COLUMN b int")
    assert run("SELECT * FROM late.star") == [(1, None)]
    run("ALTER TABLE late.t DROP COLUMN a")
    assert run("SELECT * FROM late.star") == [(None,)]


def test_tables_that_change_places_by_renaming_are_followed_by_name(run: Run) -> None:
    """What dbt does with every model."""
    run("CREATE TABLE late.model AS SELECT 'old' AS text")
    run("CREATE VIEW late.v AS SELECT text FROM late.model WITH NO SCHEMA BINDING")
    run("CREATE TABLE late.model__tmp AS SELECT 'new' AS text")
    run("BEGIN")
    run("ALTER TABLE late.model RENAME TO model__backup")
    run("ALTER TABLE late.model__tmp RENAME TO model")
    run("COMMIT")
    assert run("SELECT * FROM late.v") == [("new",)]
    run("DROP TABLE IF EXISTS late.model__backup CASCADE")
    assert run("SELECT * FROM late.v") == [("new",)]


def test_a_rollback_takes_the_binding_back_too(run: Run) -> None:
    run("CREATE TABLE late.t AS SELECT 1 AS a")
    run("CREATE VIEW late.v AS SELECT a FROM late.t WITH NO SCHEMA BINDING")
    run("BEGIN")
    run("DROP TABLE late.t")
    with pytest.raises(UNDEFINED):
        run("SELECT * FROM late.v")
    run("ROLLBACK")
    assert run("SELECT * FROM late.v") == [(1,)]


def test_views_on_views_and_functions_are_bound_in_turn(run: Run) -> None:
    run("CREATE VIEW late.w (x) AS SELECT a FROM late.v WITH NO SCHEMA BINDING")
    run("CREATE VIEW late.v AS SELECT late.f(a) AS a FROM late.t WITH NO SCHEMA BINDING")
    run("CREATE TABLE late.t AS SELECT 1 AS a")
    with pytest.raises(psycopg.errors.UndefinedFunction):
        run("SELECT * FROM late.v")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        run("SELECT * FROM late.w")
    run("CREATE FUNCTION late.f(int) RETURNS int IMMUTABLE AS 'SELECT $1 + 1' LANGUAGE sql")
    assert run("SELECT * FROM late.w") == [(2,)]
    run("CREATE OR REPLACE VIEW late.v AS SELECT a AS other FROM late.t WITH NO SCHEMA BINDING")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        run("SELECT * FROM late.w")
    run("DROP VIEW late.v")
    with pytest.raises(psycopg.errors.UndefinedTable):
        run("SELECT * FROM late.w")


def test_views_that_name_each_other_in_a_circle_say_so(run: Run) -> None:
    run("CREATE VIEW late.one AS SELECT a FROM late.other WITH NO SCHEMA BINDING")
    run("CREATE VIEW late.other AS SELECT a FROM late.one WITH NO SCHEMA BINDING")
    run("CREATE TABLE late.t AS SELECT 1 AS a")
    run("CREATE OR REPLACE VIEW late.other AS SELECT a FROM late.t WITH NO SCHEMA BINDING")
    assert run("SELECT * FROM late.one") == [(1,)]
    run("CREATE OR REPLACE VIEW late.other AS SELECT a FROM late.one WITH NO SCHEMA BINDING")
    with pytest.raises(psycopg.Error):
        run("SELECT * FROM late.one")


def test_rights_and_columns_and_the_text_are_the_views_own(run: Run, connection: psycopg.Connection, redshift: RedshiftEngine) -> None:
    run("CREATE USER who_late PASSWORD 'Passw0rd'")
    try:
        run("CREATE TABLE late.t AS SELECT 1 AS a")
        run("CREATE VIEW late.v AS SELECT a FROM late.t WITH NO SCHEMA BINDING")
        run("GRANT USAGE ON SCHEMA late TO who_late")
        run("GRANT SELECT ON late.v TO who_late")
        run("DROP TABLE late.t")
        run("CREATE TABLE late.t AS SELECT 'x'::varchar(1) AS a")  # another type: the view is made anew
        with psycopg.connect(**{**redshift.connection(), "user": "who_late", "password": "Passw0rd"}, autocommit=True) as other:
            assert other.execute("SELECT * FROM late.v").fetchall() == [("x",)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute("SELECT * FROM late.t")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute("CREATE OR REPLACE VIEW late.v AS SELECT 1 AS a FROM late.t WITH NO SCHEMA BINDING")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute("CREATE VIEW late.mine AS SELECT 1 AS a FROM late.t WITH NO SCHEMA BINDING")
        assert run("SHOW VIEW late.v") == [("CREATE VIEW late.v AS SELECT a FROM late.t WITH NO SCHEMA BINDING",)]
        columns = "cols (view_schema name, view_name name, col_name name, col_type varchar, col_num int)"
        assert run(f"SELECT * FROM pg_get_late_binding_view_cols() {columns}") == [("late", "v", "a", "character varying(1)", 1)]
        assert run("SELECT table_type FROM svv_tables WHERE table_schema = 'late' AND table_name = 'v'") == [("VIEW",)]
    finally:
        run("DROP SCHEMA late CASCADE")
        run("CREATE SCHEMA late")
        run("DROP USER who_late")


def test_what_redshift_refuses_is_refused(run: Run) -> None:
    run("CREATE TABLE late.t AS SELECT 1 AS a")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="All the relation names inside should be qualified"):
        run("CREATE VIEW late.v AS WITH c AS (SELECT 1 AS a) SELECT c.a FROM c, t WITH NO SCHEMA BINDING")
    run("CREATE VIEW late.v AS WITH c AS (SELECT 1 AS a) SELECT c.a FROM c, late.t WITH NO SCHEMA BINDING")
    with pytest.raises(psycopg.errors.DuplicateTable):
        run("CREATE VIEW late.v AS SELECT a FROM late.t WITH NO SCHEMA BINDING")
    with pytest.raises(psycopg.errors.WrongObjectType):
        run("CREATE OR REPLACE VIEW late.t AS SELECT a FROM late.v WITH NO SCHEMA BINDING")


def test_the_data_api_makes_and_reads_them(run: Run, endpoint: EndpointEngine) -> None:
    client = data_api(endpoint.endpoint)
    statements = (
        "CREATE VIEW late.v AS SELECT a FROM late.t WITH NO SCHEMA BINDING",
        "CREATE TABLE late.t AS SELECT 1 AS a",
        "SELECT a FROM late.v",
    )
    place = {"WorkgroupName": "wholesale", "Database": "warehouse"}
    for sql in statements:
        given = client.execute_statement(Sql=sql, **place)["Id"]
        until = time.monotonic() + 60
        while (about := client.describe_statement(Id=given))["Status"] not in ("FINISHED", "FAILED", "ABORTED"):
            assert time.monotonic() < until
            time.sleep(0.05)
        assert about["Status"] == "FINISHED", about
    assert client.get_statement_result(Id=given)["Records"] == [[{"longValue": 1}]]
