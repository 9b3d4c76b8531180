"""Queries and changes of data: SELECT and its like, MERGE, cursors (Redshift guide, the pages of these names)."""

from __future__ import annotations

from collections.abc import Sequence

from localaws.redshift.ddl import qualified
from localaws.redshift.exceptions import RefusedByRedshiftError
from localaws.redshift.lexer import Cursor, Token, plain_text, quote_identifier, significant, tokenize
from localaws.redshift.sql.query import Parameters, expression_text, names_the_catalog, query_text
from localaws.redshift.sql.scope import Catalog
from localaws.redshift.translation import Translation

__all__ = ["declare_cursor", "fetch", "merge", "query", "untouched_catalog_query"]


def query(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    parameters = Parameters()
    keys = [token.key for token in significant(tokens)]
    text = query_text(sql, tokens, parameters, catalog)
    reads = keys[0] in ("SELECT", "WITH", "(", "VALUES") and "INTO" not in keys
    return Translation(keys[0].lower() if keys[0] != "(" else "select", (text,), tuple(parameters.names), reads=reads)


def merge(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """MERGE: Redshift's has no WHEN … AND, takes a table as its source and no subquery (guide, "MERGE")."""
    cursor = Cursor(significant(tokens))
    keys = [token.key for token in cursor.tokens]
    if keys[-2:] == ["REMOVE", "DUPLICATES"]:
        return _merge_remove_duplicates(sql, cursor, catalog)
    cursor.expect("MERGE", "INTO")
    cursor.qualified()
    while not cursor.done and cursor.peek() != "USING":
        cursor.take()
    cursor.expect("USING")
    if cursor.peek() == "(":
        raise RefusedByRedshiftError('syntax error at or near "(": the source of MERGE is a table, not a subquery')
    while not cursor.done:
        if cursor.accept("MATCHED") and cursor.peek() == "AND":
            raise RefusedByRedshiftError('syntax error at or near "and": MERGE has no condition after WHEN [NOT] MATCHED')
        if not cursor.done:
            cursor.take()
    return query(sql, tokens, catalog)


def _merge_remove_duplicates(sql: str, cursor: Cursor, catalog: Catalog | None) -> Translation:
    """MERGE INTO t USING s ON … REMOVE DUPLICATES: rows of t that match are replaced by the rows of s, each once (guide, "MERGE")."""
    cursor.expect("MERGE", "INTO")
    target = qualified(cursor.qualified())
    cursor.expect("USING")
    if cursor.peek() == "(":
        raise RefusedByRedshiftError('syntax error at or near "(": the source of MERGE is a table, not a subquery')
    source = qualified(cursor.qualified())
    alias = ""
    if cursor.peek() != "ON":
        cursor.accept("AS")
        alias = f" AS {quote_identifier(cursor.identifier())}"
    cursor.expect("ON")
    condition = expression_text(sql[cursor.tokens[cursor.at].start : cursor.tokens[-2].start])
    return Translation(
        "merge",
        (
            f"DELETE FROM {target} USING {source}{alias} WHERE {condition}",
            f"INSERT INTO {target} SELECT DISTINCT * FROM {source}",
        ),
    )


def declare_cursor(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """DECLARE name CURSOR FOR query: read forward, in a transaction (guide, "DECLARE")."""
    cursor = Cursor(significant(tokens))
    cursor.take()
    name = cursor.identifier()
    cursor.expect("CURSOR", "FOR")
    start = cursor.tokens[cursor.at].start
    query = query_text(sql[start:], [token for token in tokens if token.start >= start], Parameters(), catalog)
    return Translation("declare cursor", (f"DECLARE {quote_identifier(name)} NO SCROLL CURSOR FOR {query}",))


def fetch(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    for backward in ("PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE", "BACKWARD"):
        if cursor.peek() == backward:
            raise RefusedByRedshiftError(f"FETCH {backward} is not supported: a cursor is read forward")
    return Translation("fetch", (plain_text(tokens),), reads=True)


def untouched_catalog_query(text: str) -> Translation | None:
    """A query on PostgreSQL's catalog as it is: psql writes its own for the version of PostgreSQL that it is told."""
    words = significant(tokenize(text))
    if words and words[0].key in ("SELECT", "WITH") and names_the_catalog(words):
        return Translation("select", (text,), reads=True)
    return None
