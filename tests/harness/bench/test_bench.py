"""The benchmark's meter and tables. The pass itself runs the scenario, which the end-to-end tests hold to the oracle."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import cli.bench as command
from bench import Measurement, Meter, Usage, frames, markdown, tables, write_page
from bench.frames import AIM, FramePairs, frames_markdown
from bench.measure import Line
from cli.bench import bench
from localaws.home import CHECKOUT

BEGIN, END = (mark.format("./etl bench") for mark in (tables.BEGIN, tables.END))
HUNGRY = """
import sys, time
held = bytearray(200_000_000)
end = time.process_time() + float(sys.argv[1])
while time.process_time() < end:
    pass
print("ready", flush=True)
time.sleep(1.5)
"""


def test_a_stage_counts_time_processor_and_memory_of_child_processes() -> None:
    found: list[Usage] = []
    with Meter(lambda: [], every=0.1) as meter, meter.stage(found.append):
        subprocess.run([sys.executable, "-c", HUNGRY, "0.5"], check=True, capture_output=True)

    (usage,) = found
    assert usage.seconds > 1.5
    assert usage.cpu_seconds > 0.4
    assert usage.peak_bytes > 200_000_000


def test_processes_of_a_root_that_is_no_child_are_counted() -> None:
    found: list[Usage] = []
    process = subprocess.Popen([sys.executable, "-c", HUNGRY, "4"], stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with Meter(lambda: [process.pid], every=0.1) as meter, meter.stage(found.append):
            time.sleep(0.3)
    finally:
        process.kill()
        process.communicate()

    assert found[0].peak_bytes > 200_000_000
    assert found[0].cpu_seconds < 4  # what it used before the stage is not the stage's


def test_a_stage_that_fails_is_not_reported() -> None:
    found: list[Usage] = []
    with Meter(lambda: []) as meter, pytest.raises(RuntimeError, match="broken"), meter.stage(found.append):
        raise RuntimeError("broken")
    assert found == []


def test_the_tables_show_rates_and_the_highest_memory() -> None:
    made = Measurement(0.1, 24, {"cores": "2"}, [Line("load", 2.0, 1000, Usage(2.0, 3.4, 3 << 30)), Line("- job", 1.5)])
    made.limits.append(Line("COPY", 0.5, 1000))

    text = markdown([made], "a machine", "./etl bench")

    assert "Peak memory: 3.0 GiB" in text
    assert "| load | 2.00 | 1,000 | 500 | 3 | 3.0 |" in text
    assert "| - job | 1.50 |  |  |  |  |" in text
    assert "| COPY | 0.50 | 1,000 | 2,000 |  |  |" in text


def test_the_page_keeps_what_is_outside_the_marks_and_is_left_alone_without_them(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_page(page, "new")
    assert page.read_text() == f"before\n{BEGIN}\n\nnew\n{END}\nafter\n"

    page.write_text("nothing")
    with pytest.raises(ValueError, match="lacks the lines"):
        write_page(page, "new")
    assert page.read_text() == "nothing"


def test_pairs_of_frames_show_the_median_of_their_ratios(tmp_path: Path) -> None:
    usages = [(Usage(1.0, 2.0, 0), Usage(1.0, 1.0, 0)), (Usage(3.0, 2.0, 0), Usage(1.0, 1.0, 0)), (Usage(2.2, 2.0, 0), Usage(2.0, 2.0, 0))]
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- begin of what `./etl bench frames` writes -->\n<!-- end of what `./etl bench frames` writes -->\nb\n")

    write_page(page, frames_markdown([FramePairs("a chain", tuple(usages))], "a machine", "./etl bench frames"), "./etl bench frames")

    assert "| a chain | 3 | 2.20 s | 1.00 s | 1.10 | 1.50 |" in page.read_text()


def test_the_option_to_write_may_stand_before_the_command_and_others_are_refused_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, empty = (
        tmp_path / "page.md",
        "<!-- begin of what `./etl bench frames` writes -->\n<!-- end of what `./etl bench frames` writes -->\n",
    )
    usage = Usage(1.0, 1.0, 1)
    monkeypatch.setattr(command, "PAGE", page)
    monkeypatch.setattr(frames, "measure_frames", lambda *given: iter([FramePairs("a chain", ((usage, usage),))]))
    for arguments in (["--write", "frames"], ["frames", "--write"], ["frames"]):
        page.write_text(empty)
        done = CliRunner().invoke(bench, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert ("| a chain | 1 |" in page.read_text()) == ("--write" in arguments)
    refused = CliRunner().invoke(bench, ["--cores", "1", "--scale", "1", "frames"])
    assert refused.exit_code == 2
    assert "--cores, --scale: of `./etl bench`, not of `./etl bench frames`" in refused.output


@pytest.mark.soak
def test_a_chain_of_expressions_costs_what_data_frames_cost(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\nfrom bench.frames import measure_frames\n"
        f"print([one.ratio for one in measure_frames(Path({str(tmp_path / 'b')!r}), 1_000_000, 25, 2)][0])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=_with_path())

    assert done.returncode == 0, done.stderr
    assert float(done.stdout.splitlines()[-1]) <= AIM


def _with_path() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(str(CHECKOUT / part) for part in ("libs", "harness"))}
