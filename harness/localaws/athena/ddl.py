"""Statements about the catalog: databases, tables, views, partitions, and what shows them. Each gives rows of text."""

from __future__ import annotations

import base64
import json
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from sqlglot import exp

from localaws.athena.catalog import Catalog, view_text
from localaws.athena.exceptions import QueryFailure, not_supported
from localaws.athena.parsing import Statement, parsed
from localaws.athena.planning import Planner
from localaws.athena.values import athena_type, catalog_type
from localaws.athena.writing import FORMATS, described

__all__ = ["run_ddl"]

Rows = list[tuple[str, ...]]
_NAME = r"(?:`?(?P<db>\w+)`?\.)?`?(?P<name>\w+)`?"
_SERDE_OF = {"PARQUET": "PARQUET", "TEXTFILE": "TEXTFILE", "JSONFILE": "JSON"}


@dataclass
class _Context:
    catalog: Catalog
    planner: Planner
    database: str

    @property
    def glue(self) -> Any:
        return self.catalog.glue

    def named(self, match: re.Match[str]) -> tuple[str, str]:
        return (match["db"] or self.database).lower(), match["name"].lower()


def run_ddl(statement: Statement, planner: Planner) -> Rows:
    """Do what the statement says; what it shows.

    Raises:
        QueryFailure: it cannot be done.
    """
    context = _Context(planner.catalog, planner, planner.database)
    try:
        return _HANDLERS[statement.kind](context, statement.text)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        name = {"AlreadyExistsException": "ALREADY_EXISTS", "EntityNotFoundException": "NOT_FOUND"}.get(code, "HIVE_METASTORE_ERROR")
        raise QueryFailure(name, message) from error


def _create_database(context: _Context, text: str) -> Rows:
    tree = parsed(text)
    name = tree.this.db.lower() or tree.this.name.lower()
    location = tree.find(exp.LocationProperty)
    database = {"Name": name, **({"LocationUri": location.this.name} if location is not None else {})}
    if tree.args.get("exists") and name in context.catalog.databases():
        return []
    context.glue.create_database(DatabaseInput=database)
    return []


def _create_table(context: _Context, text: str) -> Rows:
    tree = parsed(text)
    if not isinstance(tree.this, exp.Schema):
        raise QueryFailure("SYNTAX_ERROR", "CREATE TABLE needs columns.")
    database, name = tree.this.this.db.lower() or context.database, tree.this.this.name.lower()
    if context.catalog.find(database, name) is not None:
        if tree.args.get("exists"):
            return []
        raise QueryFailure("ALREADY_EXISTS", f"Table {database}.{name} already exists")
    properties = tree.args["properties"].expressions if tree.args.get("properties") else []
    of = {type(each): each for each in properties}
    plain = {each.name: each.args["value"].name for each in properties if type(each) is exp.Property}
    if plain.get("table_type", "").upper() == "ICEBERG":
        raise not_supported("CREATE TABLE of an Iceberg table")
    if exp.LocationProperty not in of:
        raise QueryFailure("INVALID_TABLE_PROPERTY", "No location was specified for table. An S3 location must be specified")
    unknown = [each.key for each in properties if type(each) not in _PROPERTIES]
    if unknown:
        raise not_supported(f"CREATE TABLE with {', '.join(unknown)}")
    keys = of[exp.PartitionedByProperty].this.expressions if exp.PartitionedByProperty in of else []
    stored, serde = _storage(of)
    descriptor = {
        "Columns": [_column(each) for each in tree.this.expressions if isinstance(each, exp.ColumnDef)],
        "Location": of[exp.LocationProperty].this.name.rstrip("/") + "/",
        "InputFormat": stored[0],
        "OutputFormat": stored[1],
        "SerdeInfo": serde,
    }
    table = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **plain},
        "PartitionKeys": [_column(each) for each in keys],
        "StorageDescriptor": descriptor,
    }
    context.glue.create_table(DatabaseName=database, TableInput=table)
    return []


_PROPERTIES = (
    exp.ExternalProperty, exp.LocationProperty, exp.PartitionedByProperty, exp.RowFormatSerdeProperty, exp.RowFormatDelimitedProperty,
    exp.FileFormatProperty, exp.SerdeProperties, exp.Property, exp.SchemaCommentProperty,
)  # fmt: skip


