"""Redshift's statements on PostgreSQL: pairs of a statement and what it gives, and the refusals."""

from __future__ import annotations

from typing import Any

import pytest

from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.lexer import split_statements
from localaws.redshift.session import Session


def values(session: Session, sql: str) -> list[tuple[Any, ...]]:
    """The rows as text."""
    result = session.run(sql)
    return [
        tuple(None if (value := chunk.get_value(row, column)) is None else value.decode() for column in range(chunk.nfields))
        for chunk in result.chunks
        for row in range(chunk.ntuples)
    ]


EXPRESSIONS = [
    ("NVL(NULL, 2)", "2"),
    ("NVL2(NULL, 1, 2)", "2"),
    ("NVL2('x', 1, 2)", "1"),
    ("DECODE(2, 1, 'one', 2, 'two', 'many')", "two"),
    ("DECODE(NULL, NULL, 'null', 'other')", "null"),
    ("DECODE(3, 1, 'one')", None),
    ("DATEDIFF(day, '1998-06-15 23:59:00'::timestamp, '1998-06-16 00:01:00'::timestamp)", "1"),
    ("DATEDIFF(year, DATE '1998-12-31', DATE '1999-01-01')", "1"),
    ("DATEDIFF('month', DATE '1998-01-31', DATE '1998-03-01')", "2"),
    ("DATEDIFF(quarter, DATE '1998-03-31', DATE '1998-04-01')", "1"),
    ("DATEDIFF(hour, '1998-06-15 10:59:00'::timestamp, '1998-06-15 11:00:00'::timestamp)", "1"),
    ("DATEDIFF(days, DATE '1998-06-16', DATE '1998-06-15')", "-1"),
    ("DATEADD(month, 1, DATE '1998-01-31')", "1998-02-28 00:00:00"),
    ("DATEADD(day, -1, '1998-03-01 10:00:00'::timestamp)", "1998-02-28 10:00:00"),
    ("DATE_PART(year, DATE '1998-06-15')", "1998"),
    ("DATE_TRUNC('month', DATE '1998-06-15')::date", "1998-06-01"),
    ("ADD_MONTHS(DATE '1998-02-28', 1)::date", "1998-03-31"),
    ("LAST_DAY(DATE '1998-02-10')", "1998-02-28"),
    ("TRUNC('1998-06-15 23:59:00'::timestamp)", "1998-06-15"),
    ("LEN('häh')", "3"),
    ("OCTET_LENGTH('häh')", "4"),
    ("CHARINDEX('c', 'abc')", "3"),
    ("SHA2('abc', 256)", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("'tab\\there'", "tab\there"),
    ("'it''s'", "it's"),
    ("CAST('x' AS VARCHAR(MAX))", "x"),
    ("(SELECT LISTAGG(v, '-') WITHIN GROUP (ORDER BY v DESC) FROM (SELECT 'a' AS v UNION ALL SELECT 'b') AS t)", "b-a"),
    ("(SELECT COUNT(*) FROM (SELECT 1 AS a MINUS SELECT 1) AS t)", "0"),
    ('(SELECT "B" FROM (SELECT 1 AS b) AS t)', "1"),
    ("(SELECT length FROM (SELECT 5 AS length) AS t)", "5"),
    ("GETDATE() <= SYSDATE", "t"),
]


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS, ids=[expression for expression, _ in EXPRESSIONS])
def test_an_expression_gives_what_redshift_gives(session: Session, expression: str, expected: str | None) -> None:
    assert values(session, f"SELECT {expression}") == [(expected,)]


REFUSED = [
    ("SELECT TOP 5 * FROM t", NotSupportedHereError, "SELECT TOP"),
    ("SELECT a FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY a) = 1", NotSupportedHereError, "QUALIFY"),
    ("SELECT a::super FROM t", NotSupportedHereError, "SUPER"),
    ("CREATE TABLE t (a super)", NotSupportedHereError, "SUPER"),
    ("CREATE TABLE t (a int[])", RefusedByRedshiftError, "unsupported type"),
    ("CREATE TABLE t (a serial)", RefusedByRedshiftError, "unsupported type"),
    ("CREATE TABLE t (a jsonb)", RefusedByRedshiftError, "unsupported type"),
    ("CREATE TABLE t (a int CHECK (a > 0))", RefusedByRedshiftError, "CHECK"),
    ("CREATE TABLE t (a decimal(39,2))", RefusedByRedshiftError, "precision 39"),
    ("CREATE TABLE t (a varchar(65536))", RefusedByRedshiftError, "between 1 and 65535"),
    ("CREATE TABLE t (a int) DISTSTYLE KEY", RefusedByRedshiftError, "DISTKEY"),
    ("CREATE TABLE t (a int) DISTSTYLE ALL DISTKEY (a)", RefusedByRedshiftError, "DISTSTYLE ALL"),
    ("CREATE INDEX i ON t (a)", RefusedByRedshiftError, "CREATE INDEX"),
    ("CREATE SEQUENCE s", RefusedByRedshiftError, "CREATE SEQUENCE"),
    ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", RefusedByRedshiftError, "ON CONFLICT"),
    ("DELETE FROM t RETURNING a", RefusedByRedshiftError, "returning"),
    ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED AND s.b THEN DELETE", RefusedByRedshiftError, "no condition"),
    ("MERGE INTO t USING (SELECT 1) s ON t.a = s.a WHEN MATCHED THEN DELETE", RefusedByRedshiftError, "not a subquery"),
    ("MERGE INTO t USING s ON t.a = s.a REMOVE DUPLICATES", NotSupportedHereError, "REMOVE DUPLICATES"),
    ("UNLOAD ('select 1') TO 's3://b/k'", NotSupportedHereError, "UNLOAD"),
    ("BEGIN", RefusedByRedshiftError, "one transaction"),
    ("CALL p()", NotSupportedHereError, "CALL"),
    ("SELECT 'open", StatementSyntaxError, "unterminated quoted string"),
    ("SELECT 1; SELECT 2", StatementSyntaxError, "multiple commands"),
    ("  -- nothing", StatementSyntaxError, "empty"),
    ("COPY t FROM 's3://b/k' FORMAT PARQUET", RefusedByRedshiftError, "credentials"),
    ("COPY t FROM 's3://b/k' IAM_ROLE 'me' FORMAT PARQUET", RefusedByRedshiftError, "Invalid IAM role"),
    ("COPY t FROM 's3://b/k' IAM_ROLE default CSV MAXERROR 5", NotSupportedHereError, "MAXERROR"),
    (
        "COPY t FROM 's3://b/k' IAM_ROLE default PARQUET DELIMITER ','",
        RefusedByRedshiftError,
        "DELIMITER argument is not supported for PARQUET",
    ),
    ("COPY t FROM 's3://b/k' IAM_ROLE default FORMAT AS JSON 'auto'", NotSupportedHereError, "JSON"),
    ("COPY t FROM 's3://b/k' IAM_ROLE default CSV TRUNCATECOLUMNS", NotSupportedHereError, "TRUNCATECOLUMNS"),
    ("COPY t FROM 's3://b/k' IAM_ROLE default CSV NONSENSE", StatementSyntaxError, "nonsense"),
]


