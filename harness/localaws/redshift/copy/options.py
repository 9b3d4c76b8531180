"""COPY read from its tokens: an option each (Redshift guide, "COPY parameter reference")."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from localaws.redshift.copy.command import CopyCommand, checked
from localaws.redshift.copy.credentials import CREDENTIAL_OPTIONS
from localaws.redshift.copy.dates import check_format
from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, unquote

__all__ = ["parse_copy"]

_Option = Callable[[CopyCommand, Cursor], None]
_ESCAPE = re.compile(r"\\(?:([tnr\\])|([0-7]{3})|x([0-9A-Fa-f]{2}))")
_NAMED = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
_ENCODINGS = {"UTF8": "utf-8", "UTF16": "utf-16", "UTF16LE": "utf-16-le", "UTF16BE": "utf-16-be", "ISO88591": "iso-8859-1"}
_MOST_ERRORS = 100_000


def parse_copy(cursor: Cursor) -> CopyCommand:
    """COPY table [(columns)] FROM 's3://…' authorization [[FORMAT] [AS] format] [option …]."""
    cursor.expect("COPY")
    table = cursor.qualified()
    columns = cursor.names() if cursor.peek() == "(" else ()
    cursor.expect("FROM")
    if cursor.peek() == "STDIN":
        raise RefusedByRedshiftError("LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is allowed)")
    source = unquote(cursor.take())
    match = re.fullmatch(r"s3://([^/]+)/(.*)", source)
    if not match:
        raise NotSupportedHereError(f"COPY from '{source}'", "Sources are s3:// objects, prefixes and manifests.")
    command = CopyCommand(table, columns, match[1], match[2])
    cursor.accept("WITH")
    while not cursor.done:
        word = cursor.take().key
        if word in command.seen:
            raise StatementSyntaxError(f"conflicting or redundant options: {word}")
        command.seen.add(word)
        option = _OPTIONS.get(word)
        if option is None:
            if word in _NOT_YET:
                raise NotSupportedHereError(f"COPY's option {word}")
            raise StatementSyntaxError(f'syntax error at or near "{word.lower()}" in COPY')
        option(command, cursor)
    return checked(command)


def _unescaped(value: str) -> str:
    """Control characters as options name them: \\t, \\n, \\\\, three octal digits, \\x and two hexadecimal ones."""
    return _ESCAPE.sub(lambda match: _NAMED.get(match[1]) or chr(int(match[2], 8) if match[2] else int(match[3], 16)), value)


def _format(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    _set_format(command, cursor.take().key, cursor)


def _set_format(command: CopyCommand, name: str, cursor: Cursor) -> None:
    if name not in ("AVRO", "CSV", "JSON", "ORC", "PARQUET", "TEXT"):
        raise NotSupportedHereError(f"COPY's format {name}", "AVRO, CSV, JSON, ORC, PARQUET and delimited text are.")
    if command.format != "TEXT":
        raise StatementSyntaxError(f"conflicting or redundant options: {command.format} and {name}")
    command.format = name
    if name in ("JSON", "AVRO"):
        cursor.accept("AS")
        command.json = unquote(cursor.take()) if not cursor.done and cursor.peek().startswith("'") else "auto"
        known = ("auto", "auto ignorecase", *(("noshred",) if name == "JSON" else ()))
        if command.json not in known and not command.json.startswith("s3://"):
            raise RefusedByRedshiftError(f"{name} '{command.json}' is none of {', '.join(map(repr, known))} and an s3:// path")


def _bare_format(name: str) -> _Option:
    return lambda command, cursor: _set_format(command, name, cursor)


def _text(attribute: str) -> _Option:
    def option(command: CopyCommand, cursor: Cursor) -> None:
        cursor.accept("AS")
        setattr(command, attribute, _unescaped(unquote(cursor.take())))

    return option


def _null(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    value = unquote(cursor.take())
    if value == "\\n":
        raise RefusedByRedshiftError("NULL argument cannot be a newline")
    command.null = "\0" if value in ("\\0", "\\000") else value


def _flag(attribute: str) -> _Option:
    return lambda command, cursor: setattr(command, attribute, True)


def _ignore_header(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    command.ignore_header = cursor.number()


def _max_error(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    command.max_error = cursor.number()
    if command.max_error > _MOST_ERRORS:
        raise RefusedByRedshiftError(f"Invalid MAXERROR {command.max_error}: it is between 0 and {_MOST_ERRORS}")


def _ignore_all_errors(command: CopyCommand, cursor: Cursor) -> None:
    command.max_error = math.inf


def _date_format(attribute: str) -> _Option:
    def option(command: CopyCommand, cursor: Cursor) -> None:
        cursor.accept("AS")
        value = unquote(cursor.take())
        if attribute == "date_format" and value.startswith("epoch"):
            raise RefusedByRedshiftError(f"DATEFORMAT '{value}' is not supported: epochs are of TIMEFORMAT")
        setattr(command, attribute, check_format(value))

    return option


def _compression(name: str) -> _Option:
    def option(command: CopyCommand, cursor: Cursor) -> None:
        if command.compression:
            raise StatementSyntaxError(f"conflicting or redundant options: {command.compression} and {name}")
        command.compression = name

    return option


def _region(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    unquote(cursor.take())


def _replacement(command: CopyCommand, cursor: Cursor) -> None:
    explicit = cursor.accept("AS") or (not cursor.done and cursor.peek().startswith("'"))
    command.replacement = unquote(cursor.take()) if explicit else "?"
    if len(command.replacement) != 1 or not command.replacement.isascii() or command.replacement == "\0":
        raise RefusedByRedshiftError("ACCEPTINVCHARS replacement character must be a single ASCII character other than NULL")


def _encoding(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    token = cursor.take()
    name = (unquote(token) if token.kind == "string" else token.key).upper()
    if name not in _ENCODINGS:
        raise RefusedByRedshiftError(f"Invalid ENCODING {name}: it is {', '.join(_ENCODINGS)}")
    command.encoding = _ENCODINGS[name]


def _fixed_width(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    text = unquote(cursor.take())
    parts = [part.rpartition(":")[2].strip() for part in text.split(",")]
    if not all(part.isdigit() and int(part) for part in parts):
        raise RefusedByRedshiftError(f"Invalid fixed width specification '{text}': it is 'label:width, …'")
    command.widths, command.format = tuple(map(int, parts)), "FIXEDWIDTH"


def _update(command: CopyCommand, cursor: Cursor) -> bool:
    """COMPUPDATE and STATUPDATE; whether it is ON. Compression of columns is Redshift's own and has no effect here."""
    for word in ("OFF", "FALSE"):
        if cursor.accept(word):
            return False
    return any(cursor.accept(word) for word in ("ON", "TRUE", "PRESET")) or True


