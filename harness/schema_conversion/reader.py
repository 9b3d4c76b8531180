"""Reads the schema of a live MySQL-compatible server into the model: what each database has, in a stable order.

MySQL and MariaDB differ in how information_schema words a column's default and where check constraints name their table; what
differs is in `read_tables`. A dump is read by loading it into a server of its own first (`scratch`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.cursors import DictCursor

from schema_conversion.exceptions import SourceReadError, UnknownDatabaseError
from schema_conversion.model import CodeObject, Database, Grant, Source, View
from schema_conversion.read_tables import read_tables

if TYPE_CHECKING:
    from pymysql.connections import Connection

__all__ = ["SYSTEM_DATABASES", "Rows", "databases_of", "read_source"]

SYSTEM_DATABASES = frozenset({"information_schema", "mysql", "performance_schema", "sys"})


class Rows:
    """Queries whose rows are dicts with lower-case keys and text for what the driver gives as bytes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        with self._connection.cursor(DictCursor) as cursor:
            cursor.execute(sql, values or None)
            return [{str(key).lower(): _text(value) for key, value in row.items()} for row in cursor.fetchall()]


def _text(value: Any) -> Any:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value


def databases_of(connection: Connection) -> list[str]:
    """The databases of a server that are not its own."""
    found = Rows(connection)("SELECT schema_name AS name FROM information_schema.schemata ORDER BY schema_name")
    return [row["name"] for row in found if row["name"].lower() not in SYSTEM_DATABASES]


def read_source(connection: Connection, databases: Sequence[str], *, origin: str, scan: bool = True, exclude: Iterable[str] = ()) -> Source:
    """The schemas of `databases`. scan: also read the rows once, for lengths and zero dates. exclude: tables, as `database.table`.

    Raises:
        UnknownDatabaseError: the server has no database of that name.
        SourceReadError: the server went away, or does not let the user read.
    """
    rows = Rows(connection)
    try:
        present = databases_of(connection)
        missing = set(databases) - set(present)
        if missing:
            raise UnknownDatabaseError(missing, present)
        about = rows("SELECT version() AS version, @@sql_mode AS mode")[0]
        is_mariadb = "mariadb" in about["version"].lower()
        left_out = frozenset(name.lower() for name in exclude)
        found = tuple(_database(rows, name, scan, left_out, is_mariadb) for name in databases)
    except pymysql.MySQLError as error:
        raise SourceReadError(origin, str(error.args[-1] if error.args else error)) from error
    return Source(origin, about["version"], about["mode"], found, scan)


def _database(rows: Rows, name: str, scan: bool, exclude: frozenset[str], is_mariadb: bool) -> Database:
    about = rows(
        "SELECT default_character_set_name AS charset, default_collation_name AS collation "
        "FROM information_schema.schemata WHERE schema_name = %s",
        name,
    )[0]
    tables = read_tables(rows, name, scan=scan, exclude=exclude, is_mariadb=is_mariadb)
    return Database(name, about["charset"], about["collation"], tables, _views(rows, name), _code(rows, name), _grants(rows, name))


def _views(rows: Rows, schema: str) -> tuple[View, ...]:
    found = rows(
        "SELECT table_name AS name, view_definition AS definition, security_type AS security, check_option AS checked "
        "FROM information_schema.views WHERE table_schema = %s",
        schema,
    )
    return tuple(_view(rows, schema, view) for view in sorted(found, key=lambda view: str(view["name"])))


def _view(rows: Rows, schema: str, view: dict[str, Any]) -> View:
    """Its columns are asked for by using it: a view over what was dropped is in the catalog, and its error says why it is broken."""
    columns: tuple[str, ...] = ()
    problem, definition = "", view["definition"] or ""
    try:
        described = rows(f"SHOW COLUMNS FROM {_quoted(schema)}.{_quoted(view['name'])}")
        columns = tuple(column["field"] for column in described)
    except pymysql.MySQLError as error:
        problem = str(error.args[-1])
    if not definition and not problem:
        problem = "its definition is not shown to this user: grant SHOW VIEW"
    return View(schema, view["name"], definition, columns, view["security"], view["checked"], problem)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


_CODE = (
    """SELECT routine_name AS name, routine_type AS category, routine_definition AS definition,
       CONCAT(COALESCE(CONCAT('returns ', NULLIF(dtd_identifier, ''), ', '), ''), 'security ', LOWER(security_type)) AS about
       FROM information_schema.routines WHERE routine_schema = %s""",
    """SELECT trigger_name AS name, 'TRIGGER' AS category, action_statement AS definition,
       CONCAT(LOWER(action_timing), ' ', LOWER(event_manipulation), ' on ', event_object_table) AS about
       FROM information_schema.triggers WHERE trigger_schema = %s""",
    """SELECT event_name AS name, 'EVENT' AS category, event_definition AS definition,
       CONCAT(LOWER(COALESCE(CONCAT('every ', interval_value, ' ', interval_field),
       CONCAT('at ', execute_at))), ', ', LOWER(status)) AS about
       FROM information_schema.events WHERE event_schema = %s""",
)


def _code(rows: Rows, schema: str) -> tuple[CodeObject, ...]:
    return tuple(
        CodeObject(schema, row["name"], row["category"].upper(), row["definition"] or "", row["about"] or "")
        for query in _CODE
        for row in sorted(rows(query, schema), key=lambda row: (str(row["category"]), str(row["name"])))
    )


def _grants(rows: Rows, schema: str) -> tuple[Grant, ...]:
    """By account and table; grants on single columns are told as `SELECT (column)`. Patterns in a database's name are unescaped."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows(
        "SELECT grantee, '' AS name, privilege_type AS privilege FROM information_schema.schema_privileges "
        r"WHERE REPLACE(table_schema, '\\_', '_') = %s "
        "UNION ALL SELECT grantee, table_name, privilege_type FROM information_schema.table_privileges WHERE table_schema = %s "
        "UNION ALL SELECT grantee, table_name, CONCAT(privilege_type, ' (', column_name, ')') "
        "FROM information_schema.column_privileges WHERE table_schema = %s ORDER BY 1, 2, 3",
        schema,
        schema,
        schema,
    ):
        found[row["grantee"], row["name"]].append(row["privilege"])
    return tuple(Grant(grantee, schema, table, tuple(privileges)) for (grantee, table), privileges in found.items())
