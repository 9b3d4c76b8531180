"""Conditions of DQDL, parsed: what comes after the columns of a rule, and after `with threshold`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from awsgluedq.model import Condition, Expression, Operand
from awsgluedq.tokens import Tokens

__all__ = ["COMPARISONS", "STARTS", "Constants", "condition", "text_or_constant"]

Constants = Mapping[str, tuple[Operand, ...]]
"""Values of the constants of a ruleset."""

COMPARISONS = ("=", "!=", ">", ">=", "<", "<=")
STARTS = (*COMPARISONS, "between", "not", "in", "matches")
"""What a condition begins with."""

_SECONDS = {"minutes": 60, "minute": 60, "hours": 3600, "hour": 3600, "days": 86400, "day": 86400}
_BYTES = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_KEYWORDS = ("NULL", "EMPTY", "WHITESPACES_ONLY")
_FUNCTIONS = {"last": (0, 1), "avg": (1, 1), "median": (1, 1), "max": (1, 1), "min": (1, 1), "sum": (1, 1), "std": (1, 1), "abs": (1, 1),
              "index": (2, 2), "percentile": (2, 2)}  # fmt: skip
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{1,2}:\d{2}(?: [AP]M)?")


def condition(tokens: Tokens, constants: Constants) -> Condition:
    """The condition that comes next. Raises RulesetError where there is none."""
    first = tokens.at
    negated = "not " if tokens.accept("not") else ""
    values: tuple[Operand, ...]
    if tokens.accept("between"):
        low = _operand(tokens, constants)
        tokens.expect("and", "AND")
        op, values = "between", (low, _operand(tokens, constants))
    elif tokens.accept("in"):
        op, values = "in", _listed(tokens, constants)
    elif tokens.accept("matches"):
        op, values = "matches", (Operand("text", tokens.take("text", "A regular expression in quotes").content),)
    elif negated:
        raise tokens.error("'between', 'in' or 'matches' is expected after 'not'")
    else:
        op = tokens.expect(*COMPARISONS, *STARTS[len(COMPARISONS) :]).value
        values = (_operand(tokens, constants),)
    found = Condition(negated + op, values, tokens.between(first, tokens.at))
    if found.kind == "mixed":
        raise tokens.error("Values of one kind are expected in a condition", token=tokens.all[first])
    return found


def text_or_constant(tokens: Tokens, constants: Constants) -> str:
    """A quoted text or the constant that holds one."""
    if not tokens.has("$"):
        return tokens.take("text", "A text in quotes").content
    name = tokens.ahead().value
    (value, *more) = _constant(tokens, constants)
    if more or value.kind == "keyword":
        raise tokens.error(f"A text is expected, and the constant {name!r} is a list")
    return str(value.value)


def listed_texts(tokens: Tokens, constants: Constants) -> tuple[Operand, ...]:
    """`["a", "b"]`, of texts, keywords and constants."""
    tokens.expect("[")
    values: list[Operand] = []
    while not values or tokens.accept(","):
        values.append(_operand(tokens, constants))
    tokens.expect("]")
    return tuple(values)


def _listed(tokens: Tokens, constants: Constants) -> tuple[Operand, ...]:
    return _constant(tokens, constants) if tokens.has("$") else listed_texts(tokens, constants)


def _constant(tokens: Tokens, constants: Constants) -> tuple[Operand, ...]:
    tokens.expect("$")
    token = tokens.take("word", "The name of a constant")
    if token.value not in constants:
        raise tokens.error(f"No constant {token.value!r}", constants or ["none is defined before Rules"], token)
    return constants[token.value]


def _operand(tokens: Tokens, constants: Constants) -> Operand:
    token = tokens.next
    if tokens.has("$"):
        (value, *more) = _constant(tokens, constants)
        if more:
            raise tokens.error("A single value is expected, and the constant is a list: write `in $name`", token=token)
        return value
    if token.kind == "text":
        return _text(tokens.take().content)
    if token.kind == "word" and token.value.upper() in _KEYWORDS and token.value in (token.value.upper(), token.value.lower()):
        return Operand("keyword", tokens.take().value.upper())
    if tokens.has("now"):
        return Operand("now", _now(tokens))
    if tokens.has("(") and tokens.ahead().value == "now":
        return _around_now(tokens)
    if token.kind == "number" and tokens.ahead().value in _SECONDS:
        return Operand("duration", float(tokens.take().value) * _SECONDS[tokens.take().value])
    if token.kind == "number" and tokens.ahead().value in _BYTES:
        return Operand("size", float(tokens.take().value) * _BYTES[tokens.take().value])
    return Operand("number", _sum(tokens))


def _text(value: str) -> Operand:
    kind = "date" if _DATE.fullmatch(value) else "time" if _TIME.fullmatch(value) else "text"
    return Operand(kind, value)


def _now(tokens: Tokens) -> float:
    tokens.expect("now")
    tokens.expect("(")
    tokens.expect(")")
    return 0.0


def _around_now(tokens: Tokens) -> Operand:
    """`(now() - 3 days)`."""
    tokens.expect("(")
    _now(tokens)
    back = tokens.expect("-", "+").value == "-"
    amount = float(tokens.take("number", "A number of days, hours or minutes").value)
    unit = tokens.expect("days", "hours", "minutes", "day", "hour", "minute").value
    tokens.expect(")")
    return Operand("now", amount * _SECONDS[unit] * (-1 if back else 1), whole_days=unit.startswith("day"))


def _sum(tokens: Tokens) -> Expression:
    left = _product(tokens)
    while tokens.has("+", "-"):
        left = Expression(tokens.take().value, (left, _product(tokens)))
    return left


def _product(tokens: Tokens) -> Expression:
    left = _atom(tokens)
    while tokens.has("*", "/"):
        left = Expression(tokens.take().value, (left, _atom(tokens)))
    return left


def _atom(tokens: Tokens) -> Expression:
    if tokens.accept("-"):
        return Expression("-", (Expression("literal"), _atom(tokens)))
    if tokens.accept("("):
        inner = _sum(tokens)
        tokens.expect(")")
        return inner
    token = tokens.next
    if token.kind == "number":
        return Expression("literal", value=float(tokens.take().value))
    if token.kind != "word" or tokens.ahead().value != "(":
        raise tokens.error("A value is expected: a number, a text in quotes, NULL, EMPTY, WHITESPACES_ONLY, now() or a function")
    if token.value not in _FUNCTIONS:
        raise tokens.error(f"No function {token.value!r}", [*_FUNCTIONS, "now"])
    return _call(tokens)


def _call(tokens: Tokens) -> Expression:
    token = tokens.take()
    tokens.expect("(")
    parts: list[Expression] = []
    while not tokens.has(")"):
        parts.append(_sum(tokens))
        if not tokens.accept(","):
            break
    tokens.expect(")")
    least, most = _FUNCTIONS[token.value]
    if not least <= len(parts) <= most:
        raise tokens.error(f"{token.value} takes {least if least == most else f'{least} or {most}'} values, not {len(parts)}", token=token)
    return Expression(token.value, tuple(parts))
