"""Declarations: the variables, records and cursors of a block (Redshift guide, "Structure of PL/pgSQL", "Variable declaration")."""

from __future__ import annotations

from localaws.redshift.exceptions import StatementSyntaxError
from localaws.redshift.lexer import Cursor
from localaws.redshift.procedures.text import text_until
from localaws.redshift.procedures.tree import Declaration
from localaws.redshift.types import read_type

__all__ = ["read_declarations", "type_spelling"]


def read_declarations(body: str, cursor: Cursor) -> list[Declaration]:
    """The declarations up to BEGIN or another DECLARE."""
    found = []
    while cursor.peek() not in ("BEGIN", "DECLARE"):
        found.append(_declaration(body, cursor))
    return found


def _declaration(body: str, cursor: Cursor) -> Declaration:
    name = cursor.identifier()
    if cursor.accept("ALIAS", "FOR"):
        alias = "$" + cursor.take().text if cursor.accept("$") else cursor.identifier()
        cursor.expect(";")
        return Declaration(name, "alias", alias=alias)
    constant = cursor.accept("CONSTANT")
    if cursor.accept("RECORD"):
        cursor.expect(";")
        return Declaration(name, "record")
    if cursor.accept("CURSOR"):
        arguments = _cursor_arguments(cursor) if cursor.peek() == "(" else ()
        if not cursor.accept("FOR"):
            cursor.expect("IS")
        return Declaration(name, "cursor", query=text_until(body, cursor, (";",)), arguments=arguments)
    if cursor.accept("REFCURSOR"):
        cursor.expect(";")
        return Declaration(name, "cursor")
    like, kind, spelled = _like(cursor)
    if not like:
        spelled = type_spelling(body, cursor, name)
    required = cursor.accept("NOT", "NULL")
    default = None
    if cursor.accept("DEFAULT") or cursor.accept(":=") or cursor.accept("="):
        default = text_until(body, cursor, (";",))
    else:
        cursor.expect(";")
    if required and default is None:
        raise StatementSyntaxError(f'variable "{name}" must have a default value, since it\'s declared NOT NULL')
    return Declaration(name, kind, spelled, like, default, constant, required)


def _cursor_arguments(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    inside = Cursor(cursor.group())
    found = []
    while not inside.done:
        name = inside.identifier()
        found.append((name, read_type(inside, name).postgres))
        if not inside.done:
            inside.expect(",")
    return tuple(found)


def _like(cursor: Cursor) -> tuple[tuple[str, ...], str, str]:
    """table.column%TYPE, variable%TYPE, table%ROWTYPE; no name where it is an ordinary type."""
    ahead = 0
    while cursor.peek(ahead + 1) == ".":
        ahead += 2
    if cursor.peek(ahead + 1) != "%":
        return (), "scalar", ""
    name = cursor.qualified()
    cursor.expect("%")
    if cursor.accept("ROWTYPE"):
        return name, "record", ""
    cursor.expect("TYPE")
    return name, "scalar", ""


def type_spelling(body: str, cursor: Cursor, name: str) -> str:
    """A type as it is written, once it is known to be one of Redshift's."""
    start = cursor.tokens[cursor.at].start if not cursor.done else 0
    if cursor.accept("REFCURSOR"):
        return "refcursor"
    read_type(cursor, name)
    return body[start : cursor.tokens[cursor.at - 1].end]
