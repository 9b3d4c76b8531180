"""CREATE TABLE and ALTER TABLE: Redshift's attributes are taken out, PostgreSQL's part is kept, and what was declared is recorded.

PRIMARY KEY, UNIQUE and FOREIGN KEY are informational in Redshift (guide, "Table constraints"): they are recorded, never enforced, and
make no index. NOT NULL is enforced, also for the columns of a primary key. A VARCHAR's length is in bytes: a check holds it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, Token, quote_identifier, quote_literal, significant
from localaws.redshift.sql.query import Parameters, expression_text, query_text
from localaws.redshift.sql.rules import LEADER_ONLY, leader_only_error
from localaws.redshift.sql.scope import Catalog
from localaws.redshift.types import read_type

__all__ = ["BYTES_CONSTRAINT", "add_column", "create_table", "declare", "qualified"]

# The name of the check that holds a length in bytes carries the length, so that its violation can be worded as Redshift words it.
BYTES_CONSTRAINT = "redshift_bytes_"
_COLUMN_END = {
    "DEFAULT",
    "IDENTITY",
    "GENERATED",
    "ENCODE",
    "DISTKEY",
    "SORTKEY",
    "NOT",
    "NULL",
    "UNIQUE",
    "PRIMARY",
    "REFERENCES",
    "COLLATE",
    "CHECK",
}


@dataclass
class _Declared:
    """What Redshift is told about a table and PostgreSQL is not."""

    diststyle: str = ""
    distkey: str = ""
    sortstyle: str = ""
    sortkey: list[str] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)
    primary_key: list[str] = field(default_factory=list)
    unique: list[list[str]] = field(default_factory=list)
    foreign_keys: list[dict[str, object]] = field(default_factory=list)

    def as_json(self) -> str:
        style = self.diststyle or ("KEY" if self.distkey else "AUTO")
        return json.dumps({**vars(self), "diststyle": style, "sortstyle": self.sortstyle or ("COMPOUND" if self.sortkey else "")})


def qualified(parts: Sequence[str]) -> str:
    """A name as PostgreSQL reads it."""
    return ".".join(quote_identifier(part) for part in parts)


def declare(table: Sequence[str], declared: str) -> str:
    """The statement that records what was declared of a table."""
    return f"SELECT local_redshift.declare_table({quote_literal(qualified(table))}::regclass, {quote_literal(declared)}::jsonb)"


def create_table(sql: str, tokens: Sequence[Token], catalog: Catalog | None = None) -> tuple[str, ...]:
    """PostgreSQL's statements for CREATE TABLE in its three forms: columns, LIKE, AS query."""
    cursor = Cursor(significant(tokens))
    cursor.expect("CREATE")
    cursor.accept("LOCAL")
    temporary = cursor.accept("TEMPORARY") or cursor.accept("TEMP")
    cursor.expect("TABLE")
    unless = cursor.accept("IF", "NOT", "EXISTS")
    if not cursor.done and cursor.tokens[cursor.at].kind == "temporary":
        temporary = True
        name: tuple[str, ...] = (cursor.take().name,)
    else:
        name = cursor.qualified()
    declared = _Declared()
    items: list[str] = []
    columns: tuple[str, ...] = ()
    if cursor.peek() == "(":
        inside = cursor.group()
        if _after_attributes(cursor) == "AS":
            columns = Cursor([Token("punct", "(", 0), *inside, Token("punct", ")", 0)]).names()
        else:
            items = [_item(part, declared) for part in _split(inside)]
    _attributes(cursor, declared)
    opening = f"CREATE {'TEMPORARY ' if temporary else ''}TABLE {'IF NOT EXISTS ' if unless else ''}{qualified(name)} "
    if cursor.accept("AS"):
        listed = f"({', '.join(map(quote_identifier, columns))}) " if columns else ""
        at = cursor.tokens[cursor.at].start
        query = query_text(sql[at:], [token for token in tokens if token.start >= at], Parameters(), catalog)
        if any(token.text.lower() in LEADER_ONLY for token in tokens):
            raise leader_only_error(".".join(name))
        return (f"{opening}{listed}AS {query}", declare(name, declared.as_json()))
    if not items or not cursor.done:
        near = "end of input" if cursor.done else cursor.take().text
        raise StatementSyntaxError(f'syntax error at or near "{near}" in CREATE TABLE {".".join(name)}')
    body = ",\n  ".join(part for part in items if part)
    if unless:
        # An existing table keeps what it was declared with.
        return (f"{opening}(\n  {body}\n)", declare(name, declared.as_json()).replace("declare_table", "declare_table_once"))
    return (f"{opening}(\n  {body}\n)", declare(name, declared.as_json()))


