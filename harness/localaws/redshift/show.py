"""SHOW of what the catalog holds, as a query on its views (Redshift guide, "SHOW TABLES" and its like)."""

from __future__ import annotations

from collections.abc import Callable

from localaws.redshift.exceptions import NotSupportedHereError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, quote_literal, unquote
from localaws.redshift.settings import REDSHIFT_SETTINGS
from localaws.redshift.types import read_type

__all__ = ["show_query"]

_DATABASES = """SELECT database_name, database_owner, database_type, database_acl, NULL::varchar AS parameters, database_isolation_level
  FROM pg_catalog.svv_redshift_databases"""
_DATASHARES = """SELECT share_name, share_owner, source_database, consumer_database, share_type, createdate, is_publicaccessible, share_acl,
  producer_account, producer_namespace FROM pg_catalog.svv_datashares"""
_SCHEMAS = """SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, source_database, schema_option
  FROM pg_catalog.svv_all_schemas"""
_TABLES = """SELECT current_database()::varchar AS database_name, nspname::varchar AS schema_name, relname::varchar AS table_name,
  CASE WHEN relkind IN ('v', 'm') THEN 'VIEW' ELSE 'TABLE' END::varchar AS table_type, acl AS table_acl, remarks, owner::varchar AS owner,
  NULL::timestamp AS last_altered_time, NULL::timestamp AS last_modified_time, NULL::varchar AS dist_style,
  CASE relkind WHEN 'v' THEN 'REGULAR VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'REGULAR TABLE' END::varchar AS table_subtype
  FROM local_redshift.relations WHERE nspname = {schema}"""
_COLUMNS = """SELECT current_database()::varchar AS database_name, nspname::varchar AS schema_name, relname::varchar AS table_name,
  attname::varchar AS column_name, attnum::integer AS ordinal_position, column_default,
  CASE WHEN nullable THEN 'YES' ELSE 'NO' END::varchar AS is_nullable,
  plain_kind AS data_type, length AS character_maximum_length, precision AS numeric_precision, scale AS numeric_scale,
  column_remarks AS remarks,
  NULL::varchar AS sort_key_type, attsortkeyord AS sort_key, CASE WHEN attisdistkey THEN 1 ELSE 0 END AS dist_key,
  format_encoding(attencodingtype)::varchar AS encoding, NULL::varchar AS collation
  FROM local_redshift.columns WHERE nspname = {schema} AND relname = {name}"""
_PROCEDURES = """SELECT current_database()::varchar AS database_name, n.nspname::varchar AS schema_name, p.proname::varchar AS {what}_name,
  p.pronargs::integer AS number_of_arguments, pg_get_function_identity_arguments(p.oid)::varchar AS argument_list,
  CASE WHEN p.prokind = 'p' THEN NULL ELSE format_type(p.prorettype, NULL) END::varchar AS return_type, obj_description(p.oid,
  'pg_proc')::varchar AS remarks
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = {schema} AND p.prokind = '{kind}'"""
_GRANTS = """SELECT * FROM local_redshift.grants WHERE {filter}"""


def show_query(cursor: Cursor) -> str:
    """PostgreSQL's text of what follows SHOW."""
    word = cursor.take().key
    if word in _LISTINGS:
        return _LISTINGS[word](cursor)
    name = word.lower()
    if name == "time" and cursor.accept("ZONE"):
        name = "timezone"
    elif name == "transaction" and cursor.accept("ISOLATION", "LEVEL"):
        name = "transaction_isolation"
    cursor.end(" in SHOW")
    return f"SHOW {'local_redshift.' if name in REDSHIFT_SETTINGS else ''}{name}"


def _filtered(cursor: Cursor, query: str, column: str, order: str) -> str:
    """LIKE and LIMIT, which all of them have."""
    query = f"SELECT * FROM ({query}) AS shown"
    if cursor.accept("LIKE"):
        query += f" WHERE {column} LIKE {quote_literal(unquote(cursor.take()))}"
    query += f" ORDER BY {order}"
    if cursor.accept("LIMIT"):
        query += f" LIMIT {cursor.number()}"
    cursor.end(" in SHOW")
    return query


def _databases(cursor: Cursor) -> str:
    return _filtered(cursor, _DATABASES, "database_name", "1")


def _datashares(cursor: Cursor) -> str:
    return _filtered(cursor, _DATASHARES, "share_name", "1")


def _schemas(cursor: Cursor) -> str:
    cursor.expect("FROM", "DATABASE")
    cursor.identifier()
    return _filtered(cursor, _SCHEMAS, "schema_name", "2")


