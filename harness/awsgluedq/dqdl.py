"""DQDL, the language of rulesets, parsed: `Rules = [ Completeness "id" > 0.9, (IsUnique "id") AND (RowCount > avg(last(10))) ]`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from awsgluedq.exceptions import RulesetError

__all__ = ["Composite", "Condition", "Rule", "Ruleset", "parse"]

_TOKEN = re.compile(r"""\s*(?:\#[^\n]*\s*)*(?:
    (?P<text>"(?:[^"\\]|\\.)*") | (?P<number>-?\d+(?:\.\d+)?) | (?P<sign>>=|<=|!=|[=<>()\[\],+*/-]) | (?P<word>[A-Za-z_][\w.]*)
)""", re.VERBOSE)  # fmt: skip
_UNITS = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600, "day": 86400, "days": 86400}
_FUNCTIONS = ("avg", "max", "min", "sum", "std", "median", "last", "percentile", "index")

Value = Callable[[list[float]], Any]
"""A value of a condition, given the metric's former values, the newest last."""


@dataclass(frozen=True)
class Condition:
    """What a metric is compared with: `op` is =, !=, >, >=, <, <=, between, not between, in, not in, matches or not matches."""

    op: str
    values: tuple[Value, ...]
    unit: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule: its type, its texts (columns, SQL, references), and what its metric must meet."""

    kind: str
    arguments: tuple[str, ...]
    condition: Condition | None
    threshold: Condition | None
    where: str
    text: str


@dataclass(frozen=True)
class Composite:
    """Rules joined by AND or OR."""

    op: str
    parts: tuple[Rule | Composite, ...]
    text: str


@dataclass(frozen=True)
class Ruleset:
    """Rules and analyzers, in order."""

    rules: tuple[Rule | Composite, ...] = ()
    analyzers: tuple[Rule, ...] = field(default=())


def parse(text: str) -> Ruleset:
    """Ruleset of a text. Raises RulesetError naming the place that cannot be read."""
    return _Parser(text).ruleset()


@dataclass(frozen=True)
class _Token:
    kind: str
    value: str
    start: int
    end: int


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at = text, [], 0  # type: str, list[_Token], int
        position = 0
        while text[position:].strip() and not re.fullmatch(r"\s*(#[^\n]*\s*)*", text[position:]):
            match = _TOKEN.match(text, position)
            if match is None or match.end() == position:
                raise RulesetError("A character that is not DQDL", text[position : position + 40].strip())
            kind = str(match.lastgroup)
            self.tokens.append(_Token(kind, match[kind], match.start(kind), match.end()))
            position = match.end()

    def ruleset(self) -> Ruleset:
        rules: list[Rule | Composite] = []
        analyzers: list[Rule] = []
        while self.at < len(self.tokens):
            section = self.take("word").value
            if section not in ("Rules", "Analyzers", "mode"):
                raise RulesetError(f"No section {section!r}", self.rest(-1), ["Rules", "Analyzers"])
            self.expect("=")
            self.expect("[")
            while not self.accept("]"):
                found = self.rule()
                if section == "Rules":
                    rules.append(found)
                elif isinstance(found, Rule):
                    analyzers.append(found)
                if not self.accept(","):
                    self.expect("]")
                    break
        return Ruleset(tuple(rules), tuple(analyzers))

    def rule(self) -> Rule | Composite:
        start = self.peek().start
        parts = [self.part()]
        op = ""
        while self.is_word("and", "or"):
            word = self.take("word").value.upper()
            if op and word != op:
                raise RulesetError("AND and OR are mixed: put brackets around one of them", self.rest(-1))
            op = word
            parts.append(self.part())
        text = self.text[start : self.tokens[self.at - 1].end].strip()
        return Composite(op, tuple(parts), text) if op else parts[0]

    def part(self) -> Rule | Composite:
        if self.accept("("):
            inner = self.rule()
            self.expect(")")
            return inner
        start = self.peek().start
        kind = self.take("word").value
        arguments = []
        while self.has("text"):
            arguments.append(_unquoted(self.take("text").value))
        where, threshold, condition = "", None, None
        if self.is_word("where"):
            self.take("word")
            where = _unquoted(self.take("text").value)
        if not self.ends():
            condition = self.condition()
        if self.is_word("where"):
            self.take("word")
            where = _unquoted(self.take("text").value)
        if self.is_word("with"):
            self.take("word")
            if self.take("word").value != "threshold":
                raise RulesetError("`with` is followed by `threshold`", self.rest(-1))
            threshold = self.condition()
        if self.is_word("tags", "labels"):
            raise RulesetError("Labels of rules are not supported by this runtime", self.rest())
        text = self.text[start : self.tokens[self.at - 1].end].strip()
        return Rule(kind, tuple(arguments), condition, threshold, where, text)

    def condition(self) -> Condition:
        negated = self.is_word("not") and bool(self.take("word"))
        if self.is_word("between"):
            self.take("word")
            low = self.value()
            if not self.is_word("and"):
                raise RulesetError("`between` needs two values with `and`", self.rest())
            self.take("word")
            return Condition("not between" if negated else "between", (low, self.value()), self.unit())
        if self.is_word("in"):
            self.take("word")
            self.expect("[")
            values = [self.value()]
            while self.accept(","):
                values.append(self.value())
            self.expect("]")
            return Condition("not in" if negated else "in", tuple(values))
        if self.is_word("matches"):
            self.take("word")
            return Condition("not matches" if negated else "matches", (self.value(),))
        sign = self.take("sign").value
        if negated or sign not in ("=", "!=", ">", ">=", "<", "<="):
            raise RulesetError(f"No condition {sign!r}", self.rest(-1), ["=", "!=", ">", ">=", "<", "<=", "between", "in", "matches"])
        return Condition(sign, (self.value(),), self.unit())

    def value(self) -> Value:
        left = self.term()
        while self.has("sign") and self.peek().value in "+-*/":
            sign, right = self.take("sign").value, self.term()
            left = _arithmetic(sign, left, right)
        return left

    def term(self) -> Value:
        token = self.peek()
        if token.kind == "text":
            text = _unquoted(self.take("text").value)
            return lambda _: text
        if token.kind == "number":
            number = float(self.take("number").value)
            return lambda _: number
        if self.accept("("):
            inner = self.value()
            self.expect(")")
            return inner
        if token.kind == "word" and token.value.upper() in ("NULL", "EMPTY", "WHITESPACES_ONLY"):
            keyword = self.take("word").value.upper()
            return lambda _: _Keyword(keyword)
        name = self.take("word").value
        if name == "now":
            self.expect("(")
            self.expect(")")
            return lambda _: _Keyword("NOW")
        if name not in _FUNCTIONS:
            raise RulesetError(f"No function {name!r}", self.rest(-1), [*_FUNCTIONS, "now"])
        return self.function(name)

    def function(self, name: str) -> Value:
        self.expect("(")
        arguments: list[Value] = []
        while not self.accept(")"):
            arguments.append(self.value())
            self.accept(",")
        return _function(name, arguments)

    def unit(self) -> str:
        return self.take("word").value if self.is_word(*_UNITS) else ""

    # ---- tokens

    def peek(self) -> _Token:
        if self.at >= len(self.tokens):
            raise RulesetError("The ruleset ends too soon", self.text[-40:].strip())
        return self.tokens[self.at]

    def has(self, kind: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].kind == kind

    def is_word(self, *words: str) -> bool:
        return self.has("word") and self.tokens[self.at].value.lower() in words

    def ends(self) -> bool:
        return self.at >= len(self.tokens) or self.peek().value in (",", "]", ")") or self.is_word("and", "or", "where", "with")

    def take(self, kind: str) -> _Token:
        token = self.peek()
        if token.kind != kind:
            raise RulesetError(f"A {kind} is missing", self.rest())
        self.at += 1
        return token

    def accept(self, sign: str) -> bool:
        if self.has("sign") and self.tokens[self.at].value == sign:
            self.at += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise RulesetError(f"{sign!r} is missing", self.rest())

    def rest(self, back: int = 0) -> str:
        index = min(len(self.tokens) - 1, max(0, self.at + back))
        return self.text[self.tokens[index].start :][:60].strip() if self.tokens else self.text[:60]


class _Keyword(str):
    """NULL, EMPTY, WHITESPACES_ONLY or NOW, which are no texts."""

    __slots__ = ()


def _unquoted(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])


def _arithmetic(sign: str, left: Value, right: Value) -> Value:
    work = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b}[sign]
    return lambda history: work(left(history), right(history))


def _function(name: str, arguments: list[Value]) -> Value:
    import statistics

    def last(history: list[float]) -> Any:
        count = int(arguments[0](history)) if arguments else 1
        found = history[-count:]
        if not found:
            raise LookupError("no former values of the metric")
        return found if arguments else found[-1]

    if name == "last":
        return last
    work: dict[str, Callable[..., float]] = {
        "avg": statistics.fmean, "max": max, "min": min, "sum": sum, "median": statistics.median,
        "std": lambda values: statistics.stdev(values) if len(values) > 1 else 0.0,
        "percentile": lambda values, p: sorted(values)[min(len(values) - 1, int(len(values) * p / 100))],
        "index": lambda values, position: values[::-1][int(position)],
    }  # fmt: skip
    return lambda history: work[name](*[argument(history) for argument in arguments])
