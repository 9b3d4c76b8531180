"""COPY of records that do not load: STL_LOAD_ERRORS names each with its place, value, code and reason; below MAXERROR it is left out."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from localaws.engines.postgres import PostgresEngine
from localaws.redshift.exceptions import LoadError
from localaws.redshift.session import Session

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/load'"
Copy = Callable[..., int]


@pytest.fixture
def own(postgres: PostgresEngine, storage: Path) -> Iterator[Session]:
    """A session whose statements are transactions of their own."""
    session = Session(postgres.conninfo(), storage)
    yield session
    session.close()


@pytest.fixture
def table(own: Session) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex[:10]}"
    yield name
    own.run(f"DROP TABLE IF EXISTS {name}")


@pytest.fixture
def copy(own: Session, storage: Path, table: str) -> Copy:
    """Makes the table, writes the files and copies them; what the session says is the number of rows loaded."""

    def run(columns: str, files: str | bytes | dict[str, bytes], options: str, names: str = "") -> int:
        folder = storage / "lake" / table
        folder.mkdir(exist_ok=True)
        for name, content in (files if isinstance(files, dict) else {"a.txt": files}).items():
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        own.run(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
        return own.run(f"COPY {table} {names} FROM 's3://lake/{table}/' {ROLE} {options}").count

    return run


def rows(session: Session, table: str) -> list[tuple[Any, ...]]:
    return session.connection.execute(f"SELECT * FROM {table}").fetchall()


def errors(session: Session, table: str, what: str = "line_number") -> list[tuple[Any, ...]]:
    return session.connection.execute(
        f"SELECT {what} FROM stl_load_errors WHERE tbl = '{table}'::regclass::oid::integer ORDER BY query, line_number"
    ).fetchall()


def test_records_that_fail_are_left_out_and_told_below_maxerror(own: Session, table: str, copy: Copy) -> None:
    text = 'id,name\n1,one\nx,two\n3,"three\nlines"\n4,toolong\n5\n6,six\n'
    loaded = copy("id integer, name varchar(11)", text.replace("toolong", "much too long"), "CSV IGNOREHEADER 1 MAXERROR 4")

    assert (loaded, rows(own, table)) == (3, [(1, "one"), (3, "three\nlines"), (6, "six")])
    what = """line_number, trim(colname), trim(type), trim(col_length), position, trim(raw_line), trim(raw_field_value), err_code,
        trim(err_reason)"""
    assert errors(own, table, what) == [
        (3, "id", "int4", "", 0, "x,two", "x", 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer"),
        (6, "name", "varchar", "11", 0, "4,much too long", "much too long", 1204, "String length exceeds DDL length"),
        (7, "", "", "", 0, "5", "", 1214, "Delimiter not found"),
    ]
    assert {row[0].strip() for row in errors(own, table, "filename")} == {f"s3://lake/{table}/a.txt"}


def test_as_many_errors_as_maxerror_fail_the_copy_and_stay_visible(own: Session, table: str, copy: Copy) -> None:
    with pytest.raises(LoadError, match=r"Check 'stl_load_errors' system table for details.*2 records failed.*a.txt.*record 3"):
        copy("id integer", "1\nx\ny\n4\nz\n", "CSV MAXERROR 2")
    assert rows(own, table) == []
    assert [row[0] for row in errors(own, table)] == [2, 3]


def test_without_maxerror_the_first_error_of_a_rolled_back_copy_is_kept(own: Session, table: str, copy: Copy) -> None:
    copy("id integer", "0\n", "CSV")
    own.begin()
    with pytest.raises(LoadError):
        copy("id integer", "1\nx\ny\n", "CSV")
    own.rollback()
    assert rows(own, table) == [(0,)]
    assert [row[0] for row in errors(own, table)] == [2]
    own.begin()
    what = "line_number, trim(column_name), error_code, position, trim(error_message), session_id, trim(database_name)"
    found = own.connection.execute(
        f"SELECT {what} FROM sys_load_error_detail WHERE table_id = '{table}'::regclass::oid::integer"
    ).fetchall()
    own.rollback()
    assert found == [(2, "id", 1207, 0, "Invalid digit, Value 'x', Pos 0, Type: Integer", own.pid, "warehouse")]


def test_a_loaded_file_is_in_stl_load_commits_with_its_lines(own: Session, table: str, copy: Copy) -> None:
    copy("id integer", {"a.csv": b"1\nx\n3\n", "b.csv": b"4\n"}, "CSV MAXERROR 5")
    found = own.connection.execute(
        "SELECT trim(filename), lines_scanned, trim(file_format) FROM stl_load_commits WHERE query = pg_last_copy_id() ORDER BY 1"
    ).fetchall()
    assert found == [(f"s3://lake/{table}/a.csv", 3, "Text"), (f"s3://lake/{table}/b.csv", 1, "Text")]
    assert own.connection.execute("SELECT pg_last_copy_count()").fetchone() == (3,)


def test_noload_checks_and_loads_nothing(own: Session, table: str, copy: Copy) -> None:
    assert copy("id integer", "1\n2\n", "CSV NOLOAD") == 0
    with pytest.raises(LoadError):
        copy("id integer", "1\nx\n", "CSV NOLOAD")
    assert rows(own, table) == []
    assert [row[0] for row in errors(own, table)] == [2]


def test_another_user_sees_only_what_is_his(own: Session, table: str, copy: Copy, postgres: PostgresEngine) -> None:
    copy("id integer", "x\n", "CSV MAXERROR 2")
    user = f"u_{uuid.uuid4().hex[:8]}"
    own.connection.execute(f"CREATE ROLE {user} LOGIN")
    with psycopg.connect(**postgres.conninfo(), autocommit=True) as connection:
        connection.execute(f"SET SESSION AUTHORIZATION {user}")
        assert connection.execute("SELECT count(*) FROM stl_load_errors").fetchone() == (0,)
    own.connection.execute(f"DROP ROLE {user}")


# What stands in a column of a type, and the code and the reason for which it does not load.
MISFITS = [
    ("integer", "1.5", 1207, "Invalid digit, Value '.', Pos 1, Type: Integer"),
    ("integer", "2147483648", 1222, "Overflow, Column type: Integer"),
    ("integer", "0x10", 1207, "Invalid digit, Value 'x', Pos 1, Type: Integer"),
    ("smallint", "-32769", 1222, "Overflow, Column type: Short"),
    ("bigint", "9" * 50, 1222, "Overflow, Column type: Long"),
    ("decimal(6,2)", "N/A", 1207, "Invalid digit, Value 'N', Pos 0, Type: Decimal"),
    ("decimal(6,2)", "10000", 1204, "Overflow for NUMERIC(6,2)"),
    ("decimal(6,2)", "1,000", 1202, "Extra column(s) found"),
    ("float8", "1.2.3", 1208, "Invalid digit, Value '.', Pos 3, Type: Double"),
    ("float4", "1e60", 1204, "Overflow, Column type: Float"),
    ("boolean", "maybe", 1210, "Unknown boolean format"),
    ("date", "1/2/99", 1205, "Invalid Date Format - length must be 10 or more"),
    ("date", "2023-02-30", 1205, "Invalid Date Format [YYYY-MM-DD]"),
    ("date", "yesterday!!", 1205, "Invalid Date Format [YYYY-MM-DD]"),
    ("timestamp", "2023-02-03 25:00:00", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
    ("timestamp", "tomorrow", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
    ("varchar(3)", "äö", 1204, "String length exceeds DDL length"),
    ("char(3)", "abcd", 1204, "Char length exceeds DDL length"),
    ("char(3)", "ä", 1220, "Multibyte character not supported for CHAR (Hint: try using VARCHAR). Invalid char: c3 a4"),
    ("varchar(9)", b"a\xa4", 1220, "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: a4 (error 3)"),
    ("varchar(9)", "a\0b", 1218, "Invalid null byte - field longer than 1 byte"),
    ("varchar(9) NOT NULL", "\\N", 1213, "Missing data for not-null field"),
    ("integer NOT NULL", '""', 1213, "Missing data for not-null field"),
    ("super", "{", 1224, "Invalid JSON: the value is no SUPER"),
    ("varchar(9)", '"a"b', 1216, "Invalid quote formatting for CSV: text after the closing quote"),
    ("varchar(9)", '"a', 1216, "Invalid quote formatting for CSV: a quote is not closed"),
    ("time", "25:00", 1206, "Invalid time format or value [HH24:MI:SS]"),
]


@pytest.mark.parametrize(("kind", "value", "code", "reason"), MISFITS)
def test_a_value_that_does_not_fit_has_its_code_and_reason(
    own: Session, table: str, copy: Copy, kind: str, value: str | bytes, code: int, reason: str
) -> None:
    raw = value if isinstance(value, bytes) else value.encode()
    with pytest.raises(LoadError, match="stl_load_errors"):
        copy(f"id integer, it {kind}", b"1," + raw + b"\n", "CSV MAXERROR 1 ROUNDEC" if '"b' in str(value) else "CSV MAXERROR 1")
    assert errors(own, table, "line_number, err_code, trim(err_reason)") == [(1, code, reason[:100])]
    assert rows(own, table) == []
