"""EXPLAIN in Redshift's form: operators, where rows move for a join, and what it warns of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localaws.engines.postgres import PostgresEngine
from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.session import Session


def numbers(most: int) -> str:
    """A common table of the numbers up to that one."""
    return f"WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {most})"


@pytest.fixture(scope="module")
def session(postgres: PostgresEngine, home: Path) -> Iterator[Session]:
    session = Session(postgres.conninfo(), home / "s3")
    session.begin()
    for statement in (
        "CREATE TABLE fact (id int, customer int, product int, day int) DISTKEY (customer) SORTKEY (day)",
        "CREATE TABLE customers (customer int DISTKEY, name varchar(20))",
        "CREATE TABLE products (product int, name varchar(20)) DISTSTYLE EVEN",
        "CREATE TABLE days (day int, name varchar(20)) DISTSTYLE ALL",
        "CREATE TABLE many (product int, n int) DISTSTYLE EVEN",
        f"INSERT INTO fact {numbers(20000)} SELECT n, n % 100, n % 10, n % 7 FROM s",
        f"INSERT INTO customers {numbers(100)} SELECT n, 'c' FROM s",
        f"INSERT INTO products {numbers(10)} SELECT n, 'p' FROM s",
        f"INSERT INTO days {numbers(7)} SELECT n, 'd' FROM s",
        f"INSERT INTO many {numbers(15000)} SELECT n % 10, n FROM s",
        *(f"ANALYZE {table}" for table in ("fact", "customers", "products", "days", "many")),
        "CREATE TABLE unknown (a int)",
    ):
        list(session.run(statement).chunks)
    yield session
    session.close()


def plan(session: Session, query: str) -> list[str]:
    rows = session.run(f"EXPLAIN {query}")
    assert rows.columns is not None
    assert rows.columns.fname(0) == b"QUERY PLAN"
    return [chunk.get_value(row, 0).decode() for chunk in rows.chunks for row in range(chunk.ntuples)]


JOINS = [
    pytest.param("fact f JOIN customers c ON f.customer = c.customer", "DS_DIST_NONE", id="both_by_the_joined_column"),
    pytest.param("fact f JOIN days d ON f.day = d.day", "DS_DIST_ALL_NONE", id="the_inner_table_is_everywhere"),
    pytest.param("fact f JOIN products p ON f.product = p.product", "DS_BCAST_INNER", id="a_small_inner_table_is_sent_to_all"),
    pytest.param("fact f JOIN many m ON f.product = m.product", "DS_DIST_BOTH", id="two_large_ones_are_both_redistributed"),
    pytest.param("fact f JOIN many m ON f.customer = m.n", "DS_DIST_INNER", id="the_outer_one_is_by_the_joined_column"),
]


@pytest.mark.parametrize(("join", "label"), JOINS)
def test_a_join_says_which_rows_move(session: Session, join: str, label: str) -> None:
    lines = plan(session, f"SELECT COUNT(*) FROM {join}")
    joined = [line for line in lines if "Hash Join" in line]
    assert len(joined) == 1
    # PostgreSQL may hash either table; distribution by the inner side is the same finding from the other side.
    assert f"XN Hash Join {label}  (cost=" in joined[0] or (label == "DS_DIST_INNER" and "DS_DIST_OUTER" in joined[0])


def test_the_plan_is_written_as_redshift_writes_it(session: Session) -> None:
    lines = plan(session, "SELECT day, COUNT(*) FROM fact WHERE id > 5 GROUP BY day ORDER BY day LIMIT 3")
    shapes = [line.split("  (cost")[0] for line in lines]
    assert shapes == [
        "XN Limit",
        "  ->  XN Merge",
        "        Merge Key: fact.day",
        "        ->  XN Network",
        "              Send to leader",
        "              ->  XN Sort",
        "                    Sort Key: fact.day",
        "                    ->  XN HashAggregate",
        "                          ->  XN Seq Scan on fact",
        "                                Filter: (fact.id > 5)",
    ]


def test_redistribution_names_the_column_that_it_goes_by(session: Session) -> None:
    lines = plan(session, "SELECT COUNT(*) FROM fact f JOIN many m ON f.product = m.product")
    keys = sorted(line.strip() for line in lines if "Dist Key" in line)
    assert [key.split(": ")[0] for key in keys] == ["Inner Dist Key", "Outer Dist Key"]
    assert {key.split(": ")[1] for key in keys} == {"f.product", "m.product"}


def test_a_cartesian_product_and_missing_statistics_are_warned_of(session: Session) -> None:
    lines = plan(session, "SELECT COUNT(*) FROM unknown u, days d")
    assert any("Nested Loop DS_" in line for line in lines)
    assert any("avoid Cartesian products" in line for line in lines)
    assert " ----- Tables missing statistics: unknown -----" in lines


def test_what_is_explained_is_not_executed(session: Session) -> None:
    assert any("Seq Scan on days" in line for line in plan(session, "DELETE FROM days WHERE day = 1"))
    rows = session.run("SELECT COUNT(*) FROM days")
    assert [chunk.get_value(0, 0) for chunk in rows.chunks] == [b"7"]
    session.connection.execute("SAVEPOINT before")
    with pytest.raises(RedshiftError, match="EXPLAIN of COPY"):
        session.run("EXPLAIN COPY days FROM 's3://lake/x' IAM_ROLE default")
    session.connection.execute("ROLLBACK TO before")
