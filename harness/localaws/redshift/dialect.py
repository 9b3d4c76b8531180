"""One Redshift statement in, what PostgreSQL runs out.

The first words choose a rule from a table. What no rule takes is refused by name, so that nothing is executed as something else.
Translations are kept by text: a statement that was seen before costs a look-up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from localaws.redshift.alter import alter_table
from localaws.redshift.copy.options import parse_copy
from localaws.redshift.copy.unload_command import parse_unload
from localaws.redshift.databases import alter_database, create_database, drop_database, schema
from localaws.redshift.ddl import create_table, qualified
from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.external.names import Named, named_in
from localaws.redshift.external.statements import CreateSchema, CreateTableAs, changes_partitions, parse_external
from localaws.redshift.grants import default_privileges, grant
from localaws.redshift.lexer import (
    Cursor,
    Token,
    plain_text,
    quote_identifier,
    quote_literal,
    significant,
    split_statements,
    tokenize,
    unquote,
)
from localaws.redshift.maintenance import analyze, append, appends, vacuum
from localaws.redshift.procedures.create import create_procedure, drop_procedure, parse_call
from localaws.redshift.queries import declare_cursor, fetch, merge, query
from localaws.redshift.session_settings import reset, set_setting, show
from localaws.redshift.sql.scope import Catalog, CatalogNeededError
from localaws.redshift.transactions import control, lock, truncate
from localaws.redshift.translation import REFUSING, Rule, Translation, own, plain, plain_own, refused
from localaws.redshift.types import read_type
from localaws.redshift.users import alter_role, alter_user, create_role, create_user, drop_role
from localaws.redshift.views import comment_on_view, create_view, materialized_view

__all__ = ["refused_statements", "supported_statements", "translate"]


# Views and functions on the history, but for those that COPY fills itself.
HISTORY = frozenset(
    (
        *("stl_query", "stl_querytext", "stl_ddltext", "stl_utilitytext", "stl_error", "stl_wlm_query", "svl_statementtext", "svl_qlog"),
        *("sys_query_history", "sys_query_text", "sys_load_history", "sys_unload_history"),
        *("svl_stored_proc_call", "sys_procedure_call", "pg_last_query_id"),
    )
)
_LONGEST_KEPT = 16 * 1024
"""Characters of a text whose translation is kept: a longer one is a load of values, and hardly comes again."""


def translate(text: str, catalog: Catalog | None = None) -> Translation:
    """The translation of exactly one statement; kept by its text where no table's columns decide.

    Raises:
        StatementSyntaxError: it cannot be parsed, or there are several.
        RefusedByRedshiftError: Redshift refuses it too.
        NotSupportedHereError: this endpoint cannot do it.
    """
    try:
        return _kept(text) if len(text) <= _LONGEST_KEPT else _translated(text, None)
    except CatalogNeededError:
        if catalog is None:
            raise
        return _translated(text, catalog)


@lru_cache(maxsize=4096)
def _kept(text: str) -> Translation:
    return _translated(text, None)


def _translated(text: str, catalog: Catalog | None) -> Translation:
    statements = split_statements(text)
    if not statements:
        raise StatementSyntaxError("the statement is empty")
    if len(statements) > 1:
        raise StatementSyntaxError("cannot insert multiple commands into a prepared statement: send them one by one or as a batch")
    sql = statements[0]
    tokens = tokenize(sql)
    words = [token.key for token in significant(tokens)[:6]]
    for opening, rule in _RULES:
        if words[: len(opening)] == list(opening):
            found = rule(sql, tokens, catalog)
            history = any(token.text.lower() in HISTORY for token in tokens)
            return replace(found, history=history, named=Named() if found.external is not None else named_in(significant(tokens)))
    if not words[0].isidentifier() or words[0] not in _OPENINGS:
        raise StatementSyntaxError(f'syntax error at or near "{significant(tokens)[0].text}"')
    raise NotSupportedHereError(f"The statement {' '.join(words[:2])}")


def _explain(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    rest = significant(tokens)[1:]
    verbose = bool(rest) and rest[0].key == "VERBOSE"
    rest = rest[verbose:]
    if not rest:
        raise StatementSyntaxError("syntax error at end of input")
    start = rest[0].start
    inner = _translated(sql[start:], catalog)
    if inner.local:
        raise NotSupportedHereError(f"EXPLAIN of {inner.kind.upper()}")
    if inner.parameters or re.search(r"\$\d", inner.sql[0]):
        # A plan for parameters that a client binds is PostgreSQL's.
        return Translation("explain", (f"EXPLAIN {'VERBOSE ' if verbose else ''}{inner.sql[0]}",), inner.parameters, reads=True)
    plan = f'SELECT line AS "QUERY PLAN" FROM local_redshift.explain({quote_literal(inner.sql[0])}) AS plan (line)'
    return Translation("explain", (plan,), reads=True)


def _create_table(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    statements = create_table(sql, tokens, catalog)
    return Translation("create table", statements, from_query=re.match(r"[^(]*(\([^()]*\) )?AS ", statements[0]) is not None)


def _create_function(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """A scalar SQL function: one SELECT whose arguments are $1, $2 … (guide, "CREATE FUNCTION"); Python ones are refused."""
    cursor = Cursor(significant(tokens))
    cursor.expect("CREATE")
    replaced = cursor.accept("OR", "REPLACE")
    cursor.expect("FUNCTION")
    name = qualified(cursor.qualified())
    arguments: list[str] = []
    inside = Cursor(cursor.group())
    while not inside.done:
        arguments.append(read_type(inside, f"${len(arguments) + 1}").postgres)
        if not inside.done:
            inside.expect(",")
    cursor.expect("RETURNS")
    returns = read_type(cursor, "the result").postgres
    volatility = next((word for word in ("VOLATILE", "STABLE", "IMMUTABLE") if cursor.accept(word)), "")
    if not volatility:
        raise StatementSyntaxError("CREATE FUNCTION needs VOLATILE, STABLE or IMMUTABLE")
    cursor.expect("AS")
    body = unquote(cursor.take())
    cursor.expect("LANGUAGE")
    language = cursor.take().key
    if language != "SQL":
        raise NotSupportedHereError(f"A function in {language}", "SQL functions are.")
    inner = _translated(body, catalog)
    if inner.kind != "select" or inner.parameters:
        raise RefusedByRedshiftError("The body of a SQL function is one SELECT")
    bare = [argument.partition("(")[0] for argument in arguments]
    opening = f"CREATE {'OR REPLACE ' if replaced else ''}FUNCTION {name}({', '.join(bare)}) RETURNS {returns.partition('(')[0]}"
    return Translation("create function", (f"{opening} LANGUAGE sql {volatility} AS {quote_literal(inner.sql[0])}",))


def _create_procedure(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation("create procedure", create_procedure(sql, tokens))


def _drop_procedure(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation("drop procedure", drop_procedure(sql, tokens))


def _call(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """CALL. Its arguments are read as a query would be, for the names of parameters in them."""
    command = parse_call(sql, tokens)
    names = _translated(f"SELECT {', '.join(command.arguments)}", catalog).parameters if command.arguments else ()
    return Translation("call", parameters=names, call=command)


def _external(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    command = parse_external(tokens)
    if isinstance(command, CreateTableAs):
        inner = _translated(command.query, catalog)
        if inner.kind not in ("select", "with") or inner.local or inner.parameters:
            raise RefusedByRedshiftError("CREATE EXTERNAL TABLE … AS takes a SELECT without parameters")
        command = replace(command, query=inner.sql[0], named=inner.named)
    kind = "alter table" if tokens[0].key == "ALTER" else f"create external {'schema' if isinstance(command, CreateSchema) else 'table'}"
    return Translation(kind, external=command, in_transaction=False)


def _grant(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation(tokens[0].key.lower(), (grant(tokens),))


def _default_privileges(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation("alter default privileges", (default_privileges(tokens),))


def _cancel(tokens: Sequence[Token]) -> tuple[str, ...]:
    """CANCEL pid ['message']."""
    cursor = Cursor(significant(tokens))
    cursor.take()
    pid = cursor.number()
    if not cursor.done:
        unquote(cursor.take())
    cursor.end()
    return (f"SELECT local_redshift.cancel({pid})",)


def _analyze(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation("analyze", analyze(tokens))


def _vacuum(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation("vacuum", vacuum(tokens), in_transaction=False)


def _copy(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation("copy", copy=parse_copy(Cursor(significant(tokens))))


def _unload(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    command = parse_unload(Cursor(significant(tokens)))
    inner = _translated(command.query, catalog)
    if inner.kind not in ("select", "with") or inner.local or inner.parameters:
        raise RefusedByRedshiftError("UNLOAD takes a SELECT without parameters")
    return Translation("unload", unload=replace(command, query=inner.sql[0]))


def _alter_table(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    if changes_partitions(tokens):
        return _external(sql, tokens, catalog)
    if appends(tokens):
        return Translation("alter table append", append(tokens), in_transaction=False)
    return Translation("alter table", alter_table(tokens))


def supported_statements() -> list[tuple[str, ...]]:
    """The first words of every statement that is taken."""
    return sorted(opening for opening, rule in _RULES if rule not in REFUSING and opening != ("(",))


def refused_statements() -> list[tuple[str, ...]]:
    """The first words of statements that Redshift refuses too."""
    return sorted(opening for opening, rule in _RULES if rule in REFUSING)


def _prepare(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """PREPARE name [(types)] AS statement."""
    cursor = Cursor(significant(tokens))
    cursor.take()
    name = quote_identifier(cursor.identifier())
    if cursor.peek() == "(":
        name += f" ({plain_text(cursor.group())})"
    cursor.expect("AS")
    inner = _translated(sql[cursor.tokens[cursor.at].start :], catalog)
    if inner.local:
        raise NotSupportedHereError(f"PREPARE of {inner.kind.upper()}")
    return Translation("prepare", (f"PREPARE {name} AS {inner.sql[0]}",))


_NO_OBJECT = "is not supported by Redshift"
_RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    *(((word,), query) for word in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "(", "VALUES")),
    (("EXPLAIN",), _explain),
    (("MERGE",), merge),
    (("CREATE", "TABLE"), _create_table),
    *((("CREATE", kind, "TABLE"), _create_table) for kind in ("TEMP", "TEMPORARY")),
    *((("CREATE", "LOCAL", kind, "TABLE"), _create_table) for kind in ("TEMP", "TEMPORARY")),
    (("CREATE", "VIEW"), create_view),
    (("CREATE", "OR", "REPLACE", "VIEW"), create_view),
    (("CREATE", "MATERIALIZED", "VIEW"), materialized_view),
    (("REFRESH", "MATERIALIZED", "VIEW"), plain),
    (("DROP", "MATERIALIZED", "VIEW"), plain),
    (("CREATE", "FUNCTION"), _create_function),
    (("CREATE", "OR", "REPLACE", "FUNCTION"), _create_function),
    (("DROP", "FUNCTION"), plain),
    (("CREATE", "PROCEDURE"), _create_procedure),
    (("CREATE", "OR", "REPLACE", "PROCEDURE"), _create_procedure),
    (("DROP", "PROCEDURE"), _drop_procedure),
    (("ALTER", "PROCEDURE"), plain),
    (("CALL",), _call),
    (("CREATE", "EXTERNAL", "SCHEMA"), _external),
    (("CREATE", "EXTERNAL", "TABLE"), _external),
    (("CREATE", "SCHEMA"), own("create schema", schema)),
    (("ALTER", "SCHEMA"), own("alter schema", schema)),
    (("CREATE", "USER"), own("create user", create_user)),
    (("ALTER", "USER"), own("alter user", alter_user)),
    (("DROP", "USER"), plain_own("drop user")),
    (("CREATE", "GROUP"), plain_own("create group")),
    (("ALTER", "GROUP"), plain_own("alter group")),
    (("DROP", "GROUP"), plain_own("drop group")),
    (("CREATE", "ROLE"), own("create role", create_role)),
    (("ALTER", "ROLE"), own("alter role", alter_role)),
    (("DROP", "ROLE"), own("drop role", drop_role)),
    (("CREATE", "DATABASE"), own("create database", create_database, in_transaction=False)),
    (("DROP", "DATABASE"), own("drop database", drop_database, in_transaction=False)),
    (("ALTER", "DATABASE"), own("alter database", alter_database)),
    (("CANCEL",), own("cancel", _cancel)),
    *(
        (("CREATE", kind), refused(f"CREATE {kind}", _NO_OBJECT))
        for kind in ("INDEX", "TRIGGER", "SEQUENCE", "EXTENSION", "DOMAIN", "TYPE", "RULE")
    ),
    (("CREATE", "UNIQUE", "INDEX"), refused("CREATE INDEX", _NO_OBJECT)),
    *((("DROP", kind), plain) for kind in ("TABLE", "VIEW", "SCHEMA")),
    (("ALTER", "TABLE"), _alter_table),
    (("ALTER", "DEFAULT", "PRIVILEGES"), _default_privileges),
    (("COMMENT", "ON", "VIEW"), comment_on_view),
    (("COMMENT", "ON"), plain),
    (("GRANT",), _grant),
    (("REVOKE",), _grant),
    (("ANALYZE",), _analyze),
    (("ANALYSE",), _analyze),
    (("VACUUM",), _vacuum),
    (("LOCK",), lock),
    (("TRUNCATE",), truncate),
    (("COPY",), _copy),
    (("UNLOAD",), _unload),
    (("SET",), set_setting),
    (("RESET",), reset),
    (("SHOW",), show),
    (("DECLARE",), declare_cursor),
    (("FETCH",), fetch),
    (("CLOSE",), plain),
    (("PREPARE",), _prepare),
    (("EXECUTE",), plain),
    (("DEALLOCATE",), plain),
    *(((word,), control) for word in ("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT")),
    *(((word,), refused(word, _NO_OBJECT)) for word in ("SAVEPOINT", "RELEASE")),
)
# The first words of statements of Redshift and PostgreSQL; anything else is a mistake in writing.
_OPENINGS = {opening[0] for opening, _ in _RULES} | {
    *("ATTACH", "CREATE", "DESC", "DESCRIBE", "DETACH", "DROP", "USE"),
    *("CHECKPOINT", "CLUSTER", "DISCARD", "DO", "IMPORT", "LISTEN", "LOAD", "MOVE", "NOTIFY", "REASSIGN"),
    *("REINDEX", "SECURITY", "TABLE", "UNLISTEN"),
}
