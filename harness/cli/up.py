"""`etl up`: start the engines and leave them running."""

from __future__ import annotations

import json
import os

import click
from rich.console import Console

from cli._engines import engines_argument, progress
from localaws.bootstrap import apply_to
from localaws.engines.endpoint import NO_PROXY, EndpointEngine
from localaws.engines.stack import Stack
from localaws.exceptions import EngineStartError
from localaws.home import Home
from localaws.iam.setting import SETTING, is_enforced

__all__ = ["up"]


@click.command()
@engines_argument
@click.option("--iam", type=click.Choice(["off", "enforce"]), help="Does the endpoint enforce IAM policies? As $ETL_IAM says, else off.")
def up(engines: tuple[str, ...], iam: str | None) -> None:
    """Start the engines (all, or those named with what they need) and leave them running. `etl down` stops them.

    When all are up, what `deployment/` describes is made at the endpoint: buckets, catalog, secrets, jobs. Where `etl deploy` was
    run, Terraform has made all that, and only secrets get their values.
    """
    console, home = Console(), Home.resolve()
    if iam is not None:
        os.environ[SETTING] = iam
    enforced = is_enforced(os.environ)  # before anything starts
    if os.environ.get(SETTING):
        _refuse_another_setting(EndpointEngine(home), "enforce" if enforced else "off")
    with progress(console) as show:
        Stack(home).start(engines or None, on_event=show)
    if not engines:
        for line in apply_to(home, EndpointEngine(home).endpoint):
            console.print(f"deployment  {line}", highlight=False, markup=False, soft_wrap=True)


def _refuse_another_setting(engine: EndpointEngine, wanted: str) -> None:
    """An endpoint that runs goes on as it was started.

    Raises:
        EngineStartError: that is otherwise than wanted.
    """
    if engine.health().state != "running":
        return
    with NO_PROXY.open(f"{engine.endpoint}/_etl/health", timeout=10) as answer:
        found = json.load(answer)["iam"]
    if found != wanted:
        raise EngineStartError(engine.name, f"it runs with IAM policies {found}; `./etl down endpoint` first")
