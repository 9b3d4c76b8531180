"""`etl up`: start the engines and leave them running."""

from __future__ import annotations

import click
from rich.console import Console

from cli._engines import engines_argument, progress
from localaws.engines.stack import Stack
from localaws.home import Home

__all__ = ["up"]


@click.command()
@engines_argument
def up(engines: tuple[str, ...]) -> None:
    """Start the engines (all, or those named with what they need) and leave them running. `etl down` stops them."""
    console = Console()
    with progress(console) as show:
        Stack(Home.resolve()).start(engines or None, on_event=show)
