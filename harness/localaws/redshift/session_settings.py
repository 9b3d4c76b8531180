"""SET, RESET and SHOW, and SET SESSION AUTHORIZATION (Redshift guide, the pages of these names)."""

from __future__ import annotations

from collections.abc import Sequence

from localaws.redshift.exceptions import NotSupportedHereError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, Token, plain_text, quote_identifier, significant, unquote
from localaws.redshift.settings import check_setting, postgres_setting
from localaws.redshift.show import show_query
from localaws.redshift.sql.scope import Catalog
from localaws.redshift.translation import Translation

__all__ = ["reset", "set_setting", "setting_value", "show"]


def set_setting(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    if cursor.accept("SESSION", "CHARACTERISTICS") or cursor.accept("TRANSACTION"):
        return Translation("set", (plain_text(tokens),))
    scope = "LOCAL " if cursor.accept("LOCAL") else ""
    cursor.accept("SESSION")
    if cursor.accept("AUTHORIZATION"):
        return _authorization(cursor)
    name = cursor.identifier()
    if name == "time" and cursor.accept("ZONE"):
        return Translation("set", (plain_text(tokens),))
    if not (cursor.accept("TO") or cursor.accept("=")):
        raise StatementSyntaxError(f'syntax error at or near "{name}" in SET')
    setting = postgres_setting(name)
    return Translation("set", (f"SET {scope}{setting} TO {setting_value(cursor, name)}",))


def _authorization(cursor: Cursor) -> Translation:
    if cursor.accept("DEFAULT"):
        raise NotSupportedHereError("SET SESSION AUTHORIZATION DEFAULT", "Connect again as the user.")
    token = cursor.take()
    name = unquote(token) if token.kind == "string" else token.name
    return Translation("set", (f"SET SESSION AUTHORIZATION {quote_identifier(name)}",))


def reset(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    name = cursor.identifier()
    if name == "session":
        raise NotSupportedHereError("RESET SESSION AUTHORIZATION", "Connect again as the user.")
    cursor.end()
    return Translation("reset", (f"RESET {name if name == 'all' else postgres_setting(name)}",))


def show(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    return Translation("show", (show_query(cursor),), reads=True)


def setting_value(cursor: Cursor, name: str) -> str:
    """What is left of a SET, as PostgreSQL reads it. Raises RedshiftError: the setting cannot have it."""
    tokens = cursor.tokens[cursor.at :]
    if not tokens:
        raise StatementSyntaxError("syntax error at end of input")
    text = " ".join(plain_text([token]) for token in tokens)
    check_setting(name, unquote(tokens[0]) if tokens[0].kind == "string" and len(tokens) == 1 else text)
    return text
