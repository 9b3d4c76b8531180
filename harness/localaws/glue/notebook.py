"""Attaches the kernel of a notebook to this home as a job's script is: the same Spark, storage, catalog and arguments.

A kernel is a process that lives on, so what a run does before its script is done here by one call in the first cell.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from uuid import uuid4

from localaws.engines.endpoint import EndpointEngine
from localaws.glue.job_runs import scripts_bucket
from localaws.glue.launcher import runner_environment, script_arguments
from localaws.glue.python_modules import PIP_SETTINGS
from localaws.glue.run_files import read_job_options
from localaws.glue.script_runner import connect
from localaws.home import Home

__all__ = ["start"]


def start(job_name: str = "notebook", arguments: Mapping[str, str] | None = None, cold: bool = False) -> str:
    """Makes every SparkContext and GlueContext of this process one of this home's; the run's id.

    arguments: as of a job, by name with its dashes; `getResolvedOptions(sys.argv, …)` finds them. cold: in a JVM of its own.
    Raises EngineNotRunningError when the endpoint is down, RunFileError when an argument asks for what is not there.
    """
    home = Home.resolve()
    run_id = f"jr_{uuid4().hex}"
    folder = home.runs / run_id
    workspace = folder / "workspace"
    workspace.mkdir(parents=True)
    endpoint = EndpointEngine(home).endpoint
    words = script_arguments(job_name, run_id, f"s3://{scripts_bucket()}/temporary/{run_id}/", arguments or {})
    given = {name: os.environ[name] for name in (PIP_SETTINGS,) if name in os.environ}
    os.environ.update(runner_environment(home, endpoint, folder))
    job = read_job_options(home, words, workspace)
    os.environ.pop(PIP_SETTINGS, None)  # they may hold credentials of an index, which no cell need see; what was there stays
    os.environ.update(given)
    connect(home, run_id, ["asked for"] if cold else [], job)
    sys.argv = [job_name, *words]
    return run_id
