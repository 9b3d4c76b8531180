"""The way of a query or a change of data from Redshift's text to PostgreSQL's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import pairwise

from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Token, significant
from localaws.redshift.sql.calls import calls
from localaws.redshift.sql.grammar import LocalRedshift
from localaws.redshift.sql.pseudo import pseudo_columns
from localaws.redshift.sql.rules import (
    catalog_tables,
    excluded_columns,
    group_by_all,
    lateral_aliases,
    leader_only,
    merge_values,
    number_conditions,
    pivots,
    qualify,
    refusals,
)
from localaws.redshift.sql.scope import Catalog, CatalogNeededError
from localaws.redshift.sql.super import navigation, unnesting

__all__ = ["Parameters", "expression_text", "names_the_catalog", "query_text", "unqualified_tables"]

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # what it does not know is raised here, not logged
_Rule = Callable[[exp.Expr, "Catalog | None"], exp.Expr]
_RULES: tuple[_Rule, ...] = (
    refusals,
    leader_only,
    pseudo_columns,
    catalog_tables,
    number_conditions,
    merge_values,
    unnesting,
    excluded_columns,
    lateral_aliases,
    group_by_all,
    qualify,
    pivots,
    navigation,
    calls,
)
_DIALECT = LocalRedshift()
_NUMBERED = "local_parameter_"
# After these a bracket opens an array; after anything else it is a step into one. sqlglot's tree has no difference to ARRAY[…].
_OPENS = frozenset(("(", ",", "=", "||", "SELECT", "DISTINCT", "ALL", "VALUES", "WHEN", "THEN", "ELSE", "AND", "OR", "IN"))


class Parameters:
    """The named parameters of a statement, numbered as they come."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def number(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name) + 1


def query_text(sql: str, tokens: Sequence[Token], parameters: Parameters, catalog: Catalog | None = None) -> str:
    """PostgreSQL's text of SELECT, INSERT, UPDATE, DELETE, MERGE or VALUES.

    Raises:
        StatementSyntaxError, RefusedByRedshiftError, NotSupportedHereError: it cannot be parsed, or not be run.
        CatalogNeededError: without `catalog`, when columns of a table decide.
    """
    words = significant(tokens)
    if any(bracket.text == "[" and (before.text in _OPENS or before.key in _OPENS) for before, bracket in pairwise(words)):
        raise NotSupportedHereError("An array literal", "Use ARRAY(value, …).")
    text = _with_named_parameters(sql, tokens)
    if words[0].key == "DELETE" and len(words) > 1 and words[1].key != "FROM":
        text = f"DELETE FROM{text[words[0].end - tokens[0].start :]}"
    try:
        tree = _parsed(text)
        return _written(tree, parameters, catalog)
    except CatalogNeededError:
        raise
    except RedshiftError:
        if names_the_catalog(words):
            return sql  # leader-node SQL on PostgreSQL's own catalog, psql's for example: read by PostgreSQL as it is
        raise


def _with_named_parameters(sql: str, tokens: Sequence[Token]) -> str:
    """`$1` under a name: sqlglot takes `$1,$` for the opening of a text in dollars."""
    if "$" not in sql:
        return sql
    base, parts, end = tokens[0].start, [], 0
    for sign, number in pairwise(tokens):
        if sign.text == "$" and number.kind == "number":
            parts += [sql[end : sign.start - base], f":{_NUMBERED}{number.text}"]
            end = number.end - base
    return "".join([*parts, sql[end:]])


def expression_text(sql: str) -> str:
    """PostgreSQL's text of one expression, a column's DEFAULT for example."""
    return _written(_parsed(f"SELECT {sql}"), Parameters(), None).removeprefix("SELECT ")


def _parsed(sql: str) -> exp.Expr:
    try:
        (tree,) = _DIALECT.parse(sql, error_level=ErrorLevel.IMMEDIATE)
    except (SqlglotError, ValueError) as error:
        raise StatementSyntaxError(_near(error, sql)) from error
    except RecursionError as error:
        raise NotSupportedHereError("A statement nested this deep") from error
    if tree is None:
        raise StatementSyntaxError("syntax error at end of input")
    return tree


def _near(error: Exception, sql: str) -> str:
    details = getattr(error, "errors", None)
    near = details[0].get("highlight") if details else ""
    return f'syntax error at or near "{near}"' if near else f"syntax error: {str(error).splitlines()[0]}"


def _written(tree: exp.Expr, parameters: Parameters, catalog: Catalog | None) -> str:
    for rule in _RULES:
        tree = rule(tree, catalog)
    for placeholder in list(tree.find_all(exp.Placeholder)):
        if placeholder.name.startswith(_NUMBERED):
            placeholder.replace(exp.Parameter(this=exp.Literal.number(placeholder.name.removeprefix(_NUMBERED))))
        elif placeholder.name:
            placeholder.replace(exp.Parameter(this=exp.Literal.number(parameters.number(placeholder.name))))
    try:
        return str(tree.sql(dialect=_DIALECT, unsupported_level=ErrorLevel.RAISE))
    except SqlglotError as error:
        raise NotSupportedHereError(f"This ({str(error).splitlines()[0]})") from error


def unqualified_tables(sql: str) -> list[str]:
    """Tables that PostgreSQL's text of a query names without their schema; names that WITH gives are none."""
    tree = _parsed(sql)
    common = {one.alias.lower() for one in tree.find_all(exp.CTE)}
    tables = [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier) and not table.db]
    return [table.name for table in tables if table.name.lower() not in common]


def names_the_catalog(words: Sequence[Token]) -> bool:
    """Whether it names the schema pg_catalog."""
    return any(name.name == "pg_catalog" and dot.text == "." for name, dot in pairwise(words) if name.kind in ("word", "quoted"))
