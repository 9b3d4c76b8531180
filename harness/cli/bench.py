"""`etl bench`: every stage measured, with cold caches, beside what this machine can do at best."""

from __future__ import annotations

import os
import shlex

import click
from click.core import ParameterSource
from rich.console import Console
from rich.markdown import Markdown

from bench import machine, markdown, measure, write_page
from localaws.home import CHECKOUT, Home
from simulator import SimulatorConfig

__all__ = ["bench"]

PAGE = CHECKOUT / "docs" / "benchmarks.md"


@click.group(invoke_without_command=True)
@click.option("--scale", "scales", multiple=True, type=float, default=(0.1, 1.0), show_default=True, help="TPC-H scale; may be repeated.")
@click.option("--days", multiple=True, type=int, default=(24,), show_default=True, help="Days in the second batch: 1 is daily, 24 are 1 %.")
@click.option("--cores", type=click.IntRange(1), help="How many processors engines and runs may use; all without it.")
@click.option("--limits/--no-limits", default=True, show_default=True, help="Also measure what this machine can do at best.")
@click.option("--write", is_flag=True, help="Write the tables into docs/benchmarks.md.")
@click.pass_context
def bench(context: click.Context, scales: tuple[float, ...], days: tuple[int, ...], cores: int | None, limits: bool, write: bool) -> None:
    """Measure generating and delivering the sources, every job, and every statement of the load.

    Works in a home of its own, which is deleted at the end: 1 GB of disk per scale 0.1 is enough.
    """
    if context.invoked_subcommand is not None:
        _refuse_what_would_be_ignored(context)
        return
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


@bench.command()
@click.option("--rows", type=click.IntRange(1), default=1_000_000, show_default=True, help="Flat rows that each chain reads.")
@click.option("--pairs", type=click.IntRange(1), default=25, show_default=True, help="How often both ways are measured, in turn.")
@click.option("--cores", type=click.IntRange(1), default=2, show_default=True, help="Threads of Spark.")
@click.option("--write", is_flag=True, help="Write the table into docs/benchmarks.md.")
@click.pass_context
def frames(context: click.Context, rows: int, pairs: int, cores: int, write: bool) -> None:
    """Measure DynamicFrames beside DataFrames that do the same, in one Spark session of its own.

    Ends with 1 where the chain that is all expressions takes more than 1.15 times as long.
    """
    from bench.frames import AIM, frames_markdown, measure_frames

    console, where, found = Console(), machine(), []
    for one in measure_frames(Home.resolve().root / "bench-frames", rows, pairs, cores):
        found.append(one)
        console.print(f"{one.what}: {one.ratio:.2f}", highlight=False, soft_wrap=True)
    command = f"./etl bench frames --rows {rows} --pairs {pairs} --cores {cores}"
    text = frames_markdown(found, where, command)
    console.print(Markdown(text))
    if write or (context.parent is not None and context.parent.params.get("write")):
        write_page(PAGE, text, "./etl bench frames")
        console.print(f"Written to {PAGE}")
    if found[0].ratio > AIM:
        raise click.ClickException(f"{found[0].what}: {found[0].ratio:.2f} times the DataFrames', and the aim is {AIM}")


def _refuse_what_would_be_ignored(context: click.Context) -> None:
    """`etl bench --write frames` writes; other options of `etl bench` say nothing to another command."""
    given = [
        name for name in sorted(context.params) if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and name != "write"
    ]
    if given:
        names = ", ".join(f"--{name.removesuffix('s') if name == 'scales' else name}" for name in given)
        raise click.UsageError(f"{names}: of `./etl bench`, not of `./etl bench {context.invoked_subcommand}`, whose options come after it")


def _command(scales: tuple[float, ...], days: tuple[int, ...], cores: int | None, limits: bool) -> str:
    words = ["./etl", "bench", *(word for scale in scales for word in ("--scale", f"{scale:g}"))]
    words += [word for number in days for word in ("--days", str(number))]
    words += ["--cores", str(cores)] if cores else []
    return shlex.join([*words, *([] if limits else ["--no-limits"])])
