"""Variables of a procedure: what they hold, and how their values get into the SQL of a statement.

A value is kept as the database writes it, with the type it was declared with. In a query it becomes a named parameter under that type, so
that a loop's statement is translated once; where the database takes no parameters (CREATE TABLE AS, DECLARE CURSOR) it becomes a literal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from localaws.redshift.exceptions import RedshiftError
from localaws.redshift.lexer import Token, quote_literal
from localaws.redshift.procedures.tree import Declaration, Text

__all__ = ["Record", "Scope", "Variable", "bound"]

_TEXT_FUNCTIONS = frozenset(("EXTRACT", "SUBSTRING", "TRIM", "OVERLAY"))  # FROM is no table's there
_NO_VALUE_AFTER = frozenset((".", "AS", "INTO", "UPDATE", "FROM", "JOIN", "TABLE"))


@dataclass
class Variable:
    """One value; `text` is None for NULL."""

    name: str
    type: str
    text: str | None = None
    constant: bool = False
    required: bool = False
    cursor: Declaration | None = None


@dataclass
class Record:
    """Fields that the last row gave; none before that."""

    name: str
    fields: dict[str, Variable] = field(default_factory=dict)


class Scope:
    """The names of a block, and of those around it."""

    def __init__(self, outer: Scope | None = None) -> None:
        self._outer = outer
        self._names: dict[str, Variable | Record] = {}

    def add(self, name: str, variable: Variable | Record) -> None:
        self._names[name] = variable

    def find(self, name: str) -> Variable | Record | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope._names:
                return scope._names[name]
            scope = scope._outer
        return None

    def value(self, path: Sequence[str]) -> Variable | None:
        """The variable of a name or record.field; None where there is none of that name.

        Raises:
            RedshiftError: the record has no such field.
        """
        found = self.find(path[0])
        if isinstance(found, Record) and len(path) == 2:
            if path[1] not in found.fields:
                what = f'record "{found.name}" has no field "{path[1]}"' if found.fields else f'record "{found.name}" is not assigned yet'
                raise RedshiftError(what, "42703" if found.fields else "55000")
            return found.fields[path[1]]
        return found if isinstance(found, Variable) and len(path) == 1 else None


def bound(text: Text, scope: Scope, *, literal: bool = False) -> tuple[str, dict[str, str | None]]:
    """The SQL with its variables replaced, and the values of the named parameters that stand in their place."""
    if not text.tokens:
        return text.sql, {}
    base, end = text.tokens[0].start, 0
    parts: list[str] = []
    values: dict[str, str | None] = {}
    names: dict[tuple[str, ...], str] = {}
    for first, last, path in _places(text.tokens):
        variable = scope.value(path)
        if variable is None:
            continue
        if literal:
            inside = "NULL" if variable.text is None else quote_literal(variable.text)
        else:
            name = names.setdefault(tuple(path), f"local_variable_{len(names) + 1}")
            values[name] = variable.text
            inside = f":{name}"
        parts += [text.sql[end : first.start - base], f"CAST({inside} AS {variable.type})"]
        end = last.end - base
    return "".join([*parts, text.sql[end:]]), values


def _places(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token, tuple[str, ...]]]:
    """Where a name may be a variable's: its first and last token, and its parts."""
    openers: list[str] = []
    columns = _column_lists(tokens)
    at = 0
    while at < len(tokens):
        token, before = tokens[at], tokens[at - 1].key if at else ""
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.text == "(":
            openers.append(before)
        elif token.text == ")" and openers:
            openers.pop()
        if token.text == "$" and following is not None and following.kind == "number":
            yield token, following, (f"${following.text}",)
            at += 2
            continue
        allowed = before not in _NO_VALUE_AFTER or (before == "FROM" and openers and openers[-1] in _TEXT_FUNCTIONS)
        if token.kind not in ("word", "quoted") or not allowed or at in columns:
            at += 1
            continue
        if following is not None and following.text == "." and at + 2 < len(tokens):
            yield token, tokens[at + 2], (token.name, tokens[at + 2].name)
            at += 3
            continue
        if following is None or (following.text != "(" and following.kind != "string"):
            yield token, token, (token.name,)
        at += 1


def _column_lists(tokens: Sequence[Token]) -> set[int]:
    """Places of names that are columns by where they stand: INSERT's list, and what SET changes."""
    found: set[int] = set()
    setting, depth = False, 0
    for at, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if token.key == "INSERT":
            found |= _insert_list(tokens, at)
        elif token.key == "SET":
            setting, depth = True, 0
        elif token.key in ("WHERE", "FROM", "WHEN") and depth == 0:
            setting = False
        elif setting and depth == 0 and at + 1 < len(tokens) and tokens[at + 1].text == "=" and tokens[at - 1].key in ("SET", ",", "."):
            found.add(at)
            if tokens[at - 1].text == ".":
                found.add(at - 2)
    return found


def _insert_list(tokens: Sequence[Token], at: int) -> set[int]:
    opening = next((i for i in range(at, len(tokens)) if tokens[i].text == "(" or tokens[i].key in ("SELECT", "VALUES", "DEFAULT")), None)
    if opening is None or tokens[opening].text != "(" or (opening + 1 < len(tokens) and tokens[opening + 1].key in ("SELECT", "WITH")):
        return set()
    closing = next((i for i in range(opening, len(tokens)) if tokens[i].text == ")"), len(tokens))
    return set(range(opening, closing))
