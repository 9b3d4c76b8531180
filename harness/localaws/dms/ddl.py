"""DDL of the source that the engine follows (DMS guide, "Handling DDL statements"): parsed by sqlglot's MySQL dialect."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

__all__ = ["Ddl", "read_ddl"]

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it cannot parse is given as it is, and seen here


@dataclass(frozen=True, slots=True)
class Ddl:
    """One action on one table: `create`, `drop`, `rename`, `truncate`, `rename-column` or `alter` (of columns)."""

    action: str
    schema: str
    table: str
    details: tuple[str, ...] = ()


def read_ddl(schema: str, sql: str) -> list[Ddl]:
    """What the statement does to tables; nothing for statements about other things, and for temporary tables.

    An ALTER whose parts are not known is an `alter` all the same: what became of the table is read from the source.
    """
    try:
        parsed = sqlglot.parse_one(sql.rstrip("; \n\0"), dialect="mysql")
    except SqlglotError:
        return list(_by_words(schema, sql))
    if isinstance(parsed, exp.TruncateTable):
        return [Ddl("truncate", *_names(schema, table)) for table in parsed.expressions]
    if isinstance(parsed, exp.Create | exp.Drop):
        if parsed.kind != "TABLE" or parsed.args.get("temporary") or "TEMPORARY" in sql.upper().split()[:3]:
            return []
        tables = parsed.args["tables"] if isinstance(parsed, exp.Drop) else [parsed.this]
        action = "drop" if isinstance(parsed, exp.Drop) else "create"
        return [Ddl(action, *_names(schema, table)) for table in tables]
    if isinstance(parsed, exp.Alter) and parsed.kind == "TABLE":
        return list(_altered(schema, parsed))
    return list(_by_words(schema, sql))


def _altered(schema: str, parsed: exp.Alter) -> Iterator[Ddl]:
    names = _names(schema, parsed.this)
    for action in parsed.args.get("actions") or []:
        if isinstance(action, exp.RenameColumn):
            yield Ddl("rename-column", *names, (action.this.name, action.args["to"].name))
        elif isinstance(action, exp.ModifyColumn) and action.args.get("rename_from") is not None:
            renamed = action.args["rename_from"].name, action.this.name  # CHANGE, which may keep the name
            yield from [Ddl("rename-column", *names, renamed)] if renamed[0] != renamed[1] else []
        elif isinstance(action, exp.AlterRename):
            yield Ddl("rename", *names)
    yield Ddl("alter", *names)


def _by_words(schema: str, sql: str) -> Iterator[Ddl]:
    """ALTER, RENAME, TRUNCATE and DROP TABLES that sqlglot leaves alone, by their first words."""
    words = re.sub(r"/\*.*?\*/", " ", sql, flags=re.DOTALL).replace("`", "").replace("(", " ").replace(",", " , ").split()
    upper = [word.upper().rstrip(";") for word in words]
    if not (upper[1:2] in (["TABLE"], ["TABLES"]) and upper[0] in ("ALTER", "RENAME", "TRUNCATE", "DROP")) and upper[:1] != ["TRUNCATE"]:
        return
    at = 2 if upper[1] in ("TABLE", "TABLES") else 1
    while upper[at : at + 1] and upper[at] in ("IF", "EXISTS", "ONLINE", "IGNORE"):
        at += 1
    if upper[0] in ("RENAME", "DROP"):  # several tables
        for place in [at, *(i + 1 for i in range(at, len(words)) if words[i] == ",")]:
            yield Ddl(upper[0].lower(), *_split(schema, words[place]))
        return
    names = _split(schema, words[at])
    for i in [i for i, word in enumerate(upper) if word == "CHANGE"]:
        renamed = words[i + 2 : i + 4] if upper[i + 1] == "COLUMN" else words[i + 1 : i + 3]
        if len(renamed) == 2 and renamed[0] != renamed[1]:
            yield Ddl("rename-column", *names, (renamed[0], renamed[1]))
    yield Ddl(upper[0].lower(), *names)


def _split(schema: str, name: str) -> tuple[str, str]:
    owner, _, table = name.rstrip(";").rpartition(".")
    return owner or schema, table


def _names(schema: str, table: exp.Expression) -> tuple[str, str]:
    found = table if isinstance(table, exp.Table) else table.find(exp.Table)
    assert found is not None
    return found.db or schema, found.name