def _after_attributes(cursor: Cursor) -> str:
    ahead = 0
    while cursor.peek(ahead) not in ("", "AS"):
        ahead += 1
    return cursor.peek(ahead)


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _item(tokens: Sequence[Token], declared: _Declared) -> str:
    """One column or table constraint; an empty text for what PostgreSQL is not told."""
    cursor = Cursor(tokens)
    if cursor.accept("CONSTRAINT"):
        cursor.identifier()
    if cursor.peek() == "PRIMARY" and cursor.peek(1) == "KEY":
        cursor.accept("PRIMARY", "KEY")
        declared.primary_key = list(cursor.names())
        return ""
    if cursor.peek() == "UNIQUE":
        cursor.take()
        declared.unique.append(list(cursor.names()))
        return ""
    if cursor.peek() == "FOREIGN":
        cursor.expect("FOREIGN", "KEY")
        columns = cursor.names()
        cursor.expect("REFERENCES")
        _reference(cursor, declared, columns)
        return ""
    if cursor.peek() == "CHECK":
        raise RefusedByRedshiftError("CHECK constraints are not supported")
    if cursor.accept("LIKE"):
        source = qualified(cursor.qualified())
        defaults = cursor.accept("INCLUDING", "DEFAULTS")
        if not defaults:
            cursor.accept("EXCLUDING", "DEFAULTS")
        return f"LIKE {source} INCLUDING CONSTRAINTS{' INCLUDING DEFAULTS' if defaults else ''}"
    return _column(cursor, declared)


def _column(cursor: Cursor, declared: _Declared) -> str:
    name = cursor.identifier()
    kind = read_type(cursor, name)
    parts = [quote_identifier(name), kind.postgres]
    if kind.bytes is not None:
        constraint = quote_identifier(f"{BYTES_CONSTRAINT}{kind.bytes}_{name}"[:63])
        parts.append(f"CONSTRAINT {constraint} CHECK (octet_length({quote_identifier(name)}) <= {kind.bytes})")
    while not cursor.done:
        part = _column_attribute(cursor, name, declared)
        if part:
            parts.append(part)
    return " ".join(parts)


def _column_attribute(cursor: Cursor, name: str, declared: _Declared) -> str:
    """The next attribute of a column, as PostgreSQL is told it."""
    for words, take in _ATTRIBUTES.items():
        if cursor.accept(*words):
            return take(cursor, name, declared)
    raise StatementSyntaxError(f'syntax error at or near "{cursor.take().text}" (column {name})')


def _encode(cursor: Cursor, name: str, declared: _Declared) -> str:
    declared.encodings[name] = cursor.identifier()
    return ""


def _distkey(cursor: Cursor, name: str, declared: _Declared) -> str:
    declared.distkey = name
    return ""


def _sortkey(cursor: Cursor, name: str, declared: _Declared) -> str:
    declared.sortkey = [name]
    return ""


def _unique(cursor: Cursor, name: str, declared: _Declared) -> str:
    declared.unique.append([name])
    return ""


def _primary_key(cursor: Cursor, name: str, declared: _Declared) -> str:
    declared.primary_key = [name]
    return "NOT NULL"


def _references(cursor: Cursor, name: str, declared: _Declared) -> str:
    _reference(cursor, declared, (name,))
    return ""


def _collate(cursor: Cursor, name: str, declared: _Declared) -> str:
    if cursor.identifier() not in ("case_sensitive", "cs"):
        raise NotSupportedHereError(f"COLLATE CASE_INSENSITIVE (column {name})")
    return ""


def _check(cursor: Cursor, name: str, declared: _Declared) -> str:
    raise RefusedByRedshiftError("CHECK constraints are not supported")


