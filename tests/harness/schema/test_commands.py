"""`etl schema` and `etl mysql load`, as a user calls them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from harness.schema.engines_run import NASTY
from localaws.engines.mariadb import MariaDBEngine
from localaws.home import CHECKOUT


def etl(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(CHECKOUT / "etl"), *arguments]
    every = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "ETL_HOME": str(home),
        "COLUMNS": "200",
        **environment,
    }
    return subprocess.run(command, env=every, capture_output=True, text=True, check=False, timeout=120)


def test_a_dump_is_loaded_assessed_and_converted(server: MariaDBEngine, tmp_path: Path) -> None:
    home = server.home.root
    (tmp_path / "small-shop.sql").write_text(
        "create table t (id int unsigned not null primary key);\ninsert into t values (4294967295);\ncreate view v as select id from t;\n"
    )

    loaded = etl(home, "mysql", "load", str(tmp_path / "small-shop.sql"))
    assert (loaded.returncode, loaded.stderr) == (0, "")
    assert loaded.stdout == "3 statements, 1 rows: 1 create table, 1 create view\n"

    assessed = etl(home, "schema", "assess", "--database", "small_shop", "--output", str(tmp_path / "out"))
    assert (assessed.returncode, assessed.stderr) == (0, "")
    assert "small_shop" in (tmp_path / "out" / "assessment.html").read_text("utf-8")

    password = server.connection_arguments()["password"]
    other = ("--host", "127.0.0.1", "--port", str(server.ports["main"]), "--user", "etl")
    converted = etl(
        home, "schema", "convert", "--database", "small_shop", "--output", str(tmp_path / "out"), *other, ETL_MYSQL_PASSWORD=password
    )
    assert (converted.returncode, converted.stderr) == (0, "")
    assert '"id" BIGINT NOT NULL' in (tmp_path / "out" / "sql" / "02_tables.sql").read_text("utf-8")
    rules = json.loads((tmp_path / "out" / "dms" / "table_mappings.json").read_text("utf-8"))["rules"]
    assert [rule["rule-action"] for rule in rules] == ["include", "change-data-type"]


def test_a_dump_is_assessed_without_a_server_of_the_user(tmp_path: Path) -> None:
    done = etl(tmp_path / "empty home", "schema", "assess", "--dump", str(NASTY), "--output", str(tmp_path / "out"))

    assert (done.returncode, done.stderr) == (0, "")
    assert "table" in done.stdout
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "assessment.csv", "assessment.html", "assessment_Action_Items_Summary.csv", "assessment_Summary.csv",
    ]  # fmt: skip
    assert not (tmp_path / "empty home").exists()


def test_what_fails_is_said_without_a_traceback(server: MariaDBEngine, tmp_path: Path) -> None:
    home = server.home.root
    (tmp_path / "bad.sql").write_text("create table t (a int);\nselect from;\n")

    refused = etl(home, "mysql", "load", str(tmp_path / "bad.sql"))
    unknown = etl(home, "schema", "assess", "--database", "nowhere", "--output", str(tmp_path / "out"))
    away = etl(home, "schema", "assess", "--host", "127.0.0.1", "--port", "1", "--output", str(tmp_path / "out"))
    down = etl(tmp_path / "empty home", "mysql", "load", str(tmp_path / "bad.sql"))

    for done, message in (
        (refused, "error: bad.sql, line 2: the server refused a statement (1064"),
        (unknown, "error: The source has no database nowhere"),
        (away, "error: The schema of 127.0.0.1:1 cannot be read"),
        (down, "error: Engine mysql"),
    ):
        assert done.returncode == 1
        assert message in done.stderr
        assert "Traceback" not in done.stderr
