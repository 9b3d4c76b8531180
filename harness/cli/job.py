"""`etl job`: the deployed jobs, and any script run as a job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import click
from rich.console import Console

from cli._job_bookmarks import bookmark
from cli._tables import folding_table
from localaws.bootstrap import client
from localaws.engines.endpoint import EndpointEngine
from localaws.home import Home

__all__ = ["job"]

CHECKOUT = Path(__file__).resolve().parents[2]


@click.group()
def job() -> None:
    """Jobs: what is deployed, its runs, and a script run as a job."""


@job.command("list")
def list_jobs() -> None:
    """The deployed jobs and their arguments."""
    table = folding_table("job", "what it does", "arguments that a run must give")
    for name, described in json.loads((CHECKOUT / "deployment" / "jobs.json").read_text("utf-8")).items():
        wanted = [f"--{parameter}" for parameter, facts in described["parameters"].items() if facts["required"]]
        table.add_row(name, described["description"], " ".join(wanted))
    Console().print(table)


@job.command("runs")
@click.argument("name")
def runs(name: str) -> None:
    """The runs of a job, newest first."""
    glue = client("glue", _endpoint(Home.resolve()))
    table = folding_table("run", "state", "seconds", "error")
    for run in glue.get_job_runs(JobName=name)["JobRuns"]:
        table.add_row(run["Id"], run["JobRunState"], str(run.get("ExecutionTime", "")), run.get("ErrorMessage", ""))
    Console().print(table)


@job.command("run", context_settings={"ignore_unknown_options": True})
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--cold", is_flag=True, help="In a JVM of its own instead of the warm driver's.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_script(script: Path, cold: bool, arguments: tuple[str, ...]) -> None:
    """Run SCRIPT now as a job, straight from the checkout, with the arguments given: --batch_id 1998-06-15 …"""
    home = Home.resolve()
    endpoint = _endpoint(home)
    run_id = f"jr_{uuid4().hex}"
    folder = home.runs / run_id
    words = list(arguments) if "--JOB_NAME" in arguments else ["--JOB_NAME", script.stem, *arguments]
    command = [sys.executable, "-P", "-m", "localaws.glue.script_runner", "--run-folder", str(folder), "--run-id", run_id]
    command += [*(["--cold"] if cold else []), str(script.resolve()), *words]
    local = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
    local |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    paths = os.pathsep.join(str(CHECKOUT / part) for part in ("libs", "harness"))
    started = time.monotonic()
    ended = subprocess.run(command, env={**os.environ, **local, "PYTHONPATH": paths, "ETL_HOME": str(home.root)}, check=False)
    if ended.returncode:
        raise click.ClickException(f"{script.name} failed; its run is in {folder}")
    click.echo(f"{script.name} succeeded in {time.monotonic() - started:.1f} s")


job.add_command(bookmark)


def _endpoint(home: Home) -> str:
    engine = EndpointEngine(home)
    if engine.health().state != "running":
        raise click.ClickException("The local AWS endpoint does not run. Start it: ./etl up")
    return engine.endpoint
