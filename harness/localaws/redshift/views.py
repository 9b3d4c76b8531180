"""Views: plain ones, late-binding and materialized ones, and what is said of them (Redshift guide, "CREATE VIEW")."""

from __future__ import annotations

import json
from collections.abc import Sequence

from localaws.redshift.ddl import qualified
from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, Token, quote_identifier, quote_literal, significant, unquote
from localaws.redshift.sql.query import Parameters, query_text, unqualified_tables
from localaws.redshift.sql.scope import Catalog
from localaws.redshift.translation import Translation

__all__ = ["comment_on_view", "create_view", "materialized_view"]


def create_view(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """CREATE VIEW; a late-binding one is kept by its text and bound to what there is (install/97_late_views.sql)."""
    cursor = Cursor(significant(tokens))
    cursor.expect("CREATE")
    replace = cursor.accept("OR", "REPLACE")
    cursor.expect("VIEW")
    name = cursor.qualified()
    columns = cursor.names() if cursor.peek() == "(" else ()
    cursor.expect("AS")
    start, end = cursor.tokens[cursor.at].start, len(sql)
    late = [token.key for token in cursor.tokens[-4:]] == ["WITH", "NO", "SCHEMA", "BINDING"]
    if late:
        end = cursor.tokens[-4].start
    query = query_text(sql[start:end], [token for token in tokens if start <= token.start < end], Parameters(), catalog)
    if late:
        if unqualified_tables(query):
            raise RefusedByRedshiftError("All the relation names inside should be qualified when creating views with no schema binding.")
        declared = quote_literal(json.dumps({"query": query, "columns": columns, "written": sql}))
        made = f"SELECT local_redshift.make_late_view({quote_literal(qualified(name))}, {declared}::jsonb, {replace})"
        return Translation("create view", (made,), own_tag=True)
    listed = f" ({', '.join(map(quote_identifier, columns))})" if columns else ""
    return Translation("create view", (f"CREATE {'OR REPLACE ' if replace else ''}VIEW {qualified(name)}{listed} AS {query}",))


def materialized_view(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """CREATE MATERIALIZED VIEW: attributes are read, the rows are what REFRESH last gave. AUTO REFRESH is refused when it is asked for."""
    cursor = Cursor(significant(tokens))
    cursor.expect("CREATE", "MATERIALIZED", "VIEW")
    name = cursor.qualified()
    while not cursor.accept("AS"):
        if cursor.accept("AUTO", "REFRESH", "YES"):
            raise NotSupportedHereError("A materialized view with AUTO REFRESH YES", "Refresh it by REFRESH MATERIALIZED VIEW.")
        if cursor.done:
            raise StatementSyntaxError("syntax error at end of input")
        cursor.take()
    start = cursor.tokens[cursor.at].start
    query = query_text(sql[start:], [token for token in tokens if token.start >= start], Parameters(), catalog)
    return Translation("create materialized view", (f"CREATE MATERIALIZED VIEW {qualified(name)} AS {query}",))


def comment_on_view(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """A materialized view is a view in Redshift, and none in PostgreSQL."""
    cursor = Cursor(significant(tokens))
    cursor.expect("COMMENT", "ON", "VIEW")
    name = qualified(cursor.qualified())
    cursor.expect("IS")
    text = "NULL" if cursor.accept("NULL") else quote_literal(unquote(cursor.take()))
    cursor.end()
    commented = f"BEGIN PERFORM local_redshift.comment_on_view({quote_literal(name)}::regclass, {text}); END"
    return Translation("comment on", (f"DO {quote_literal(commented)}",))
