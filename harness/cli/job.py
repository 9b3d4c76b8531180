"""`etl job`: the deployed jobs, and any script run as a job."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import click
from rich.console import Console

from cli._job_bookmarks import bookmark
from cli._tables import folding_table
from localaws.bootstrap import client
from localaws.engines.endpoint import EndpointEngine
from localaws.glue.job_runs import scripts_bucket
from localaws.glue.launcher import runner_command, runner_environment, script_arguments
from localaws.glue.script_runner import Result
from localaws.glue.special_arguments import special_values
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


@job.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--cold", is_flag=True, help="In a JVM of its own instead of the warm driver's.")
@click.option("--plan", is_flag=True, help="Print the plans of the queries that it ran, and write them to plans.txt of the run's folder.")
@click.option("--debug", is_flag=True, help="Wait for a debugger (debugpy) before the first line; the port is printed.")
@click.option("--debug-port", type=int, metavar="PORT", help="Wait for a debugger on this port.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_script(script: Path, cold: bool, plan: bool, debug: bool, debug_port: int | None, arguments: tuple[str, ...]) -> None:
    """Run SCRIPT, from anywhere, now as a job: with what Glue passes and the arguments given: --batch_id 1998-06-15 …"""
    home = Home.resolve()
    endpoint = _endpoint(home)
    run_id = f"jr_{uuid4().hex}"
    folder = home.runs / run_id
    flags, later_port, words = _sorted_out(arguments)
    port = debug_port if debug_port is not None else later_port
    if port is None and (debug or "--debug" in flags):
        port = 0
    own = script_arguments(script.stem, run_id, f"s3://{scripts_bucket()}/temporary/{run_id}/", {})
    passed = [*_without(own, special_values(words)), *words]
    command = runner_command(folder, run_id, str(script.resolve()), passed, cold or "--cold" in flags, plan or "--plan" in flags, port)
    started = time.monotonic()
    ended = subprocess.run(command, env=runner_environment(home, endpoint, folder), check=False)
    result = Result.read(folder)
    if result is None:
        raise click.ClickException(f"{script.name} ended with exit code {ended.returncode} and without a result; its run is in {folder}")
    if result.state != "SUCCEEDED":
        raise click.ClickException(f"{script.name} failed: {result.error_message} Its run is in {folder}")
    click.echo(f"{script.name} succeeded in {time.monotonic() - started:.1f} s")


def _sorted_out(arguments: Sequence[str]) -> tuple[set[str], int | None, list[str]]:
    """Our flags among the words after SCRIPT, the debugger's port, and the script's own words.

    A flag of ours has no value: `--debug false` is the script's, and so is everything after `--`.
    """
    flags: set[str] = set()
    port: int | None = None
    rest: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        value = words[0] if words and not words[0].startswith("--") else None
        if word == "--":
            return flags, port, [*rest, *words]
        if word in ("--cold", "--plan", "--debug") and value is None:
            flags.add(word)
        elif word == "--debug-port" and value is not None and value.isdigit():
            port = int(words.pop(0))
        else:
            rest.append(word)
            if word.startswith("--") and value is not None:
                rest.append(words.pop(0))
    return flags, port, rest


def _without(own: Sequence[str], given: Mapping[str, str]) -> list[str]:
    """What Glue passes, without what the caller passes in its place."""
    return [word for name, value in zip(own[::2], own[1::2], strict=True) if name not in given for word in (name, value)]


job.add_command(bookmark)


def _endpoint(home: Home) -> str:
    engine = EndpointEngine(home)
    if engine.health().state != "running":
        raise click.ClickException("The local AWS endpoint does not run. Start it: ./etl up")
    return engine.endpoint
