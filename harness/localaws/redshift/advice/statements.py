"""Rules about files of SQL: what Redshift refuses, and what costs, before anything runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from localaws.redshift.advice.findings import Finding
from localaws.redshift.dialect import translate
from localaws.redshift.exceptions import NotSupportedHereError, RedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Token, significant, tokenize
from localaws.redshift.sql.scope import CatalogNeededError

__all__ = ["statement_findings"]

_LONGEST = frozenset(("MAX", "65535"))


def statement_findings(file: str, sql: str) -> list[Finding]:
    """The findings of a script, each with its line. Parameters may have names (`:name`)."""
    found: list[Finding] = []
    try:
        statements = _statements(sql)
    except StatementSyntaxError as error:
        return [Finding("RS091", file, error.message)]
    for line, text in statements:
        where = f"{file}:{line}"
        try:
            translate(text)
        except CatalogNeededError:
            pass  # it can be parsed; which columns there are is not known here
        except StatementSyntaxError as error:
            found.append(Finding("RS091", where, error.message))
            continue
        except NotSupportedHereError as error:
            found.append(Finding("RS092", where, error.message))
            continue
        except RedshiftError as error:
            found.append(Finding("RS090", where, error.message))
            continue
        tokens = significant(tokenize(text))
        found += [Finding(rule, where, words) for rule, check in _CHECKS for words in check(tokens)]
    return found


def _statements(sql: str) -> list[tuple[int, str]]:
    """Each statement with the line that its first word is on."""
    found, start, first = [], 0, None
    for token in tokenize(sql):
        if token.kind == "punct" and token.text == ";":
            if first is not None:
                found.append((sql.count("\n", 0, first) + 1, sql[first : token.start]))
            start, first = token.end, None
        elif token.kind != "space" and first is None:
            first = token.start
    if first is not None:
        found.append((sql.count("\n", 0, first) + 1, sql[max(first, start) :]))
    return found


def _greatest_length(tokens: list[Token]) -> list[str]:
    if [token.key for token in tokens[:1]] != ["CREATE"]:
        return []
    return [
        f"{kind.text}({length.text}): the name before it is {tokens[at - 1].text}"
        for at, (kind, opening, length) in enumerate(zip(tokens, tokens[1:], tokens[2:], strict=False))
        if kind.key in ("VARCHAR", "NVARCHAR", "VARYING") and opening.text == "(" and length.key in _LONGEST
    ]


def _every_column(tokens: list[Token]) -> list[str]:
    keys = [token.key for token in tokens]
    inserts, views = keys[:1] == ["INSERT"], keys[:1] == ["CREATE"] and "VIEW" in keys[:4]
    if not (inserts or views):
        return []
    return ["SELECT *: name the columns"] if any(pair == ("SELECT", "*") for pair in itertools.pairwise(keys)) else []


def _single_row(tokens: list[Token]) -> list[str]:
    keys = [token.key for token in tokens]
    if keys[:2] != ["INSERT", "INTO"] or "VALUES" not in keys:
        return []
    depth, groups = 0, 0
    for key in keys[keys.index("VALUES") + 1 :]:
        groups += key == "(" and depth == 0
        depth += (key == "(") - (key == ")")
    return ["INSERT of one row"] if groups == 1 else []


def _leading_wildcard(tokens: list[Token]) -> list[str]:
    return [
        f"{one.text.upper()} {other.text}"
        for one, other in itertools.pairwise(tokens)
        if one.key in ("LIKE", "ILIKE") and other.kind == "string" and other.text.startswith("'%")
    ]


def _uncompressed(tokens: list[Token]) -> list[str]:
    keys = {token.key for token in tokens}
    if not tokens or tokens[0].key != "COPY" or keys & {"GZIP", "BZIP2", "ZSTD", "LZOP", "PARQUET", "ORC", "AVRO"}:
        return []
    return ["COPY of text without GZIP, BZIP2 or ZSTD"]


def _cartesian(tokens: list[Token]) -> list[str]:
    return ["CROSS JOIN"] if any(one.key == "CROSS" and other.key == "JOIN" for one, other in itertools.pairwise(tokens)) else []


_CHECKS: tuple[tuple[str, Callable[[list[Token]], list[str]]], ...] = (
    ("RS011", _cartesian),
    ("RS020", _single_row),
    ("RS021", _uncompressed),
    ("RS030", _greatest_length),
    ("RS031", _every_column),
    ("RS032", _leading_wildcard),
)
