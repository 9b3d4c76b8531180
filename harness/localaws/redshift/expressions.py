"""Expressions and queries: Redshift's spellings in, PostgreSQL's out, token by token.

Only what differs is touched. What Redshift has and PostgreSQL has not (QUALIFY, PIVOT, SUPER …) is refused by name rather than
left to a syntax error; what PostgreSQL has and Redshift has not (ON CONFLICT, RETURNING …) is refused as Redshift would.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Token, quote_identifier, quote_literal, significant

__all__ = ["UNSUPPORTED_TYPES", "Parameters", "rewrite"]

# Functions whose first argument is a date part, written as a bare word in Redshift and as text in the database's functions.
_DATE_PART_FIRST = {
    "DATEADD": "dateadd",
    "DATEDIFF": "datediff",
    "DATE_ADD": "dateadd",
    "DATE_DIFF": "datediff",
    "DATE_PART": "date_part",
    "PGDATE_PART": "date_part",
    "DATE_TRUNC": "date_trunc",
}
_RENAMED = {"NVL": "COALESCE", "LEN": "length", "TEXTLEN": "length", "DATALENGTH": "octet_length", "CHARINDEX": "charindex"}
_WORDS = {"MINUS": "EXCEPT", "SYSDATE": "localtimestamp", "NVARCHAR": "varchar", "BPCHAR": "char"}
_NOT_HERE_FUNCTIONS = {
    "APPROXIMATE",
    "MEDIAN",
    "RATIO_TO_REPORT",
    "JSON_PARSE",
    "JSON_SERIALIZE",
    "JSON_EXTRACT_PATH_TEXT",
    "CONVERT_TIMEZONE",
    "PIVOT",
    "UNPIVOT",
    "HLL",
    "OBJECT",
    "STRTOL",
    "FARMFINGERPRINT64",
    "CONVERT",
    "MONTHS_BETWEEN",
    "NEXT_DAY",
    "DATE_CMP",
}
UNSUPPORTED_TYPES = frozenset({"SUPER", "VARBYTE", "VARBINARY", "BINARY", "HLLSKETCH", "GEOMETRY", "GEOGRAPHY"})
_NOT_REDSHIFT = {("ON", "CONFLICT"): "ON CONFLICT", ("FOR", "UPDATE"): "SELECT FOR UPDATE", ("FOR", "SHARE"): "SELECT FOR SHARE"}


class Parameters:
    """The named parameters of a statement, numbered as they come."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def number(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name) + 1


def rewrite(tokens: Sequence[Token], parameters: Parameters | None = None) -> str:
    """PostgreSQL's text of the tokens."""
    parameters = parameters or Parameters()
    _refuse_sequences(significant(tokens))
    out: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "word" and _opens_call(tokens, at):
            text, at = _call(tokens, at, parameters)
            out.append(text)
            continue
        out.append(_single(token, parameters))
        at += 1
    return "".join(out)


def _single(token: Token, parameters: Parameters) -> str:
    if token.kind == "string":
        return token.text if token.text.startswith("$") or "\\" not in token.text else "E" + token.text
    if token.kind in ("quoted", "temporary"):
        return quote_identifier(token.name)
    if token.kind == "parameter":
        return f"${parameters.number(token.text[1:])}"
    if token.kind == "word":
        return _WORDS.get(token.key, token.text)
    return token.text


def _refuse_sequences(words: Sequence[Token]) -> None:
    for i, token in enumerate(words):
        if token.kind != "word":
            continue
        following = words[i + 1].key if i + 1 < len(words) else ""
        previous = words[i - 1].key if i else ""
        if previous == ".":
            continue
        if token.key == "QUALIFY":
            raise NotSupportedHereError("QUALIFY", "Use a subquery with the window function and filter outside.")
        if token.key == "SELECT" and following == "TOP":
            raise NotSupportedHereError("SELECT TOP", "Use LIMIT.")
        if token.key == "APPROXIMATE":
            raise NotSupportedHereError("APPROXIMATE")
        if token.key in UNSUPPORTED_TYPES and (previous == "::" or (previous == "AS" and following in (")", "("))):
            raise NotSupportedHereError(f"The type {token.key}")
        if token.key == "RETURNING":
            raise RefusedByRedshiftError('syntax error at or near "returning"')
        if (token.key, following) in _NOT_REDSHIFT:
            raise RefusedByRedshiftError(f"{_NOT_REDSHIFT[token.key, following]} is not supported")


