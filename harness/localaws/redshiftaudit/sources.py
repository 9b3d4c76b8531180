"""What there is to tell: connections from the files that sessions write, statements from the query history of every database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from localaws.engines.postgres import PostgresEngine
from localaws.engines.redshift import RedshiftEngine
from localaws.home import Home
from localaws.redshift.wire.connections import folder_of

__all__ = ["connections_since", "identity", "roles", "statements_since"]

_STATEMENTS = """SELECT q.query, coalesce(r.rolname, ''), q.userid, q.database, q.pid, q.xid, extract(epoch FROM q.starttime)::float8,
    extract(epoch FROM q.endtime)::float8, q.querytxt, q.state
  FROM local_redshift.queries q LEFT JOIN pg_roles r ON r.oid::integer = q.userid
  WHERE q.endtime > to_timestamp(%s) AT TIME ZONE 'UTC' ORDER BY q.endtime, q.query"""
_ROLES = "SELECT rolname, oid::integer, rolcreatedb, rolsuper, rolvaliduntil::text FROM pg_roles WHERE rolcanlogin"
_FIELDS = ("query", "user", "userid", "database", "pid", "xid", "started", "ended", "text", "state")


def connections_since(home: Path, place: tuple[str, int]) -> tuple[list[dict[str, Any]], tuple[str, int]]:
    """Events behind a place (file and offset), and the place behind them. A line that is being written is left for the next time."""
    found, (name, offset) = [], place
    for path in sorted(folder_of(RedshiftEngine(Home(home)).folder).glob("*.jsonl")):
        if path.name < name:
            continue
        with open(path, "rb") as file:
            file.seek(offset if path.name == name else 0)
            name, offset = path.name, file.tell()
            for line in file:
                if not line.endswith(b"\n"):
                    break
                offset += len(line)
                found.append(json.loads(line))
    return found, (name, offset)


def statements_since(home: Path, ended: float) -> list[dict[str, Any]]:
    """Statements that ended after a moment (seconds), of all databases, in the order of their end."""
    found = []
    for connection in _databases(home):
        if connection.execute("SELECT to_regclass('local_redshift.queries')").fetchone() != (None,):
            rows = connection.execute(_STATEMENTS, [ended]).fetchall()
            found += [dict(zip(_FIELDS, row, strict=True)) for row in rows]
    return sorted(found, key=lambda each: (each["ended"], each["query"]))


def identity(statement: Mapping[str, Any]) -> tuple[str, int]:
    """What a statement is known by: every database has a history, and numbers of its own."""
    return statement["database"], statement["query"]


def roles(home: Path) -> dict[str, dict[str, Any]]:
    """The users that there are, by name."""
    with psycopg.connect(**PostgresEngine(Home(home)).conninfo(), autocommit=True) as connection:
        rows = connection.execute(_ROLES).fetchall()
        return {row[0]: {"id": row[1], "createdb": row[2], "super": row[3], "until": row[4]} for row in rows}


def _databases(home: Path) -> Iterator[psycopg.Connection]:
    engine = PostgresEngine(Home(home))
    with psycopg.connect(**engine.conninfo(), autocommit=True) as connection:
        names = [row[0] for row in connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate AND datallowconn")]
    for name in names:
        with psycopg.connect(**engine.conninfo(name), autocommit=True) as connection:
            yield connection