def _storage(of: Mapping[type, Any]) -> tuple[tuple[str, str], dict[str, Any]]:
    """Input and output format, and the serializer."""
    named = of.get(exp.FileFormatProperty)
    kind = str(named.this.name if named is not None and isinstance(named.this, exp.Expr) else "TEXTFILE").upper()
    if isinstance(named.this if named is not None else None, exp.InputOutputFormat):
        formats = named.this  # type: ignore[union-attr]
        stored = (formats.args["input_format"].name, formats.args["output_format"].name)
        library = ""
    elif kind in _SERDE_OF:
        reads, writes, library = FORMATS[_SERDE_OF[kind]]
        stored = (reads, writes)
    else:
        raise not_supported(f"STORED AS {kind}")
    parameters: dict[str, str] = {"serialization.format": "1"}
    if (row := of.get(exp.RowFormatSerdeProperty)) is not None:
        library = row.this.name
    if (serde := of.get(exp.SerdeProperties) or (row.args.get("serde_properties") if row is not None else None)) is not None:
        parameters |= {each.name: each.args["value"].name for each in serde.expressions}
    if (delimited := of.get(exp.RowFormatDelimitedProperty)) is not None and delimited.args.get("fields"):
        parameters["field.delim"] = parameters["serialization.format"] = delimited.args["fields"].name
    return stored, {"SerializationLibrary": library, "Parameters": parameters}


def _column(each: exp.ColumnDef) -> dict[str, Any]:
    comment = each.find(exp.CommentColumnConstraint)
    kind = each.args["kind"].sql("hive").lower().replace(": ", ":").replace(", ", ",")
    return {"Name": each.name.lower(), "Type": kind, **({"Comment": comment.this.name} if comment is not None else {})}


def _create_view(context: _Context, text: str) -> Rows:
    match = _match(rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?VIEW\s+\"?{_NAME}\"?\s+AS\s+(?P<query>.*)", text.replace('"."', "."))
    database, name = context.named(match)
    original = re.split(r"\bAS\b", text, maxsplit=1, flags=re.IGNORECASE)[1].strip()
    existing = context.catalog.find(database, name)
    if existing is not None and (not match["replace"] or view_text(existing) is None):
        raise QueryFailure("ALREADY_EXISTS", f"View already exists: '{database}.{name}'")
    plan = context.planner.plan(parsed(original))
    columns = described(context.planner.session, plan.sql)
    document = {
        "originalSql": original,
        "catalog": "awsdatacatalog",
        "schema": context.database,
        "columns": [{"name": column.lower(), "type": athena_type(kind)} for column, kind in columns],
    }
    packed = base64.b64encode(json.dumps(document).encode()).decode()
    table = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"/* Presto View: {packed} */",
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [{"Name": column.lower(), "Type": catalog_type(kind)} for column, kind in columns], "SerdeInfo": {}, "Location": "",
        },
    }  # fmt: skip
    if existing is not None:
        context.glue.update_table(DatabaseName=database, TableInput=table)
    else:
        context.glue.create_table(DatabaseName=database, TableInput=table)
    return []


def _drop(context: _Context, text: str) -> Rows:
    match = _match(rf"DROP\s+(?P<what>\w+)\s+(?P<exists>IF\s+EXISTS\s+)?[`\"]?{_NAME}[`\"]?\s*(?P<cascade>CASCADE|RESTRICT)?", text)
    what = match["what"].upper()
    if what in ("DATABASE", "SCHEMA"):
        name = match["name"].lower()
        if name not in context.catalog.databases():
            return _missing(match, f"Database {name} does not exist")
        tables = context.catalog.tables(name)
        if tables and (match["cascade"] or "").upper() != "CASCADE":
            raise QueryFailure("SCHEMA_NOT_EMPTY", f"Database {name} is not empty. One or more tables exist.")
        for table in tables:
            context.glue.delete_table(DatabaseName=name, Name=table["Name"])
        context.glue.delete_database(Name=name)
        return []
    database, name = context.named(match)
    found = context.catalog.find(database, name)
    if found is None:
        return _missing(match, f"Table {database}.{name} does not exist")
    if (view_text(found) is None) == (what == "VIEW"):
        raise QueryFailure("SYNTAX_ERROR", f"{database}.{name} is no {what.lower()}")
    if str(found.get("Parameters", {}).get("table_type", "")).upper() == "ICEBERG":
        raise not_supported("DROP TABLE of an Iceberg table, which deletes its data,")
    context.glue.delete_table(DatabaseName=database, Name=name)
    return []


