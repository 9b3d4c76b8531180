"""The COPY statement: what it asks for, and which options contradict each other (Redshift guide, "COPY")."""

from __future__ import annotations

from dataclasses import dataclass, field

from localaws.redshift.copy.credentials import CREDENTIALS, check_credentials
from localaws.redshift.exceptions import RefusedByRedshiftError

__all__ = ["CopyCommand", "checked"]

# Options that PostgreSQL's own COPY knows nothing of.
_BY_FIELD = frozenset(
    ("ACCEPTANYDATE", "ACCEPTINVCHARS", "ESCAPE", "FILLRECORD", "IGNOREBLANKLINES", "NOLOAD", "REMOVEQUOTES", "ROUNDEC", "TRUNCATECOLUMNS")
)
_COLUMNAR = CREDENTIALS | {"FORMAT", "PARQUET", "ORC", "MANIFEST", "REGION", "COMPUPDATE", "STATUPDATE", "EXPLICIT_IDS", "ENCRYPTED"}
_COLUMNAR |= {"FILLRECORD", "ACCEPTINVCHARS", "SERIALIZETOJSON"}
_BY_NAME = ("DELIMITER", "ESCAPE", "FILLRECORD", "FIXEDWIDTH", "IGNOREBLANKLINES", "IGNOREHEADER", "QUOTE", "REMOVEQUOTES")
_EXCLUDES = {
    "CSV": ("ESCAPE", "REMOVEQUOTES", "FIXEDWIDTH"),
    "FIXEDWIDTH": ("DELIMITER", "ESCAPE", "REMOVEQUOTES"),
    "JSON": _BY_NAME,
    "AVRO": (*_BY_NAME, "ENCODING"),
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
    serialize_to_json: bool = False
    analyze: bool = False
    replacement: str | None = None
    encoding: str = "utf-8"
    date_format: str = ""
    time_format: str = ""
    widths: tuple[int, ...] = ()
    json: str = ""
    max_error: float = 0
    role: str = ""
    """Of IAM_ROLE or CREDENTIALS; `keys` for access keys, which are kept nowhere."""
    seen: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return self.table[-1]

    @property
    def columnar(self) -> bool:
        """Columns by their position, from files that know their types."""
        return self.format in ("PARQUET", "ORC")

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
    check_credentials("COPY", command.role, command.seen)
    if command.columnar and (others := seen - _COLUMNAR):
        if others == {"NOLOAD"}:
            raise RefusedByRedshiftError(f"NOLOAD is not supported for {command.format} based COPY")
        raise RefusedByRedshiftError(f"{sorted(others)[0]} argument is not supported for {command.format} based COPY")
    if command.serialize_to_json and not command.columnar:
        raise RefusedByRedshiftError("SERIALIZETOJSON is only supported for PARQUET and ORC based COPY")
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
