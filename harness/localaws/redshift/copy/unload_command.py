"""The UNLOAD statement: parsed, checked, and refused by name where an option is not done (Redshift guide, "UNLOAD")."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from localaws.redshift.copy.credentials import CREDENTIAL_OPTIONS, check_credentials
from localaws.redshift.exceptions import NotSupportedHereError, RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, unquote

__all__ = ["UnloadCommand", "parse_unload"]

_GIGABYTE = 1 << 30
_SMALLEST, _LARGEST = 5 << 20, int(6.2 * _GIGABYTE)
_SIGNS = {"\\t": "\t", "\\n": "\n"}


@dataclass
class UnloadCommand:
    """What an UNLOAD asks for; `query` is Redshift's until the dialect has translated it."""

    query: str
    bucket: str
    key: str
    format: str = "TEXT"
    compression: str = ""
    delimiter: str | None = None
    null: str | None = None
    header: bool = False
    add_quotes: bool = False
    escape: bool = False
    manifest: bool = False
    verbose: bool = False
    allow_overwrite: bool = False
    clean_path: bool = False
    parallel: bool = True
    max_file_size: int = _LARGEST
    row_group_size: int = 0
    kms_key: str = ""
    extension: str = ""
    partition_by: tuple[str, ...] = ()
    include: bool = False
    """Whether the columns of partitions are in the files too."""
    prefix: str = ""
    """What the names of files begin with, below their folder."""
    bare: bool = False
    """Whether nothing quotes or escapes: a text that would be read back as another one is refused."""
    role: str = ""
    seen: set[str] = field(default_factory=set)


def parse_unload(cursor: Cursor) -> UnloadCommand:
    """UNLOAD ('query') TO 's3://…' authorization [option …]."""
    cursor.expect("UNLOAD", "(")
    query = unquote(cursor.take()).replace("\\'", "'")
    cursor.expect(")", "TO")
    target = unquote(cursor.take())
    match = re.fullmatch(r"s3://([^/]+)/(.*)", target)
    if not match:
        raise RefusedByRedshiftError(f"The UNLOAD destination '{target}' is not s3://bucket/prefix")
    command = UnloadCommand(query, match[1], match[2])
    while not cursor.done:
        word = cursor.take().key
        if word in command.seen:
            raise StatementSyntaxError(f"conflicting or redundant options: {word}")
        command.seen.add(word)
        if word in _NOT_YET:
            raise NotSupportedHereError(f"UNLOAD's option {word}")
        if word not in _OPTIONS:
            raise StatementSyntaxError(f'syntax error at or near "{word.lower()}" in UNLOAD')
        _OPTIONS[word](command, cursor)
    return _checked(command)


def _checked(command: UnloadCommand) -> UnloadCommand:
    check_credentials("UNLOAD", command.role, command.seen)
    text_only = command.seen & {"DELIMITER", "NULL", "HEADER", "ADDQUOTES", "ESCAPE", "GZIP", "BZIP2", "ZSTD"}
    if command.format == "PARQUET" and text_only:
        raise RefusedByRedshiftError(f"{sorted(text_only)[0]} is not supported for UNLOAD to PARQUET")
    if command.format == "JSON" and text_only - {"GZIP", "BZIP2", "ZSTD"}:
        raise RefusedByRedshiftError(f"{sorted(text_only)[0]} is not supported for UNLOAD to JSON")
    if command.kms_key and "ENCRYPTED" not in command.seen:
        raise RefusedByRedshiftError("KMS_KEY_ID needs ENCRYPTED")
    if command.row_group_size and command.format != "PARQUET":
        raise RefusedByRedshiftError("ROWGROUPSIZE is only supported for UNLOAD to PARQUET")
    if command.allow_overwrite and command.clean_path:
        raise RefusedByRedshiftError("ALLOWOVERWRITE and CLEANPATH cannot be given together")
    if len(command.delimiter or ",") != 1:
        raise RefusedByRedshiftError("UNLOAD delimiter must be a single character")
    return command


