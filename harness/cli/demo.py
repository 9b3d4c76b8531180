"""`etl demo`: the whole warehouse from nothing: sources, three daily batches, and what came of them."""

from __future__ import annotations

import time
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cli._batches import job_progress
from cli._engines import progress
from cli.report import write_report
from etl_common.redshift import RedshiftDataApi, Target
from localaws.home import CHECKOUT, Home
from scenario import WarehouseScenario
from simulator import Batch, SimulatorConfig
from wholesale.warehouse import WAREHOUSE

__all__ = ["demo"]

QUERY = CHECKOUT / "sql" / "redshift" / "queries" / "ssb" / "q3.1.sql"


@click.command()
@click.option("--scale", default=0.1, show_default=True, help="TPC-H scale factor: 0.1 has 600,000 order lines.")
@click.option("--batches", default=3, show_default=True, help="How many days.")
def demo(scale: float, batches: int) -> None:
    """Load the sources, run daily batches, show the result. Run again, it finds everything done.

    Engines that did not run before are stopped at the end; `etl up` first keeps them for you to look around.
    """
    console = Console()
    began = time.monotonic()
    scenario = WarehouseScenario(Home.resolve(), SimulatorConfig(scale=scale, batches=batches))
    console.print(f"[bold]1. Sources[/] at scale {scale:g} (TPC-H data, cut into business days; not TPC results)")
    days = scenario.generate()
    console.print("[bold]2. Engines[/]")
    kept = scenario.running_engines()
    try:
        with progress(console) as show:
            scenario.start(on_event=show)
        for number, batch in enumerate(days, 3):
            _batch(console, scenario, batch, number)
        _result(console, scenario, days)
    finally:
        scenario.stop(keep=kept)
    console.print(f"\nDone in {time.monotonic() - began:.0f} s. To look around: ./etl up, then ./etl sql. make clean removes everything.")


def _batch(console: Console, scenario: WarehouseScenario, batch: Batch, number: int) -> None:
    console.print(f"[bold]{number}. Batch {batch.batch_id}[/]")
    if batch.batch_id in scenario.loaded_batches():
        console.print("  in the load ledger already, nothing to do")
        return
    scenario.deliver(batch)
    with job_progress(console) as show:
        scenario.run(batch.batch_id, batch.business_date, show)


def _result(console: Console, scenario: WarehouseScenario, days: list[Batch]) -> None:
    console.print("\n[bold]What was read, and what became of it[/]")
    console.print(_funnel(scenario, days))
    api = RedshiftDataApi(scenario.client("redshift-data"), Target("warehouse", workgroup="wholesale"))
    console.print("[bold]The warehouse[/]")
    console.print(_tables(api))
    console.print("[bold]Revenue by year and nation, customers and suppliers in Asia[/] (Star Schema Benchmark, query 3.1, first rows)")
    console.print(_rows(api.query(QUERY.read_text(encoding="utf-8"))[:5]))
    for batch in days:
        console.print(f"Report of {batch.batch_id}: {write_report(scenario.home, batch.batch_id)[0]}", soft_wrap=True, highlight=False)


def _funnel(scenario: WarehouseScenario, days: list[Batch]) -> Table:
    """Per batch and source: read, accepted, quarantined (found of made) and repeats, from the audit records and the simulator's log."""
    table = Table(box=None, pad_edge=False, header_style="bold")  # 80 columns are enough for it
    for column in ("batch", "source", "read", "accepted", "refused", "made bad", "repeats", "balance"):
        table.add_column(column, justify="left" if column in ("batch", "source") else "right", no_wrap=True)
    for batch in days:
        made = scenario.made(batch)["quarantined"]
        for source in scenario.audited_sources(batch.batch_id):
            refused, bad = sum(source["quarantined"].values()), sum(made.get(source["source"], {}).values())
            rest = source["read"] - source["accepted"] - refused - source["duplicates"]
            numbers = (source["read"], source["accepted"], refused, bad, source["duplicates"])
            balance = "adds up" if rest == 0 else f"{rest:,} lost"
            table.add_row(batch.batch_id, source["source"], *(f"{number:,}" for number in numbers), balance)
    return table


def _tables(api: RedshiftDataApi) -> Table:
    one = "SELECT {0} AS position, '{1}' AS name, COUNT(*) AS row_count FROM warehouse.{1}"
    counts = " UNION ALL ".join(one.format(position, table.name) for position, table in enumerate(WAREHOUSE.tables))
    return _rows([{"table": row["name"], "rows": f"{row['row_count']:,}"} for row in api.query(f"{counts} ORDER BY position")])


def _rows(rows: list[dict[str, Any]]) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for column in rows[0] if rows else ():
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    return table
