"""What `up`, `down` and `status` share: the argument for engines, and their progress on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from localaws.engines.stack import ENGINES, Event

__all__ = ["COLOURS", "engines_argument", "progress"]

COLOURS = {"running": "green", "stopped": "dim", "failed": "red", "dead": "red", "unhealthy": "yellow"}


def engines_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """Names of engines; none means all."""
    return click.argument("engines", nargs=-1, type=click.Choice(list(ENGINES)), metavar="[ENGINE]...")(function)


@contextmanager
def progress(console: Console) -> Iterator[Event]:
    """A line for each engine while it starts or stops; on something that is no terminal, a line for each that is done."""
    texts = (TextColumn("{task.fields[engine]:<11}"), TextColumn("{task.description}"))
    columns = (SpinnerColumn(finished_text=" "), *texts, TimeElapsedColumn())
    tasks: dict[str, Any] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:

        def show(engine: str, what: str, detail: str) -> None:
            colour = COLOURS.get(what, "cyan")
            done = what in ("running", "stopped", "failed")
            if engine not in tasks:
                tasks[engine] = bars.add_task("", engine=engine, total=1)
            bars.update(tasks[engine], description=f"[{colour}]{what}[/] {detail}", completed=int(done))
            if done and not console.is_terminal:
                console.print(f"{engine:<11} {what} {detail}".rstrip(), highlight=False, markup=False, soft_wrap=True)

        yield show
