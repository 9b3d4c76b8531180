"""Records of a file, one by one, for what PostgreSQL's own COPY does not read: their fields, their line and what they look like.

Text is decoded so that a byte which is no UTF-8 stays as a lone surrogate: it fails, or is replaced, in its field only.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.copy.errors import FieldError

__all__ = ["LONGEST_RECORD", "Record", "decoded", "read_records"]

LONGEST_RECORD = 4 << 20  # guide, "COPY usage notes": one input row is at most 4 MB
_CLOSING = re.compile(r"[\r\n]+\Z")


@dataclass(slots=True)
class Record:
    """A record that begins at `line`. `exempt` holds the fields that NULL AS does not mean (quoted in CSV, unescaped already);
    `error` is why it cannot be taken apart."""

    line: int
    raw: str
    fields: list[str | None] = field(default_factory=list)
    exempt: frozenset[int] = frozenset()
    error: FieldError | None = None


def read_records(command: CopyCommand, stream: io.BufferedReader) -> Iterator[Record]:
    """The records of delimited text, CSV or fixed widths after the header. ValueError: the file is not in the encoding."""
    text = decoded(command, stream, "")
    lines = _Lines(text)
    for _ in range(command.ignore_header):
        if not lines.next():
            return
    split, whole = _SPLITTERS[command.format](command), _WHOLE.get(command.format)
    while raw := lines.next():
        first, error = lines.number, None
        if whole is not None:
            try:
                raw = whole(command, raw, lines)
            except FieldError as found:
                error = found
                lines.skip_rest()
        raw = _CLOSING.sub("", raw, count=1) if raw.endswith(("\n", "\r")) else raw
        if not raw and command.ignore_blank_lines:
            continue
        record = Record(first, raw, error=error)
        if error is None:
            try:
                split(record)
            except FieldError as found:
                record.error = found
        yield record


def decoded(command: CopyCommand, stream: io.BufferedReader, newline: str) -> io.TextIOWrapper:
    """The file's text, without a mark of its byte order."""
    if command.encoding == "utf-8":
        return io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline)
    return io.TextIOWrapper(stream, command.encoding, "strict", newline)


