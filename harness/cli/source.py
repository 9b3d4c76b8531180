"""`etl source`: generate the simulated sources, see how far they are, and let them go on by a batch."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from localaws.engines.endpoint import EndpointEngine
from localaws.engines.mariadb import MariaDBEngine
from localaws.home import CHECKOUT, Home
from simulator import (
    SimulatorConfig,
    applied_batches,
    generate,
    generated_batches,
    landed_batches,
    load_mysql,
    read_config,
    upload_csv,
)

__all__ = ["source"]

DEFAULT = SimulatorConfig()


@click.group()
def source() -> None:
    """The simulated sources: MySQL's rows, the CSV files and the JSON API."""


@source.command("generate")
@click.option("--scale", type=float, default=DEFAULT.scale, show_default=True, help="TPC-H scale factor, at least 0.01.")
@click.option("--seed", type=int, default=DEFAULT.seed, show_default=True, help="Another seed gives other changes and other dirt.")
@click.option("--batches", type=int, default=DEFAULT.batches, show_default=True, help="How many regular batches.")
@click.option("--days-per-batch", type=int, default=DEFAULT.days_per_batch, show_default=True, help="Days that a later batch reveals.")
@click.option(
    "--first-business-date",
    type=click.DateTime(["%Y-%m-%d"]),
    default=str(DEFAULT.first_business_date),
    show_default=True,
    help="What lies before it comes as history in the first batch.",
)
@click.option("--change-share", type=float, default=DEFAULT.change_share, show_default=True, help="Share that changes in a later batch.")
@click.option("--dirt-share", type=float, default=DEFAULT.dirt_share, show_default=True, help="Share of bad records.")
def generate_command(first_business_date: datetime, **values: Any) -> None:
    """Generate the sources' files; what is there of the same configuration is kept."""
    config = SimulatorConfig(first_business_date=first_business_date.date(), **values)
    folder = generate(config, Home.resolve().make().source)
    click.echo(f"{folder}: batches {', '.join(generated_batches(folder))}")


@source.command("advance")
@click.argument("batch_id", required=False)
def advance(batch_id: str | None) -> None:
    """Let the sources deliver BATCH_ID, or the next batch: MySQL's changes and the CSV files. (The API serves every batch.)"""
    home = Home.resolve()
    chosen = batch_id or _next(home)
    if chosen is None:
        click.echo("Every regular batch is delivered. The backfill is delivered by its name: `etl source status` shows it.")
        return
    with _mysql(home) as connection:
        changed = load_mysql(home.source, chosen, connection)
    written = upload_csv(home.source, chosen, _s3(home), _landing())
    click.echo(f"{chosen}: {'MySQL changed' if changed else 'MySQL as before'}, {len(written)} objects landed")


@source.command("status")
def status() -> None:
    """Show the batches, what each source has delivered, and how many records and bad records each has."""
    home = Home.resolve()
    config = read_config(home.source)
    with _mysql(home) as connection:
        in_mysql = applied_batches(connection)
    landed = landed_batches(home.source, _s3(home), _landing())
    table = Table(title=f"scale {config.scale:g}, seed {config.seed}", title_justify="left")
    for column in ("batch", "business date", "MySQL", "CSV", "records", "bad records"):
        table.add_column(column, no_wrap=True, justify="right" if "records" in column else "left")
    for known in generated_batches(home.source).values():
        summary = _summary(home.source, known.batch_id)
        mysql = "-" if known.is_late else "yes" if known.batch_id in in_mysql else "no"
        bad = sum(sum(rules.values()) for rules in summary["quarantined"].values())
        csv = "yes" if known.batch_id in landed else "no"
        table.add_row(known.batch_id, known.business_date.isoformat(), mysql, csv, f"{sum(summary['delivered'].values()):,}", f"{bad:,}")
    Console().print(table)


def _next(home: Home) -> str | None:
    """The first regular batch that MySQL or the landing bucket lacks."""
    with _mysql(home) as connection:
        done = set(applied_batches(connection)) & landed_batches(home.source, _s3(home), _landing())
    return next((name for name, batch in generated_batches(home.source).items() if not batch.is_late and name not in done), None)


def _mysql(home: Home) -> Any:
    import pymysql

    return pymysql.connect(**_running(MariaDBEngine(home)).connection_arguments())


def _s3(home: Home) -> Any:
    """A client of the local endpoint, which takes any credentials."""
    import boto3

    url = _running(EndpointEngine(home)).endpoint
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="local", aws_secret_access_key="local")


def _running(engine: Any) -> Any:
    if engine.health().state != "running":
        raise click.ClickException(f"{engine.name} is {engine.health().state}: start the engines with `etl up`.")
    return engine


def _landing() -> str:
    return json.loads((CHECKOUT / "deployment" / "buckets.json").read_text(encoding="utf-8"))["landing"]["name"]


def _summary(folder: Path, batch_id: str) -> dict[str, Any]:
    return json.loads((folder / "log" / batch_id / "summary.json").read_text(encoding="utf-8"))
