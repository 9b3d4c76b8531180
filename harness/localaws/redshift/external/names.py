"""Which tables a statement may name: told from its tokens, so that it costs nothing once the statement is translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from localaws.redshift.exceptions import StatementSyntaxError
from localaws.redshift.lexer import Cursor, Token

__all__ = ["Named", "named_in"]

_VIEWS = frozenset(("svv_external_tables", "svv_external_columns", "svv_external_partitions"))
_TARGETS = (
    *(("INSERT", "INTO"), ("UPDATE",), ("DELETE", "FROM"), ("DELETE",), ("MERGE", "INTO"), ("COPY",), ("ANALYZE",), ("VACUUM",)),
    *(("TRUNCATE", "TABLE"), ("TRUNCATE",), ("ALTER", "TABLE"), ("DROP", "TABLE", "IF", "EXISTS"), ("DROP", "TABLE")),
    *(("DROP", "SCHEMA", "IF", "EXISTS"), ("DROP", "SCHEMA")),
)


@dataclass(frozen=True, slots=True)
class Named:
    """Pairs of names with a point between, the relation that is changed, and whether views on external tables are read."""

    pairs: frozenset[tuple[str, str]] = frozenset()
    target: tuple[str, ...] = ()
    catalog: bool = False


def named_in(words: Sequence[Token]) -> Named:
    """What a statement names; pairs may be of an alias and its column."""
    names = ("word", "quoted")
    pairs = frozenset(
        (words[at - 1].name, words[at + 1].name)
        for at in range(1, len(words) - 1)
        if words[at].text == "." and words[at - 1].kind in names and words[at + 1].kind in names
    )
    return Named(pairs, _target(words), any(word.text.lower() in _VIEWS for word in words))


def _target(words: Sequence[Token]) -> tuple[str, ...]:
    cursor = Cursor(words)
    for opening in _TARGETS:
        if cursor.accept(*opening):
            try:
                return cursor.qualified()
            except StatementSyntaxError:
                return ()  # it names none: ANALYZE, VACUUM FULL
    return ()
