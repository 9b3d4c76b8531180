"""Redshift's DDL, written from a warehouse's declaration.

`redshift_files` gives the generated part of sql/redshift; the rest of that folder is written by
hand. Primary and foreign keys are informational in Redshift, but its planner believes them
(Database Developer Guide, "Table constraints"), so the quality gate proves them before a load.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from etl_common.columns import Column
from etl_common.model import UNKNOWN_KEY, Dimension, Fact, Warehouse

__all__ = ["GENERATED", "create_staging_table", "create_table", "insert_unknown_member", "literal", "redshift_files"]

GENERATED = "-- Generated from the warehouse's declaration by `etl generate`; change that, not this."

_WIDTH = 100


def literal(value: Any) -> str:
    """The value as an SQL literal.

    >>> literal("it's"), literal(None), literal(datetime(1900, 1, 1)), literal(True)
    ("'it''s'", 'NULL', "'1900-01-01 00:00:00'", 'TRUE')
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, (date, datetime)):
        return f"'{value}'"
    return "'" + str(value).replace("'", "''") + "'"


def create_table(warehouse: Warehouse, table: Dimension | Fact) -> str:
    """The table with its keys, distribution, sort key and comments."""
    target = f"{warehouse.schema}.{table.name}"
    lines = [*_column_lines(table), f"PRIMARY KEY ({_list(table.primary_key)})"]
    if isinstance(table, Fact):
        lines += list(_foreign_keys(warehouse, table))
    comments = [f"COMMENT ON TABLE {target} IS {literal(table.comment)};"]
    comments += [f"COMMENT ON COLUMN {target}.{column.name} IS {literal(column.comment)};" for column in table.columns]
    return "\n".join(
        [
            GENERATED,
            f"-- {table.name}: {_describe(table)}.",
            *(f"-- {line}" for line in _wrapped(table.storage.reason)),
            f"CREATE TABLE IF NOT EXISTS {target} (",
            _body(lines),
            ")",
            *_attributes(table),
            "",
            *comments,
            "",
        ]
    )


def create_staging_table(warehouse: Warehouse, table: Dimension | Fact) -> str:
    """What COPY fills within the load's transaction: the same columns, no keys, no back-up."""
    reason = "On the key of the target, so that delete and insert stay on the slice." if _dist_key(table) else "Rows are read once."
    distribution = ["DISTSTYLE KEY", f"DISTKEY ({table.storage.distribution})"] if _dist_key(table) else ["DISTSTYLE EVEN"]
    return "\n".join(
        [
            GENERATED,
            f"-- Rows of {warehouse.schema}.{table.name} that a load is bringing in; empty between loads.",
            f"-- {reason}",
            f"CREATE TABLE IF NOT EXISTS {warehouse.staging_schema}.{table.name} (",
            _body(_column_lines(table)),
            ")",
            "BACKUP NO",
            *distribution[:-1],
            f"{distribution[-1]};",
            "",
        ]
    )


def insert_unknown_member(warehouse: Warehouse, dimension: Dimension) -> str:
    """The row with key -1, written when it is not there."""
    target = f"{warehouse.schema}.{dimension.name}"
    member = dimension.unknown_member
    values = [f"CAST({literal(member[c.name])} AS {_type(c)}) AS {c.name}" for c in dimension.columns]
    return "\n".join(
        [
            GENERATED,
            f"-- The unknown member of {dimension.name}, which facts without a member name.",
            f"INSERT INTO {target} (",
            _body([column.name for column in dimension.columns]),
            ")",
            "SELECT",
            _body(values),
            "WHERE NOT EXISTS (",
            f"    SELECT 1 FROM {target}",
            f"    WHERE {dimension.surrogate_key} = {UNKNOWN_KEY}",
            ");",
            "",
        ]
    )


def redshift_files(warehouse: Warehouse) -> dict[str, str]:
    """Path below sql/redshift -> text of every generated file."""
    files = {f"20_tables/{n:02d}_{table.name}.sql": create_table(warehouse, table) for n, table in enumerate(warehouse.tables, 1)}
    files |= {f"30_staging/{table.name}.sql": create_staging_table(warehouse, table) for table in warehouse.tables}
    files |= {f"50_unknown_members/{d.name}.sql": insert_unknown_member(warehouse, d) for d in warehouse.dimensions}
    for verb, why, tables in (
        ("VACUUM", "sorts the rows and frees what deletes left", warehouse.facts),
        ("ANALYZE", "refreshes the planner's statistics", warehouse.tables),
    ):
        statements = [f"{verb} {warehouse.schema}.{table.name};" for table in tables]
        head = f"-- {verb} {why}; one at a time, outside a transaction."
        files[f"maintenance/{verb.lower()}.sql"] = "\n".join([GENERATED, head, *statements, ""])
    return files


def _column_lines(table: Dimension | Fact) -> list[str]:
    return [f"{c.name} {_type(c)}{'' if c.nullable else ' NOT NULL'}" for c in table.columns]


def _type(column: Column) -> str:
    return str(column.redshift_type).replace(",", ", ").upper()


def _foreign_keys(warehouse: Warehouse, fact: Fact) -> Iterator[str]:
    for role in fact.roles:
        dimension = warehouse.dimension(role.dimension)
        yield f"FOREIGN KEY ({role.column}) REFERENCES {warehouse.schema}.{dimension.name} ({dimension.surrogate_key})"


def _dist_key(table: Dimension | Fact) -> bool:
    return table.storage.distribution not in ("all", "even")


def _attributes(table: Dimension | Fact) -> list[str]:
    distribution = table.storage.distribution
    style = ["DISTSTYLE KEY", f"DISTKEY ({distribution})"] if _dist_key(table) else [f"DISTSTYLE {distribution.upper()}"]
    attributes = [*style, *([f"SORTKEY ({_list(table.storage.sort_key)})"] if table.storage.sort_key else [])]
    return [*attributes[:-1], f"{attributes[-1]};"]


def _describe(table: Dimension | Fact) -> str:
    if isinstance(table, Fact):
        return f"{table.kind.replace('_', ' ')} fact, one row for each {', '.join(table.grain)}"
    return f"{table.kind} dimension, natural key {', '.join(table.replace_key)}"


def _list(columns: tuple[str, ...]) -> str:
    return ", ".join(column for column in columns)


def _body(lines: list[str]) -> str:
    return ",\n".join(f"    {line}" for line in lines)


def _wrapped(text: str) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= _WIDTH:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    yield line
