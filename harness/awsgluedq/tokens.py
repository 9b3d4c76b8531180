"""The text of a ruleset as tokens that know their line and column."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from awsgluedq.exceptions import RulesetError

__all__ = ["Token", "Tokens"]

_GAP = re.compile(r"(?:\s+|#[^\n]*)*")
_TOKEN = re.compile(r"""
    (?P<text>"(?:[^"\\]|\\.)*")
  | (?P<number>\d+(?:\.\d+)?(?![\w.]))
  | (?P<word>[\w.]+)
  | (?P<sign>->|>=|<=|!=|[=<>()\[\]{},+*/:$-])
""", re.VERBOSE | re.DOTALL)  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A part of the text; `kind` is text, number, word, sign or end."""

    kind: str
    value: str
    start: int
    end: int

    @property
    def content(self) -> str:
        """What a quoted text holds."""
        return re.sub(r'\\(["\\])', r"\1", self.value[1:-1])


class Tokens:
    """The tokens of a ruleset and the place that has been read up to."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.all: list[Token] = []
        position = _gap_end(text, 0)
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                what = "A quote that is not closed" if text[position] == '"' else "A character that is not DQDL"
                raise RulesetError(what, self._place(position))
            self.all.append(Token(str(match.lastgroup), match[0], position, match.end()))
            position = _gap_end(text, match.end())
        self.all.append(Token("end", "", len(text), len(text)))

    @property
    def next(self) -> Token:
        """The token that comes next; of kind `end` after the last."""
        return self.all[self.at]

    def ahead(self, count: int = 1) -> Token:
        """A token further on."""
        return self.all[min(self.at + count, len(self.all) - 1)]

    def has(self, *values: str) -> bool:
        """Whether the next token is one of these words or signs."""
        return self.next.kind in ("word", "sign") and self.next.value in values

    def accept(self, *values: str) -> bool:
        """Reads the next token if it is one of these words or signs."""
        found = self.has(*values)
        self.at += found
        return found

    def expect(self, *values: str) -> Token:
        """Reads one of these words or signs."""
        if not self.has(*values):
            raise self.error(f"{' or '.join(map(repr, values))} is expected")
        return self.take()

    def take(self, kind: str = "", what: str = "") -> Token:
        """Reads the next token, which must be of the kind."""
        token = self.next
        if token.kind == "end" or (kind and token.kind != kind):
            raise self.error(f"{what or 'A ' + (kind or 'token')} is expected")
        self.at += 1
        return token

    def error(self, what: str, known: Collection[str] = (), token: Token | None = None) -> RulesetError:
        """What is wrong at the next token, or at another one."""
        return RulesetError(what, self._place((token or self.next).start), known)

    def between(self, first: int, last: int) -> str:
        """Text of the tokens first to last, without comments and with single blanks between them."""
        parts = [self.all[first].value]
        for index in range(first + 1, last):
            gap = self.all[index - 1].end < self.all[index].start
            parts.append((" " if gap else "") + self.all[index].value)
        return "".join(parts)

    def _place(self, position: int) -> str:
        before = self.text[:position]
        rest = self.text[position:].split("\n")[0][:40].strip()
        return f"line {before.count(chr(10)) + 1}, column {position - (before.rfind(chr(10)) + 1) + 1}: {rest or 'the end of the ruleset'}"


def _gap_end(text: str, position: int) -> int:
    match = _GAP.match(text, position)
    return match.end() if match else position
