"""Reads tables from information_schema: columns, indexes, foreign keys, checks, partitions, and the engine's statistics."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from schema_conversion.model import Check, Column, ForeignKey, Index, IndexPart, Partitioning, Table
from schema_conversion.scan import scanned

__all__ = ["read_tables"]

Query = Callable[..., list[dict[str, Any]]]

_KINDS = ("BASE TABLE", "SYSTEM VERSIONED", "SEQUENCE")
_ON_UPDATE = re.compile(r"on update (\w+(?:\(\d*\))?)", re.IGNORECASE)
_JSON_CHECK = re.compile(r"^json_valid\(`(?P<column>(?:[^`]|``)+)`\)$", re.IGNORECASE)


def read_tables(rows: Query, schema: str, *, scan: bool, exclude: frozenset[str], is_mariadb: bool) -> tuple[Table, ...]:
    """Every table of a database, by name. `rows` runs a query and gives dicts; `exclude` has `database.table` in lower case."""
    parts = {
        "columns": _by_table(rows(_COLUMNS, schema)),
        "indexes": _by_table(rows(_INDEXES, schema)),
        "keys": _by_table(rows(_FOREIGN_KEYS, schema)),
        "checks": _by_table(rows(_CHECKS_MARIADB if is_mariadb else _CHECKS_MYSQL, schema) if rows(_HAS_CHECKS) else []),
        "partitions": _by_table(rows(_PARTITIONS, schema)),
    }
    tables = []
    for row in sorted(rows(_TABLES, schema), key=lambda row: str(row["name"])):  # the server's order takes `Order` for `order`
        if row["kind"] not in _KINDS or f"{schema}.{row['name']}".lower() in exclude:
            continue
        table = _table(schema, row, {kind: found.get(row["name"], []) for kind, found in parts.items()}, is_mariadb)
        tables.append(scanned(rows, table) if scan and table.kind != "SEQUENCE" else table)
    return tuple(tables)


_TABLES = """SELECT table_name AS name, table_type AS kind, engine, table_collation AS collation, table_comment AS comment,
  table_rows AS estimate, data_length AS size, auto_increment AS next_number
  FROM information_schema.tables WHERE table_schema = %s"""
_COLUMNS = """SELECT table_name AS in_table, column_name AS name, column_default AS default_value, is_nullable AS nullable,
  data_type, column_type,
  character_maximum_length AS length, numeric_precision AS `precision`, numeric_scale AS scale, datetime_precision AS fraction,
  character_set_name AS charset, collation_name AS collation, extra, column_comment AS comment, generation_expression AS expression
  FROM information_schema.columns WHERE table_schema = %s ORDER BY table_name, ordinal_position"""
_INDEXES = """SELECT table_name AS in_table, index_name AS name, non_unique,
  column_name AS part, sub_part AS prefix, cardinality, index_type AS kind
  FROM information_schema.statistics WHERE table_schema = %s ORDER BY table_name, index_name, seq_in_index"""
_FOREIGN_KEYS = """SELECT k.table_name AS in_table, k.constraint_name AS name, k.column_name AS part,
  k.referenced_table_schema AS other_schema,
  k.referenced_table_name AS other, k.referenced_column_name AS other_part, r.update_rule AS on_update, r.delete_rule AS on_delete
  FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
  ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
  WHERE k.table_schema = %s AND k.referenced_table_name IS NOT NULL ORDER BY k.table_name, k.constraint_name, k.ordinal_position"""
_HAS_CHECKS = """SELECT 1 AS found FROM information_schema.tables
  WHERE table_schema = 'information_schema' AND table_name = 'CHECK_CONSTRAINTS'"""  # not before MySQL 8.0.16, nor were checks
_CHECKS_MARIADB = """SELECT table_name AS in_table, constraint_name AS name, check_clause AS clause
  FROM information_schema.check_constraints WHERE constraint_schema = %s ORDER BY table_name, constraint_name"""
_CHECKS_MYSQL = """SELECT t.table_name AS in_table, c.constraint_name AS name, c.check_clause AS clause
  FROM information_schema.check_constraints c JOIN information_schema.table_constraints t
  ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
  WHERE c.constraint_schema = %s ORDER BY t.table_name, c.constraint_name"""
_PARTITIONS = """SELECT table_name AS in_table, partition_method AS method, partition_expression AS expression,
  subpartition_method AS submethod, subpartition_expression AS subexpression
  FROM information_schema.partitions WHERE table_schema = %s AND partition_name IS NOT NULL
  ORDER BY table_name, partition_ordinal_position"""


def _by_table(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["in_table"]].append(row)
    return found


def _table(schema: str, row: dict[str, Any], parts: dict[str, list[dict[str, Any]]], is_mariadb: bool) -> Table:
    checks = [Check(check["name"], check["clause"]) for check in parts["checks"]]
    json_columns = {found["column"] for check in checks if (found := _JSON_CHECK.match(check.clause))}
    return Table(
        schema,
        row["name"],
        tuple(_column(column, is_mariadb, json_columns) for column in parts["columns"]),
        kind=row["kind"],
        engine=row["engine"] or "",
        collation=row["collation"] or "",
        comment=row["comment"] or "",
        rows=int(row["estimate"] or 0),
        size=int(row["size"] or 0),
        next_auto_increment=row["next_number"],
        indexes=_indexes(parts["indexes"]),
        foreign_keys=_foreign_keys(parts["keys"]),
        checks=tuple(check for check in checks if not _JSON_CHECK.match(check.clause)),
        partitioning=_partitioning(parts["partitions"]),
    )


def _column(row: dict[str, Any], is_mariadb: bool, json_columns: set[str]) -> Column:
    extra = (row["extra"] or "").lower()
    on_update = _ON_UPDATE.search(row["extra"] or "")
    generated = "VIRTUAL" if "virtual generated" in extra else "STORED" if "stored generated" in extra else ""
    column = Column(
        row["name"],
        row["data_type"].lower(),
        row["column_type"],
        nullable=row["nullable"] == "YES",
        length=row["length"],
        precision=row["precision"],
        scale=row["scale"],
        fraction=row["fraction"],
        charset=row["charset"] or "",
        collation=row["collation"] or "",
        on_update=on_update[1] if on_update else None,
        auto_increment="auto_increment" in extra,
        generated=generated,
        expression=row["expression"] or "",
        is_json=row["data_type"].lower() == "json" or row["name"] in json_columns,
        comment=row["comment"] or "",
    )
    return replace(column, default=None if generated else _default(row["default_value"], extra, column, is_mariadb))


def _default(value: str | None, extra: str, column: Column, is_mariadb: bool) -> str | None:
    """As an expression: MariaDB gives that (and the word NULL), MySQL the bare value, unless it says that it is an expression."""
    if value is None or (is_mariadb and value == "NULL"):
        return None
    if is_mariadb or "default_generated" in extra or value.upper().startswith("CURRENT_TIMESTAMP") or value.startswith("b'"):
        return value
    if column.precision is not None and column.data_type != "bit":
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _indexes(rows: list[dict[str, Any]]) -> tuple[Index, ...]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["name"]].append(row)
    return tuple(
        Index(
            name,
            tuple(IndexPart(part["part"] or "", part["prefix"], part["cardinality"]) for part in parts),
            unique=not int(parts[0]["non_unique"]),
            kind=parts[0]["kind"],
        )
        for name, parts in found.items()
    )


def _foreign_keys(rows: list[dict[str, Any]]) -> tuple[ForeignKey, ...]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["name"]].append(row)
    return tuple(
        ForeignKey(
            name,
            tuple(part["part"] for part in parts),
            parts[0]["other_schema"],
            parts[0]["other"],
            tuple(part["other_part"] for part in parts),
            parts[0]["on_update"],
            parts[0]["on_delete"],
        )
        for name, parts in found.items()
    )


def _partitioning(rows: list[dict[str, Any]]) -> Partitioning | None:
    if not rows:
        return None
    first = rows[0]
    method, expression = first["method"], first["expression"] or ""
    if first["submethod"]:
        method, expression = f"{method}, then {first['submethod']}", f"{expression}, then {first['subexpression']}"
    return Partitioning(method, expression, len(rows))
