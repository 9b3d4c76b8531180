"""ORC files with timestamps are read on a machine that has no time zone database of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localaws.time_zones import provide_zone_files, zone_files

WRITES_AND_READS = """
import datetime as dt, io
import pyarrow as pa
from pyarrow import orc
file = io.BytesIO()
orc.write_table(pa.table({"a": pa.array([dt.datetime(2020, 2, 29, 10, 30)], pa.timestamp("ns"))}), file)
print(orc.ORCFile(io.BytesIO(file.getvalue())).read().column("a")[0].as_py())
"""


def test_the_packages_zones_are_taken_only_where_the_machine_has_none(tmp_path: Path) -> None:
    folder = zone_files(None, tmp_path)
    assert folder is not None
    assert (folder / "GMT").is_file()
    assert zone_files("/somewhere", tmp_path) is None
    (tmp_path / "GMT").write_bytes(b"")
    assert zone_files(None, tmp_path) is None


def test_tzdir_is_set_for_the_process_where_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZDIR", "")
    monkeypatch.setattr("localaws.time_zones._OF_THE_MACHINE", tmp_path)
    provide_zone_files()
    assert os.environ["TZDIR"] == str(zone_files(None, tmp_path))


def test_orc_takes_the_packages_zones(tmp_path: Path) -> None:
    def run(folder: Path | None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", WRITES_AND_READS]
        return subprocess.run(command, env={**os.environ, "TZDIR": str(folder)}, capture_output=True, text=True, check=False)

    assert f"Time zone file {tmp_path}/GMT does not exist" in run(tmp_path).stderr  # TZDIR is what decides
    assert run(zone_files(None, tmp_path)).stdout == "2020-02-29 10:30:00\n"
