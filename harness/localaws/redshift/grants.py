"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES: PostgreSQL's rights as they are, roles without the word ROLE, the others refused by name.

Source: Redshift guide, "GRANT". A right that PostgreSQL has not (DROP, ALTER, ASSUMEROLE, those of the whole system) is not given as
another.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from localaws.redshift.exceptions import NotSupportedHereError
from localaws.redshift.lexer import Cursor, Token, plain_text, quote_identifier, significant

__all__ = ["default_privileges", "grant"]

_RIGHTS = frozenset(
    (
        *("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "TRUNCATE", "ALL", "PRIVILEGES"),
        *("CREATE", "USAGE", "TEMP", "TEMPORARY", "EXECUTE"),
    )
)
_OBJECTS_NOT_HERE = ("DATASHARE", "MODEL", "TEMPLATE", "COPY", "EXTERNAL", "NAMESPACE")


def grant(tokens: Sequence[Token]) -> str:
    """PostgreSQL's GRANT or REVOKE.

    Raises:
        NotSupportedHereError: a right or an object that PostgreSQL has none of.
    """
    cursor = Cursor(significant(tokens))
    verb = cursor.take().key
    option = next((what for what in ("ADMIN", "GRANT") if verb == "REVOKE" and cursor.accept(what, "OPTION", "FOR")), "")
    if cursor.accept("ROLE"):
        return _roles(cursor, verb, option)
    _check_rights(cursor, verb)
    return _without_role(tokens)


def default_privileges(tokens: Sequence[Token]) -> str:
    """ALTER DEFAULT PRIVILEGES … GRANT or REVOKE … ."""
    words = significant(tokens)
    verb = next((at for at, word in enumerate(words) if word.key in ("GRANT", "REVOKE")), None)
    if verb is not None:
        cursor = Cursor(words[verb + 1 :])
        cursor.accept("GRANT", "OPTION", "FOR")
        _check_rights(cursor, "ALTER DEFAULT PRIVILEGES")
    return _without_role(tokens)


def _check_rights(cursor: Cursor, verb: str) -> None:
    before = ""
    while not cursor.done and cursor.peek() not in ("ON", "TO", "FROM", "FOR"):
        if cursor.peek() == "(":
            cursor.group()  # columns
            continue
        word = cursor.take().key
        if word != "," and (word not in _RIGHTS or (before not in ("", ",") and word != "PRIVILEGES")):
            raise NotSupportedHereError(f"{verb} of {before + ' ' if before not in ('', ',') else ''}{word}")
        before = word
    if cursor.peek() == "FOR":
        raise NotSupportedHereError(f"{verb} … FOR (a scoped permission)")
    if cursor.accept("ON") and cursor.peek() in _OBJECTS_NOT_HERE:
        raise NotSupportedHereError(f"{verb} … ON {cursor.peek()}")


def _roles(cursor: Cursor, verb: str, option: str) -> str:
    names = _names(cursor)
    cursor.expect("TO" if verb == "GRANT" else "FROM")
    grantees = _names(cursor)
    admin = cursor.accept("WITH", "ADMIN", "OPTION")
    if not cursor.done:
        raise NotSupportedHereError(f"{verb} ROLE … {cursor.take().key}")
    if verb == "GRANT":
        return f"GRANT {names} TO {grantees}{' WITH ADMIN OPTION' if admin else ''}"
    return f"REVOKE {option + ' OPTION FOR ' if option else ''}{names} FROM {grantees}"


def _names(cursor: Cursor) -> str:
    found = []
    while True:
        cursor.accept("ROLE")
        name = cursor.identifier()
        if not cursor.done and cursor.tokens[cursor.at].kind == "parameter":
            raise NotSupportedHereError(f"The role {name}{cursor.take().text}", "Roles that CREATE ROLE makes are.")
        found.append("PUBLIC" if name == "public" else quote_identifier(name))
        if not cursor.accept(","):
            return ", ".join(found)


def _without_role(tokens: Sequence[Token]) -> str:
    words = significant(tokens)
    roles = {token.start for before, token in pairwise(words) if token.key == "ROLE" and before.key in ("TO", "FROM", ",")}
    return plain_text([token for token in tokens if token.start not in roles])
