"""`etl status`: which engines run, where, and what is wrong with those that do not."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from cli._engines import COLOURS
from localaws.console import PREFIX
from localaws.engines.stack import Stack, Status
from localaws.home import Home

__all__ = ["status"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def status(as_json: bool) -> None:
    """Show every engine: state, endpoint, process. Ends with 1 when one of them died or does not answer."""
    found = Stack(Home.resolve()).status()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        _show(found)
    sys.exit(any(one.health.state in ("dead", "unhealthy") for one in found))


def _show(found: list[Status]) -> None:
    table = Table(box=None, header_style="bold")
    for column in ("engine", "state", "endpoint", "process"):
        table.add_column(column, overflow="fold")
    for one in found:
        state = f"[{COLOURS[one.health.state]}]{one.health.state}[/]"
        table.add_row(one.name, state, one.endpoint or "", str(one.pid or ""))
    console = Console()
    console.print(table)
    for one in found:
        if one.name == "endpoint" and one.endpoint:
            console.print(f"\nIn a browser: {one.endpoint}{PREFIX}", highlight=False, soft_wrap=True)
    for one in found:
        if one.health.detail:
            console.print(f"{one.name}: {one.health.detail}", highlight=False, markup=False, soft_wrap=True)
