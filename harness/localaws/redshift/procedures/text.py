"""Pieces of SQL in the body of a procedure: where they end."""

from __future__ import annotations

from collections.abc import Sequence

from localaws.redshift.exceptions import StatementSyntaxError
from localaws.redshift.lexer import Cursor, significant, tokenize
from localaws.redshift.procedures.tree import Text

__all__ = ["piece", "split_range", "text_until"]


def piece(sql: str) -> Text:
    """A piece that is no part of the body as it stands."""
    return Text(sql, tuple(significant(tokenize(sql))))


def text_until(body: str, cursor: Cursor, ends: Sequence[str], *, keep: bool = False) -> Text:
    """What comes before one of the words or signs at its own depth (brackets, CASE … END); the end is taken too unless it is to be kept.

    Raises:
        StatementSyntaxError: none of them comes.
    """
    start, brackets, cases = cursor.at, 0, 0
    while not cursor.done:
        key = cursor.peek()
        if brackets == 0 and cases == 0 and key in ends:
            taken = tuple(cursor.tokens[start : cursor.at])
            if not keep:
                cursor.take()
            return Text(body[taken[0].start : taken[-1].end] if taken else "", taken)
        brackets += (key == "(") - (key == ")")
        cases += (key == "CASE") - (key == "END" and cases > 0)
        cursor.take()
    raise StatementSyntaxError(f"syntax error at end of input: {' or '.join(ends)} was expected")


def split_range(source: Text) -> tuple[Text, Text] | None:
    """The two limits of `low..high`; None for a query. The lexer takes the points of `1..10` for parts of numbers."""
    covered = {at for token in source.tokens if token.kind in ("string", "quoted") for at in range(token.start, token.end)}
    base = source.tokens[0].start if source.tokens else 0
    at = source.sql.find("..")
    while at >= 0 and at + base in covered:
        at = source.sql.find("..", at + 2)
    if at < 0:
        return None
    return piece(source.sql[:at]), piece(source.sql[at + 2 :])