def _tables(cursor: Cursor) -> str:
    cursor.expect("FROM", "SCHEMA")
    schema = cursor.qualified()[-1]
    return _filtered(cursor, _TABLES.format(schema=quote_literal(schema)), "table_name", "3")


def _of_table(query: str, column: str, order: str) -> Callable[[Cursor], str]:
    def listing(cursor: Cursor) -> str:
        if not cursor.accept("FROM", "TABLE"):
            raise NotSupportedHereError("This form of SHOW", "SHOW COLUMNS FROM TABLE is.")
        parts = cursor.qualified()
        schema = quote_literal(parts[-2]) if len(parts) > 1 else "current_schema()"
        return _filtered(cursor, query.format(schema=schema, name=quote_literal(parts[-1])), column, order)

    return listing


def _routines(what: str, kind: str) -> Callable[[Cursor], str]:
    def listing(cursor: Cursor) -> str:
        cursor.expect("FROM", "SCHEMA")
        schema = quote_literal(cursor.qualified()[-1])
        return _filtered(cursor, _PROCEDURES.format(schema=schema, what=what, kind=kind), f"{what}_name", "3")

    return listing


def _procedure(cursor: Cursor) -> str:
    name = ".".join('"' + part.replace('"', '""') + '"' for part in cursor.qualified())
    at = f"to_regproc({quote_literal(name)})"
    if not cursor.done:
        kinds = []
        inside = Cursor(cursor.group())
        while not inside.done:
            kinds.append(read_type(inside, name).postgres.partition("(")[0])
            if not inside.done:
                inside.expect(",")
        signature = f"{name}({', '.join(kinds)})"
        at = f"to_regprocedure({quote_literal(signature)})"
    cursor.end(" in SHOW")
    return f"""SELECT (description::jsonb ->> 'text')::varchar AS "Show Stored Procedure Definition" FROM pg_catalog.pg_description
  WHERE objoid = {at} AND classoid = 'local_redshift.declaration'::regclass"""


def _grants(cursor: Cursor) -> str:
    """ON a table, a schema or a database; FOR a user, a role or PUBLIC."""
    if cursor.accept("ON"):
        kind = next((kind for kind in ("SCHEMA", "DATABASE", "TABLE") if cursor.accept(kind)), "")
        if not kind and cursor.peek(1) not in ("", ".", "FOR", "LIMIT"):
            raise NotSupportedHereError(f"SHOW GRANTS ON {cursor.peek()}", "ON TABLE, SCHEMA and DATABASE are.")
        parts = cursor.qualified()
        filters = [f"object_name = {quote_literal(parts[-1])}", f"object_type = '{kind or 'TABLE'}'"]
        if (kind or "TABLE") == "TABLE":
            filters.append(f"schema_name = {quote_literal(parts[-2]) if len(parts) > 1 else 'current_schema()'}")
    else:
        filters = []
    if cursor.accept("FOR"):
        kinds = {"ROLE": "role", "PUBLIC": "public"}
        kind = next((kinds[word] for word in kinds if cursor.peek() == word), "user")
        if kind == "role":
            cursor.take()
        filters.append(f"identity_type = '{kind}' AND identity_name = {quote_literal(cursor.identifier())}")
    if not filters:
        raise StatementSyntaxError("SHOW GRANTS needs ON an object or FOR somebody")
    return _filtered(cursor, _GRANTS.format(filter=" AND ".join(filters)), "object_name", "identity_name, object_name, privilege_type")


def _table(cursor: Cursor) -> str:
    name = ".".join('"' + part.replace('"', '""') + '"' for part in cursor.qualified()[-2:])
    cursor.end(" in SHOW")
    return f'SELECT local_redshift.table_ddl({quote_literal(name)}::regclass) AS "Show Table DDL statement"'


def _view(cursor: Cursor) -> str:
    name = ".".join('"' + part.replace('"', '""') + '"' for part in cursor.qualified())
    cursor.end(" in SHOW")
    at = f"{quote_literal(name)}::regclass"
    late = f"SELECT declared ->> 'written' FROM local_redshift.late_views() WHERE view = {at}"
    return f'SELECT coalesce(({late}), pg_get_viewdef({at}))::varchar AS "Show View DDL statement"'


_LISTINGS: dict[str, Callable[[Cursor], str]] = {
    "DATABASES": _databases,
    "DATASHARES": _datashares,
    "SCHEMAS": _schemas,
    "TABLES": _tables,
    "COLUMNS": _of_table(_COLUMNS, "column_name", "ordinal_position"),
    "GRANTS": _grants,
    "TABLE": _table,
    "PROCEDURES": _routines("procedure", "p"),
    "FUNCTIONS": _routines("function", "f"),
    "VIEW": _view,
    "PROCEDURE": _procedure,
}
