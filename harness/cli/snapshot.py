"""`etl snapshot`: the state of this home kept under a name, and put back."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.console import Console

from cli._engines import progress
from cli._tables import folding_table
from localaws.home import Home
from localaws.snapshots import Snapshot, Snapshots

__all__ = ["snapshot"]


@click.group()
def snapshot() -> None:
    """The state of this home (objects, catalog, runs, both databases …) kept under a name, and put back.

    Engines that write are stopped meanwhile and started again. What is under way is never cut in two: the command refuses then. Metrics,
    log events, messages in queues and records in streams live in the endpoint's memory and are in no snapshot.
    """


@snapshot.command("save")
@click.argument("name")
@click.option("--replace", is_flag=True, help="In the place of the snapshot of that name.")
def save(name: str, replace: bool) -> None:
    """Keep the state as it is now."""
    with progress(Console()) as show:
        saved = Snapshots(Home.resolve()).save(name, replace, on_event=show)
    click.echo(f"saved {_described(saved)}")


@snapshot.command("restore")
@click.argument("name")
def restore(name: str) -> None:
    """Put the state back as it was. What came since is gone: save it first if it matters."""
    with progress(Console()) as show:
        restored = Snapshots(Home.resolve()).restore(name, on_event=show)
    click.echo(f"restored {_described(restored)}")


@snapshot.command("list")
def list_() -> None:
    """Show the snapshots, the newest first."""
    table = folding_table("name", "saved at (UTC)", "MB")
    snapshots = Snapshots(Home.resolve())
    for each in snapshots.list():
        table.add_row(each.name, _time(each), f"{each.size / 1e6:.0f}")
    Console().print(table)
    for name, reason in snapshots.unreadable().items():
        click.echo(f"{name} cannot be restored: {reason}", err=True)


@snapshot.command("delete")
@click.argument("name")
def delete(name: str) -> None:
    """Delete a snapshot, or what cannot be read as one. The state stays as it is."""
    Snapshots(Home.resolve()).delete(name)
    click.echo(f"deleted {name}")


def _described(each: Snapshot) -> str:
    return f"{each.name}, {each.size / 1e6:.0f} MB, of {_time(each)} UTC"


def _time(each: Snapshot) -> str:
    return f"{datetime.fromtimestamp(each.saved_at, UTC):%Y-%m-%d %H:%M:%S}"
