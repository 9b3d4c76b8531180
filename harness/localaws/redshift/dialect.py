"""One Redshift statement in, what PostgreSQL runs out.

The first words choose a rule from a table. What no rule takes is refused by name, so that nothing is executed as something else.
Translations are kept by text: a statement that was seen before costs a look-up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from localaws.redshift.alter import alter_table
from localaws.redshift.copy.command import CopyCommand, read_number
from localaws.redshift.copy.options import parse_copy
from localaws.redshift.copy.unload_command import UnloadCommand, parse_unload
from localaws.redshift.ddl import create_table, qualified
from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.external.names import Named, named_in
from localaws.redshift.external.statements import CreateSchema, ExternalCommand, changes_partitions, parse_external
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
from localaws.redshift.procedures.create import CallCommand, create_procedure, drop_procedure, parse_call
from localaws.redshift.settings import postgres_setting
from localaws.redshift.show import show_query
from localaws.redshift.sql.query import Parameters, expression_text, names_the_catalog, query_text, unqualified_tables
from localaws.redshift.sql.scope import Catalog, CatalogNeededError
from localaws.redshift.types import read_type
from localaws.redshift.users import (
    alter_database,
    alter_role,
    alter_user,
    create_database,
    create_role,
    create_user,
    drop_database,
    drop_role,
    setting_value,
)

__all__ = ["Translation", "refused_statements", "supported_statements", "translate", "untouched_catalog_query"]


@dataclass(frozen=True, slots=True)
class Translation:
    """What to run. The first of `sql` carries the result and the row count; the others record what was declared."""

    kind: str
    sql: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    copy: CopyCommand | None = None
    unload: UnloadCommand | None = None
    call: CallCommand | None = None
    external: ExternalCommand | None = None
    named: Named = field(default_factory=Named)
    in_transaction: bool = True
    commits: bool = False
    reads: bool = False
    controls: bool = False
    """BEGIN, COMMIT and the like."""
    own_tag: bool = False
    """Whether the client gets the kind as the command's tag, and no rows, whatever PostgreSQL says."""
    from_query: bool = False
    """CREATE TABLE … AS."""
    history: bool = False
    """Whether it reads what was run, so that everything has to be written first."""

    @property
    def local(self) -> bool:
        """Whether it is more than one statement of PostgreSQL."""
        own = (self.copy, self.unload, self.call, self.external)
        more = len(self.sql) > 1 or self.commits or self.own_tag or not self.in_transaction
        return more or any(command is not None for command in own)


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
_Rule = Callable[[str, Sequence[Token], "Catalog | None"], Translation]


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


def untouched_catalog_query(text: str) -> Translation | None:
    """A query on PostgreSQL's catalog as it is: psql writes its own for the version of PostgreSQL that it is told."""
    words = significant(tokenize(text))
    if words and words[0].key in ("SELECT", "WITH") and names_the_catalog(words):
        return Translation("select", (text,), reads=True)
    return None


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


