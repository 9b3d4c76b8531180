"""`etl sql` against a running endpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.sql import sql
from localaws.engines.endpoint import EndpointEngine


@pytest.fixture
def etl(endpoint: EndpointEngine, home: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("ETL_HOME", str(home))
    return CliRunner()


def run(etl: CliRunner, *arguments: str, typed: str | None = None) -> Result:
    return etl.invoke(sql, list(arguments), input=typed)


def test_a_select_is_printed_as_a_table_csv_or_json(etl: CliRunner) -> None:
    text = "SELECT 1 AS a, 'x, y' AS b, NULL::int AS c"
    table = run(etl, text)
    assert table.exit_code == 0
    assert "x, y" in table.output
    assert "1 row in" in table.output
    assert run(etl, text, "--format", "csv").output == 'a,b,c\n1,"x, y",\n'
    assert json.loads(run(etl, text, "--format", "json").output) == {"a": 1, "b": "x, y", "c": None}


def test_a_file_and_standard_input_run_every_statement(etl: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "script.sql"
    file.write_text("CREATE TABLE by_file (a int); INSERT INTO by_file VALUES (1), (2);\n-- end\n", encoding="utf-8")
    done = run(etl, "-f", str(file))
    assert done.exit_code == 0
    assert "2 rows in" in done.output
    assert run(etl, "--format", "csv", typed="SELECT count(*) AS n FROM by_file; DROP TABLE by_file;").output == "n\n2\n"


def test_a_failed_statement_says_why_and_ends_with_one(etl: CliRunner) -> None:
    failed = run(etl, "SELECT * FROM nowhere")
    assert failed.exit_code == 1
    assert 'Error: ERROR: relation "nowhere" does not exist' in failed.output
    assert "in: SELECT * FROM nowhere" in failed.output


def test_without_an_endpoint_it_says_what_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_HOME", str(tmp_path))
    failed = run(CliRunner(), "SELECT 1")
    assert failed.exit_code == 1
    assert "./etl up endpoint postgres" in failed.output
