"""`etl mysql`: the local MySQL-compatible server."""

from __future__ import annotations

from pathlib import Path

import click

from localaws.engines.mariadb import MariaDBEngine
from localaws.home import Home

__all__ = ["mysql"]


@click.group()
def mysql() -> None:
    """The local MySQL-compatible server."""


@mysql.command()
@click.argument("dump", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--database", help="Where a dump goes that names no database; made when it is not there. Default: the file's name.")
@click.option("--keep-definers", is_flag=True, help="Keep DEFINER of views, triggers and routines. Else they become this server's user.")
def load(dump: Path, database: str | None, keep_definers: bool) -> None:
    """Load DUMP (.sql or .sql.gz, as mysqldump and mariadb-dump write it), with its views, triggers, routines and events."""
    import pymysql

    from schema_conversion.loading import database_name, load_dump

    with pymysql.connect(**{**MariaDBEngine(Home.resolve()).connection_arguments(), "database": None}) as connection:
        report = load_dump(dump, connection, database=database or database_name(dump), keep_definers=keep_definers)
    made = ", ".join(f"{count} {kind.lower()}" for kind, count in sorted(report.kinds.items()) if kind.startswith("CREATE"))
    click.echo(f"{report.statements:,} statements, {report.rows:,} rows{': ' + made if made else ''}")
    if report.definers:
        click.echo(f"{report.definers} definers became this server's user (--keep-definers keeps them)")
    for reason, count in report.left_out.items():
        click.echo(f"left out: {reason} ({count} times)")
    if report.warning_count:
        click.echo(f"{report.warning_count:,} warnings, the first of them:")
        for warning in report.warnings:
            click.echo(f"  {warning}")