def _missing(match: re.Match[str], message: str) -> Rows:
    if match["exists"]:
        return []
    raise QueryFailure("NOT_FOUND", message)


def _alter_table(context: _Context, text: str) -> Rows:
    added = re.fullmatch(rf"ALTER\s+TABLE\s+{_NAME}\s+ADD\s+(?P<exists>IF\s+NOT\s+EXISTS\s+)?(?P<rest>PARTITION.*)", text, re.I | re.S)
    dropped = re.fullmatch(rf"ALTER\s+TABLE\s+{_NAME}\s+DROP\s+(?P<exists>IF\s+EXISTS\s+)?(?P<rest>PARTITION.*)", text, re.I | re.S)
    match = added or dropped
    if match is None:
        raise not_supported("ALTER TABLE other than ADD and DROP PARTITION")
    database, name = context.named(match)
    table = context.catalog.table(database, name)
    for part in re.finditer(r"PARTITION\s*\((?P<values>[^)]*)\)(?:\s*LOCATION\s*'(?P<location>[^']*)')?", match["rest"], re.I):
        given = {key.lower(): value for key, value in re.findall(r"`?(\w+)`?\s*=\s*'?([^',]*?)'?\s*(?:,|$)", part["values"])}
        keys = [key["Name"].lower() for key in table.get("PartitionKeys", [])]
        if set(given) != set(keys):
            raise QueryFailure("SYNTAX_ERROR", f"The partition keys of {name} are {', '.join(keys)}: {part['values']}")
        values = [given[key] for key in keys]
        try:
            if added:
                _add_partition(context, table, values, part["location"])
            else:
                context.glue.delete_partition(DatabaseName=database, TableName=name, PartitionValues=values)
        except ClientError as error:
            ignored = "AlreadyExistsException" if added else "EntityNotFoundException"
            if not match["exists"] or error.response["Error"]["Code"] != ignored:
                raise
    return []


def _add_partition(context: _Context, table: Mapping[str, Any], values: list[str], location: str | None) -> None:
    descriptor = dict(table["StorageDescriptor"])
    keys = [key["Name"] for key in table["PartitionKeys"]]
    default = descriptor["Location"].rstrip("/") + "/" + "".join(f"{key}={value}/" for key, value in zip(keys, values, strict=True))
    descriptor["Location"] = location or default
    context.glue.create_partition(
        DatabaseName=table["DatabaseName"], TableName=table["Name"], PartitionInput={"Values": values, "StorageDescriptor": descriptor}
    )


def _msck_repair(context: _Context, text: str) -> Rows:
    database, name = context.named(_match(rf"MSCK\s+REPAIR\s+TABLE\s+{_NAME}", text))
    table = context.catalog.table(database, name)
    keys = [key["Name"].lower() for key in table.get("PartitionKeys", [])]
    base = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
    known = {partition.values for partition in context.catalog.partitions(table)}
    found: dict[tuple[str, ...], str] = {}
    for file in context.catalog.files(base):
        folders = file.uri[len(base) :].split("/")[:-1][: len(keys)]
        pairs = [folder.partition("=") for folder in folders]
        if [key.lower() for key, _, _ in pairs] == keys:
            found[tuple(value for _, _, value in pairs)] = base + "/".join(folders) + "/"
    rows: Rows = []
    for values in sorted(set(found) - known):  # type: ignore[arg-type]
        _add_partition(context, table, list(values), found[values])
        part = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
        rows.append((f"Repair: Added partition to metastore {name}:{part}",))
    return rows


