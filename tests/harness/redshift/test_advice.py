"""`etl redshift lint`: each rule is shown by a warehouse or a file that breaks it, and by one that does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from cli.redshift import redshift as command
from localaws.engines.postgres import PostgresEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home
from localaws.redshift.advice import RULES, Finding, advise, statement_findings
from localaws.redshift.session import Session

COPY = "COPY advice.fact FROM 's3://lake/advice/' IAM_ROLE default CSV"


@pytest.fixture(scope="module")
def found(redshift: RedshiftEngine, home: Path) -> Iterator[list[Finding]]:
    """The findings about a schema with a fault for each rule."""
    folder = home / "s3" / "lake" / "advice"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "one.csv").write_text("".join(f"{n},{n % 3},{n % 50},short\n" for n in range(120_000)), encoding="utf-8")
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA advice")
        connection.execute("CREATE TABLE advice.fact (id int, few int, customer int, name varchar(1000)) DISTSTYLE EVEN")
        connection.execute("CREATE TABLE advice.skewed (few int, id int) DISTKEY (few) SORTKEY (id)")
        connection.execute("CREATE TABLE advice.other (id int, customer int) DISTSTYLE EVEN SORTKEY (id)")
        connection.execute("CREATE TABLE advice.good (id int DISTKEY SORTKEY, name varchar(20))")
        connection.execute(COPY)
        connection.execute("INSERT INTO advice.skewed SELECT few, id FROM advice.fact")
        connection.execute("INSERT INTO advice.other SELECT id, customer FROM advice.fact")
        connection.execute("INSERT INTO advice.good SELECT id, name FROM advice.fact")
        connection.execute("SELECT pg_stat_force_next_flush()")
        for table in ("fact", "good", "other"):
            connection.execute(f"VACUUM advice.{table}")  # type: ignore[call-overload]
            connection.execute(f"ANALYZE advice.{table}")  # type: ignore[call-overload]
        for n in range(20):
            connection.execute(f"INSERT INTO advice.other VALUES ({n}, {n})")  # type: ignore[call-overload]
        connection.execute("ANALYZE advice.other")
        connection.execute("SELECT COUNT(*) FROM advice.fact f JOIN advice.other o ON f.customer = o.customer WHERE f.id > 119900")
        connection.execute("SELECT COUNT(*) FROM advice.good g JOIN advice.good h ON g.id = h.id")
        connection.execute("SELECT COUNT(*) FROM advice.fact f, (SELECT id FROM advice.good WHERE id < 3) AS g WHERE f.few = 7")
        session = Session(PostgresEngine(Home(home)).conninfo(), home / "s3")
        try:
            yield [one for one in advise(session) if "advice" in one.where + one.message]
        finally:
            session.close()
            connection.execute("DROP SCHEMA advice CASCADE")


BROKEN = [
    ("RS001", "advice.fact", "joined by customer .* ALTER DISTKEY customer"),
    ("RS002", "advice.skewed", r"one value of the DISTKEY few has 33 % of the rows \(3 distinct values\)"),
    ("RS003", "advice.fact", "filtered by .* ALTER SORTKEY"),
    ("RS004", "advice.fact.name", r"VARCHAR\(1000\) holds at most 5 bytes"),
    ("RS005", "advice.skewed", "100.00 % of the rows are unsorted"),
    ("RS006", "advice.skewed", "statistics are off by 100"),
    ("RS010", "query", r"DS_.*customer.* with the large table\(s\) advice.fact"),
    ("RS011", "query", "Nested Loop"),
    ("RS020", "advice.other", "20 INSERTs of one row each"),
    ("RS021", "query", "COPY fact FROM s3://lake/advice/: .* MB of CSV without compression"),
    ("RS022", "query", r"COPY fact .*: 1 file\(s\) for 4 slices"),
]


@pytest.mark.parametrize(("rule", "where", "words"), BROKEN, ids=[rule for rule, *_ in BROKEN])
def test_what_breaks_a_rule_is_found(found: list[Finding], rule: str, where: str, words: str) -> None:
    assert any(one.rule == rule and one.where.startswith(where) and re.search(words, one.message) for one in found), [
        one for one in found if one.rule == rule
    ]


def test_a_table_that_breaks_no_rule_is_left_alone(found: list[Finding]) -> None:
    assert [one for one in found if one.where.startswith("advice.good")] == []


FILES = [
    pytest.param("SELECT 1;\nCREATE INDEX i ON t (a);", "x.sql:2", "RS090", id="refused"),
    pytest.param("SELECT 'x", "x.sql", "RS091", id="broken"),
    pytest.param("\n\nSELECT (1;", "x.sql:3", "RS091", id="no_sql"),
    pytest.param("SELECT HLL(a) FROM t", "x.sql:1", "RS092", id="not_here"),
    pytest.param("-- a comment\nINSERT INTO t VALUES (1, (2));", "x.sql:2", "RS020", id="one_row"),
    pytest.param("CREATE TABLE t (a varchar(max))", "x.sql:1", "RS030", id="greatest_length"),
    pytest.param("CREATE VIEW v AS SELECT * FROM t", "x.sql:1", "RS031", id="every_column"),
    pytest.param("SELECT a FROM t WHERE b LIKE '%x'", "x.sql:1", "RS032", id="wildcard"),
    pytest.param("SELECT a FROM t CROSS JOIN s", "x.sql:1", "RS011", id="cross_join"),
    pytest.param("COPY t FROM 's3://b/k' IAM_ROLE default CSV", "x.sql:1", "RS021", id="no_compression"),
]


@pytest.mark.parametrize(("sql", "where", "rule"), FILES)
def test_a_file_of_sql_is_read_without_a_database(sql: str, where: str, rule: str) -> None:
    assert [(one.where, one.rule) for one in statement_findings("x.sql", sql)] == [(where, rule)]


def test_good_sql_has_no_finding() -> None:
    queries = "INSERT INTO t VALUES (1), (2);\nSELECT a, a + 1 AS b, b * 2 FROM t WHERE c LIKE 'x%';"
    good = f"{queries}\nCOPY t FROM 's3://b/k' IAM_ROLE default CSV GZIP;"
    assert statement_findings("x.sql", good) == []


def test_the_command_says_where_and_which_rule_and_ends_with_one(tmp_path: Path) -> None:
    file = tmp_path / "bad.sql"
    file.write_text("CREATE TRIGGER g AFTER INSERT ON t EXECUTE PROCEDURE p()", encoding="utf-8")
    done = CliRunner().invoke(command, ["lint", str(file)])
    assert done.exit_code == 1
    assert f"{file}:1: RS090 CREATE TRIGGER is not supported by Redshift" in done.output
    file.write_text("SELECT 1", encoding="utf-8")
    assert CliRunner().invoke(command, ["lint", str(file)]).exit_code == 0


def test_every_rule_is_listed_and_shown_by_a_test() -> None:
    listed = CliRunner().invoke(command, ["lint", "--rules"]).output
    assert all(rule in listed for rule in RULES)
    shown = {rule for rule, *_ in BROKEN} | {str(case.values[2]) for case in FILES}
    assert shown == set(RULES)
