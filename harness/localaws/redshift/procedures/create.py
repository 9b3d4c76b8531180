"""CREATE PROCEDURE, DROP PROCEDURE and CALL as statements (Redshift guide, "CREATE PROCEDURE", "CALL").

A procedure is one of PostgreSQL's catalog, in a language of ours that nothing but `call` runs: so that grants, schemas and DROP mean
what they mean. What it was declared with (arguments with their lengths, NONATOMIC, its text) is a description of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from localaws.redshift.exceptions import NotSupportedHereError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, Token, quote_identifier, quote_literal, significant, unquote
from localaws.redshift.procedures.declare import type_spelling
from localaws.redshift.procedures.parse import parse_body
from localaws.redshift.types import read_type

__all__ = ["Argument", "CallCommand", "create_procedure", "drop_procedure", "parse_call"]

LANGUAGE = "local_redshift_plpgsql"
_MODES = ("IN", "OUT", "INOUT")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument; `type` as it is written, `postgres` as the database has it."""

    name: str
    mode: str
    type: str
    postgres: str


@dataclass(frozen=True, slots=True)
class CallCommand:
    """CALL: the procedure's name and the text of each argument."""

    name: tuple[str, ...]
    arguments: tuple[str, ...]


def _name(parts: Sequence[str]) -> str:
    return ".".join(map(quote_identifier, parts))


def create_procedure(sql: str, tokens: Sequence[Token]) -> tuple[str, ...]:
    """The statements that keep a procedure whose body can be parsed."""
    cursor = Cursor(significant(tokens))
    cursor.expect("CREATE")
    replaced = cursor.accept("OR", "REPLACE")
    cursor.expect("PROCEDURE")
    name = _name(cursor.qualified())
    arguments = _arguments(sql, Cursor(cursor.group()))
    nonatomic, definer, body, language = cursor.accept("NONATOMIC"), False, None, ""
    while not cursor.done:
        if cursor.accept("AS"):
            body = unquote(cursor.take())
        elif cursor.accept("LANGUAGE"):
            token = cursor.take()
            language = (unquote(token) if token.kind == "string" else token.text).lower()
        elif cursor.accept("SECURITY", "DEFINER"):
            definer = True
        elif cursor.accept("SET"):
            raise NotSupportedHereError("CREATE PROCEDURE … SET", "Set it in the procedure's body.")
        elif not cursor.accept("SECURITY", "INVOKER"):
            raise StatementSyntaxError(f'syntax error at or near "{cursor.take().text}" in CREATE PROCEDURE')
    if language != "plpgsql":
        raise StatementSyntaxError(f'language "{language}" does not exist: the language of a procedure is plpgsql')
    if body is None:
        raise StatementSyntaxError("no procedure body specified")
    parse_body(body)
    listed = ", ".join(f"{one.mode} {quote_identifier(one.name) if one.name else ''} {one.postgres}" for one in arguments)
    opening = f"CREATE {'OR REPLACE ' if replaced else ''}PROCEDURE {name}({listed}) LANGUAGE {LANGUAGE}"
    declared = {"arguments": [[one.name, one.mode, one.type] for one in arguments], "nonatomic": nonatomic, "text": sql}
    signature = f"{name}({', '.join(one.postgres for one in arguments if one.mode != 'OUT')})"
    keep = f"SELECT local_redshift.keep_procedure({quote_literal(signature)}::regprocedure, {quote_literal(json.dumps(declared))}::jsonb)"
    return (f"{opening}{' SECURITY DEFINER' if definer else ''} AS {quote_literal(body)}", keep)


def _arguments(sql: str, cursor: Cursor) -> list[Argument]:
    """`[name] [mode] type` as Redshift writes them, `mode name type` too."""
    found: list[Argument] = []
    while not cursor.done:
        found.append(_argument(sql, cursor, len(found) + 1))
        if not cursor.done:
            cursor.expect(",")
    return found


def _argument(sql: str, cursor: Cursor, number: int) -> Argument:
    mode = next((mode for mode in _MODES if cursor.accept(mode)), "")
    name = ""
    if cursor.tokens[cursor.at].kind == "quoted" or (cursor.peek(1) not in ("", ",", "(") and not _is_long_type(cursor)):
        name = cursor.identifier()
    mode = mode or next((mode for mode in _MODES if cursor.accept(mode)), "IN")
    start = cursor.at
    spelled = type_spelling(sql, cursor, name or f"${number}")
    kind = "refcursor" if spelled.lower() == "refcursor" else read_type(Cursor(cursor.tokens[start : cursor.at]), name).postgres
    return Argument(name, mode, spelled, kind.partition("(")[0])


def _is_long_type(cursor: Cursor) -> bool:
    """A type of several words without a name before it."""
    pair = (cursor.peek(), cursor.peek(1))
    return pair in (("DOUBLE", "PRECISION"), ("CHARACTER", "VARYING")) or (
        pair[0] in ("TIME", "TIMESTAMP") and pair[1] in ("WITH", "WITHOUT")
    )


def drop_procedure(sql: str, tokens: Sequence[Token]) -> tuple[str, ...]:
    """DROP PROCEDURE name [(arguments)]."""
    cursor = Cursor(significant(tokens))
    cursor.expect("DROP", "PROCEDURE")
    unless = "IF EXISTS " if cursor.accept("IF", "EXISTS") else ""
    name = _name(cursor.qualified())
    listed = ""
    if cursor.peek() == "(":
        arguments = _arguments(sql, Cursor(cursor.group()))
        listed = f"({', '.join(one.postgres for one in arguments if one.mode != 'OUT')})"
    if not cursor.accept("CASCADE"):
        cursor.accept("RESTRICT")
    cursor.end()
    return (f"DROP PROCEDURE {unless}{name}{listed}",)


def parse_call(sql: str, tokens: Sequence[Token]) -> CallCommand:
    """CALL name(arguments)."""
    cursor = Cursor(significant(tokens))
    cursor.expect("CALL")
    name = cursor.qualified()
    parts: list[list[Token]] = [[]]
    depth, base = 0, tokens[0].start
    inside = cursor.group()
    cursor.end()
    for token in inside:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    if inside and not all(parts):
        raise StatementSyntaxError('syntax error at or near ","')
    return CallCommand(name, tuple(sql[part[0].start - base : part[-1].end - base] for part in parts if part))