def _show(context: _Context, text: str) -> Rows:
    if match := re.fullmatch(r"SHOW\s+(DATABASES|SCHEMAS)(?:\s+LIKE\s+'(?P<like>[^']*)')?", text, re.I):
        return [(name,) for name in context.catalog.databases() if _like(name, match["like"])]
    if match := re.fullmatch(
        r"SHOW\s+(?P<what>TABLES|VIEWS)(?:\s+(?:IN|FROM)\s+`?(?P<db>\w+)`?)?(?:\s+(?:LIKE\s+)?'(?P<like>[^']*)')?", text, re.I
    ):
        views = match["what"].upper() == "VIEWS"
        tables = context.catalog.tables((match["db"] or context.database).lower())
        return [(table["Name"],) for table in tables if _like(table["Name"], match["like"]) and (not views or view_text(table))]
    if match := re.fullmatch(rf"SHOW\s+PARTITIONS\s+{_NAME}", text, re.I):
        table = context.catalog.table(*context.named(match))
        keys = [key["Name"] for key in table.get("PartitionKeys", [])]
        parts = [zip(keys, partition.values, strict=True) for partition in context.catalog.partitions(table)]
        shown = sorted("/".join(f"{key}={value}" for key, value in part) for part in parts)
        return [(line,) for line in shown]
    if match := re.fullmatch(rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_NAME}", text, re.I):
        table = context.catalog.table(*context.named(match))
        return [(column["Name"],) for column in [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", [])]]
    if match := re.fullmatch(rf"SHOW\s+CREATE\s+(TABLE|VIEW)\s+{_NAME}", text, re.I):
        return _shown_create(*context.named(match), context.catalog.table(*context.named(match)))
    raise not_supported(text)


def _shown_create(database: str, name: str, table: Mapping[str, Any]) -> Rows:
    if (view := view_text(table)) is not None:
        return [(line,) for line in f"CREATE VIEW {database}.{name} AS\n{view[0]}".splitlines()]
    descriptor = table["StorageDescriptor"]

    def columns(listed: list[Mapping[str, str]]) -> str:
        return ", \n".join(f"  `{each['Name']}` {each['Type']}" for each in listed)

    serde = descriptor.get("SerdeInfo") or {}
    settings = ", \n".join(f"  '{key}'='{value}'" for key, value in sorted(serde.get("Parameters", {}).items()))
    properties = ", \n".join(f"  '{key}'='{value}'" for key, value in sorted(table.get("Parameters", {}).items()))
    parts = [
        f"CREATE EXTERNAL TABLE `{database}.{name}`(\n{columns(descriptor['Columns'])})",
        f"PARTITIONED BY ( \n{columns(table['PartitionKeys'])})" if table.get("PartitionKeys") else "",
        f"ROW FORMAT SERDE \n  '{serde.get('SerializationLibrary', '')}'",
        f"WITH SERDEPROPERTIES ( \n{settings})" if settings else "",
        f"STORED AS INPUTFORMAT \n  '{descriptor.get('InputFormat', '')}' \nOUTPUTFORMAT \n  '{descriptor.get('OutputFormat', '')}'",
        f"LOCATION\n  '{descriptor.get('Location', '')}'",
        f"TBLPROPERTIES (\n{properties})" if properties else "",
    ]
    return [(line,) for part in parts if part for line in part.splitlines()]


def _describe(context: _Context, text: str) -> Rows:
    match = _match(rf"(?:DESCRIBE|DESC)\s+{_NAME}", text)
    table = context.catalog.table(*context.named(match))
    keys = table.get("PartitionKeys", [])

    def line(column: Mapping[str, str]) -> str:
        return f"{column['Name']:<20}\t{column['Type']:<20}\t{column.get('Comment', ''):<20}"

    rows: Rows = [(line(column),) for column in [*table["StorageDescriptor"]["Columns"], *keys]]
    if keys:
        head = textwrap.dedent(
            """
            \t \t 
            # Partition Information\t \t 
            # col_name            \tdata_type           \tcomment             
            \t \t """  # noqa: W291 - as Athena writes it
        ).strip("\n")
        rows += [(text,) for text in head.splitlines()] + [(line(column),) for column in keys]
    return rows


def _like(name: str, pattern: str | None) -> bool:
    return pattern is None or re.fullmatch(pattern.replace("*", ".*").replace("%", ".*"), name) is not None


def _match(pattern: str, text: str) -> re.Match[str]:
    found = re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL)
    if found is None:
        raise QueryFailure("SYNTAX_ERROR", f"line 1:1: the statement cannot be read: {text[:80]}")
    return found


_HANDLERS: Mapping[str, Callable[[_Context, str], Rows]] = {
    "ALTER_TABLE": _alter_table,
    "CREATE_DATABASE": _create_database,
    "CREATE_TABLE": _create_table,
    "CREATE_VIEW": _create_view,
    "DESCRIBE": _describe,
    "DROP": _drop,
    "MSCK_REPAIR": _msck_repair,
    "SHOW": _show,
}