def _query(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    parameters = Parameters()
    keys = [token.key for token in significant(tokens)]
    text = query_text(sql, tokens, parameters, catalog)
    reads = keys[0] in ("SELECT", "WITH", "(", "VALUES") and "INTO" not in keys
    return Translation(keys[0].lower() if keys[0] != "(" else "select", (text,), tuple(parameters.names), reads=reads)


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


def _merge(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
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
    return _query(sql, tokens, catalog)


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


def _create_table(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    statements = create_table(sql, tokens, catalog)
    return Translation("create table", statements, from_query=re.match(r"[^(]*(\([^()]*\) )?AS ", statements[0]) is not None)


def _create_view(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
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


def _materialized_view(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
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
    kind = "alter table" if tokens[0].key == "ALTER" else f"create external {'schema' if isinstance(command, CreateSchema) else 'table'}"
    return Translation(kind, external=command, in_transaction=False)


def _plain(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    words = significant(tokens)
    return Translation(" ".join(token.key.lower() for token in words[:2]), (plain_text(tokens),))


def _comment_on_view(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """A materialized view is a view in Redshift, and none in PostgreSQL."""
    cursor = Cursor(significant(tokens))
    cursor.expect("COMMENT", "ON", "VIEW")
    name = qualified(cursor.qualified())
    cursor.expect("IS")
    text = "NULL" if cursor.accept("NULL") else quote_literal(unquote(cursor.take()))
    cursor.end()
    commented = f"BEGIN PERFORM local_redshift.comment_on_view({quote_literal(name)}::regclass, {text}); END"
    return Translation("comment on", (f"DO {quote_literal(commented)}",))


def _grant(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation(tokens[0].key.lower(), (grant(tokens),))


def _default_privileges(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation("alter default privileges", (default_privileges(tokens),))


def _own(kind: str, statements: Callable[[Sequence[Token]], tuple[str, ...]], *, in_transaction: bool = True) -> _Rule:
    """Statements whose tag is Redshift's, whatever PostgreSQL's is."""

    def rule(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
        return Translation(kind, statements(tokens), own_tag=True, in_transaction=in_transaction)

    return rule


def _plain_own(kind: str, *, in_transaction: bool = True) -> _Rule:
    return _own(kind, lambda tokens: (plain_text(tokens),), in_transaction=in_transaction)


def _schema(tokens: Sequence[Token]) -> tuple[str, ...]:
    """CREATE and ALTER SCHEMA; every schema is without a quota here."""
    words = significant(tokens)
    at = next((place for place, word in enumerate(words) if word.key == "QUOTA" and place > 2), None)
    if at is None:
        return (plain_text(tokens),)
    if [word.key for word in words[at + 1 :]] != ["UNLIMITED"]:
        raise NotSupportedHereError("The QUOTA of a schema", "QUOTA UNLIMITED is.")
    if words[0].key == "ALTER":
        name = quote_literal(qualified((words[2].name,)))
        return (f"SELECT {name}::regnamespace",)
    return (plain_text([token for token in tokens if token.start < words[at].start]),)


def _cancel(tokens: Sequence[Token]) -> tuple[str, ...]:
    """CANCEL pid ['message']."""
    cursor = Cursor(significant(tokens))
    cursor.take()
    pid = read_number(cursor)
    if not cursor.done:
        unquote(cursor.take())
    cursor.end()
    return (f"SELECT local_redshift.cancel({pid})",)


def _analyze(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation("analyze", analyze(tokens))


def _vacuum(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    return Translation("vacuum", vacuum(tokens), in_transaction=False)


def _lock(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    cursor.accept("TABLE")
    tables = [qualified(cursor.qualified())]
    while cursor.accept(","):
        tables.append(qualified(cursor.qualified()))
    cursor.end(": LOCK takes table names only")
    # Two statements in one message are a transaction: outside of one the locks are given up at once, as in Redshift.
    return Translation("lock table", (f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE", "SELECT 1"), own_tag=True)


def _truncate(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    cursor.accept("TABLE")
    table = qualified(cursor.qualified())
    cursor.end(": TRUNCATE takes one table")
    return Translation("truncate", (f"TRUNCATE TABLE {table}",), commits=True)


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
    return sorted(opening for opening, rule in _RULES if rule not in _REFUSING and opening != ("(",))


def refused_statements() -> list[tuple[str, ...]]:
    """The first words of statements that Redshift refuses too."""
    return sorted(opening for opening, rule in _RULES if rule in _REFUSING)


_REFUSING: set[_Rule] = set()


def _refused(what: str, why: str) -> _Rule:
    def rule(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
        raise RefusedByRedshiftError(f"{what} {why}")

    _REFUSING.add(rule)
    return rule


def _control(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """Every isolation level that Redshift reads is serializable (guide, "BEGIN")."""
    cursor = Cursor(significant(tokens))
    opening = cursor.take().key
    if opening == "START":
        cursor.expect("TRANSACTION")
    elif not cursor.accept("WORK"):
        cursor.accept("TRANSACTION")
    words = {"START": "BEGIN", "END": "COMMIT", "ABORT": "ROLLBACK"}.get(opening, opening)
    if words == "BEGIN":
        words += _transaction_modes(cursor)
    cursor.end()
    return Translation(words.split()[0].lower(), (words,), controls=True)


_LEVELS = (("SERIALIZABLE",), ("READ", "COMMITTED"), ("READ", "UNCOMMITTED"), ("REPEATABLE", "READ"))


def _transaction_modes(cursor: Cursor) -> str:
    modes = ""
    while not cursor.done:
        if cursor.accept("ISOLATION", "LEVEL"):
            if not any(cursor.accept(*level) for level in _LEVELS):
                raise StatementSyntaxError(f'syntax error at or near "{cursor.take().text}"')
        elif cursor.accept("READ", "ONLY"):
            modes = " READ ONLY"
        elif cursor.accept("READ", "WRITE"):
            modes = " READ WRITE"
        elif not cursor.accept(","):
            break
    return modes


def _set(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    if cursor.accept("SESSION", "CHARACTERISTICS") or cursor.accept("TRANSACTION"):
        return Translation("set", (plain_text(tokens),))
    scope = "LOCAL " if cursor.accept("LOCAL") else ""
    cursor.accept("SESSION")
    if cursor.accept("AUTHORIZATION"):
        return _authorization(cursor)
    name = cursor.identifier()
    if name == "time" and cursor.accept("ZONE"):
        return Translation("set", (plain_text(tokens),))
    if not (cursor.accept("TO") or cursor.accept("=")):
        raise StatementSyntaxError(f'syntax error at or near "{name}" in SET')
    setting = postgres_setting(name)
    return Translation("set", (f"SET {scope}{setting} TO {setting_value(cursor, name)}",))


def _authorization(cursor: Cursor) -> Translation:
    if cursor.accept("DEFAULT"):
        raise NotSupportedHereError("SET SESSION AUTHORIZATION DEFAULT", "Connect again as the user.")
    token = cursor.take()
    name = unquote(token) if token.kind == "string" else token.name
    return Translation("set", (f"SET SESSION AUTHORIZATION {quote_identifier(name)}",))


def _reset(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    name = cursor.identifier()
    if name == "session":
        raise NotSupportedHereError("RESET SESSION AUTHORIZATION", "Connect again as the user.")
    cursor.end()
    return Translation("reset", (f"RESET {name if name == 'all' else postgres_setting(name)}",))


def _show(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    return Translation("show", (show_query(cursor),), reads=True)


def _declare_cursor(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    """DECLARE name CURSOR FOR query: read forward, in a transaction (guide, "DECLARE")."""
    cursor = Cursor(significant(tokens))
    cursor.take()
    name = cursor.identifier()
    cursor.expect("CURSOR", "FOR")
    start = cursor.tokens[cursor.at].start
    query = query_text(sql[start:], [token for token in tokens if token.start >= start], Parameters(), catalog)
    return Translation("declare cursor", (f"DECLARE {quote_identifier(name)} NO SCROLL CURSOR FOR {query}",))


def _fetch(sql: str, tokens: Sequence[Token], catalog: Catalog | None) -> Translation:
    cursor = Cursor(significant(tokens))
    cursor.take()
    for backward in ("PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE", "BACKWARD"):
        if cursor.peek() == backward:
            raise RefusedByRedshiftError(f"FETCH {backward} is not supported: a cursor is read forward")
    return Translation("fetch", (plain_text(tokens),), reads=True)


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
_RULES: tuple[tuple[tuple[str, ...], _Rule], ...] = (
    *(((word,), _query) for word in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "(", "VALUES")),
    (("EXPLAIN",), _explain),
    (("MERGE",), _merge),
    (("CREATE", "TABLE"), _create_table),
    *((("CREATE", kind, "TABLE"), _create_table) for kind in ("TEMP", "TEMPORARY")),
    *((("CREATE", "LOCAL", kind, "TABLE"), _create_table) for kind in ("TEMP", "TEMPORARY")),
    (("CREATE", "VIEW"), _create_view),
    (("CREATE", "OR", "REPLACE", "VIEW"), _create_view),
    (("CREATE", "MATERIALIZED", "VIEW"), _materialized_view),
    (("REFRESH", "MATERIALIZED", "VIEW"), _plain),
    (("DROP", "MATERIALIZED", "VIEW"), _plain),
    (("CREATE", "FUNCTION"), _create_function),
    (("CREATE", "OR", "REPLACE", "FUNCTION"), _create_function),
    (("DROP", "FUNCTION"), _plain),
    (("CREATE", "PROCEDURE"), _create_procedure),
    (("CREATE", "OR", "REPLACE", "PROCEDURE"), _create_procedure),
    (("DROP", "PROCEDURE"), _drop_procedure),
    (("ALTER", "PROCEDURE"), _plain),
    (("CALL",), _call),
    (("CREATE", "EXTERNAL", "SCHEMA"), _external),
    (("CREATE", "EXTERNAL", "TABLE"), _external),
    (("CREATE", "SCHEMA"), _own("create schema", _schema)),
    (("ALTER", "SCHEMA"), _own("alter schema", _schema)),
    (("CREATE", "USER"), _own("create user", create_user)),
    (("ALTER", "USER"), _own("alter user", alter_user)),
    (("DROP", "USER"), _plain_own("drop user")),
    (("CREATE", "GROUP"), _plain_own("create group")),
    (("ALTER", "GROUP"), _plain_own("alter group")),
    (("DROP", "GROUP"), _plain_own("drop group")),
    (("CREATE", "ROLE"), _own("create role", create_role)),
    (("ALTER", "ROLE"), _own("alter role", alter_role)),
    (("DROP", "ROLE"), _own("drop role", drop_role)),
    (("CREATE", "DATABASE"), _own("create database", create_database, in_transaction=False)),
    (("DROP", "DATABASE"), _own("drop database", drop_database, in_transaction=False)),
    (("ALTER", "DATABASE"), _own("alter database", alter_database)),
    (("CANCEL",), _own("cancel", _cancel)),
    *(
        (("CREATE", kind), _refused(f"CREATE {kind}", _NO_OBJECT))
        for kind in ("INDEX", "TRIGGER", "SEQUENCE", "EXTENSION", "DOMAIN", "TYPE", "RULE")
    ),
    (("CREATE", "UNIQUE", "INDEX"), _refused("CREATE INDEX", _NO_OBJECT)),
    *((("DROP", kind), _plain) for kind in ("TABLE", "VIEW", "SCHEMA")),
    (("ALTER", "TABLE"), _alter_table),
    (("ALTER", "DEFAULT", "PRIVILEGES"), _default_privileges),
    (("COMMENT", "ON", "VIEW"), _comment_on_view),
    (("COMMENT", "ON"), _plain),
    (("GRANT",), _grant),
    (("REVOKE",), _grant),
    (("ANALYZE",), _analyze),
    (("ANALYSE",), _analyze),
    (("VACUUM",), _vacuum),
    (("LOCK",), _lock),
    (("TRUNCATE",), _truncate),
    (("COPY",), _copy),
    (("UNLOAD",), _unload),
    (("SET",), _set),
    (("RESET",), _reset),
    (("SHOW",), _show),
    (("DECLARE",), _declare_cursor),
    (("FETCH",), _fetch),
    (("CLOSE",), _plain),
    (("PREPARE",), _prepare),
    (("EXECUTE",), _plain),
    (("DEALLOCATE",), _plain),
    *(((word,), _control) for word in ("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT")),
    *(((word,), _refused(word, _NO_OBJECT)) for word in ("SAVEPOINT", "RELEASE")),
)
# The first words of statements of Redshift and PostgreSQL; anything else is a mistake in writing.
_OPENINGS = {opening[0] for opening, _ in _RULES} | {
    *("ATTACH", "CREATE", "DESC", "DESCRIBE", "DETACH", "DROP", "USE"),
    *("CHECKPOINT", "CLUSTER", "DISCARD", "DO", "IMPORT", "LISTEN", "LOAD", "MOVE", "NOTIFY", "REASSIGN"),
    *("REINDEX", "SECURITY", "TABLE", "UNLISTEN"),
}
