"""What starts a script as Glue would: the command, its environment and its arguments. Used for job runs and by `etl job run`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from localaws.engines.spark_conf import spark_environment
from localaws.glue.python_modules import PIP_SETTINGS, pip_settings
from localaws.home import Home

__all__ = ["runner_command", "runner_environment", "script_arguments"]

_INHERITED = ("PATH", "LANG", "HOME", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "TMPDIR")


def script_arguments(job_name: str, run_id: str, temporary: str, arguments: Mapping[str, str]) -> list[str]:
    """The arguments that Glue passes to a script: its own, then the job's and the run's merged."""
    own = {
        "--JOB_NAME": job_name,
        "--JOB_ID": f"j_{job_name}",
        "--JOB_RUN_ID": run_id,
        "--job-bookmark-option": "job-bookmark-disable",
        "--TempDir": temporary,
    }
    # `--k=v` would be parsed too, but a script that reads sys.argv itself expects what Glue gives: two words.
    return [word for name, value in {**own, **arguments}.items() for word in (name, value)]


def runner_command(
    run_folder: Path,
    run_id: str,
    script: str,
    arguments: Sequence[str],
    cold: bool = False,
    plan: bool = False,
    debug_port: int | None = None,
) -> list[str]:
    """Command of `localaws.glue.script_runner` for one run. plan: it prints its plans. debug_port: it waits there for a debugger."""
    options = ["--run-folder", str(run_folder), "--run-id", run_id, *(["--cold"] if cold else []), *(["--plan"] if plan else [])]
    options += ["--debug-port", str(debug_port)] if debug_port is not None else []
    return [sys.executable, "-m", "localaws.glue.script_runner", *options, script, *arguments]


def runner_environment(home: Home, endpoint_url: str, run_folder: Path) -> dict[str, str]:
    """Environment of a run: of the caller's only the paths of programs and what pip needs, so that no real account can be reached."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        **inherited,
        **spark_environment(home, endpoint_url),
        "ETL_RUN_FOLDER": str(run_folder),
        PIP_SETTINGS: pip_settings(),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0",
    }