class _Lines:
    """Lines with their ends, and the number of the last one. None is longer than a record may be."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text, self.number = text, 0
        self._cut = False

    def skip_rest(self) -> None:
        """What is left of a line that was too long to be read whole."""
        while self._cut and self.next():
            pass

    def next(self) -> str:
        line = self._text.readline(LONGEST_RECORD)
        if line and not self._cut:
            self.number += 1
        self._cut = len(line) >= LONGEST_RECORD and not line.endswith(("\n", "\r"))
        return line


def _too_long(raw: str) -> None:
    if len(raw) >= LONGEST_RECORD:
        raise FieldError(1216, "Input line is longer than 4 MB")


def _whole_text(command: CopyCommand, raw: str, lines: _Lines) -> str:
    """With ESCAPE, a backslash before the end of a line makes it part of the field."""
    _too_long(raw)
    while command.escape and _is_escaped(_CLOSING.sub("", raw)) and raw.endswith(("\n", "\r")):
        more = lines.next()
        if not more:
            break
        raw += more
        _too_long(raw)
    return raw


def _is_escaped(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _whole_csv(command: CopyCommand, raw: str, lines: _Lines) -> str:
    """A quoted field may hold line ends: an odd number of quotes is not yet a record."""
    _too_long(raw)
    if raw.count(command.quote) % 2 == 0 or not _is_open(command, raw):
        return raw
    parts, size = [raw], len(raw)
    while more := lines.next():
        parts.append(more)
        size += len(more)
        if size > LONGEST_RECORD:
            raise FieldError(1216, "Invalid quote formatting for CSV: the record does not end within 4 MB")
        if more.count(command.quote) % 2 and not _is_open(command, whole := "".join(parts)):
            return whole
    raise FieldError(1216, "Invalid quote formatting for CSV: a quote is not closed")


def _is_open(command: CopyCommand, raw: str) -> bool:
    """Does the text end within a quoted field? A quote inside of an unquoted one opens nothing."""
    try:
        _csv(command)(Record(0, raw.rstrip("\r\n")))
    except FieldError as error:
        return "not closed" in error.reason
    return False


def _csv(command: CopyCommand) -> Callable[[Record], None]:
    delimiter, quote = command.delimiter or ",", command.quote

    def split(record: Record) -> None:
        raw = record.raw
        if quote not in raw:
            record.fields = list(raw.split(delimiter))
            return
        at, quoted = 0, set()
        while True:
            if raw.startswith(quote, at):
                quoted.add(len(record.fields))
                end = at + 1
                while (end := raw.find(quote, end)) >= 0 and raw.startswith(quote, end + 1):
                    end += 2
                if end < 0:
                    raise FieldError(1216, "Invalid quote formatting for CSV: a quote is not closed", at)
                record.fields.append(raw[at + 1 : end].replace(quote * 2, quote))
                at = end + 1
                if at < len(raw) and not raw.startswith(delimiter, at):
                    raise FieldError(1216, "Invalid quote formatting for CSV: text after the closing quote", at)
            else:
                end = raw.find(delimiter, at)
                end = len(raw) if end < 0 else end
                record.fields.append(raw[at:end])
                at = end
            if at >= len(raw):
                break
            at += len(delimiter)
        record.exempt = frozenset(quoted)

    return split


def _delimited(command: CopyCommand) -> Callable[[Record], None]:
    delimiter = command.delimiter or "|"
    if not command.escape and not command.remove_quotes:

        def plain(record: Record) -> None:
            record.fields = list(record.raw.split(delimiter))

        return plain
    null = "\\N" if command.null is None else command.null

    def split(record: Record) -> None:
        exempt, at = set(), 0
        while at <= len(record.raw):
            text, end, changed = _one_field(command, record.raw, at, delimiter)
            # NULL AS means the field as it is written: an escaped one that becomes the text of null is none.
            is_null = record.raw[at:end] == null
            if changed and not is_null:
                exempt.add(len(record.fields))
            record.fields.append(null if is_null else text)
            at = end + len(delimiter)
        record.exempt = frozenset(exempt)

    return split


def _one_field(command: CopyCommand, raw: str, start: int, delimiter: str) -> tuple[str, int, bool]:
    """The field that begins at `start`, where it ends, and whether escapes or quotes were taken off."""
    quote = raw[start : start + 1] if command.remove_quotes and raw[start : start + 1] in ("'", '"') else ""
    at, parts, open_ = start + len(quote), [], bool(quote)
    while at < len(raw):
        sign = raw[at]
        if command.escape and sign == "\\" and at + 1 < len(raw):
            parts.append(raw[at + 1])
            at += 2
            continue
        if open_ and sign == quote and (at + 1 == len(raw) or raw.startswith(delimiter, at + 1)):
            return "".join(parts), at + 1, True
        if not open_ and raw.startswith(delimiter, at):
            break
        parts.append(sign)
        at += 1
    if open_:
        raise FieldError(1214, "Delimiter not found: a quotation mark is not closed", start)
    return "".join(parts), at, command.escape and "\\" in raw[start:at]


def _fixed(command: CopyCommand) -> Callable[[Record], None]:
    def split(record: Record) -> None:
        at = 0
        for width in command.widths:
            if at >= len(record.raw):
                return
            record.fields.append(record.raw[at : at + width])
            at += width
        if record.raw[at:].strip():
            record.fields.append(record.raw[at:])

    return split


_SPLITTERS = {"CSV": _csv, "TEXT": _delimited, "FIXEDWIDTH": _fixed}
_WHOLE: dict[str, Callable[[CopyCommand, str, _Lines], str]] = {"CSV": _whole_csv, "TEXT": _whole_text}
