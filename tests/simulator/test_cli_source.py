from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.source import source
from simulator import read_config


def test_generate_writes_the_sources_into_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_HOME", str(tmp_path / "a home"))

    result = CliRunner().invoke(source, ["generate", "--batches", "1", "--first-business-date", "1997-03-03"], catch_exceptions=False)

    assert result.output == f"{tmp_path / 'a home' / 'source'}: batches 1997-03-03, 1997-03-03-late\n"
    assert read_config(tmp_path / "a home" / "source").batches == 1


@pytest.mark.parametrize("command", [["status"], ["advance"]])
def test_what_needs_an_engine_says_how_to_start_it(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    (tmp_path / "source").symlink_to(sources)
    monkeypatch.setenv("ETL_HOME", str(tmp_path))

    result = CliRunner().invoke(source, command)

    assert result.exit_code == 1
    assert "mysql is stopped: start the engines with `etl up`" in result.output
