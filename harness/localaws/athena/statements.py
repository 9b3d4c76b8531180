"""One statement run: a query's rows into its result, tables and files written, or a statement about the catalog."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from localaws.athena.catalog import Catalog
from localaws.athena.ddl import run_ddl
from localaws.athena.exceptions import QueryFailure, not_supported
from localaws.athena.parsing import Statement, parsed, statement_of, with_parameters
from localaws.athena.planning import Planner, is_iceberg
from localaws.athena.results import ResultWriter
from localaws.athena.writing import FORMATS, Options, Written, described, hive_columns, options_of, write_files
from localaws.records import Records

__all__ = ["Outcome", "run_statement"]

_FETCHED = 5000
_READING = ("DEALLOCATE", "DESCRIBE", "EXECUTE", "EXPLAIN", "PREPARE", "SELECT", "SHOW", "UNLOAD")
"""Kinds of statements that change nothing in the catalog; what EXECUTE runs is looked at itself."""
_CTAS = ("format", "external_location", "partitioned_by", "write_compression", "field_delimiter")
_UNLOAD = ("format", "compression", "partitioned_by", "field_delimiter")


@dataclass
class Outcome:
    """What a statement gave. `columns` has DuckDB's types; `updated` is the number of rows written."""

    columns: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0
    updated: int = 0
    scanned: int = 0


@dataclass
class _Run:
    query: Mapping[str, Any]
    session: duckdb.DuckDBPyConnection
    catalog: Catalog
    work: Path
    s3: Any
    prepared: Records
    check: Callable[[int], None]
    results: Callable[[list[str], bool], ResultWriter]

    @property
    def database(self) -> str:
        return str(self.query["QueryExecutionContext"].get("Database") or "default").lower()

    @property
    def planner(self) -> Planner:
        return Planner(self.catalog, self.database, self.session, self.work)


def run_statement(
    statement: Statement, query: Mapping[str, Any], session: duckdb.DuckDBPyConnection, catalog: Catalog, work: Path, s3: Any,
    prepared: Records, check: Callable[[int], None], results: Callable[[list[str], bool], ResultWriter],
) -> Outcome:  # fmt: skip
    """Run it.

    Args:
        check: is told the bytes that a plan will scan, before they are; raises when they are too many.
        results: opens the result, of columns, as a table or as text.

    Raises:
        QueryFailure: it cannot be run.
    """
    run = _Run(query, session, catalog, work, s3, prepared, check, results)
    _refuse_changes(run, statement)
    if statement.kind == "REFUSED":
        raise not_supported(statement.text.split(None, 1)[0].upper())
    handler = _HANDLERS.get(statement.kind)
    if handler is not None:
        return handler(run, statement, list(query.get("ExecutionParameters") or []))
    rows = run_ddl(statement, run.planner)
    writer = results([], False)
    writer.add(rows)
    return Outcome([("result", "VARCHAR")] if statement.type == "UTILITY" else [], len(rows))


def _refuse_changes(run: _Run, statement: Statement) -> None:
    """What a principal may change is Lake Formation's to say, and is not told apart here."""
    if run.catalog.lake is not None and run.catalog.lake.governs and statement.kind not in _READING:
        raise not_supported(f"{statement.kind} of a principal whom Lake Formation limits")


def _select(run: _Run, statement: Statement, parameters: Sequence[str]) -> Outcome:
    plan = run.planner.plan(with_parameters(parsed(statement.text), parameters))
    run.check(plan.scanned)
    result = run.session.execute(plan.sql)
    columns = [
        (f"_col{at}" if str(column[0]).startswith("__unnamed_") else str(column[0]).lower(), str(column[1]))
        for at, column in enumerate(result.description or [])
    ]
    writer = run.results([name for name, _ in columns], True)
    while rows := result.fetchmany(_FETCHED):
        writer.add(rows)
    return Outcome(columns, writer.count, 0, plan.scanned)


def _explain(run: _Run, statement: Statement, parameters: Sequence[str]) -> Outcome:
    text = re.sub(r"^EXPLAIN\s+(\([^)]*\)\s*)?", "", statement.text, flags=re.IGNORECASE)
    if re.match(r"ANALYZE\b", text, re.IGNORECASE):
        raise not_supported("EXPLAIN ANALYZE")
    plan = run.planner.plan(with_parameters(parsed(text), parameters))
    lines = [line for row in run.session.execute(f"EXPLAIN {plan.sql}").fetchall() for line in str(row[1]).splitlines()]
    run.results([], False).add([(line,) for line in lines])
    return Outcome([("Query Plan", "VARCHAR")], len(lines))


