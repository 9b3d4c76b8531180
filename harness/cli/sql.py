"""`etl sql`: statements to the warehouse by the Redshift Data API, the way the jobs send theirs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from localaws.bootstrap import client
from localaws.engines.endpoint import EndpointEngine
from localaws.home import Home
from localaws.redshift.exceptions import StatementSyntaxError
from localaws.redshift.lexer import split_statements

__all__ = ["sql"]

_NUMBERS = {"int2", "int4", "int8", "numeric", "float4", "float8"}


@dataclass(frozen=True)
class _Answer:
    """What a statement gave: column names with their types, and an iterator of rows (none without a result set)."""

    columns: list[tuple[str, str]]
    rows: Iterator[list[Any]]
    count: int
    seconds: float


class _Warehouse:
    """Runs one statement after the other."""

    def __init__(self, database: str, workgroup: str) -> None:
        engine = EndpointEngine(Home.resolve())
        if engine.health().state != "running":
            raise click.ClickException("Statements go to the local AWS endpoint, which does not run. Start it: ./etl up endpoint postgres")
        self._client = client("redshift-data", engine.endpoint)
        self._target = {"Database": database, "WorkgroupName": workgroup}

    def run(self, text: str) -> _Answer:
        """The statement's answer; a failed one is a ClickException, Ctrl-C cancels it."""
        statement = self._client.execute_statement(Sql=text, StatementName="etl-sql", **self._target)["Id"]
        try:
            about = self._client.describe_statement(Id=statement, WaitTimeSeconds=30)
            while about["Status"] not in ("FINISHED", "FAILED", "ABORTED"):
                about = self._client.describe_statement(Id=statement, WaitTimeSeconds=30)
        except KeyboardInterrupt:
            self._client.cancel_statement(Id=statement)
            raise click.ClickException(f"The statement was cancelled ({statement}).") from None
        if about["Status"] != "FINISHED":
            raise click.ClickException(f"{about['Error']}\n  in: {text.strip()[:500]}")
        seconds = about["Duration"] / 1e9
        if not about["HasResultSet"]:
            return _Answer([], iter(()), about["ResultRows"], seconds)
        pages = self._client.get_paginator("get_statement_result").paginate(Id=statement)
        first = next(iter(pages))
        columns = [(column["label"], column["typeName"]) for column in first["ColumnMetadata"]]
        return _Answer(columns, _rows(pages), about["ResultRows"], seconds)


def _rows(pages: Any) -> Iterator[list[Any]]:
    for page in pages:
        for record in page["Records"]:
            yield [None if field.get("isNull") else next(iter(field.values())) for field in record]


@click.command()
@click.argument("statement", required=False)
@click.option(
    "-f", "--file", "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Run the statements of a file, one by one."
)
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True, help="How rows are printed."
)
@click.option("--database", default="warehouse", show_default=True, help="Database of the warehouse.")
@click.option("--workgroup", default="wholesale", show_default=True, help="Redshift workgroup.")
def sql(statement: str | None, file: Path | None, form: str, database: str, workgroup: str) -> None:
    """Run SQL in the warehouse: a STATEMENT, a file, standard input, or statements as you type them (each ends with a semicolon)."""
    if statement and file:
        raise click.UsageError("Give a statement or a file, not both.")
    warehouse = _Warehouse(database, workgroup)
    if statement or file or not sys.stdin.isatty():
        text = statement or (file.read_text(encoding="utf-8") if file else sys.stdin.read())
        for one in _split(text):
            _show(warehouse.run(one), form)
        return
    _converse(warehouse, form)


def _split(text: str) -> list[str]:
    try:
        return split_statements(text)
    except StatementSyntaxError as error:
        raise click.ClickException(str(error)) from error


def _converse(warehouse: _Warehouse, form: str) -> None:
    import readline  # noqa: F401 - importing it gives `input` a history and editing

    click.echo("Statements end with a semicolon. Leave with \\q or Ctrl-D.")
    typed = ""
    while True:
        try:
            line = input("... " if typed else "warehouse> ")
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        if line.strip() in ("\\q", "exit", "quit"):
            return
        typed = f"{typed}{line}\n"
        if not typed.strip():
            typed = ""
        elif line.rstrip().endswith(";"):
            try:
                for one in _split(typed):
                    _show(warehouse.run(one), form)
            except click.ClickException as error:
                error.show()
            typed = ""


def _show(answer: _Answer, form: str) -> None:
    if not answer.columns:
        if form == "table":
            click.echo(f"{answer.count} rows in {answer.seconds:.2f} s" if answer.count >= 0 else f"done in {answer.seconds:.2f} s")
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([name for name, _ in answer.columns])
        writer.writerows(["" if value is None else value for value in row] for row in answer.rows)
    elif form == "json":
        for row in answer.rows:
            click.echo(json.dumps(dict(zip((name for name, _ in answer.columns), row, strict=True)), ensure_ascii=False))
    else:
        _show_table(answer)


def _show_table(answer: _Answer) -> None:
    table = Table(header_style="bold")
    for name, kind in answer.columns:
        table.add_column(name, justify="right" if kind in _NUMBERS else "left", overflow="fold")
    for row in answer.rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console = Console()
    console.print(table, markup=False)
    console.print(f"{answer.count} row{'' if answer.count == 1 else 's'} in {answer.seconds:.2f} s", highlight=False)
