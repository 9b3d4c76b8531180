"""`etl schema`: what a MySQL schema holds, what it becomes in Redshift, and what is left to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from localaws.engines.mariadb import MariaDBEngine
from localaws.home import Home

if TYPE_CHECKING:
    from schema_conversion.target import Conversion

__all__ = ["schema"]

PASSWORD = "ETL_MYSQL_PASSWORD"


@click.group()
def schema() -> None:
    """Assess and convert a MySQL schema for Redshift: of the local server, of another one, or of a dump."""


def _source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What both commands read from."""
    options = (
        click.option(
            "--dump",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="Read this dump instead of a server (.sql or .sql.gz).",
        ),
        click.option("--host", help=f"Another server than the local one; its password is taken from ${PASSWORD}."),
        click.option("--port", type=int, default=3306, show_default=True, help="Port at that host."),
        click.option("--user", default="root", show_default=True, help="User at that host."),
        click.option("--database", "databases", multiple=True, help="A database to read, once for each; all of them when none is named."),
        click.option("--exclude", multiple=True, help="A table to leave out, as database.table, once for each."),
        click.option("--scan/--no-scan", default=True, help="Read the rows once, for lengths and zero dates (the default), or types only."),
        click.option(
            "--output",
            type=click.Path(path_type=Path, file_okay=False),
            required=True,
            help="Folder for the results; files of the same name are replaced.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@schema.command()
@_source_options
def assess(output: Path, **where: Any) -> None:
    """Write the assessment: one HTML page, and the three CSVs that AWS SCT writes."""
    from schema_conversion.assessment import csv_files
    from schema_conversion.report import as_html

    conversion = _converted(**where)
    _write(output, {Path("assessment.html"): as_html(conversion), **{Path(name): text for name, text in csv_files(conversion).items()}})
    _show(conversion)


@schema.command()
@_source_options
def convert(output: Path, **where: Any) -> None:
    """Write Redshift's DDL (sql/) and the files that make a DMS migration into it safe (dms/)."""
    from schema_conversion.convert import written_files

    conversion = _converted(**where)
    _write(output, written_files(conversion))
    left = [view.name for view in conversion.views if view.query is None]
    translated = len(conversion.views) - len(left)
    click.echo(
        f"{len(conversion.tables)} tables, {translated} of {len(conversion.views)} views; "
        f"{len(conversion.findings)} action items: etl schema assess shows them"
    )
    if left:
        click.echo(f"not translated: {', '.join(left)}")


def _converted(
    dump: Path | None, host: str | None, port: int, user: str, databases: tuple[str, ...], exclude: tuple[str, ...], scan: bool
) -> Conversion:
    if dump and host:
        raise click.UsageError("Give a dump or a host, not both.")
    from schema_conversion.convert import convert as convert_source
    from schema_conversion.reader import databases_of, read_source

    with _opened(dump, host, port, user) as (connection, origin):
        chosen = databases or tuple(databases_of(connection))
        return convert_source(read_source(connection, chosen, origin=origin, scan=scan, exclude=exclude))


@contextmanager
def _opened(dump: Path | None, host: str | None, port: int, user: str) -> Iterator[tuple[Any, str]]:
    """A connection, and what it is called in the report."""
    import pymysql

    from schema_conversion.exceptions import SourceReadError

    if dump:
        from schema_conversion.scratch import loaded_dump

        with loaded_dump(dump) as (connection, _):
            yield connection, dump.name
        return
    if host:
        arguments = {"host": host, "port": port, "user": user, "password": os.environ.get(PASSWORD, ""), "charset": "utf8mb4"}
    else:
        arguments = MariaDBEngine(Home.resolve()).connection_arguments()
    where = f"{arguments['host']}:{arguments['port']}"
    try:
        opened = pymysql.connect(**arguments)
    except pymysql.MySQLError as error:
        raise SourceReadError(where, str(error.args[-1])) from error
    with opened:
        yield opened, where


def _write(folder: Path, files: dict[Path, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
        click.echo(f"wrote {folder / path}")


def _show(conversion: Conversion) -> None:
    from schema_conversion.assessment import summaries

    table = Table()
    for title in ("category", "objects", "automatic", "simple", "medium", "complex"):
        table.add_column(title, justify="left" if title == "category" else "right", no_wrap=True)
    for row in summaries(conversion):
        table.add_row(row.category.lower(), *(f"{count:,}" for count in (row.objects, row.automatic, row.simple, row.medium, row.complex)))
    Console().print(table)
