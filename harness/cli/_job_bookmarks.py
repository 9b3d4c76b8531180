"""`etl job bookmark`: what the runs of a job have read, and forgetting it."""

from __future__ import annotations

import click
from rich.console import Console

from cli._tables import folding_table
from localaws.glue.bookmark_store import BookmarkStore, State
from localaws.home import Home

__all__ = ["bookmark"]


@click.group()
def bookmark() -> None:
    """Bookmarks: what the runs of a job have read. GetJobBookmark and ResetJobBookmark of the endpoint show and change the same."""


@bookmark.command("show")
@click.argument("name")
def show(name: str) -> None:
    """The committed runs of the job NAME, oldest first, and what each had read of every source."""
    _print(_store().load(name))


@bookmark.command("reset")
@click.argument("name")
def reset(name: str) -> None:
    """Forget all: the next run reads everything again."""
    _print(_store().reset(name))


@bookmark.command("rewind")
@click.argument("name")
@click.argument("run")
def rewind(name: str, run: str) -> None:
    """Forget the runs after RUN: the next run reads what came after it."""
    _print(_store().reset(name, run))


def _store() -> BookmarkStore:
    return BookmarkStore.of_home(Home.resolve().root)


def _print(state: State) -> None:
    table = folding_table("run", "committed", "sources")
    for run in state["runs"]:
        read = [f"{source}: {len(facts.get('files', {}))} files, keys {facts.get('keys', '-')}" for source, facts in run["sources"].items()]
        table.add_row(run["run_id"], run["committed_at"], "; ".join(read))
    Console().print(table)
