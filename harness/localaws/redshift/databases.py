"""CREATE, ALTER and DROP DATABASE, CREATE and ALTER SCHEMA (Redshift guide, the pages of these names)."""

from __future__ import annotations

from collections.abc import Sequence

from localaws.redshift.ddl import qualified
from localaws.redshift.exceptions import NotSupportedHereError
from localaws.redshift.lexer import Cursor, Token, plain_text, quote_identifier, quote_literal, significant

__all__ = ["alter_database", "create_database", "drop_database", "schema"]


def schema(tokens: Sequence[Token]) -> tuple[str, ...]:
    """CREATE and ALTER SCHEMA; every schema is without a quota here."""
    words = significant(tokens)
    at = next((place for place, word in enumerate(words) if word.key == "QUOTA" and place > 2), None)
    if at is None:
        return (plain_text(tokens),)
    if [word.key for word in words[at + 1 :]] != ["UNLIMITED"]:
        raise NotSupportedHereError("The QUOTA of a schema", "QUOTA UNLIMITED is.")
    if words[0].key == "ALTER":
        name = quote_literal(qualified((words[2].name,)))
        return (f"SELECT {name}::regnamespace",)
    return (plain_text([token for token in tokens if token.start < words[at].start]),)


def create_database(tokens: Sequence[Token]) -> tuple[str, ...]:
    """CREATE DATABASE name [[WITH] [OWNER [=] user] [CONNECTION LIMIT n | UNLIMITED] [ISOLATION LEVEL SERIALIZABLE]]."""
    cursor = Cursor(significant(tokens))
    cursor.expect("CREATE", "DATABASE")
    words = [f"CREATE DATABASE {quote_identifier(cursor.identifier())}"]
    if cursor.peek() == "FROM":
        raise NotSupportedHereError("A database of a datashare, of an integration or of a catalog")
    cursor.accept("WITH")
    while not cursor.done:
        if cursor.accept("OWNER"):
            cursor.accept("=")
            words.append(f"OWNER {quote_identifier(cursor.identifier())}")
        elif cursor.accept("CONNECTION", "LIMIT"):
            words.append(f"CONNECTION LIMIT {-1 if cursor.accept('UNLIMITED') else cursor.number()}")
        elif cursor.accept("ISOLATION", "LEVEL", "SERIALIZABLE") or cursor.accept("COLLATE", "CASE_SENSITIVE"):
            continue
        else:
            raise NotSupportedHereError(f"CREATE DATABASE … {cursor.take().key}")
    return (" ".join(words),)


def alter_database(tokens: Sequence[Token]) -> tuple[str, ...]:
    """ALTER DATABASE name RENAME TO, OWNER TO, CONNECTION LIMIT."""
    cursor = Cursor(significant(tokens))
    cursor.expect("ALTER", "DATABASE")
    name = cursor.identifier()
    opening = f"ALTER DATABASE {quote_identifier(name)}"
    if cursor.accept("RENAME", "TO"):
        return (_left(name), f"{opening} RENAME TO {quote_identifier(cursor.last_identifier())}")
    if cursor.accept("OWNER", "TO"):
        return (f"{opening} OWNER TO {quote_identifier(cursor.last_identifier())}",)
    if cursor.accept("CONNECTION", "LIMIT"):
        limit = -1 if cursor.accept("UNLIMITED") else cursor.number()
        cursor.end()
        return (f"{opening} CONNECTION LIMIT {limit}",)
    raise NotSupportedHereError(f"ALTER DATABASE … {cursor.peek()}")


def drop_database(tokens: Sequence[Token]) -> tuple[str, ...]:
    """DROP DATABASE name [FORCE]: with FORCE its sessions are ended."""
    cursor = Cursor(significant(tokens))
    cursor.expect("DROP", "DATABASE")
    name = cursor.identifier()
    force = " WITH (FORCE)" if cursor.accept("FORCE") else ""
    cursor.end()
    return (_left(name), f"DROP DATABASE {quote_identifier(name)}{force}")


def _left(database: str) -> str:
    return f"SELECT local_redshift.leave_database({quote_literal(database)})"
