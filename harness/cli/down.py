"""`etl down`: stop the engines."""

from __future__ import annotations

import click
from rich.console import Console

from cli._engines import engines_argument, progress
from localaws.engines.stack import Stack
from localaws.home import Home

__all__ = ["down"]


@click.command()
@engines_argument
def down(engines: tuple[str, ...]) -> None:
    """Stop the engines (all, or those named) and everything that they started. Data is kept."""
    with progress(Console()) as show:
        Stack(Home.resolve()).stop(engines or None, on_event=show)
