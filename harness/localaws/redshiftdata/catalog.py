"""What the warehouse holds: databases, schemas, tables and columns, for the Data API's listings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from localaws.redshiftdata.exceptions import NotFoundError, ValidationError

__all__ = ["describe_table", "list_databases", "list_schemas", "list_tables"]

_HIDDEN = "n.nspname NOT LIKE 'pg\\_t%%' AND n.nspname <> 'local_redshift'"
_KINDS = {"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "VIEW"}


def list_databases(connection: psycopg.Connection, asked: Mapping[str, Any]) -> list[str]:
    """Names of databases."""
    rows = connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1")
    return [row[0] for row in rows]


def list_schemas(connection: psycopg.Connection, asked: Mapping[str, Any]) -> list[str]:
    """Names of schemas that match SchemaPattern (with % and _)."""
    rows = connection.execute(
        f"SELECT nspname FROM pg_namespace n WHERE {_HIDDEN} AND nspname LIKE %s ORDER BY 1", [asked.get("SchemaPattern", "%")]
    )
    return [row[0] for row in rows]


def list_tables(connection: psycopg.Connection, asked: Mapping[str, Any]) -> list[dict[str, str]]:
    """Tables and views that match SchemaPattern and TablePattern."""
    rows = connection.execute(
        f"""SELECT c.relname, c.relkind::text, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm') AND {_HIDDEN} AND n.nspname LIKE %s AND c.relname LIKE %s ORDER BY 3, 1""",
        [asked.get("SchemaPattern", "%"), asked.get("TablePattern", "%")],
    )
    return [
        {"name": name, "type": "SYSTEM TABLE" if schema.startswith(("pg_", "information_")) else _KINDS[kind], "schema": schema}
        for name, kind, schema in rows
    ]


def describe_table(connection: psycopg.Connection, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The columns of one table.

    Raises:
        NotFoundError: there is no such table.
    """
    if not asked.get("Table"):
        raise ValidationError("Table is required.")
    schema = asked.get("Schema") or "public"
    rows = connection.execute(
        """SELECT a.attname, t.typname, a.attnotnull, a.atttypmod, coalesce(pg_get_expr(d.adbin, d.adrelid), '')
           FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
           WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum""",
        [schema, asked["Table"]],
    ).fetchall()
    if not rows:
        raise NotFoundError(f"Table {schema}.{asked['Table']} does not exist.", asked["Table"])
    return [_column(schema, asked["Table"], *row) for row in rows]


def _column(schema: str, table: str, name: str, kind: str, required: bool, modifier: int, default: str) -> dict[str, Any]:
    decimal, text = kind == "numeric", kind in ("varchar", "bpchar")
    found = {
        "name": name,
        "label": name,
        "schemaName": schema,
        "tableName": table,
        "typeName": kind,
        "nullable": 0 if required else 1,
        "precision": (modifier - 4) >> 16 if decimal else 0,
        "scale": (modifier - 4) & 2047 if decimal else 0,
        "length": modifier - 4 if text else 0,
        "isCaseSensitive": text,
        "isCurrency": False,
        "isSigned": kind in ("int2", "int4", "int8", "numeric", "float4", "float8"),
    }
    return {**found, "columnDefault": default} if default else found
