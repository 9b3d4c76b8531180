"""`etl quarantine`: look at refused records, their reasons and where they came from."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pyarrow import parquet
from rich.console import Console

from cli._tables import folding_table
from etl_common.objects import list_objects
from localaws.bootstrap import client
from localaws.engines.endpoint import EndpointEngine
from localaws.home import Home

__all__ = ["quarantine"]

_BUCKETS = Path(__file__).resolve().parents[2] / "deployment" / "buckets.json"
_ROOT = "records/"


def _source(function: Any) -> Any:
    return click.option("--source", help="Only this source: part, orders, shipments …")(function)


def _batch(function: Any) -> Any:
    return click.option("--batch", help="Only this batch.")(function)


def _rule(function: Any) -> Any:
    return click.option("--rule", help="Only this rule: ragged_row, orphan_key …")(function)


@click.group()
def quarantine() -> None:
    """Records that were refused: how many by rule, and each with its reason and origin."""


@quarantine.command("counts")
@_source
@_batch
def counts(source: str | None, batch: str | None) -> None:
    """How many records each rule refused, by batch and source."""
    found = Counter((r["batch_id"], r["source"], r["rule"]) for r in _records(source, batch, None))
    table = folding_table("batch", "source", "rule", "records")
    for (batch_id, name, rule), records in sorted(found.items()):
        table.add_row(batch_id, name, rule, str(records))
    console = Console()
    console.print(table)
    console.print(f"{sum(found.values())} records in quarantine", highlight=False)


@quarantine.command("list")
@_source
@_batch
@_rule
@click.option("--limit", default=20, show_default=True, help="How many at most.")
def list_command(source: str | None, batch: str | None, rule: str | None, limit: int) -> None:
    """One line for each record: rule, key, reason, origin."""
    records = list(_records(source, batch, rule))
    table = folding_table("batch", "source", "rule", "key", "reason", "origin")
    for r in records[:limit]:
        place = r["origin"] if r["position"] is None else f"{r['origin']}:{r['position']}"
        table.add_row(r["batch_id"], r["source"], r["rule"], r["record_key"] or "", r["reason"], place)
    console = Console()
    console.print(table)
    console.print(f"{min(limit, len(records))} of {len(records)} records", highlight=False)


@quarantine.command("show")
@_source
@_batch
@_rule
@click.option("--key", help="Only the record with this key, as `etl quarantine list` shows it.")
@click.option("--limit", default=5, show_default=True, help="How many at most.")
def show(source: str | None, batch: str | None, rule: str | None, key: str | None, limit: int) -> None:
    """Whole records as JSON lines, with the record as it was received."""
    shown = 0
    for record in _records(source, batch, rule):
        if key is not None and record["record_key"] != key:
            continue
        click.echo(json.dumps(record, default=str, ensure_ascii=False))
        shown += 1
        if shown == limit:
            break
    if not shown:
        raise click.ClickException("No record in quarantine is like that. `etl quarantine counts` shows what there is.")


def _records(source: str | None, batch: str | None, rule: str | None) -> Iterator[dict[str, Any]]:
    """Records in the order of batch, source, origin and position."""
    engine = EndpointEngine(Home.resolve())
    if engine.health().state != "running":
        raise click.ClickException("The local AWS endpoint does not run. Start it: ./etl up")
    s3 = client("s3", engine.endpoint)
    bucket = json.loads(_BUCKETS.read_text("utf-8"))["quarantine"]["name"]
    found = []
    for item in list_objects(s3, bucket, _ROOT):
        if not item["Key"].endswith(".parquet"):
            continue
        names = dict(part.split("=", 1) for part in item["Key"].split("/") if "=" in part)
        if source in (None, names["source"]) and batch in (None, names["batch_id"]):
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            rows = parquet.ParquetFile(io.BytesIO(body)).read().to_pylist()
            found += [{**names, **row} for row in rows if rule in (None, row["rule"])]
    yield from sorted(found, key=lambda r: (r["batch_id"], r["source"], r["origin"] or "", r["position"] or 0, r["record_key"] or ""))
