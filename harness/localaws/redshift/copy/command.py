"""The COPY statement: what it asks for, and which options contradict each other (Redshift guide, "COPY")."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from localaws.redshift.exceptions import RefusedByRedshiftError, StatementSyntaxError
from localaws.redshift.lexer import Cursor, unquote

__all__ = ["CopyCommand", "checked", "read_number", "read_role"]

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+(,arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+)*")
# Options that PostgreSQL's own COPY knows nothing of.
_BY_FIELD = frozenset(
    ("ACCEPTANYDATE", "ACCEPTINVCHARS", "ESCAPE", "FILLRECORD", "IGNOREBLANKLINES", "NOLOAD", "REMOVEQUOTES", "ROUNDEC", "TRUNCATECOLUMNS")
)
_COLUMNAR = frozenset(("FORMAT", "PARQUET", "IAM_ROLE", "MANIFEST", "REGION", "COMPUPDATE", "STATUPDATE", "EXPLICIT_IDS", "ENCRYPTED"))
_EXCLUDES = {
    "CSV": ("ESCAPE", "REMOVEQUOTES", "FIXEDWIDTH"),
    "FIXEDWIDTH": ("DELIMITER", "ESCAPE", "REMOVEQUOTES"),
    "JSON": ("DELIMITER", "ESCAPE", "FILLRECORD", "FIXEDWIDTH", "IGNOREBLANKLINES", "IGNOREHEADER", "QUOTE", "REMOVEQUOTES"),
    "MAXERROR": ("IGNOREALLERRORS",),
}


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
    truncate: bool = False
    fill_record: bool = False
    ignore_blank_lines: bool = False
    escape: bool = False
    remove_quotes: bool = False
    round_decimals: bool = False
    accept_any_date: bool = False
    explicit_ids: bool = False
    no_load: bool = False
    analyze: bool = False
    replacement: str | None = None
    encoding: str = "utf-8"
    date_format: str = ""
    time_format: str = ""
    widths: tuple[int, ...] = ()
    json: str = ""
    max_error: float = 0
    role: str = ""
    seen: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return self.table[-1]

    @property
    def plain(self) -> bool:
        """Text that PostgreSQL's own COPY may read: no option that needs a look at each field."""
        formats = {self.date_format, self.time_format} <= {"", "auto"} and self.format in ("CSV", "TEXT")
        return formats and self.encoding == "utf-8" and len(self.delimiter or ",") == 1 and not self.seen & _BY_FIELD


def checked(command: CopyCommand) -> CopyCommand:
    """The command, unless its options contradict each other.

    Raises:
        RefusedByRedshiftError: they do.
    """
    seen = command.seen | {command.format}
    if not command.role:
        raise RefusedByRedshiftError("COPY needs credentials: IAM_ROLE 'arn:aws:iam::<account>:role/<name>' or IAM_ROLE default")
    if command.format == "PARQUET" and (others := seen - _COLUMNAR):
        if others == {"NOLOAD"}:
            raise RefusedByRedshiftError("NOLOAD is not supported for PARQUET based COPY")
        raise RefusedByRedshiftError(f"{sorted(others)[0]} argument is not supported for PARQUET based COPY")
    for option, excluded in _EXCLUDES.items():
        for other in excluded:
            if option in seen and other in seen:
                raise RefusedByRedshiftError(f"{option} is not compatible with {other}")
    if "QUOTE" in seen and command.format != "CSV":
        raise RefusedByRedshiftError("QUOTE is only supported for CSV")
    if len(command.quote) != 1 or not command.quote.isascii():
        raise RefusedByRedshiftError("COPY quote must be a single ASCII character")
    if not command.delimiter and command.delimiter is not None:
        raise RefusedByRedshiftError("COPY delimiter must not be empty")
    if command.format == "CSV" and len(command.delimiter or ",") != 1:
        raise RefusedByRedshiftError("COPY delimiter must be a single character")
    if command.delimiter and set(command.delimiter) & set("\r\n\\" if command.escape else "\r\n"):
        raise RefusedByRedshiftError("COPY delimiter cannot be a newline, a carriage return or the escape character")
    if command.format == "CSV" and command.delimiter == command.quote:
        raise RefusedByRedshiftError("COPY delimiter and quote must be different")
    return command


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
