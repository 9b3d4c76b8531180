"""Tokens of Redshift SQL, with their places in the text, so that a rewriter leaves everything else as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from localaws.redshift.exceptions import StatementSyntaxError

__all__ = ["Cursor", "Token", "plain_text", "quote_identifier", "quote_literal", "significant", "split_statements", "tokenize", "unquote"]

_PATTERN = re.compile(
    r"""
    (?P<space>\s+ | --[^\n]*)
  | (?P<comment>/\*)
  | (?P<dollar>\$(?P<tag>[A-Za-z_]\w*)?\$)
  | (?P<string>'(?:[^'\\]|''|\\.)*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<temporary>\#[^\W\d][\w$]*)
  | (?P<parameter>(?<!:):[^\W\d]\w*)
  | (?P<op>::|\|\||<=|>=|<>|!=|:=|!~\*|!~|~\*|[-+*/%^<>=~|&!@\#?:\[\]{}$\\`])
  | (?P<punct>[(),;.])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `kind` is space, string, quoted, number, word, temporary, parameter, op or punct; `key` compares words."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def key(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text

    @property
    def name(self) -> str:
        """The identifier that this token stands for: Redshift folds quoted names to lower case too."""
        return (self.text[1:-1].replace('""', '"') if self.kind == "quoted" else self.text).lower()


def tokenize(sql: str) -> tuple[Token, ...]:
    """Every token of the text, white space and comments (kind `space`) included."""
    tokens, at = [], 0
    while at < len(sql):
        match = _PATTERN.match(sql, at)
        if match is None:
            what = {"'": "quoted string", '"': "quoted identifier"}.get(sql[at])
            raise StatementSyntaxError(
                f"unterminated {what} at position {at + 1}" if what else f"syntax error at or near {sql[at]!r} (position {at + 1})"
            )
        kind, end = match.lastgroup or "", match.end()
        if match["comment"]:
            kind, end = "space", _comment_end(sql, at)
        elif match["dollar"]:
            kind, end = "string", sql.find(match["dollar"], match.end()) + len(match["dollar"])
            if end < match.end():
                raise StatementSyntaxError(f"unterminated dollar-quoted string at position {at + 1}")
        tokens.append(Token(kind, sql[at:end], at))
        at = end
    return tuple(tokens)


def _comment_end(sql: str, start: int) -> int:
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(sql, start):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    raise StatementSyntaxError(f"unterminated comment at position {start + 1}")


def significant(tokens: Iterable[Token]) -> list[Token]:
    """The tokens without white space and comments."""
    return [token for token in tokens if token.kind != "space"]


def split_statements(sql: str) -> list[str]:
    """The statements of a script, without their semicolons; empty ones are left out."""
    parts, start, some = [], 0, False
    for token in tokenize(sql):
        if token.text == ";" and token.kind == "punct":
            if some:
                parts.append(sql[start : token.start].strip())
            start, some = token.end, False
        elif token.kind != "space":
            some = True
    if some:
        parts.append(sql[start:].strip())
    return parts


def unquote(token: Token) -> str:
    """The text of a string literal as it is written: backslashes stay (COPY's options give them meanings of their own)."""
    if token.kind != "string":
        raise StatementSyntaxError(f"a quoted string was expected at or near {token.text!r}")
    if token.text.startswith("$"):
        tag = token.text[: token.text.index("$", 1) + 1]
        return token.text[len(tag) : -len(tag)]
    return token.text[1:-1].replace("''", "'")


def plain_text(tokens: Iterable[Token]) -> str:
    """The tokens as PostgreSQL reads them: quoted names folded, texts with backslashes marked as such."""
    return "".join(_plain(token) for token in tokens)


def _plain(token: Token) -> str:
    if token.kind == "string" and not token.text.startswith("$") and "\\" in token.text:
        return "E" + token.text
    return quote_identifier(token.name) if token.kind in ("quoted", "temporary") else token.text


def quote_identifier(name: str) -> str:
    """A PostgreSQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """A PostgreSQL literal, whatever standard_conforming_strings says."""
    doubled = text.replace("'", "''")
    return "E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in text else f"'{doubled}'"


class Cursor:
    """A reading position in significant tokens, for the small parsers of DDL and COPY."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.at = tokens, 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead].key if self.at + ahead < len(self.tokens) else ""

    def take(self) -> Token:
        if self.done:
            raise StatementSyntaxError("syntax error at end of input")
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *keys: str) -> bool:
        """Takes the sequence of words or signs if it comes next."""
        if all(self.peek(i) == key for i, key in enumerate(keys)):
            self.at += len(keys)
            return True
        return False

    def expect(self, *keys: str) -> None:
        if not self.accept(*keys):
            near = self.tokens[self.at].text if not self.done else "end of input"
            raise StatementSyntaxError(f'syntax error at or near "{near}": {" ".join(keys)} was expected')

    def end(self, hint: str = "") -> None:
        """Nothing may be left. Raises StatementSyntaxError, with the hint after its words."""
        if not self.done:
            raise StatementSyntaxError(f'syntax error at or near "{self.take().text}"{hint}')

    def identifier(self) -> str:
        token = self.take()
        if token.kind not in ("word", "quoted"):
            raise StatementSyntaxError(f'syntax error at or near "{token.text}": a name was expected')
        return token.name

    def last_identifier(self) -> str:
        """A name after which nothing comes."""
        name = self.identifier()
        self.end()
        return name

    def number(self) -> int:
        """A whole number."""
        token = self.take()
        if not token.text.isdecimal():
            raise StatementSyntaxError(f'syntax error at or near "{token.text}": a whole number was expected')
        return int(token.text)

    def qualified(self) -> tuple[str, ...]:
        """A name of up to three parts."""
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        return tuple(parts)

    def names(self) -> tuple[str, ...]:
        """A list of names in brackets."""
        self.expect("(")
        found = [self.identifier()]
        while self.accept(","):
            found.append(self.identifier())
        self.expect(")")
        return tuple(found)

    def group(self) -> list[Token]:
        """The tokens between the bracket that comes next and its partner."""
        self.expect("(")
        depth, start = 1, self.at
        while depth:
            text = self.take().text
            depth += (text == "(") - (text == ")")
        return list(self.tokens[start : self.at - 1])
