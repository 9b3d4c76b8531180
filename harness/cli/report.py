"""`etl report`: one HTML file, and its JSON twin, about a batch's run."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from etl_common.redshift.data_api import RedshiftDataApi, Target
from localaws.bootstrap import client
from localaws.engines.endpoint import EndpointEngine
from localaws.home import CHECKOUT, Home
from report.collect import collect
from report.facts import RunReport
from report.render import as_html, as_json_text
from wholesale.warehouse import WAREHOUSE

__all__ = ["report", "write_report"]


@click.command()
@click.option("--batch", "batch_id", help="Batch to report on; by default the one that was recorded last.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the files; by default `reports` in the home.")
def report(batch_id: str | None, output: Path | None) -> None:
    """Write what a batch's run did: steps, records by source, quality, dimensions, how to go on."""
    page, found = write_report(Home.resolve(), batch_id, output)
    console = Console()
    console.print(f"batch {found.batch_id}: {found.status}", highlight=False)
    for problem in found.problems:
        console.print(f"  {problem}", markup=False, highlight=False)
    if found.retry:
        console.print(f"  to go on: {found.retry}", highlight=False, markup=False)
    console.print(str(page), highlight=False, soft_wrap=True, markup=False)


def write_report(home: Home, batch_id: str | None, output: Path | None = None) -> tuple[Path, RunReport]:
    """Write the report of a batch (None: the last recorded) into `output` or the home's `reports`; gives the page and what it says."""
    engine = EndpointEngine(home)
    if engine.health().state != "running":
        raise click.ClickException("The report is read from the local AWS endpoint, which does not run. Start it: ./etl up")
    buckets = json.loads((CHECKOUT / "deployment" / "buckets.json").read_text("utf-8"))
    api = RedshiftDataApi(client("redshift-data", engine.endpoint), Target(database="warehouse", workgroup="wholesale"), timeout=60)
    found = collect(
        client("s3", engine.endpoint),
        client("glue", engine.endpoint),
        lambda sql: api.query(sql, "report"),
        WAREHOUSE,
        logs_bucket=buckets["logs"]["name"],
        batch_id=batch_id,
    )
    folder = output or home.root / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{found.batch_id}.html"
    page.write_text(as_html(found), "utf-8")
    page.with_suffix(".json").write_text(as_json_text(found), "utf-8")
    return page, found
