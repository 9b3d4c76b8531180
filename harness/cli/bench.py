"""`etl bench`: every stage measured, with cold caches, beside what this machine can do at best."""

from __future__ import annotations

import os
import shlex

import click
from rich.console import Console
from rich.markdown import Markdown

from bench import machine, markdown, measure, write_page
from localaws.home import CHECKOUT, Home
from simulator import SimulatorConfig

__all__ = ["bench"]

PAGE = CHECKOUT / "docs" / "benchmarks.md"


@click.command()
@click.option("--scale", "scales", multiple=True, type=float, default=(0.1, 1.0), show_default=True, help="TPC-H scale; may be repeated.")
@click.option("--days", multiple=True, type=int, default=(24,), show_default=True, help="Days in the second batch: 1 is daily, 24 are 1 %.")
@click.option("--cores", type=click.IntRange(1), help="How many processors engines and runs may use; all without it.")
@click.option("--limits/--no-limits", default=True, show_default=True, help="Also measure what this machine can do at best.")
@click.option("--write", is_flag=True, help="Write the tables into docs/benchmarks.md.")
def bench(scales: tuple[float, ...], days: tuple[int, ...], cores: int | None, limits: bool, write: bool) -> None:
    """Measure generating and delivering the sources, every job, and every statement of the load.

    Works in a home of its own, which is deleted at the end: 1 GB of disk per scale 0.1 is enough.
    """
    console = Console()
    if cores is not None:
        allowed = sorted(os.sched_getaffinity(0))
        if cores > len(allowed):
            raise click.BadParameter(f"this machine lets the process use {len(allowed)}", param_hint="--cores")
        os.sched_setaffinity(0, allowed[:cores])  # what is started from here on inherits it
    where = machine()
    found = []
    for scale in scales:
        for number in days:
            console.print(f"[bold]Scale {scale:g}, {number} day(s) in the second batch[/]")
            config = SimulatorConfig(scale=scale, batches=2, days_per_batch=number)
            show = lambda text: console.print(f"  {text}", highlight=False, markup=False, soft_wrap=True)  # noqa: E731
            found.append(measure(Home.resolve().root / "bench", config, show, with_limits=limits))
    text = markdown(found, where, _command(scales, days, cores, limits))
    console.print(Markdown(text))
    if write:
        write_page(PAGE, text)
        console.print(f"Written to {PAGE}")


def _command(scales: tuple[float, ...], days: tuple[int, ...], cores: int | None, limits: bool) -> str:
    words = ["./etl", "bench", *(word for scale in scales for word in ("--scale", f"{scale:g}"))]
    words += [word for number in days for word in ("--days", str(number))]
    words += ["--cores", str(cores)] if cores else []
    return shlex.join([*words, *([] if limits else ["--no-limits"])])
