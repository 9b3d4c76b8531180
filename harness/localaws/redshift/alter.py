"""ALTER TABLE: what PostgreSQL changes, and what was declared and is declared anew (Redshift guide, "ALTER TABLE")."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from localaws.redshift.ddl import add_column, qualified
from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, Token, plain_text, quote_literal, significant
from localaws.redshift.types import read_type

__all__ = ["alter_table"]

_PLAIN = ("RENAME", "OWNER", "DROP", "SET")


def alter_table(tokens: Sequence[Token]) -> tuple[str, ...]:
    """PostgreSQL's statements for ALTER TABLE."""
    cursor = Cursor(significant(tokens))
    cursor.expect("ALTER", "TABLE")
    table = cursor.qualified()
    if cursor.peek() == "ADD" and (cursor.peek(1) in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN")):
        return _declared(table, _constraint(cursor))
    if cursor.accept("ADD", "COLUMN") or cursor.accept("ADD"):
        return add_column(cursor, table)
    if cursor.peek() == "ALTER" and cursor.peek(1) in ("DISTKEY", "DISTSTYLE", "SORTKEY", "COMPOUND", "INTERLEAVED", "ENCODE"):
        cursor.take()
        return _declared(table, _keys(cursor))
    if cursor.accept("ALTER", "COLUMN") or cursor.accept("ALTER"):
        return _column(cursor, table)
    if cursor.peek() in _PLAIN:
        return (plain_text(tokens),)
    raise NotSupportedHereError(f"ALTER TABLE … {cursor.peek()}")


def _declared(table: Sequence[str], change: dict[str, Any]) -> tuple[str, ...]:
    """Resetting what is not set changes nothing, and only an owner may."""
    changed = (
        f"SELECT local_redshift.alter_declaration({quote_literal(qualified(table))}::regclass, {quote_literal(json.dumps(change))}::jsonb)"
    )
    return (f"ALTER TABLE {qualified(table)} RESET (fillfactor)", changed)


def _keys(cursor: Cursor) -> dict[str, Any]:
    """DISTKEY, DISTSTYLE, SORTKEY and ENCODE AUTO."""
    if cursor.accept("ENCODE", "AUTO"):
        change: dict[str, Any] = {"encodings": {}}
    elif cursor.accept("DISTKEY"):
        change = {"diststyle": "KEY", "distkey": cursor.identifier()}
    elif cursor.accept("DISTSTYLE"):
        style = cursor.take().key
        if style not in ("ALL", "EVEN", "AUTO", "KEY"):
            raise StatementSyntaxError(f'invalid DISTSTYLE "{style}": AUTO, EVEN, KEY or ALL')
        if style == "KEY":
            cursor.expect("DISTKEY")
        change = {"diststyle": style, "distkey": cursor.identifier() if style == "KEY" else ""}
    elif cursor.accept("INTERLEAVED"):
        raise RefusedByRedshiftError("ALTER TABLE cannot change a table to an interleaved sort key")
    else:
        cursor.accept("COMPOUND")
        cursor.expect("SORTKEY")
        if cursor.accept("AUTO"):
            change = {"sortstyle": "AUTO", "sortkey": []}
        elif cursor.accept("NONE"):
            change = {"sortstyle": "", "sortkey": []}
        else:
            change = {"sortstyle": "COMPOUND", "sortkey": list(cursor.names())}
    cursor.end(" in ALTER TABLE")
    return change


def _constraint(cursor: Cursor) -> dict[str, Any]:
    """Informational, as those of CREATE TABLE."""
    cursor.expect("ADD")
    if cursor.accept("CONSTRAINT"):
        cursor.identifier()
    change: dict[str, Any]
    if cursor.accept("PRIMARY", "KEY"):
        change = {"primary_key": list(cursor.names())}
    elif cursor.accept("UNIQUE"):
        change = {"unique": [list(cursor.names())]}
    else:
        cursor.expect("FOREIGN", "KEY")
        columns = list(cursor.names())
        cursor.expect("REFERENCES")
        other = ".".join(cursor.qualified())
        referenced = list(cursor.names()) if cursor.peek() == "(" else []
        change = {"foreign_keys": [{"columns": columns, "table": other, "references": referenced}]}
    cursor.end(" in ALTER TABLE")
    return change


def _column(cursor: Cursor, table: Sequence[str]) -> tuple[str, ...]:
    """ALTER COLUMN: the length of a VARCHAR, or encodings of one or several."""
    name = cursor.identifier()
    if cursor.accept("TYPE"):
        kind = read_type(cursor, name)
        cursor.end(" in ALTER TABLE")
        if not kind.postgres.startswith("varchar"):
            raise RefusedByRedshiftError(f'ALTER COLUMN TYPE is for VARCHAR columns only: cannot alter type of column "{name}"')
        resized = f"SELECT local_redshift.resize_column({quote_literal(qualified(table))}::regclass, {quote_literal(name)}, {kind.bytes})"
        return (f"ALTER TABLE {qualified(table)} RESET (fillfactor)", resized)
    encodings = {}
    while True:
        cursor.expect("ENCODE")
        encodings[name] = cursor.identifier()
        if cursor.done:
            return _declared(table, {"encodings": encodings})
        cursor.expect(",", "ALTER")
        cursor.accept("COLUMN")
        name = cursor.identifier()