def _opens_call(tokens: Sequence[Token], at: int) -> bool:
    name = tokens[at].key
    known = (
        name in _DATE_PART_FIRST or name in _RENAMED or name in _NOT_HERE_FUNCTIONS or name in _SPECIAL or name in ("VARCHAR", "NVARCHAR")
    )
    if not known:
        return False
    before = [token for token in tokens[max(0, at - 2) : at] if token.kind != "space"]
    if before and before[-1].text == ".":
        return False
    return next((token.text for token in tokens[at + 1 :] if token.kind != "space"), "") == "("


def _call(tokens: Sequence[Token], at: int, parameters: Parameters) -> tuple[str, int]:
    name = tokens[at].key
    if name in _NOT_HERE_FUNCTIONS:
        raise NotSupportedHereError(f"The function {name}")
    arguments, end = _arguments(tokens, at + 1)
    if name in ("VARCHAR", "NVARCHAR"):
        length = "".join(token.key for token in significant(arguments[0]))
        return f"varchar({'65535' if length == 'MAX' else length})", end
    if name in _SPECIAL:
        return _SPECIAL[name](arguments, tokens, end, parameters)
    texts = [rewrite(argument, parameters) for argument in arguments]
    if name in _DATE_PART_FIRST:
        part = significant(arguments[0])
        if len(part) == 1 and part[0].kind in ("word", "quoted"):
            texts[0] = quote_literal(part[0].name)
        return f"{_DATE_PART_FIRST[name]}({','.join(texts)})", end
    return f"{_RENAMED[name]}({','.join(texts)})", end


def _arguments(tokens: Sequence[Token], at: int) -> tuple[list[list[Token]], int]:
    """The arguments of the call whose bracket comes at or after `at`, and the place after it."""
    while tokens[at].text != "(":
        at += 1
    depth = 0
    arguments: list[list[Token]] = [[]]
    for i in range(at, len(tokens)):
        text = tokens[i].text if tokens[i].kind == "punct" else ""
        depth += (text == "(") - (text == ")")
        if depth == 0:
            return arguments, i + 1
        if text == "," and depth == 1:
            arguments.append([])
        elif not (text == "(" and depth == 1 and i == at):
            arguments[-1].append(tokens[i])
    raise StatementSyntaxError("syntax error at end of input: a bracket is not closed")


def _nvl2(arguments: list[list[Token]], tokens: Sequence[Token], end: int, parameters: Parameters) -> tuple[str, int]:
    _count("NVL2", arguments, 3, 3)
    value, then, otherwise = (rewrite(argument, parameters) for argument in arguments)
    return f"CASE WHEN ({value}) IS NOT NULL THEN {then} ELSE {otherwise} END", end


def _decode(arguments: list[list[Token]], tokens: Sequence[Token], end: int, parameters: Parameters) -> tuple[str, int]:
    _count("DECODE", arguments, 3, None)
    texts = [rewrite(argument, parameters) for argument in arguments]
    value, rest = texts[0], texts[1:]
    pairs = [f"WHEN ({value}) IS NOT DISTINCT FROM ({rest[i]}) THEN {rest[i + 1]}" for i in range(0, len(rest) - 1, 2)]
    otherwise = f" ELSE {rest[-1]}" if len(rest) % 2 else ""
    return f"CASE {' '.join(pairs)}{otherwise} END", end


def _listagg(arguments: list[list[Token]], tokens: Sequence[Token], end: int, parameters: Parameters) -> tuple[str, int]:
    _count("LISTAGG", arguments, 1, 2)
    separator = rewrite(arguments[1], parameters) if len(arguments) == 2 else "''"
    rest = [(i, token) for i, token in enumerate(tokens[end:], end) if token.kind != "space"]
    order = ""
    if [token.key for _, token in rest[:2]] == ["WITHIN", "GROUP"]:
        inside, end = _arguments(tokens, rest[1][0] + 1)
        order = " " + ",".join(rewrite(part, parameters) for part in inside)
    first = significant(arguments[0])
    distinct = "DISTINCT " if first and first[0].key == "DISTINCT" else ""
    value = rewrite([token for token in arguments[0] if not (distinct and token is first[0])], parameters)
    return f"string_agg({distinct}({value})::varchar, {separator}{order})", end


def _count(name: str, arguments: list[list[Token]], low: int, high: int | None) -> None:
    if len(arguments) < low or (high is not None and len(arguments) > high):
        raise StatementSyntaxError(f"function {name.lower()} was given {len(arguments)} arguments")


_Special = Callable[[list[list[Token]], Sequence[Token], int, Parameters], tuple[str, int]]
_SPECIAL: dict[str, _Special] = {"NVL2": _nvl2, "DECODE": _decode, "LISTAGG": _listagg}
