"""What `run` and `demo` share: the progress of a batch's jobs on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli._engines import COLOURS
from scenario.pipeline import Progress as JobProgress

__all__ = ["job_progress"]


@contextmanager
def job_progress(console: Console) -> Iterator[JobProgress]:
    """A line for each job of a batch; on something that is no terminal, a line when one has ended."""
    texts = (TextColumn("{task.fields[job]:<28}"), TextColumn("{task.description}"))
    columns = (SpinnerColumn(finished_text=" "), *texts, TimeElapsedColumn())
    tasks: dict[str, Any] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:

        def show(job: str, state: str, detail: str) -> None:
            colour = {"started": "cyan", "succeeded": "green"}.get(state, COLOURS["failed"])
            ended = state != "started"
            if job not in tasks:
                tasks[job] = bars.add_task("", job=job, total=1)
            bars.update(tasks[job], description=f"[{colour}]{state}[/] {detail.splitlines()[0] if detail else ''}", completed=int(ended))
            if ended and not console.is_terminal:
                console.print(f"  {job:<28} {state} {detail}".rstrip(), highlight=False, markup=False, soft_wrap=True)

        yield show
