"""The README is executed: the demo at a small scale, then every block that is marked to be run, in one home."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.finding import find_providers
from docs.pages import CHECKOUT, runnable_blocks, text_of
from localaws.engines.postgres import PostgresEngine
from localaws.home import Home

BLOCKS = runnable_blocks(text_of("README.md"))


def shell(script: str, home: Path, seconds: int = 1700) -> str:
    """What the script prints, run in the checkout as a user would; every command of it must succeed."""
    environment = {**os.environ, "HOME": str(home.parent), "ETL_HOME": str(home), "COLUMNS": "200"}
    command = ["sh", "-eu", "-c", script]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False, timeout=seconds)
    assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("readme") / "a home"
    try:
        yield folder
    finally:
        shell("./etl down", folder)
        PostgresEngine(Home(folder)).remove_outside()


@pytest.fixture(scope="module")
def demo(home: Path) -> str:
    """`make demo` is `./etl demo`; the README's blocks need its first day only."""
    return shell("./etl demo --scale 0.01 --batches 1", home)


@pytest.mark.integration
@pytest.mark.timeout(3600)
def test_the_demo_shows_that_every_record_is_accounted_for_and_leaves_nothing_running(demo: str, home: Path) -> None:
    assert "lost" not in demo
    assert demo.count("adds up") == 8  # sources
    for table in ("dim_customer", "fact_order_line", "fact_inventory_daily"):
        assert table in demo
    assert "running" not in shell("./etl status", home)

    again = shell("./etl demo --scale 0.01 --batches 1", home)
    assert "in the load ledger already, nothing to do" in again


@pytest.mark.integration
@pytest.mark.timeout(3600)
def test_the_marked_blocks_do_what_the_readme_says(demo: str, home: Path) -> None:
    look, backfill, alone = (shell(block, home) for block in BLOCKS)

    assert "1998-06-15" in look
    assert "records in quarantine" in look
    assert "ragged_row" in look
    assert "load_redshift" in look
    assert "Batch 1998-06-15-late is loaded" in backfill
    assert "Batch 1998-06-15 is in the load ledger already: nothing to do." in backfill
    assert "load_redshift.py succeeded" in alone
    assert "running" not in shell("./etl status", home)


def part(heading: str) -> str:
    """The shell blocks of one part of the scenario's page, as one script."""
    text = text_of("scenarios/redshift_warehouse/README.md").split(f"\n# {heading}\n")[1].split("\n# ")[0]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_the_scenario_can_be_followed_step_by_step(tmp_path: Path) -> None:
    home = tmp_path / "etl-scenario"
    try:
        shown = shell(part("By hand, on this machine"), home, 7000)
    finally:
        PostgresEngine(Home(home)).remove_outside()

    assert "Batch 1998-06-17 is loaded" in shown
    assert "Batch 1998-06-15-late is loaded" in shown
    assert not home.exists()


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_deployed_scenario_can_be_followed_step_by_step(tmp_path: Path) -> None:
    if shutil.which("terraform") is None or find_providers() is None:
        pytest.skip("terraform or its AWS provider is not on this machine")
    home = tmp_path / "etl-deployed"
    try:
        shown = shell(part("Deployed by Terraform, on this machine"), home, 3500)
    finally:
        PostgresEngine(Home(home)).remove_outside()

    assert "No changes. Your infrastructure matches the configuration." in shown
    assert "SUCCEEDED" in shown
    assert "['1998-06-15', '" in shown
    assert "running 6 tables loaded" in shown
    assert not home.exists()