def _compression_update(command: CopyCommand, cursor: Cursor) -> None:
    _update(command, cursor)


def _statistics_update(command: CopyCommand, cursor: Cursor) -> None:
    command.analyze = _update(command, cursor)


def _compression_rows(command: CopyCommand, cursor: Cursor) -> None:
    cursor.number()


_OPTIONS: dict[str, _Option] = {
    "FORMAT": _format,
    "CSV": _bare_format("CSV"),
    "PARQUET": _bare_format("PARQUET"),
    "ORC": _bare_format("ORC"),
    "AVRO": _bare_format("AVRO"),
    "SERIALIZETOJSON": _flag("serialize_to_json"),
    "JSON": _bare_format("JSON"),
    **CREDENTIAL_OPTIONS,
    "MANIFEST": _flag("manifest"),
    "GZIP": _compression("GZIP"),
    "BZIP2": _compression("BZIP2"),
    "ZSTD": _compression("ZSTD"),
    "DELIMITER": _text("delimiter"),
    "FIXEDWIDTH": _fixed_width,
    "QUOTE": _text("quote"),
    "NULL": _null,
    "ESCAPE": _flag("escape"),
    "REMOVEQUOTES": _flag("remove_quotes"),
    "IGNOREHEADER": _ignore_header,
    "IGNOREBLANKLINES": _flag("ignore_blank_lines"),
    "EMPTYASNULL": _flag("empty_as_null"),
    "BLANKSASNULL": _flag("blanks_as_null"),
    "TRIMBLANKS": _flag("trim_blanks"),
    "TRUNCATECOLUMNS": _flag("truncate"),
    "FILLRECORD": _flag("fill_record"),
    "ROUNDEC": _flag("round_decimals"),
    "ACCEPTANYDATE": _flag("accept_any_date"),
    "ACCEPTINVCHARS": _replacement,
    "EXPLICIT_IDS": _flag("explicit_ids"),
    "ENCODING": _encoding,
    "NOLOAD": _flag("no_load"),
    "MAXERROR": _max_error,
    "IGNOREALLERRORS": _ignore_all_errors,
    "DATEFORMAT": _date_format("date_format"),
    "TIMEFORMAT": _date_format("time_format"),
    "REGION": _region,
    "COMPUPDATE": _compression_update,
    "COMPROWS": _compression_rows,
    "STATUPDATE": _statistics_update,
}
_NOT_YET = frozenset(("SHAPEFILE", "SIMPLIFY", "LZOP", "ENCRYPTED", "MASTER_SYMMETRIC_KEY", "READRATIO", "SSH", "FILLTARGET"))
