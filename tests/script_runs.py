"""A script as the runner runs it on the service's behalf, for tests: a process of its own, the arguments that Glue passes."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from localaws.glue.launcher import runner_command, runner_environment, script_arguments
from localaws.glue.script_runner import Result
from localaws.home import CHECKOUT, Home

__all__ = ["run_script"]

_SCRIPTS = CHECKOUT / "tests" / "glue_scripts" / "scripts"


def run_script(home: Home, url: str, name: str, arguments: Mapping[str, str], temporary: str = "s3://temporary") -> str:
    """What the script of `tests/glue_scripts/scripts` printed. Fails with its errors when it did not succeed or did not commit."""
    run_id = f"jr_{uuid.uuid4().hex}"
    folder = home.runs / run_id
    folder.mkdir(parents=True)
    more = {f"--{option if option.isupper() else option.replace('_', '-')}": value for option, value in arguments.items()}
    words = script_arguments(name, run_id, temporary, more)
    environment = {**runner_environment(home, url, folder), "COVERAGE_PROCESS_START": os.environ.get("COVERAGE_PROCESS_START", "")}
    command = runner_command(folder, run_id, str(Path(_SCRIPTS, f"{name}.py")), words)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    result = Result.read(folder)
    assert result is not None, done.stderr
    assert result.state == "SUCCEEDED", done.stderr
    assert (folder / "commit.json").exists()
    return done.stdout
