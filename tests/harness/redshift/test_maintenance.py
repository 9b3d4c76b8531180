"""ALTER TABLE APPEND moves rows under its rules, ANALYZE COMPRESSION proposes encodings from the data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.redshift.test_alter import rows
from harness.redshift.test_copy_errors import own
from localaws.redshift.exceptions import ConnectionLostError, NotSupportedHereError, RedshiftError
from localaws.redshift.session import Session

__all__ = ["own"]


@pytest.fixture
def schema(own: Session) -> Iterator[Session]:
    """A schema of its own, in which statements find their tables."""
    own.run("CREATE SCHEMA maintained")
    own.run("SET search_path TO maintained")
    yield own
    own.run("DROP SCHEMA maintained CASCADE")


def test_append_moves_the_rows_to_the_columns_of_their_names(schema: Session) -> None:
    schema.run("CREATE TABLE target (a int, b varchar(9), c int DEFAULT 7)")
    schema.run("CREATE TABLE source (b varchar(9), a int)")
    schema.run("INSERT INTO target VALUES (1, 'kept', 1)")
    schema.run("INSERT INTO source VALUES ('x', 2), (NULL, 3)")
    with pytest.raises(RedshiftError, match=r'target has a column that the source has not: "c" \(use FILLTARGET\)'):
        schema.run("ALTER TABLE target APPEND FROM source")
    assert rows(schema, "SELECT count(*) FROM source") == [("2",)]
    schema.run("ALTER TABLE target APPEND FROM maintained.source FILLTARGET")
    assert rows(schema, "SELECT * FROM target ORDER BY a") == [("1", "kept", "1"), ("2", "x", "7"), ("3", None, "7")]
    assert rows(schema, "SELECT count(*) FROM source") == [("0",)]


def test_append_leaves_out_what_the_target_has_not_when_told_so(schema: Session) -> None:
    schema.run("CREATE TABLE target (a int)")
    schema.run("CREATE TABLE source (a int, more int)")
    schema.run("INSERT INTO source VALUES (1, 2)")
    with pytest.raises(RedshiftError, match=r'source has a column that the target has not: "more" \(use IGNOREEXTRA\)'):
        schema.run("ALTER TABLE target APPEND FROM source")
    schema.run("ALTER TABLE target APPEND FROM source IGNOREEXTRA")
    assert rows(schema, "SELECT * FROM target") == [("1",)]


REFUSED = {
    "another type": ("a int", "a bigint", 'attributes of column "a" differ: integer and bigint'),
    "another length": ("a varchar(3)", "a varchar(4)", 'attributes of column "a" differ'),
    "not null in one of them": ("a int NOT NULL", "a int", 'attributes of column "a" differ: integer not null and integer'),
    "another encoding": ("a int ENCODE az64", "a int ENCODE raw", 'attributes of column "a" differ in their encoding'),
    "identities in both": ("a int IDENTITY(1, 1), b int", "a int IDENTITY(1, 1), b int", "both tables have an IDENTITY column"),
    "another distribution": ("a int) DISTKEY (a", "a int", "differ in their diststyle"),
    "another sort key": ("a int) SORTKEY (a", "a int", "differ in their sort"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_append_refuses_tables_that_are_not_alike(schema: Session, name: str) -> None:
    target, source, message = REFUSED[name]
    schema.run(f"CREATE TABLE target ({target})")
    schema.run(f"CREATE TABLE source ({source})")
    with pytest.raises(RedshiftError, match=message):
        schema.run("ALTER TABLE target APPEND FROM source")


def test_append_is_for_permanent_tables_outside_of_transactions(schema: Session) -> None:
    schema.run("CREATE TABLE target (a int)")
    schema.run("CREATE TEMP TABLE passing (a int)")
    with pytest.raises(RedshiftError, match="for permanent tables: passing is none"):
        schema.run("ALTER TABLE target APPEND FROM passing")
    with pytest.raises(RedshiftError, match="is the target"):
        schema.run("ALTER TABLE target APPEND FROM target")
    schema.run("CREATE TABLE source (a int)")
    schema.begin()
    with pytest.raises(RedshiftError, match="ALTER TABLE APPEND cannot run inside a transaction block"):
        schema.run("ALTER TABLE target APPEND FROM source")
    schema.rollback()


def test_compression_is_proposed_from_the_data(schema: Session) -> None:
    schema.run("CREATE TABLE t (id int ENCODE az64, near bigint, far bigint, kind varchar(20), text varchar(200), fixed date) SORTKEY (id)")
    schema.run(
        "INSERT INTO t WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 20000) "
        "SELECT n, n / 10, (n * 7919 % 1000003)::bigint * 9223372036, 'kind ' || n % 3, "
        "REPEAT('words of a text ', 5) || n, DATE '2020-01-31' FROM g"
    )
    found = {column: (encoding, float(percent or 0)) for _, column, encoding, percent in rows(schema, "ANALYZE COMPRESSION t")}
    assert list(found) == ["id", "near", "far", "kind", "text", "fixed"]
    assert found["id"] == ("az64", 0)
    assert found["near"][0] == "az64"
    assert found["near"][1] > found["far"][1]
    assert found["kind"][0] in ("bytedict", "zstd")
    assert found["text"][0] == "zstd"
    assert found["text"][1] > 50
    assert found["fixed"] == ("runlength", 99.99)
    columns = [row[1] for row in rows(schema, "ANALYZE COMPRESSION maintained.t (kind, id) COMPROWS 1000")]
    assert columns == ["id", "kind"]


def test_compression_of_an_empty_table_is_raw_and_comprows_needs_a_table(schema: Session) -> None:
    schema.run("CREATE TABLE t (a int)")
    assert rows(schema, "ANALYZE COMPRESSION t") == [("t", "a", "raw", "0.00")]
    assert ("t", "a", "raw", "0.00") in rows(schema, "ANALYZE COMPRESSION")
    with pytest.raises(RedshiftError, match="COMPROWS is not supported without a table name"):
        schema.run("ANALYZE COMPRESSION COMPROWS 2000")
    with pytest.raises(RedshiftError, match='column "b" of relation "t" does not exist'):
        schema.run("ANALYZE COMPRESSION t (b)")


def test_a_materialized_view_is_a_view_to_comment_on(schema: Session) -> None:
    schema.run("CREATE MATERIALIZED VIEW m AS SELECT 1 AS a")
    schema.run("CREATE VIEW v AS SELECT 1 AS a")
    for name in ("m", "v"):
        schema.run(f"COMMENT ON VIEW maintained.{name} IS $words$it's one$words$")
        assert rows(schema, f"SELECT obj_description('{name}'::regclass::oid, 'pg_class')") == [("it's one",)]


def test_more_system_views_tell_of_tables_functions_and_views(schema: Session) -> None:
    schema.run("CREATE TABLE t (a int) DISTSTYLE ALL")
    schema.run("INSERT INTO t VALUES (1), (2)")
    schema.run("ANALYZE t")
    schema.run("CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t")
    schema.run("CREATE FUNCTION f (int) RETURNS int STABLE AS $$ SELECT $1 + 1 $$ LANGUAGE sql")
    assert rows(schema, "SELECT trim(name), rows, dist_style FROM stv_tbl_perm WHERE name = 't'") == [("t", "2", "8")]
    assert rows(schema, "SELECT name, dependent_schema_name, dependent_name FROM svv_mv_dependency WHERE schema_name = 'maintained'") == [
        ("m", "maintained", "t")
    ]
    found = "SELECT function_name, function_type, argument_type, result_type FROM svv_redshift_functions WHERE schema_name = 'maintained'"
    assert rows(schema, found) == [("f", "REGULAR FUNCTION", "integer", "integer")]


def test_there_are_no_datashares_and_none_can_be_made(schema: Session) -> None:
    assert rows(schema, "SHOW DATASHARES LIKE 'sales%'") == []
    assert rows(schema, "SELECT share_name FROM svv_datashares") == []
    with pytest.raises(NotSupportedHereError, match="CREATE DATASHARE"):
        schema.run("CREATE DATASHARE sales")


def test_a_statement_that_lacks_a_parameter_fails_and_the_session_goes_on(schema: Session) -> None:
    with pytest.raises(RedshiftError, match="requires 1") as error:
        schema.run("EXPLAIN SELECT $1")
    assert not isinstance(error.value, ConnectionLostError)
    assert rows(schema, "SELECT 1") == [("1",)]
