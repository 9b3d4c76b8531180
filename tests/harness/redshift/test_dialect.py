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


REFUSED = [
    ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED AND s.b THEN DELETE", RefusedByRedshiftError, "no condition"),
    ("MERGE INTO t USING (SELECT 1) s ON t.a = s.a WHEN MATCHED THEN DELETE", RefusedByRedshiftError, "not a subquery"),
    ("UNLOAD ('select 1') TO 's3://b/k'", RefusedByRedshiftError, "UNLOAD needs credentials"),
    ("UNLOAD ('delete from t') TO 's3://b/k' IAM_ROLE default", RefusedByRedshiftError, "UNLOAD takes a SELECT"),
    ("UNLOAD ('select 1') TO 's3://b/k' IAM_ROLE default ENCRYPTED AUTO", NotSupportedHereError, "ENCRYPTED"),
    ("UNLOAD ('select 1') TO 's3://b/k' IAM_ROLE default PARQUET HEADER", RefusedByRedshiftError, "HEADER is not supported"),
    ("UNLOAD ('select 1') TO 's3://b/k' IAM_ROLE default MAXFILESIZE 1 MB", RefusedByRedshiftError, "between 5 MB and 6.2 GB"),
    ("CREATE PROCEDURE p() SET timezone TO 'UTC' AS 'BEGIN END' LANGUAGE plpgsql", NotSupportedHereError, "CREATE PROCEDURE … SET"),
    ("SELECT 'open", StatementSyntaxError, "unterminated quoted string"),
    ("SELECT 1; SELECT 2", StatementSyntaxError, "multiple commands"),
    ("  -- nothing", StatementSyntaxError, "empty"),
    ("COPY t FROM 's3://b/k' FORMAT PARQUET", RefusedByRedshiftError, "credentials"),
    ("COPY t FROM 's3://b/k' IAM_ROLE 'me' FORMAT PARQUET", RefusedByRedshiftError, "Invalid IAM role"),
    ("COPY t FROM 's3://b/k' IAM_ROLE default LZOP", NotSupportedHereError, "LZOP"),
    (
        "COPY t FROM 's3://b/k' IAM_ROLE default PARQUET DELIMITER ','",
        RefusedByRedshiftError,
        "DELIMITER argument is not supported for PARQUET",
    ),
    ("COPY t FROM 's3://b/k' IAM_ROLE default FORMAT AS SHAPEFILE", NotSupportedHereError, "SHAPEFILE"),
    ("COPY t FROM 's3://b/k' IAM_ROLE default ENCRYPTED", NotSupportedHereError, "ENCRYPTED"),
    ("COPY t FROM 's3://b/k' IAM_ROLE default CSV NONSENSE", StatementSyntaxError, "nonsense"),
    ("SET enable_case_sensitive_identifier TO t", NotSupportedHereError, "with another value than off"),
    ("SET LOCAL enable_case_sensitive_identifier = 'Yes'", NotSupportedHereError, "with another value than off"),
    ("SELECT set_config('enable_case_sensitive_identifier', 'on', false)", NotSupportedHereError, "with another value than off"),
    ("SELECT set_config('local_redshift.use_fips_ssl', lower('ON'), false)", NotSupportedHereError, "with another value than off"),
    ("ALTER USER u SET enable_case_sensitive_identifier TO true", NotSupportedHereError, "with another value than off"),
    ("ALTER USER u SET work_mem TO '1GB'", NotSupportedHereError, "The setting work_mem"),
    ("SET downcase_delimited_identifier TO off", NotSupportedHereError, "with another value than on"),
    ("SET json_parse_truncate_strings TO maybe", RedshiftError, 'parameter "json_parse_truncate_strings" requires a Boolean value'),
    ("SET wlm_query_slot_count TO 51", RedshiftError, "outside the valid range"),
    ("SET wlm_query_slot_count TO 1.5", RedshiftError, "outside the valid range"),
    ("SET analyze_threshold_percent TO 100.01", RedshiftError, "outside the valid range"),
    ("SET query_group TO", StatementSyntaxError, "end of input"),
    ("RESET role", NotSupportedHereError, "The setting role"),
]


@pytest.mark.parametrize(("sql", "error", "words"), REFUSED, ids=[sql for sql, *_ in REFUSED])
def test_what_cannot_be_run_is_refused_by_name(sql: str, error: type[RedshiftError], words: str) -> None:
    with pytest.raises(error, match=words):
        translate(sql)


def test_a_translation_is_kept_by_its_text_unless_the_text_is_long() -> None:
    assert translate("SELECT 'kept'") is translate("SELECT 'kept'")
    long = f"SELECT '{'x' * 20_000}'"
    assert translate(long) == translate(long)
    assert translate(long) is not translate(long)


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
    session.run("CREATE OR REPLACE VIEW v AS SELECT a FROM public.t WITH NO SCHEMA BINDING")
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


def test_merge_with_remove_duplicates_replaces_what_matches(session: Session) -> None:
    session.run("CREATE TABLE t (a int, b varchar(5))")
    session.run("CREATE TABLE s (LIKE t)")
    session.run("INSERT INTO t VALUES (1, 'old'), (2, 'kept')")
    session.run("INSERT INTO s VALUES (1, 'new'), (1, 'new'), (3, 'more')")
    session.run("MERGE INTO t USING s ON t.a = s.a REMOVE DUPLICATES")
    assert values(session, "SELECT a, b FROM t ORDER BY a") == [("1", "new"), ("2", "kept"), ("3", "more")]


def test_a_materialized_view_shows_what_it_was_refreshed_with(session: Session) -> None:
    session.run("CREATE TABLE t (a int)")
    session.run("CREATE MATERIALIZED VIEW m BACKUP NO DISTSTYLE EVEN AUTO REFRESH NO AS SELECT NVL(SUM(a), 0) AS total FROM t")
    session.run("INSERT INTO t VALUES (4)")
    assert values(session, "SELECT total FROM m") == [("0",)]
    session.run("REFRESH MATERIALIZED VIEW m")
    assert values(session, "SELECT total FROM m") == [("4",)]
    assert values(session, "SELECT name FROM svv_mv_info WHERE schema_name = 'public'") == [("m",)]
    session.run("DROP MATERIALIZED VIEW m")


def test_a_sql_function_is_translated_too(session: Session) -> None:
    session.run("CREATE FUNCTION f_next (date, int) RETURNS date STABLE AS $$ SELECT DATEADD(day, $2, $1)::date $$ LANGUAGE sql")
    assert values(session, "SELECT f_next(DATE '2020-02-28', 2)") == [("2020-03-01",)]
    session.run("DROP FUNCTION f_next(date, int)")
    with pytest.raises(NotSupportedHereError, match="A function in PLPYTHONU"):
        session.run("CREATE FUNCTION g (int) RETURNS int STABLE AS $$ return 1 $$ LANGUAGE plpythonu")