_ATTRIBUTES: dict[tuple[str, ...], Callable[[Cursor, str, _Declared], str]] = {
    ("NOT", "NULL"): lambda cursor, name, declared: "NOT NULL",
    ("NULL",): lambda cursor, name, declared: "",
    ("DEFAULT",): lambda cursor, name, declared: f"DEFAULT {_expression(cursor)}",
    ("IDENTITY",): lambda cursor, name, declared: _identity(cursor, "ALWAYS"),
    ("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"): lambda cursor, name, declared: _identity(cursor, "BY DEFAULT"),
    ("ENCODE",): _encode,
    ("DISTKEY",): _distkey,
    ("SORTKEY",): _sortkey,
    ("UNIQUE",): _unique,
    ("PRIMARY", "KEY"): _primary_key,
    ("REFERENCES",): _references,
    ("COLLATE",): _collate,
    ("CHECK",): _check,
}


def _identity(cursor: Cursor, how: str) -> str:
    seed, step = "1", "1"
    if cursor.peek() == "(":
        numbers = [token.text for token in cursor.group()]
        seed, _, step = "".join(numbers).partition(",")
        if not re.fullmatch(r"-?\d+", seed) or not re.fullmatch(r"-?\d+", step):
            raise StatementSyntaxError(f"IDENTITY takes a seed and a step: IDENTITY({seed},{step})")
    return f"GENERATED {how} AS IDENTITY (START WITH {seed} INCREMENT BY {step} MINVALUE {min(int(seed), 0)})"


def _expression(cursor: Cursor) -> str:
    """A DEFAULT's expression: up to the next attribute at its own depth."""
    taken: list[Token] = []
    depth = 0
    while not cursor.done and (depth or not taken or cursor.peek() not in _COLUMN_END):
        token = cursor.take()
        depth += (token.text == "(") - (token.text == ")")
        taken.append(token)
    return expression_text(" ".join(token.text for token in taken))


def _reference(cursor: Cursor, declared: _Declared, columns: Sequence[str]) -> None:
    table = cursor.qualified()
    names = cursor.names() if cursor.peek() == "(" else ()
    declared.foreign_keys.append({"columns": list(columns), "table": ".".join(table), "references": list(names)})


def _attributes(cursor: Cursor, declared: _Declared) -> None:
    """BACKUP, DISTSTYLE, DISTKEY, SORTKEY and ENCODE AUTO after the columns, in any order."""
    while not cursor.done and cursor.peek() != "AS":
        if cursor.accept("BACKUP"):
            if not (cursor.accept("YES") or cursor.accept("NO")):
                raise StatementSyntaxError("BACKUP is followed by YES or NO")
        elif cursor.accept("DISTSTYLE"):
            declared.diststyle = cursor.take().key
            if declared.diststyle not in ("AUTO", "EVEN", "KEY", "ALL"):
                raise StatementSyntaxError(f'invalid DISTSTYLE "{declared.diststyle}": AUTO, EVEN, KEY or ALL')
        elif cursor.accept("DISTKEY"):
            names = cursor.names()
            if len(names) != 1:
                raise RefusedByRedshiftError(f"DISTKEY takes one column: {', '.join(names)}")
            declared.distkey = names[0]
        elif cursor.accept("SORTKEY", "AUTO"):
            declared.sortstyle = "AUTO"
        elif cursor.peek() in ("COMPOUND", "INTERLEAVED", "SORTKEY"):
            declared.sortstyle = "COMPOUND" if cursor.peek() == "SORTKEY" else cursor.take().key
            cursor.expect("SORTKEY")
            declared.sortkey = list(cursor.names())
        elif not cursor.accept("ENCODE", "AUTO"):
            raise StatementSyntaxError(f'syntax error at or near "{cursor.take().text}" in the attributes of the table')
    if declared.diststyle == "KEY" and not declared.distkey:
        raise RefusedByRedshiftError("DISTSTYLE KEY needs a DISTKEY column")
    if declared.distkey and declared.diststyle not in ("", "KEY"):
        raise RefusedByRedshiftError(f"DISTKEY cannot be specified with DISTSTYLE {declared.diststyle}")


def add_column(cursor: Cursor, table: Sequence[str]) -> tuple[str, ...]:
    """ALTER TABLE … ADD COLUMN: one column at a time, as in Redshift."""
    declared = _Declared()
    rest = list(cursor.tokens[cursor.at :])
    if len(_split(rest)) > 1:
        raise RefusedByRedshiftError("only one ADD COLUMN per ALTER TABLE is possible")
    return (f"ALTER TABLE {qualified(table)} ADD COLUMN {_column(Cursor(rest), declared)}",)
