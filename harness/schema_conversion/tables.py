"""Converts tables: names, types, defaults, identity, constraints, proposed keys, and an action item for everything that changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schema_conversion.defaults import NotConvertible, default_for
from schema_conversion.dms_types import dms_type
from schema_conversion.findings import Finding
from schema_conversion.keys import propose_distribution, propose_sort
from schema_conversion.model import Column, ForeignKey, Source, Table
from schema_conversion.names import as_folded, target_names
from schema_conversion.target import TargetColumn, TargetForeignKey, TargetTable
from schema_conversion.types import TargetType, target_type

__all__ = ["Names", "convert_tables", "in_order", "names_of"]

_MOST_COLUMNS = 1600
_IDENTITY_TYPES = {"SMALLINT": "INTEGER", "INTEGER": "INTEGER", "BIGINT": "BIGINT"}


@dataclass(frozen=True)
class Names:
    """Names in Redshift: of databases, of tables and views by (database, name), of columns by (database, table)."""

    schemas: Mapping[str, str]
    relations: Mapping[tuple[str, str], str]
    columns: Mapping[tuple[str, str], Mapping[str, str]]


def names_of(source: Source) -> Names:
    """Tables come before views, so that of two names alike the table keeps its own."""
    relations: dict[tuple[str, str], str] = {}
    for database in source.databases:
        listed = [*(table.name for table in database.tables), *(view.name for view in database.views)]
        relations |= {(database.name, name): target for name, target in target_names(listed).items()}
    columns = {(table.schema, table.name): target_names((column.name for column in table.columns), column=True) for table in source.tables}
    return Names(target_names(database.name for database in source.databases), relations, columns)


def in_order(source: Source) -> tuple[list[Table], set[tuple[str, str, str]]]:
    """Tables so that each comes after those it refers to, and the foreign keys (database, table, name) that a circle forbids."""
    waiting = {(table.schema, table.name): table for table in source.tables if table.kind != "SEQUENCE"}
    ordered: list[Table] = []
    forbidden: set[tuple[str, str, str]] = set()
    while waiting:
        free = [table for table in waiting.values() if not _waits_for(table, waiting, forbidden)]
        for table in free:
            ordered.append(waiting.pop((table.schema, table.name)))
        if not free:
            table, key = _in_circle(waiting, forbidden)
            forbidden.add((table.schema, table.name, key.name))
    return ordered, forbidden


def _waits_for(table: Table, waiting: Mapping[tuple[str, str], Table], forbidden: set[tuple[str, str, str]]) -> list[ForeignKey]:
    own = (table.schema, table.name)
    keys = [key for key in table.foreign_keys if (*own, key.name) not in forbidden]
    return [key for key in keys if (key.schema, key.table) in waiting and (key.schema, key.table) != own]


def _in_circle(waiting: Mapping[tuple[str, str], Table], forbidden: set[tuple[str, str, str]]) -> tuple[Table, ForeignKey]:
    """A foreign key that is part of a circle: following what each table waits for comes to a table a second time."""
    table = next(iter(waiting.values()))
    seen: list[tuple[Table, ForeignKey]] = []
    while table not in [one for one, _ in seen]:
        key = _waits_for(table, waiting, forbidden)[0]
        seen.append((table, key))
        table = waiting[key.schema, key.table]
    return next(step for step in seen if step[0] == table)


def convert_tables(source: Source, names: Names, lob_kilobytes: int) -> tuple[list[TargetTable], list[Finding]]:
    """Every table in an order in which they can be created, and what there is to say of them."""
    findings = list(_names_changed(source, names))
    rows = {(table.schema, table.name): table.rows for table in source.tables}
    referrers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for table in source.tables:
        for key in table.foreign_keys:
            if (key.schema, key.table) != (table.schema, table.name):
                referrers[key.schema, key.table].append(table.rows)
    ordered, forbidden = in_order(source)
    converted = []
    for table in ordered:
        columns = tuple(_column(table, column, names, lob_kilobytes, findings) for column in table.columns)
        converted.append(
            TargetTable(
                table,
                names.schemas[table.schema],
                names.relations[table.schema, table.name],
                columns,
                tuple(names.columns[table.schema, table.name][part] for part in table.primary_key),
                tuple(_unique(table, names, findings)),
                tuple(_foreign_keys(table, names, forbidden, findings)),
                propose_distribution(table, columns, rows, referrers[table.schema, table.name]),
                propose_sort(table, columns),
            )
        )
        findings += _of_table(table)
    return converted, findings


def _column(table: Table, column: Column, names: Names, lob_kilobytes: int, findings: list[Finding]) -> TargetColumn:
    path = (table.schema, table.name, column.name)
    target = target_type(column, ".".join(path))
    findings += [Finding(note.number, "TABLE", path, note.text, note.complexity) for note in target.notes]
    kind, identity = _identity(table, column, target, path, findings)
    default = None
    try:
        default = None if identity else default_for(column, kind)
    except NotConvertible as reason:
        findings.append(Finding(1101, "TABLE", path, f"DEFAULT is {reason}"))
    if column.on_update:
        findings.append(Finding(1102, "TABLE", path, f"ON UPDATE {column.on_update}"))
    if column.generated:
        findings.append(Finding(1103, "TABLE", path, f"{column.generated}, AS ({column.expression})"))
    is_key = column.name in table.primary_key
    may_be_null = column.nullable or bool(column.facts.zero_dates) or column.generated == "VIRTUAL"
    name = names.columns[table.schema, table.name][column.name]
    return TargetColumn(column, name, kind, target.why, dms_type(column, lob_kilobytes), is_key or not may_be_null, default, identity)


def _identity(table: Table, column: Column, target: TargetType, path: tuple[str, ...], findings: list[Finding]) -> tuple[str, int | None]:
    """IDENTITY takes INTEGER or BIGINT, so small numbers are widened."""
    if not column.auto_increment:
        return target.sql, None
    if target.sql not in _IDENTITY_TYPES:
        findings.append(Finding(1013, "TABLE", path, f"the next number is {table.next_auto_increment or 1:,}"))
        return target.sql, None
    return _IDENTITY_TYPES[target.sql], table.next_auto_increment or 1


def _unique(table: Table, names: Names, findings: list[Finding]) -> Iterator[tuple[str, ...]]:
    """Unique keys; of every index that is not kept, an action item."""
    columns = names.columns[table.schema, table.name]
    for index in table.indexes:
        path = (table.schema, table.name, index.name)
        listed = ", ".join(part.column + (f"({part.prefix})" if part.prefix else "") or "an expression" for part in index.parts)
        if index.name == "PRIMARY":
            continue
        if index.kind in ("FULLTEXT", "SPATIAL"):
            findings.append(Finding(1202, "INDEX", path, f"{index.kind} ({listed})"))
        elif index.unique and index.covers_whole_columns:
            yield tuple(columns[part] for part in index.columns)
        elif index.unique:
            findings.append(Finding(1109, "INDEX", path, f"UNIQUE ({listed})"))
        else:
            findings.append(Finding(1201, "INDEX", path, f"{index.kind} ({listed})"))


def _foreign_keys(table: Table, names: Names, forbidden: set[tuple[str, str, str]], findings: list[Finding]) -> Iterator[TargetForeignKey]:
    for key in table.foreign_keys:
        path = (table.schema, table.name, key.name)
        acts = [f"ON {event} {rule}" for event, rule in (("UPDATE", key.on_update), ("DELETE", key.on_delete)) if _acts(rule)]
        if acts:
            findings.append(
                Finding(1107, "CONSTRAINT", path, f"{', '.join(acts)} of {key.table}", None if _acts(key.on_delete) else "Simple")
            )
        other = names.columns.get((key.schema, key.table))
        if (table.schema, table.name, key.name) in forbidden:
            findings.append(Finding(1108, "CONSTRAINT", path, f"to {key.table}: the tables refer to each other in a circle"))
        elif other is None:
            findings.append(Finding(1108, "CONSTRAINT", path, f"to {key.schema}.{key.table}, which is not converted"))
        else:
            own = names.columns[table.schema, table.name]
            by_lower = {name.lower(): target for name, target in other.items()}
            yield TargetForeignKey(
                tuple(own[part] for part in key.columns),
                names.schemas[key.schema],
                names.relations[key.schema, key.table],
                tuple(by_lower[part.lower()] for part in key.references),
            )


def _acts(rule: str) -> bool:
    return rule.upper() in ("CASCADE", "SET NULL", "SET DEFAULT")


def _of_table(table: Table) -> Iterator[Finding]:
    path = (table.schema, table.name)
    keyed = {part.lower() for index in table.indexes if index.unique for part in index.columns}
    loose = [column for column in table.columns if column.collation.endswith("_ci") and column.data_type not in ("enum", "set")]
    if loose:
        in_key = [column.name for column in loose if column.name.lower() in keyed]
        about = f"{', '.join(column.name for column in loose)} ({', '.join(sorted({column.collation for column in loose}))})"
        about += f"; in a key: {', '.join(in_key)}" if in_key else ""
        yield Finding(1104, "TABLE", path, about, "Medium" if in_key else None)
    for check in table.checks:
        yield Finding(1105, "CONSTRAINT", (*path, check.name), f"CHECK ({check.clause})")
    if any(index.unique for index in table.indexes):
        yield Finding(1106, "TABLE", path, ", ".join(index.name for index in table.indexes if index.unique))
    if not table.primary_key:
        unique = any(index.unique and index.covers_whole_columns for index in table.indexes)
        yield Finding(1302, "TABLE", path, "it has a unique key" if unique else "it has no unique key either")
    if table.partitioning:
        parts = table.partitioning
        yield Finding(1301, "TABLE", path, f"{parts.method} ({parts.expression}), {parts.count} partitions")
    if len(table.columns) > _MOST_COLUMNS:
        yield Finding(1303, "TABLE", path, f"{len(table.columns):,} columns")
    if table.kind == "SYSTEM VERSIONED":
        yield Finding(1304, "TABLE", path, "WITH SYSTEM VERSIONING")


def _names_changed(source: Source, names: Names) -> Iterator[Finding]:
    for database in source.databases:
        if names.schemas[database.name] != as_folded(database.name):
            yield Finding(1306, "SCHEMA", (database.name,), f"{database.name} becomes {names.schemas[database.name]}")
        kinds: Sequence[tuple[str, str]] = [
            *(("SEQUENCE" if table.kind == "SEQUENCE" else "TABLE", table.name) for table in database.tables),
            *(("VIEW", view.name) for view in database.views),
        ]
        for kind, name in kinds:
            target = names.relations[database.name, name]
            if target != as_folded(name):
                yield Finding(1306, kind, (database.name, name), f"{name} becomes {target}")
            if kind == "SEQUENCE":
                yield Finding(1305, "SEQUENCE", (database.name, name), "CREATE SEQUENCE")
    for (schema, table), columns in names.columns.items():
        for name, target in columns.items():
            if target != as_folded(name):
                yield Finding(1306, "TABLE", (schema, table, name), f"{name} becomes {target}")
