"""BEGIN, COMMIT and ROLLBACK, LOCK, and TRUNCATE, which commits (Redshift guide, the pages of these names)."""

from __future__ import annotations

from collections.abc import Sequence

from localaws.redshift.ddl import qualified
from localaws.redshift.exceptions import StatementSyntaxError
from localaws.redshift.lexer import Cursor, Token, significant
from localaws.redshift.sql.scope import Catalog
from localaws.redshift.translation import Translation

__all__ = ["control", "lock", "truncate"]


def control(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """Every isolation level that Redshift reads is serializable (guide, "BEGIN")."""
    cursor = Cursor(significant(tokens))
    opening = cursor.take().key
    if opening == "START":
        cursor.expect("TRANSACTION")
    elif not cursor.accept("WORK"):
        cursor.accept("TRANSACTION")
    words = {"START": "BEGIN", "END": "COMMIT", "ABORT": "ROLLBACK"}.get(opening, opening)
    if words == "BEGIN":
        words += _transaction_modes(cursor)
    cursor.end()
    return Translation(words.split()[0].lower(), (words,), controls=True)


_LEVELS = (("SERIALIZABLE",), ("READ", "COMMITTED"), ("READ", "UNCOMMITTED"), ("REPEATABLE", "READ"))


def _transaction_modes(cursor: Cursor) -> str:
    modes = ""
    while not cursor.done:
        if cursor.accept("ISOLATION", "LEVEL"):
            if not any(cursor.accept(*level) for level in _LEVELS):
                raise StatementSyntaxError(f'syntax error at or near "{cursor.take().text}"')
        elif cursor.accept("READ", "ONLY"):
            modes = " READ ONLY"
        elif cursor.accept("READ", "WRITE"):
            modes = " READ WRITE"
        elif not cursor.accept(","):
            break
    return modes


def lock(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    cursor.accept("TABLE")
    tables = [qualified(cursor.qualified())]
    while cursor.accept(","):
        tables.append(qualified(cursor.qualified()))
    cursor.end(": LOCK takes table names only")
    # Two statements in one message are a transaction: outside of one the locks are given up at once, as in Redshift.
    return Translation("lock table", (f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE", "SELECT 1"), own_tag=True)


def truncate(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    cursor.accept("TABLE")
    table = qualified(cursor.qualified())
    cursor.end(": TRUNCATE takes one table")
    return Translation("truncate", (f"TRUNCATE TABLE {table}",), commits=True)
