"""`etl retention`: what is due by rules of buckets, tables and log groups, and its deletion."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import click
from rich.console import Console

from cli._tables import folding_table
from localaws.engines.endpoint import NO_PROXY, EndpointEngine
from localaws.home import Home
from localaws.retention.clock import RETENTION_PATH

__all__ = ["retention"]


@click.group()
def retention() -> None:
    """What is due is deleted: lifecycle rules of buckets, time to live of DynamoDB tables, retention of log groups.

    The endpoint does so once a day by itself.
    """


@retention.command("run")
@click.option("--at", help="As if it were then: a date or a time, UTC (2026-12-31, 2026-12-31T12:00). Now by default.")
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
def run(at: str | None, dry_run: bool) -> None:
    """Delete what is due now, or at another time, and show it."""
    url = EndpointEngine(Home.resolve()).endpoint + RETENTION_PATH
    body = json.dumps({"at": at, "dry_run": dry_run}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with NO_PROXY.open(request, timeout=600) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        raise click.ClickException(json.load(error)["error"]) from error
    table = folding_table("what", "where", "name", "by")
    for due in found["deleted"]:
        table.add_row(due["kind"], due["place"], due["name"], due["rule"])
    if found["deleted"]:
        Console().print(table)
    click.echo(f"{len(found['deleted'])} {'would be deleted' if dry_run else 'deleted'}, as of {found['at']}")
