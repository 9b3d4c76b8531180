"""A dump with everything in it is loaded, and what is refused is named with its line."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pymysql
import pytest

from harness.schema.engines_run import NASTY, in_mysql
from localaws.engines.mariadb import MariaDBEngine
from schema_conversion.exceptions import ScriptLoadError, ScriptSyntaxError
from schema_conversion.loading import LoadReport, load_dump
from schema_conversion.scratch import loaded_dump


def test_everything_of_the_dump_is_there(nasty_load: LoadReport, mysql: pymysql.Connection[Any]) -> None:
    kinds = {kind: count for kind, count in nasty_load.kinds.items() if kind.startswith("CREATE")}

    assert kinds == {
        "CREATE DATABASE": 1, "CREATE TABLE": 7, "CREATE SEQUENCE": 1, "CREATE TRIGGER": 1, "CREATE PROCEDURE": 1, "CREATE FUNCTION": 1,
        "CREATE EVENT": 1, "CREATE VIEW": 6, "CREATE USER": 1,
    }  # fmt: skip
    assert list(nasty_load.left_out.values()) == [1]
    assert nasty_load.definers == 3
    assert in_mysql(mysql, "SELECT COUNT(*) FROM `Shop-1`.`Order`") == ((3,),)
    assert in_mysql(mysql, "SELECT `Name` FROM `Shop-1`.`Customer` WHERE `ID` = 1") == (("back\\slash\n'q' 😀",),)


def test_views_and_triggers_of_a_missing_definer_can_be_used(nasty_load: LoadReport, mysql: pymysql.Connection[Any]) -> None:
    assert in_mysql(mysql, "SELECT `Number` FROM `Shop-1`.`Open Orders` ORDER BY 1") == ((2,), (4294967295,))

    in_mysql(mysql, "INSERT INTO `Shop-1`.`Order` (`Select`, `note`, `shipped`) VALUES (77, 'a', '2024-01-01')")
    assert in_mysql(mysql, "SELECT `note` FROM `Shop-1`.`Order` WHERE `Select` = 77") == (("a;",),)
    in_mysql(mysql, "DELETE FROM `Shop-1`.`Order` WHERE `Select` = 77")


@pytest.fixture
def fresh(server: MariaDBEngine) -> Any:
    with pymysql.connect(**server.connection_arguments()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE DATABASE fresh")
        cursor.execute("USE fresh")
        yield connection


def test_a_refused_statement_is_shown_with_its_line_and_what_came_before_stays(fresh: Any, tmp_path: Path) -> None:
    file = tmp_path / "broken.sql"
    file.write_text("create table t (a int);\ninsert into t values (1);\n\ninsert into t\nvalues (1, 2);\ninsert into t values (3);\n")

    with pytest.raises(ScriptLoadError) as raised:
        load_dump(file, fresh)

    assert (raised.value.line, raised.value.number, raised.value.done) == (4, 1136, 2)
    assert "broken.sql, line 4" in str(raised.value)
    assert "insert into t\nvalues (1, 2)" in str(raised.value)
    fresh.rollback()
    assert in_mysql(fresh, "SELECT a FROM t") == ((1,),)


@pytest.mark.parametrize("definer", ["`root`@`localhost`", "'root'@'%'", "root@localhost", "CURRENT_USER()"])
def test_a_definer_is_taken_out_however_it_is_written(definer: str, fresh: Any, tmp_path: Path) -> None:
    file = tmp_path / "view.sql"
    file.write_text(f"create or replace definer = {definer} sql security definer view v as select 'definer = `a`@`b`' as a;\n")

    assert load_dump(file, fresh).definers == 1
    assert in_mysql(fresh, "SELECT a FROM v") == (("definer = `a`@`b`",),)


def test_a_definer_is_kept_when_that_is_asked_for(fresh: Any, tmp_path: Path) -> None:
    file = tmp_path / "view.sql"
    file.write_text("create table t (a int);\ncreate definer=`nobody`@`%` view v as select 'definer=x' as a, t.a as b from t;\n")

    report = load_dump(file, fresh, keep_definers=True)

    assert report.definers == 0
    assert in_mysql(fresh, "SELECT definer FROM information_schema.views WHERE table_schema = 'fresh'") == (("nobody@%",),)


def test_a_compressed_dump_is_read_and_a_cut_one_is_an_error(fresh: Any, tmp_path: Path) -> None:
    whole = gzip.compress(b"create or replace table t (a int);\ninsert into t values (1), (2);\n")
    (tmp_path / "whole.sql.gz").write_bytes(whole)
    (tmp_path / "cut.sql.gz").write_bytes(whole[:-9])

    assert load_dump(tmp_path / "whole.sql.gz", fresh).rows == 2
    with pytest.raises(ScriptSyntaxError, match=r"cut\.sql\.gz.*cannot be read"):
        load_dump(tmp_path / "cut.sql.gz", fresh)


def test_values_that_do_not_fit_are_warned_of_when_the_dump_is_not_strict(fresh: Any, tmp_path: Path) -> None:
    file = tmp_path / "lax.sql"
    file.write_text("set sql_mode = '';\ncreate table t (a tinyint);\ninsert into t values (1000);\n")

    report = load_dump(file, fresh)

    assert report.warning_count == 1
    assert report.warnings == ["line 3: Out of range value for column 'a' at row 1"]


def test_a_dump_has_a_server_of_its_own_that_is_gone_afterwards(nasty_load: LoadReport) -> None:
    with loaded_dump(NASTY) as (connection, report):
        assert report.statements == nasty_load.statements
        assert in_mysql(connection, "SHOW DATABASES LIKE 'wholesale'") == ()
        port = connection.port

    with pytest.raises(pymysql.err.OperationalError):
        pymysql.connect(host="127.0.0.1", port=port, user="etl")


@pytest.mark.parametrize(
    ("dump", "filled"),
    [
        ("create database zoo; use zoo; create table animal (name text); insert into animal values ('ape');", "zoo"),
        ("create table animal (name text); insert into animal values ('ape');", "zoo"),
        ("create or replace database park; use park; create table animal (name text); insert into animal values ('ape');", "park"),
    ],
)
def test_a_dump_goes_into_the_files_database_only_when_it_names_none(dump: str, filled: str, server: MariaDBEngine, tmp_path: Path) -> None:
    file = tmp_path / "zoo.sql"
    file.write_text(dump)
    with pymysql.connect(**{**server.connection_arguments(), "database": None}) as connection:
        in_mysql(connection, "DROP DATABASE IF EXISTS zoo")

        load_dump(file, connection, database="zoo")

        assert in_mysql(connection, f"SELECT name FROM {filled}.animal") == (("ape",),)
        assert in_mysql(connection, "SHOW DATABASES LIKE 'zoo'") == ((("zoo",),) if filled == "zoo" else ())