def _format(command: UnloadCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    _named_format(cursor.take().key)(command, cursor)


def _named_format(name: str) -> Callable[[UnloadCommand, Cursor], None]:
    def option(command: UnloadCommand, cursor: Cursor) -> None:
        if name not in ("CSV", "PARQUET", "JSON"):
            raise StatementSyntaxError(f'syntax error at or near "{name.lower()}": CSV, JSON or PARQUET was expected')
        command.format = name

    return option


def _flag(attribute: str) -> Callable[[UnloadCommand, Cursor], None]:
    return lambda command, cursor: setattr(command, attribute, True)


def _compression(name: str) -> Callable[[UnloadCommand, Cursor], None]:
    return lambda command, cursor: setattr(command, "compression", name)


def _text(attribute: str) -> Callable[[UnloadCommand, Cursor], None]:
    def option(command: UnloadCommand, cursor: Cursor) -> None:
        cursor.accept("AS")
        value = unquote(cursor.take())
        setattr(command, attribute, _SIGNS.get(value, value))

    return option


def _parallel(command: UnloadCommand, cursor: Cursor) -> None:
    if cursor.accept("OFF") or cursor.accept("FALSE"):
        command.parallel = False
    elif not cursor.accept("ON"):
        cursor.accept("TRUE")


def _partition(command: UnloadCommand, cursor: Cursor) -> None:
    cursor.expect("BY")
    command.partition_by = cursor.names()
    command.include = cursor.accept("INCLUDE")


def _manifest(command: UnloadCommand, cursor: Cursor) -> None:
    command.manifest, command.verbose = True, cursor.accept("VERBOSE")


def _encrypted(command: UnloadCommand, cursor: Cursor) -> None:
    """Server-side encryption: with S3's own keys or a KMS key. AUTO asks for what the bucket's properties say."""
    if cursor.accept("AUTO"):
        raise NotSupportedHereError("UNLOAD's option ENCRYPTED AUTO", "ENCRYPTED with or without KMS_KEY_ID is.")


def _size(cursor: Cursor) -> int:
    """Bytes of `[AS] number [MB | GB]`."""
    cursor.accept("AS")
    token = cursor.take()
    if token.kind != "number":
        raise StatementSyntaxError(f'syntax error at or near "{token.text}": a size was expected')
    unit = _GIGABYTE if cursor.accept("GB") else 1 << 20
    cursor.accept("MB")
    return int(float(token.text) * unit)


def _max_file_size(command: UnloadCommand, cursor: Cursor) -> None:
    command.max_file_size = _size(cursor)
    if not _SMALLEST <= command.max_file_size <= _LARGEST:
        raise RefusedByRedshiftError("MAXFILESIZE must be between 5 MB and 6.2 GB")


def _row_group_size(command: UnloadCommand, cursor: Cursor) -> None:
    command.row_group_size = _size(cursor)
    if not 32 << 20 <= command.row_group_size <= 128 << 20:
        raise RefusedByRedshiftError("ROWGROUPSIZE must be between 32 MB and 128 MB")


def _region(command: UnloadCommand, cursor: Cursor) -> None:
    cursor.accept("AS")
    unquote(cursor.take())


_OPTIONS: dict[str, Callable[[UnloadCommand, Cursor], None]] = {
    "FORMAT": _format,
    **{name: _named_format(name) for name in ("CSV", "PARQUET", "JSON")},
    **{name: _compression(name) for name in ("GZIP", "BZIP2", "ZSTD")},
    **CREDENTIAL_OPTIONS,
    "DELIMITER": _text("delimiter"),
    "NULL": _text("null"),
    "EXTENSION": _text("extension"),
    "HEADER": _flag("header"),
    "ADDQUOTES": _flag("add_quotes"),
    "ESCAPE": _flag("escape"),
    "MANIFEST": _manifest,
    "ALLOWOVERWRITE": _flag("allow_overwrite"),
    "CLEANPATH": _flag("clean_path"),
    "PARALLEL": _parallel,
    "ENCRYPTED": _encrypted,
    "KMS_KEY_ID": _text("kms_key"),
    "MAXFILESIZE": _max_file_size,
    "ROWGROUPSIZE": _row_group_size,
    "REGION": _region,
    "PARTITION": _partition,
}
_NOT_YET = {"MASTER_SYMMETRIC_KEY", "FIXEDWIDTH"}
