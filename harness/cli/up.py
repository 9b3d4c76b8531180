"""`etl up`: start the engines and leave them running."""

from __future__ import annotations

import click
from rich.console import Console

from cli._engines import engines_argument, progress
from localaws.bootstrap import apply_to
from localaws.engines.endpoint import EndpointEngine
from localaws.engines.stack import Stack
from localaws.home import Home

__all__ = ["up"]


@click.command()
@engines_argument
def up(engines: tuple[str, ...]) -> None:
    """Start the engines (all, or those named with what they need) and leave them running. `etl down` stops them.

    When all are up, what `deployment/` describes is made at the endpoint: buckets, catalog, secrets, jobs. Where `etl deploy` was
    run, Terraform has made all that, and only secrets get their values.
    """
    console, home = Console(), Home.resolve()
    with progress(console) as show:
        Stack(home).start(engines or None, on_event=show)
    if not engines:
        for line in apply_to(home, EndpointEngine(home).endpoint):
            console.print(f"deployment  {line}", highlight=False, markup=False, soft_wrap=True)