def _create_table_as(run: _Run, statement: Statement, parameters: Sequence[str]) -> Outcome:
    tree = parsed(statement.text)
    database, name = tree.this.db.lower() or run.database, tree.this.name.lower()
    if run.catalog.find(database, name) is not None:
        if tree.args.get("exists"):
            return Outcome()
        raise QueryFailure("TABLE_ALREADY_EXISTS", f"line 1:1: Destination table 'awsdatacatalog.{database}.{name}' already exists")
    properties = tree.args["properties"].expressions if tree.args.get("properties") else []
    plain = {each.name.lower(): each.args["value"].name for each in properties if type(each) is exp.Property}
    if plain.get("table_type", "").upper() == "ICEBERG":
        raise not_supported("CREATE TABLE AS of an Iceberg table")
    options = options_of(properties, _CTAS)
    output = str(run.query["ResultConfiguration"]["OutputLocation"])
    location = options.location or f"{output.rsplit('/', 1)[0]}/tables/{run.query['QueryExecutionId']}"
    if run.catalog.files(location):
        raise QueryFailure("HIVE_PATH_ALREADY_EXISTS", f"Target directory for table '{database}.{name}' already exists: {location}")
    plan = run.planner.plan(with_parameters(tree.expression, parameters))
    run.check(plan.scanned)
    columns = _last_are_keys(described(run.session, plan.sql), options.partitioned_by)
    no_data = re.search(r"\bWITH\s+NO\s+DATA$", statement.text, re.IGNORECASE) is not None
    written: list[Written] = []
    count = 0
    if not no_data:
        written, count = write_files(run.session, plan.sql, location, options, run.work, run.s3)
    table = _table(name, location, columns, options)
    run.catalog.glue.create_table(DatabaseName=database, TableInput=table)
    _add_partitions(run, {**table, "DatabaseName": database}, location, written)
    return Outcome([], 0, count, plan.scanned)


def _table(name: str, location: str, columns: Sequence[tuple[str, str]], options: Options) -> dict[str, Any]:
    reads, writes, serde = FORMATS[options.format]
    listed, keys = hive_columns(columns), len(options.partitioned_by)
    settings = {"field.delim": options.delimiter, "serialization.format": options.delimiter} if options.format == "TEXTFILE" else {}
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": {"TEXTFILE": "csv"}.get(options.format, options.format.lower())},
        "PartitionKeys": listed[len(listed) - keys :],
        "StorageDescriptor": {
            "Columns": listed[: len(listed) - keys],
            "Location": location.rstrip("/") + "/",
            "InputFormat": reads,
            "OutputFormat": writes,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": settings},
        },
    }


def _last_are_keys(columns: list[tuple[str, str]], keys: Sequence[str]) -> list[tuple[str, str]]:
    names = [name.lower() for name, _ in columns]
    if any(name.startswith("__unnamed_") for name in names):
        raise QueryFailure(
            "MISSING_COLUMN_NAME",
            f"line 1:1: Column name not specified at position {names.index(next(n for n in names if n.startswith('__unnamed_'))) + 1}",
        )
    if keys and names[-len(keys) :] != list(keys):
        raise QueryFailure(
            "HIVE_COLUMN_ORDER_MISMATCH", f"Partition keys must be the last columns in the table and in the same order: {', '.join(keys)}"
        )
    return columns


