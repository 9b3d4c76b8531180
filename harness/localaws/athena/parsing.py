"""Statements told apart, and read: what kind each is, its parameters put in, and Athena's words when it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from localaws.athena.exceptions import InvalidRequestError, QueryFailure

__all__ = ["Statement", "parsed", "statement_of", "with_parameters"]

_KINDS: tuple[tuple[str, str, str], ...] = (
    (r"(SELECT|WITH|VALUES|TABLE|\()\b|\(", "DML", "SELECT"),
    (r"INSERT\b", "DML", "INSERT"),
    (r"UNLOAD\b", "DML", "UNLOAD"),
    (r"CREATE\s+TABLE\b.*\bAS\b", "DDL", "CREATE_TABLE_AS_SELECT"),
    (r"CREATE\s+(OR\s+REPLACE\s+)?VIEW\b", "DDL", "CREATE_VIEW"),
    (r"CREATE\s+(EXTERNAL\s+)?TABLE\b", "DDL", "CREATE_TABLE"),
    (r"CREATE\s+(DATABASE|SCHEMA)\b", "DDL", "CREATE_DATABASE"),
    (r"DROP\s+(TABLE|VIEW|DATABASE|SCHEMA)\b", "DDL", "DROP"),
    (r"ALTER\s+TABLE\b", "DDL", "ALTER_TABLE"),
    (r"MSCK\s+REPAIR\s+TABLE\b", "DDL", "MSCK_REPAIR"),
    (r"SHOW\b", "UTILITY", "SHOW"),
    (r"(DESCRIBE|DESC)\b", "UTILITY", "DESCRIBE"),
    (r"EXPLAIN\b", "UTILITY", "EXPLAIN"),
    (r"PREPARE\b", "DDL", "PREPARE"),
    (r"EXECUTE\b", "DML", "EXECUTE"),
    (r"DEALLOCATE\b", "DDL", "DEALLOCATE"),
    (r"(UPDATE|DELETE|MERGE|OPTIMIZE|VACUUM|GRANT|REVOKE|CALL)\b", "DML", "REFUSED"),
)


@dataclass(frozen=True)
class Statement:
    """A text and its kind: StatementType of the API, and what it does."""

    text: str
    type: str
    kind: str


def statement_of(text: str) -> Statement:
    """The one statement of a QueryString, without its semicolon.

    Raises:
        InvalidRequestError: it is none, or cannot be read; with the words of Athena's parser.
    """
    bare = re.sub(r"\A(\s|--[^\n]*\n|/\*.*?\*/)*", "", text, flags=re.DOTALL).rstrip().rstrip(";").rstrip()
    if not bare:
        raise InvalidRequestError("QueryString must not be empty")
    for pattern, type_, kind in _KINDS:
        if re.match(pattern, bare, re.IGNORECASE | re.DOTALL):
            statement = Statement(bare, type_, kind)
            break
    else:
        word = re.split(r"\W", bare, maxsplit=1)[0] or bare[0]
        raise InvalidRequestError(f"line 1:1: mismatched input '{word}'. Expecting: 'ALTER', 'CREATE', 'DROP', 'INSERT', 'SELECT', …")
    if kind in ("SELECT", "INSERT", "CREATE_TABLE_AS_SELECT", "CREATE_VIEW"):
        try:
            parsed(bare)
        except QueryFailure as error:
            raise InvalidRequestError(str(error).partition(": ")[2]) from error
    return statement


def parsed(text: str) -> exp.Expr:
    """The tree of one statement.

    Raises:
        QueryFailure: SYNTAX_ERROR, with the place.
    """
    try:
        trees = sqlglot.parse(text, read="athena")
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        place, near = f"line {first.get('line', 1)}:{first.get('col', 1)}", first.get("highlight") or ""
        raise QueryFailure("SYNTAX_ERROR", f"{place}: mismatched input '{near}'. {first.get('description') or error}") from error
    except TokenError as error:
        raise QueryFailure("SYNTAX_ERROR", f"line 1:1: {error}") from error
    if len(trees) != 1 or trees[0] is None:
        raise QueryFailure("SYNTAX_ERROR", "Only one sql statement is allowed.")
    return trees[0]


def with_parameters(tree: exp.Expr, parameters: Sequence[str]) -> exp.Expr:
    """Each `?` replaced by the expression that stands for it.

    Raises:
        QueryFailure: their numbers differ, or one is no expression.
    """
    marks = list(tree.find_all(exp.Placeholder, bfs=False))
    if len(marks) != len(parameters):
        raise QueryFailure("INVALID_PARAMETER_USAGE", f"Incorrect number of parameters: expected {len(marks)} but found {len(parameters)}")
    for mark, text in zip(marks, parameters, strict=True):
        value = parsed(f"SELECT {text}").find(exp.Select)
        if value is None or len(value.expressions) != 1:
            raise QueryFailure("INVALID_PARAMETER_USAGE", f"The parameter {text!r} is no expression.")
        mark.replace(value.expressions[0])
    return tree
