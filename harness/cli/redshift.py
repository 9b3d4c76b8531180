"""`etl redshift`: advice about the local Redshift and how fast it is."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from localaws.engines.postgres import DATABASE, PostgresEngine
from localaws.home import Home
from localaws.redshift.exceptions import RedshiftError

__all__ = ["redshift"]


@click.group()
def redshift() -> None:
    """Advice about the local Redshift, and its speed."""


@redshift.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--database", default=DATABASE, show_default=True, help="The database that is looked at.")
@click.option("--least-rows", default=10_000, show_default=True, help="Tables of fewer rows are left alone.")
@click.option("--slices", default=4, show_default=True, help="How many slices the cluster has that the advice is for.")
@click.option("--rules", "only_rules", is_flag=True, help="List the rules and do nothing else.")
def lint(files: tuple[Path, ...], database: str, least_rows: int, slices: int, only_rules: bool) -> None:
    """Say what a reviewer would: of FILES of SQL, or else of the tables, queries and loads of the warehouse.

    It ends with 1 when there is something to say.
    """
    from localaws.redshift.advice import RULES, advise, statement_findings
    from localaws.redshift.session import Session

    console = Console()
    if only_rules:
        for rule, words in RULES.items():
            console.print(f"{rule}  {words}", highlight=False, soft_wrap=True)
        return
    if files:
        found = [one for file in files for one in statement_findings(str(file), file.read_text(encoding="utf-8"))]
    else:
        home = Home.resolve()
        engine = PostgresEngine(home)
        if engine.health().state != "running":
            raise click.ClickException("The warehouse does not run. Start it: ./etl up postgres")
        try:
            session = Session(engine.conninfo(database), home.s3, name="etl redshift lint")
            try:
                found = advise(session, least_rows=least_rows, slices=slices)
            finally:
                session.close()
        except RedshiftError as error:
            raise click.ClickException(error.message) from error
    for one in found:
        console.print(f"{one.where}: {one.rule} {one.message}", highlight=False, markup=False, soft_wrap=True)
    if found:
        raise SystemExit(1)
    console.print("Nothing to say.")


@redshift.command()
@click.option("--rows", default=1_000_000, show_default=True, type=click.IntRange(100), help="Rows that are read and loaded.")
@click.option("--megabytes", type=click.IntRange(1), help="Rows for a CSV of about that size, in place of --rows.")
def bench(rows: int, megabytes: int | None) -> None:
    """Measure the local Redshift beside PostgreSQL itself, in one run.

    The engines postgres and redshift must run. What it makes is deleted at the end: 400 MB of disk per million rows.
    """
    from bench.redshift import measure_redshift, rows_of

    home = Home.resolve()
    table = Table("what", "direct", "endpoint", "share of direct speed", "peak memory of the session")
    for line in measure_redshift(home, rows_of(megabytes) if megabytes else rows):
        peak = f"{line.peak_bytes >> 20} MB" if line.peak_bytes else ""
        table.add_row(line.what, line.shown(line.direct), line.shown(line.endpoint), f"{line.share:.0%}", peak)
    Console().print(table)
