"""`etl run`: the pipeline of one batch, job by job, on the local endpoint."""

from __future__ import annotations

from datetime import date, datetime

import click
from rich.console import Console

from cli._batches import job_progress
from localaws.home import Home
from scenario import WarehouseScenario
from scenario.exceptions import UnknownBatchError
from simulator import SimulatorConfig, generated_batches

__all__ = ["run"]


@click.command()
@click.option("--batch", "batch_id", required=True, help="The batch: its business date, or the name of a backfill.")
@click.option("--business-date", type=click.DateTime(["%Y-%m-%d"]), help="For a batch that the simulated sources do not know.")
@click.option("--from-step", help="Begin with this step of deployment/pipeline.json; the steps before it are left out.")
@click.option("--again", is_flag=True, help="Run the jobs although the load ledger has the batch. Nothing changes by that.")
def run(batch_id: str, business_date: datetime | None, from_step: str | None, again: bool) -> None:
    """Run the jobs of a batch whose sources have been delivered (`etl source advance`). The engines must be up (`etl up`).

    It can be run again at any time, also after it was killed: what is committed is found and not done twice.
    """
    console = Console()
    home = Home.resolve()
    scenario = WarehouseScenario(home, SimulatorConfig())
    day = business_date.date() if business_date else _business_date(home, batch_id)
    scenario.start()
    if batch_id in scenario.loaded_batches() and not again:
        console.print(f"Batch {batch_id} is in the load ledger already: nothing to do. (--again runs its jobs all the same.)")
        return
    with job_progress(console) as show:
        runs = scenario.run(batch_id, day, show, from_step)
    console.print(f"Batch {batch_id} is loaded: {len(runs)} jobs, {sum(job.seconds for job in runs):.1f} s of job time.")


def _business_date(home: Home, batch_id: str) -> date:
    known = generated_batches(home.source) if home.source.exists() else {}
    if batch_id not in known:
        raise UnknownBatchError(batch_id, known)
    return known[batch_id].business_date
