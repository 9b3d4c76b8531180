"""A home with a warm driver, kept for the tests of one process, and a way to run scripts on it."""

from __future__ import annotations

import itertools
import os
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localaws.engines.spark import SparkEngine
from localaws.engines.spark_conf import CORES, DRIVER_MEMORY
from localaws.glue.launcher import runner_command, runner_environment, script_arguments
from localaws.glue.script_runner import Result
from localaws.home import Home

NOWHERE = "http://127.0.0.1:1"


@dataclass
class Run:
    """A script's process and what it leaves."""

    run_id: str
    folder: Path
    process: subprocess.Popen[str]
    script: Path

    def wait(self, timeout: float = 90) -> Run:
        self.process.wait(timeout)
        return self

    @property
    def output(self) -> str:
        return (self.folder / "output.log").read_text()

    @property
    def error(self) -> str:
        return (self.folder / "error.log").read_text()

    @property
    def result(self) -> Result | None:
        return Result.read(self.folder)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home with a space")).make()


@pytest.fixture(scope="session")
def driver(home: Home) -> Iterator[SparkEngine]:
    os.environ[DRIVER_MEMORY], os.environ[CORES] = "1g", "2"
    engine = SparkEngine(home)
    engine.start()
    yield engine
    engine.stop()
    del os.environ[DRIVER_MEMORY], os.environ[CORES]


@pytest.fixture
def start(home: Home, driver: SparkEngine, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Starts a script as Glue would: `start(source, {"--n": "1"}, cold=False)`."""
    runs: list[Run] = []
    numbers = itertools.count(1)

    def begin(source: str, arguments: dict[str, str] | None = None, cold: bool = False, endpoint_url: str = NOWHERE, **more: Any) -> Run:
        run_id = f"jr_{tmp_path.name}_{next(numbers)}"
        folder = home.runs / run_id
        folder.mkdir(parents=True)
        script = tmp_path / f"{run_id}.py"
        script.write_text(textwrap.dedent(source))
        words = script_arguments("a-job", run_id, "s3://scripts/temporary/", arguments or {})
        with (folder / "output.log").open("w") as output, (folder / "error.log").open("w") as error:
            process = subprocess.Popen(
                runner_command(folder, run_id, str(script), words, cold, **more),
                env=runner_environment(home, endpoint_url, folder),
                stdout=output,
                stderr=error,
                text=True,
                start_new_session=True,
            )
        runs.append(Run(run_id, folder, process, script))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()
            driver.cancel(run.run_id)
