"""`etl reset`: this home as if nothing had ever run in it."""

from __future__ import annotations

import click
from rich.console import Console

from cli._engines import progress
from localaws.home import Home
from localaws.snapshots import Snapshots

__all__ = ["reset"]


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(yes: bool) -> None:
    """Delete the state of this home: objects, catalog, runs, databases, passwords. Snapshots are kept; the engines are left stopped."""
    home = Home.resolve()
    if not yes:
        click.confirm(f"Delete all state of {home.root} but its snapshots?", abort=True)
    with progress(Console()) as show:
        Snapshots(home).reset(on_event=show)
    click.echo("reset. `./etl up` starts anew.")