@pytest.mark.parametrize(("sql", "error", "words"), REFUSED, ids=[sql for sql, *_ in REFUSED])
def test_what_cannot_be_run_is_refused_by_name(sql: str, error: type[RedshiftError], words: str) -> None:
    with pytest.raises(error, match=words):
        translate(sql)


def test_a_table_keeps_what_it_was_declared_with_and_enforces_only_not_null(session: Session) -> None:
    session.run("CREATE TABLE d (id bigint PRIMARY KEY)")
    session.run(
        """CREATE TABLE f (id bigint IDENTITY(1,1) ENCODE az64, d_id bigint NOT NULL REFERENCES d (id),
           note varchar(4) DEFAULT 'none' ENCODE lzo, at timestamp DEFAULT getdate(), PRIMARY KEY (d_id, note), UNIQUE (at))
           BACKUP NO DISTSTYLE KEY DISTKEY (d_id) COMPOUND SORTKEY (at, d_id)"""
    )
    session.run("INSERT INTO f (d_id) VALUES (7)")
    session.run("INSERT INTO f (d_id) VALUES (7)")

    assert values(session, "SELECT d_id, note FROM f ORDER BY id") == [("7", "none"), ("7", "none")]
    assert values(
        session,
        "SELECT diststyle, distkey, sortstyle, sortkey, primary_key, encodings FROM local_redshift.declared_tables "
        "WHERE relid = 'f'::regclass",
    ) == [("KEY", "d_id", "COMPOUND", '["at", "d_id"]', '["d_id", "note"]', '{"id": "az64", "note": "lzo"}')]
    with pytest.raises(RedshiftError, match="Cannot insert a NULL value into column note"):
        session.run("INSERT INTO f (d_id, note) VALUES (1, NULL)")


def test_the_length_of_a_text_is_in_bytes_also_in_a_copy_of_the_table(session: Session) -> None:
    session.run("CREATE TABLE t (a varchar(4), b char(2))")
    session.run("CREATE TEMP TABLE u (LIKE t)")
    session.run("INSERT INTO u VALUES ('häh', 'ab')")
    with pytest.raises(RedshiftError, match=r"value too long for type character varying\(4\)"):
        session.run("INSERT INTO u VALUES ('hähä', 'ab')")


def test_the_forms_of_create_table_delete_and_merge_run(session: Session) -> None:
    session.run("CREATE TABLE t DISTSTYLE EVEN SORTKEY (a) AS SELECT 1 AS a, 'x'::varchar(5) AS b")
    session.run("CREATE TABLE #s (LIKE t)")
    session.run("INSERT INTO #s VALUES (1, 'new'), (2, 'two')")
    session.run(
        'MERGE INTO t USING "#s" s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b WHEN NOT MATCHED THEN INSERT VALUES (s.a, s.b)'
    )
    assert values(session, "SELECT a, b FROM t ORDER BY a") == [("1", "new"), ("2", "two")]
    assert session.run("DELETE FROM t USING #s s WHERE t.a = s.a AND s.a = 1").count == 1
    session.run("CREATE OR REPLACE VIEW v AS SELECT a FROM t WITH NO SCHEMA BINDING")
    session.run("COMMENT ON COLUMN t.b IS 'with '' a quote'")
    session.run("ANALYZE t PREDICATE COLUMNS")
    assert values(session, "SELECT a FROM v") == [("2",)]


def test_create_table_if_not_exists_leaves_an_existing_table_and_its_declaration_alone(session: Session) -> None:
    session.run("CREATE TABLE IF NOT EXISTS t (a int) DISTSTYLE ALL")
    session.run("CREATE TABLE IF NOT EXISTS t (a int, b int) DISTSTYLE EVEN")
    assert values(session, "SELECT diststyle FROM local_redshift.declared_tables WHERE relid = 't'::regclass") == [("ALL",)]


def test_a_script_is_split_at_its_semicolons_only() -> None:
    script = "SELECT ';' AS a; -- a; comment\n/* one; /* two; */ */ SELECT \"b;\";\n\n;"
    assert split_statements(script) == ["SELECT ';' AS a", '-- a; comment\n/* one; /* two; */ */ SELECT "b;"']
