from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from simulator import SimulatorConfig, generate, generated_batches, read_config
from simulator.exceptions import GenerationError, NotGeneratedError

from .conftest import CONFIG


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_half_made_folder_is_made_again_with_the_same_bytes(sources: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder with spaces, and a ' quote"
    (folder / "work").mkdir(parents=True)
    (folder / "csv" / "1998-06-15").mkdir(parents=True)
    (folder / "csv" / "1998-06-15" / "left-over.csv").write_text("half a rec")

    assert digests(generate(CONFIG, folder)) == digests(sources)


def test_a_finished_folder_is_kept(sources: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sources.rglob("*.parquet")}

    generate(CONFIG, sources)

    assert {path: path.stat().st_mtime_ns for path in sources.rglob("*.parquet")} == before


def test_another_seed_several_days_and_more_batches_give_other_changes(sources: Path, tmp_path: Path) -> None:
    config = SimulatorConfig(days_per_batch=7, batches=5, change_share=0.05, seed=3)

    other, same = digests(generate(config, tmp_path)), digests(sources)

    assert read_config(tmp_path) == config
    assert list(generated_batches(tmp_path)) == ["1998-06-15", "1998-06-22", "1998-06-29", "1998-07-06", "1998-07-13", "1998-06-15-late"]
    histories = ["mysql/1998-06-15/lineitem-2.csv", "csv/1998-06-15/part/part-001.csv", "api/1998-06-15/rates.jsonl"]
    assert all(other[name] != same[name] for name in histories)


def test_clean_sources_have_no_dirt(tmp_path: Path) -> None:
    generate(replace(CONFIG, dirt_share=0.0, batches=1, first_business_date=date(1997, 1, 4)), tmp_path)

    assert (tmp_path / "log" / "1997-01-04" / "dirt.jsonl").read_text() == ""


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotGeneratedError, match="etl source generate"):
        read_config(tmp_path)


def test_a_missing_generator_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))

    with pytest.raises(GenerationError, match="make install"):
        generate(CONFIG, tmp_path / "sources")


def test_a_generator_that_fails_is_reported_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tpchgen-cli"
    program.write_text("#!/bin/sh\necho 'disk full' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    with pytest.raises(GenerationError, match="ended with 3: disk full"):
        generate(CONFIG, tmp_path / "sources")
