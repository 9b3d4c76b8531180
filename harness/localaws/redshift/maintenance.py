"""ANALYZE, VACUUM, ANALYZE COMPRESSION and ALTER TABLE APPEND, as PostgreSQL's statements (Redshift guide, the pages of these names)."""

from __future__ import annotations

from collections.abc import Sequence

from localaws.redshift.ddl import qualified
from localaws.redshift.exceptions import RefusedByRedshiftError
from localaws.redshift.lexer import Cursor, Token, quote_identifier, quote_literal, significant

__all__ = ["analyze", "append", "appends", "vacuum"]

_SAMPLE_ROWS = 100_000  # "the sample size defaults to 100,000 per slice", and smaller ones are raised to it


def analyze(tokens: Sequence[Token]) -> tuple[str, ...]:
    """ANALYZE and what records it; or the query that ANALYZE COMPRESSION is."""
    cursor = Cursor(significant(tokens))
    cursor.take()
    if cursor.accept("COMPRESSION"):
        return (_compression(cursor),)
    verbose = "VERBOSE " if cursor.accept("VERBOSE") else ""
    table = "" if cursor.done or cursor.peek() in ("PREDICATE", "ALL") else qualified(cursor.qualified())
    columns = f" ({', '.join(map(quote_identifier, cursor.names()))})" if cursor.peek() == "(" else ""
    some = cursor.accept("PREDICATE", "COLUMNS")
    if not some:
        cursor.accept("ALL", "COLUMNS")
    cursor.end()
    form = "PredicateColumn" if some or columns else "Full"
    return f"ANALYZE {verbose}{table}{columns}", _recorded("analyze", form, table)


def _compression(cursor: Cursor) -> str:
    table = "" if cursor.done or cursor.peek() == "COMPROWS" else qualified(cursor.qualified())
    names = cursor.names() if cursor.peek() == "(" else ()
    rows = _SAMPLE_ROWS
    if cursor.accept("COMPROWS"):
        rows = cursor.number()
        if not table:
            raise RefusedByRedshiftError("COMPROWS is not supported without a table name")
        if not 1_000 <= rows <= 1_000_000_000:
            raise RefusedByRedshiftError("COMPROWS must be between 1000 and 1000000000")
    cursor.end()
    columns = f"ARRAY[{', '.join(map(quote_literal, names))}]" if names else "NULL::text[]"
    of = f"{quote_literal(table)}::regclass" if table else "NULL::regclass"
    return f"SELECT * FROM local_redshift.analyze_compression({of}, {columns}, {max(rows, _SAMPLE_ROWS)})"


def vacuum(tokens: Sequence[Token]) -> tuple[str, ...]:
    """VACUUM in its forms; sorting is what PostgreSQL has none of, space is given back."""
    cursor = Cursor(significant(tokens))
    cursor.take()
    forms = (("FULL",), ("SORT", "ONLY"), ("DELETE", "ONLY"), ("REINDEX",), ("RECLUSTER",))
    form = next((form for form in forms if cursor.accept(*form)), ("FULL",))
    table = "" if cursor.done or cursor.peek() in ("TO", "BOOST") else qualified(cursor.qualified())
    if cursor.accept("TO"):
        cursor.take()
        cursor.expect("PERCENT")
    cursor.accept("BOOST")
    cursor.end()
    return f"VACUUM {table}".rstrip(), _recorded("vacuum", " ".join(form), table)


def appends(tokens: Sequence[Token]) -> bool:
    """Is it ALTER TABLE … APPEND?"""
    cursor = Cursor(significant(tokens))
    cursor.expect("ALTER", "TABLE")
    cursor.qualified()
    return cursor.peek() == "APPEND"


def append(tokens: Sequence[Token]) -> tuple[str, ...]:
    """ALTER TABLE target APPEND FROM source [IGNOREEXTRA | FILLTARGET]."""
    cursor = Cursor(significant(tokens))
    cursor.expect("ALTER", "TABLE")
    target = qualified(cursor.qualified())
    cursor.expect("APPEND", "FROM")
    source = qualified(cursor.qualified())
    option = next((word for word in ("IGNOREEXTRA", "FILLTARGET") if cursor.accept(word)), "")
    cursor.end()
    moved = f"local_redshift.append_table({quote_literal(target)}::regclass, {quote_literal(source)}::regclass, {quote_literal(option)})"
    return (f"DO {quote_literal(f'BEGIN PERFORM {moved}; END')}",)


def _recorded(what: str, form: str, table: str) -> str:
    """The statement that records what was run on a table, or on all of them."""
    named = f"{quote_literal(table)}::regclass" if table else "NULL"
    return f"SELECT local_redshift.keep_maintenance({quote_literal(what)}, {quote_literal(form)}, {named})"