def _insert(run: _Run, statement: Statement, parameters: Sequence[str]) -> Outcome:
    tree = parsed(statement.text)
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    database = target.db.lower() or run.database
    table = run.catalog.table(database, target.name.lower())
    if is_iceberg(table):
        raise not_supported("INSERT INTO an Iceberg table")
    listed = [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", [])]
    names = [str(column["Name"]).lower() for column in listed]
    given = [each.name.lower() for each in tree.this.expressions] if isinstance(tree.this, exp.Schema) else names
    if unknown := [name for name in given if name not in names]:
        raise QueryFailure("COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {', '.join(unknown)}")
    plan = run.planner.plan(with_parameters(tree.expression, parameters))
    run.check(plan.scanned)
    found = described(run.session, plan.sql)
    if len(found) != len(given):
        raise QueryFailure("TYPE_MISMATCH", f"Insert query has mismatched column count: Table: {len(given)}, Query: {len(found)}")
    from localaws.athena.hive import quoted
    from localaws.athena.values import duck_type

    aliases = ", ".join(f"i{at}" for at in range(len(given)))
    chosen = ", ".join(
        f"CAST({f'i{given.index(name)}' if name in given else 'NULL'} AS {duck_type(column['Type'])}) AS {quoted(name)}"
        for name, column in zip(names, listed, strict=True)
    )
    keys = tuple(str(key["Name"]).lower() for key in table.get("PartitionKeys", []))
    options = Options(format=_format_of(table), partitioned_by=keys, delimiter=_delimiter(table))
    sql = f"SELECT {chosen} FROM ({plan.sql}) AS given({aliases})"
    written, count = write_files(run.session, sql, table["StorageDescriptor"]["Location"], options, run.work, run.s3, names)
    _add_partitions(run, table, table["StorageDescriptor"]["Location"], written)
    return Outcome([], 0, count, plan.scanned)


def _format_of(table: Mapping[str, Any]) -> str:
    library = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("SerializationLibrary", "")
    found = next((name for name, (_, _, serde) in FORMATS.items() if serde == library), None)
    if found is None:
        raise not_supported(f"INSERT INTO {table['Name']}, whose serializer is {library or 'not given'},")
    return found


def _delimiter(table: Mapping[str, Any]) -> str:
    settings = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters", {})
    return str(settings.get("field.delim", "\x01"))


def _unload(run: _Run, statement: Statement, parameters: Sequence[str]) -> Outcome:
    match = re.fullmatch(
        r"UNLOAD\s*\((?P<query>.*)\)\s*TO\s*'(?P<location>[^']+)'(?:\s*WITH\s*\((?P<with>.*)\))?", statement.text, re.I | re.S
    )
    if match is None:
        raise QueryFailure("SYNTAX_ERROR", "line 1:1: UNLOAD (query) TO 'location' WITH (properties) is expected")
    made = parsed(f"CREATE TABLE t WITH ({match['with']}) AS SELECT 1") if match["with"] else None
    options = options_of(made.args["properties"].expressions if made is not None else [], _UNLOAD)
    if run.catalog.files(match["location"]):
        raise QueryFailure("HIVE_PATH_ALREADY_EXISTS", f"Target directory already exists: {match['location']}")
    plan = run.planner.plan(with_parameters(parsed(match["query"]), parameters))
    run.check(plan.scanned)
    _last_are_keys(described(run.session, plan.sql), options.partitioned_by)
    _, count = write_files(run.session, plan.sql, match["location"], options, run.work, run.s3)
    return Outcome([("rows", "BIGINT")], 0, count, plan.scanned)


def _prepare(run: _Run, statement: Statement, parameters: Sequence[str]) -> Outcome:
    match = re.fullmatch(r"PREPARE\s+(?P<name>\w+)\s+FROM\s+(?P<query>.*)", statement.text, re.I | re.S)
    if match is None:
        raise QueryFailure("SYNTAX_ERROR", "line 1:1: PREPARE name FROM statement is expected")
    import time

    group = run.query["WorkGroup"]
    run.prepared.put(
        f"{group}/{match['name']}",
        {"StatementName": match["name"], "QueryStatement": match["query"], "WorkGroupName": group, "LastModifiedTime": time.time()},
    )
    return Outcome()


def _deallocate(run: _Run, statement: Statement, parameters: Sequence[str]) -> Outcome:
    name = re.sub(r"^DEALLOCATE\s+(PREPARE\s+)?", "", statement.text, flags=re.IGNORECASE).strip()
    if not run.prepared.delete(f"{run.query['WorkGroup']}/{name}"):
        raise QueryFailure("NOT_FOUND", f"PreparedStatement {name} was not found in workGroup {run.query['WorkGroup']}")
    return Outcome()


def _execute(run: _Run, statement: Statement, parameters: Sequence[str]) -> Outcome:
    match = re.fullmatch(r"EXECUTE\s+(?P<name>\w+)(?:\s+USING\s+(?P<using>.*))?", statement.text, re.I | re.S)
    found = run.prepared.get(f"{run.query['WorkGroup']}/{match['name']}") if match is not None else None
    if match is None or found is None:
        name = match["name"] if match is not None else statement.text
        raise QueryFailure("NOT_FOUND", f"PreparedStatement {name} was not found in workGroup {run.query['WorkGroup']}")
    if match["using"]:
        select = parsed(f"SELECT {match['using']}")
        parameters = [each.sql("athena") for each in select.expressions]
    inner = statement_of(found["QueryStatement"])
    handler = _HANDLERS.get(inner.kind)
    if handler is None:
        raise not_supported(f"EXECUTE of {inner.kind}")
    _refuse_changes(run, inner)
    return handler(run, inner, parameters)


def _add_partitions(run: _Run, table: Mapping[str, Any], location: str, written: Sequence[Written]) -> None:
    keys = [str(key["Name"]) for key in table.get("PartitionKeys", [])]
    if not keys:
        return
    known = {partition.values for partition in run.catalog.partitions(table)}
    for values in sorted({each.values for each in written} - known):  # type: ignore[arg-type]
        folder = (
            location.rstrip("/")
            + "/"
            + next(w.uri for w in written if w.values == values)[len(location.rstrip("/")) + 1 :].rsplit("/", 1)[0]
        )
        run.catalog.glue.create_partition(
            DatabaseName=table["DatabaseName"],
            TableName=table["Name"],
            PartitionInput={"Values": list(values), "StorageDescriptor": {**table["StorageDescriptor"], "Location": folder + "/"}},
        )


_HANDLERS: Mapping[str, Callable[[_Run, Statement, Sequence[str]], Outcome]] = {
    "CREATE_TABLE_AS_SELECT": _create_table_as,
    "DEALLOCATE": _deallocate,
    "EXECUTE": _execute,
    "EXPLAIN": _explain,
    "INSERT": _insert,
    "PREPARE": _prepare,
    "SELECT": _select,
    "UNLOAD": _unload,
}
