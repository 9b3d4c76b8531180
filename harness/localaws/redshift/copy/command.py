"""The COPY statement: parsed, checked, and refused by name where an option is not done (Redshift guide, "COPY")."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, unquote

__all__ = ["CopyCommand", "parse_copy", "read_number", "read_role"]

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+(,arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+)*")
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}


@dataclass
class CopyCommand:
    """What a COPY asks for. `null` and `delimiter` are None when the statement leaves them to the format."""

    table: tuple[str, ...]
    columns: tuple[str, ...]
    bucket: str
    key: str
    format: str = "TEXT"
    manifest: bool = False
    compression: str = ""
    delimiter: str | None = None
    quote: str = '"'
    null: str | None = None
    ignore_header: int = 0
    empty_as_null: bool = False
    blanks_as_null: bool = False
    trim_blanks: bool = False
    role: str = ""
    seen: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return self.table[-1]


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
    return _checked(command)


def _checked(command: CopyCommand) -> CopyCommand:
    if not command.role:
        raise RefusedByRedshiftError("COPY needs credentials: IAM_ROLE 'arn:aws:iam::<account>:role/<name>' or IAM_ROLE default")
    text_only = command.seen & {
        "DELIMITER",
        "IGNOREHEADER",
        "NULL",
        "QUOTE",
        "GZIP",
        "EMPTYASNULL",
        "BLANKSASNULL",
        "TRIMBLANKS",
        "MAXERROR",
    }
    if command.format == "PARQUET" and text_only:
        raise RefusedByRedshiftError(f"{sorted(text_only)[0]} argument is not supported for PARQUET based COPY")
    if command.format == "TEXT":
        raise NotSupportedHereError("COPY of delimited text without a format", "Use FORMAT AS CSV or FORMAT AS PARQUET.")
    if len(command.delimiter or ",") != 1:
        raise RefusedByRedshiftError("COPY delimiter must be a single character")
    return command


def _format(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    _set_format(command, cursor.take().key, cursor)


def _set_format(command: CopyCommand, name: str, cursor: Cursor) -> None:
    if name not in ("CSV", "PARQUET"):
        raise NotSupportedHereError(f"COPY's format {name}", "CSV and PARQUET are.")
    command.format = name
    if name == "CSV" and cursor.peek() == "QUOTE":
        _text("quote")(command, _after(cursor))


def _after(cursor: Cursor) -> Cursor:
    cursor.take()
    return cursor


def _bare_format(name: str) -> Callable[[CopyCommand, Cursor], None]:
    return lambda command, cursor: _set_format(command, name, cursor)


def _text(attribute: str) -> Callable[[CopyCommand, Cursor], None]:
    def option(command: CopyCommand, cursor: Cursor) -> None:
        cursor.accept("AS")
        value = unquote(cursor.take())
        if attribute != "null":
            value = _ESCAPES.get(value, value)
        setattr(command, attribute, value)

    return option


def _flag(attribute: str) -> Callable[[CopyCommand, Cursor], None]:
    return lambda command, cursor: setattr(command, attribute, True)


def _role(command: CopyCommand, cursor: Cursor) -> None:
    command.role = read_role(cursor)


def read_role(cursor: Cursor) -> str:
    """What follows IAM_ROLE, checked for its shape."""
    token = cursor.take()
    role = "default" if token.key == "DEFAULT" else unquote(token)
    if role != "default" and not _ROLE.fullmatch(role):
        raise RefusedByRedshiftError(f"Invalid IAM role ARN '{role}': arn:aws:iam::<account>:role/<name> is its shape")
    return role


def read_number(cursor: Cursor) -> int:
    """A whole number."""
    token = cursor.take()
    if not token.text.isdigit():
        raise StatementSyntaxError(f'syntax error at or near "{token.text}": a whole number was expected')
    return int(token.text)


def _number(attribute: str) -> Callable[[CopyCommand, Cursor], None]:
    def option(command: CopyCommand, cursor: Cursor) -> None:
        cursor.accept("AS")
        setattr(command, attribute, read_number(cursor))

    return option


def _max_error(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    if read_number(cursor) != 0:
        raise NotSupportedHereError("COPY's MAXERROR above 0", "Every record must load.")


def _auto(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    if unquote(cursor.take()).lower() != "auto":
        raise NotSupportedHereError("COPY's DATEFORMAT or TIMEFORMAT other than 'auto'")


def _gzip(command: CopyCommand, cursor: Cursor) -> None:
    command.compression = "GZIP"


def _region(command: CopyCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    unquote(cursor.take())


def _on_off(command: CopyCommand, cursor: Cursor) -> None:
    """COMPUPDATE and STATUPDATE: compression is Redshift's own; statistics are taken after the load by ANALYZE or autovacuum."""
    for word in ("ON", "OFF", "TRUE", "FALSE", "PRESET"):
        if cursor.accept(word):
            return


_OPTIONS: dict[str, Callable[[CopyCommand, Cursor], None]] = {
    "FORMAT": _format,
    "CSV": _bare_format("CSV"),
    "PARQUET": _bare_format("PARQUET"),
    "IAM_ROLE": _role,
    "MANIFEST": _flag("manifest"),
    "GZIP": _gzip,
    "DELIMITER": _text("delimiter"),
    "QUOTE": _text("quote"),
    "NULL": _text("null"),
    "IGNOREHEADER": _number("ignore_header"),
    "EMPTYASNULL": _flag("empty_as_null"),
    "BLANKSASNULL": _flag("blanks_as_null"),
    "TRIMBLANKS": _flag("trim_blanks"),
    "MAXERROR": _max_error,
    "DATEFORMAT": _auto,
    "TIMEFORMAT": _auto,
    "REGION": _region,
    "COMPUPDATE": _on_off,
    "STATUPDATE": _on_off,
}
_NOT_YET = {
    "JSON",
    "AVRO",
    "ORC",
    "SHAPEFILE",
    "FIXEDWIDTH",
    "BZIP2",
    "LZOP",
    "ZSTD",
    "CREDENTIALS",
    "ACCESS_KEY_ID",
    "ENCRYPTED",
    "ESCAPE",
    "REMOVEQUOTES",
    "ACCEPTANYDATE",
    "ACCEPTINVCHARS",
    "ENCODING",
    "EXPLICIT_IDS",
    "FILLRECORD",
    "IGNOREBLANKLINES",
    "ROUNDEC",
    "TRUNCATECOLUMNS",
    "COMPROWS",
    "NOLOAD",
    "READRATIO",
    "SSH",
    "WITH",
    "IGNOREALLERRORS",
    "FILLTARGET",
}
