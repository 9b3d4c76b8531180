"""Cuts a MySQL script (a dump) into statements, as the `mysql` client does, and says on which line each begins.

A state machine over bytes, because a dump may change its character set half-way: strings with backslashes and doubled quotes,
quoted names, the three kinds of comment, and DELIMITER, which is the client's and never reaches the server. Conditional comments
(`/*! … */`) are passed on: the server decides by its version. The file is read line by line, so that only one statement is held.

Source: MySQL manual, "mysql Client Commands", "Comments"; MariaDB, "Comment Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schema_conversion.exceptions import ScriptSyntaxError

__all__ = ["Statement", "statements"]

_DELIMITER_COMMAND = re.compile(rb"\s*delimiter(?:[ \t]+(\S+))?[ \t]*\r?\n?\Z", re.IGNORECASE)
# What the client does itself, with a shell or with files of its user's: never done for a file that somebody gave.
_CLIENT_COMMAND = re.compile(rb"\s*(?:\\[!.cdegGhpqrRstTuwW#](?=\s|\Z)|(?:source|system|tee|pager|edit)[ \t]+\S)", re.IGNORECASE)
_IN_QUOTES = {quote: re.compile(rb"\\.|" + quote * 2 + b"|" + quote, re.DOTALL) for quote in (b"'", b'"')}
_IN_QUOTES[b"`"] = re.compile(rb"``|`")
_WHOLE = rb"""'(?:[^'\\]++|\\.|'')*+'|"(?:[^"\\]++|\\.|"")*+"|`(?:[^`]++|``)*+`"""
_COMMENT_END = re.compile(rb"\*/")
_WHAT = {b"'": "a string", b'"': "a string", b"`": "a quoted name", b"*": "a comment"}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement without its delimiter, and the line on which it begins, counted from 1."""

    text: bytes
    line: int


class _Reader:
    """Where the reading is: what is open, since when, and what was taken of the current statement."""

    def __init__(self, name: str) -> None:
        self.name, self.line = name, 0
        self.open, self.opened_on = b"", 0
        self.pieces: list[bytes] = []
        self.started_on = 0
        self.set_delimiter(b";")

    def set_delimiter(self, delimiter: bytes) -> None:
        self.delimiter = delimiter
        self._special = re.compile(rb"['\"`]|--(?=[\s\x00]|\Z)|#|/\*(?![!+]|M!)|" + re.escape(delimiter))
        # What needs no look, whole strings and names included: a dump is mostly that, and it is skipped in one step.
        self._plain = re.compile(rb"(?:[^'\"`#/\-" + re.escape(delimiter[:1]) + rb"]++|" + _WHOLE + rb")*+", re.DOTALL)

    @property
    def is_blank(self) -> bool:
        return self.started_on == 0

    def take(self, piece: bytes) -> None:
        if self.started_on == 0 and not piece.isspace() and piece:
            self.started_on = self.line
            piece = piece.lstrip()
        if self.started_on:
            self.pieces.append(piece)

    def finish(self) -> Iterator[Statement]:
        if self.started_on:
            text = b"".join(self.pieces).rstrip()
            yield Statement(text, self.started_on)
        self.pieces, self.started_on = [], 0

    def read(self, line: bytes) -> Iterator[Statement]:
        at = 0
        while at < len(line):
            at = self._skip_open(line, at) if self.open else at
            if self.open:
                return
            found = self._next(line, at)
            if found is None:
                self.take(line[at:])
                return
            self.take(line[at : found.start()])
            what, at = found[0], found.end()
            if what == self.delimiter:
                yield from self.finish()
            elif what in (b"--", b"#"):
                self._comment(line[found.start() :])
                return
            else:
                self.open, self.opened_on = (b"*" if what == b"/*" else what), self.line
                if what == b"/*":
                    self._comment(what)
                else:
                    self.take(what)

    def _next(self, line: bytes, at: int) -> re.Match[bytes] | None:
        """The next delimiter, beginning of a comment, or quote of what does not end on this line."""
        while True:
            plain = self._plain.match(line, at)
            at = plain.end() if plain else at
            found = self._special.match(line, at)
            if found or at >= len(line):
                return found
            at += 1

    def _skip_open(self, line: bytes, at: int) -> int:
        """On to the end of what is open; the end of the line when it does not end here."""
        pattern = _COMMENT_END if self.open == b"*" else _IN_QUOTES[self.open]
        keep = self._comment if self.open == b"*" else self.take
        for found in pattern.finditer(line, at):
            if found[0] in (self.open, b"*/"):
                keep(line[at : found.end()])
                self.open = b""
                return found.end()
        keep(line[at:])
        return len(line)

    def _comment(self, text: bytes) -> None:
        """Kept inside a statement, where it may explain a routine; dropped between statements."""
        if self.started_on:
            self.pieces.append(text)


def statements(lines: Iterable[bytes], name: str = "script") -> Iterator[Statement]:
    """The statements of a script, one after the other.

    lines: of the file, with their ends. name: for errors.
    Raises ScriptSyntaxError: a string, name or comment never ends, DELIMITER has no argument, or a command of the client is met.

    >>> [s.text for s in statements([b"select ';'; -- one;\\n", b"delimiter //\\n", b"begin; end//\\n"])]
    [b"select ';'", b'begin; end']
    """
    reader = _Reader(name)
    for raw in lines:
        reader.line += 1
        line = raw.removeprefix(b"\xef\xbb\xbf") if reader.line == 1 else raw
        if reader.is_blank and not reader.open:
            command = _DELIMITER_COMMAND.match(line)
            if command:
                if not command[1]:
                    raise ScriptSyntaxError(name, reader.line, "DELIMITER must be followed by a delimiter")
                reader.set_delimiter(command[1])
                continue
            if _CLIENT_COMMAND.match(line):
                raise ScriptSyntaxError(
                    name,
                    reader.line,
                    f"{line.strip()[:60].decode('utf-8', 'replace')} is a command of the mysql client, "
                    "and is not executed. Put its result into the file.",
                )
        yield from reader.read(line)
    if reader.open:
        raise ScriptSyntaxError(
            name, reader.opened_on, f"{_WHAT[reader.open]} begins here and never ends: the file is cut, or a quote is missing"
        )
    yield from reader.finish()
