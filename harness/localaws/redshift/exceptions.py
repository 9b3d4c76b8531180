"""Errors of the local Redshift.

RedshiftError                    the statement failed; the text is what a client reads after "ERROR: "
├── StatementSyntaxError         it cannot be parsed
├── RefusedByRedshiftError       Redshift refuses this too
├── NotSupportedHereError        Redshift can, this endpoint cannot: never executed as something else
├── LoadError                    COPY met data or files that do not fit the table
├── StatementCancelledError      the statement was cancelled
└── ConnectionLostError          PostgreSQL went away: the outcome has to be looked up
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "ConnectionLostError",
    "LoadError",
    "NotSupportedHereError",
    "RedshiftError",
    "RefusedByRedshiftError",
    "StatementCancelledError",
    "StatementSyntaxError",
]


class RedshiftError(Exception):
    """Base of every error of a statement."""

    def __init__(self, message: str, sqlstate: str = "XX000", fields: Mapping[str, str] | None = None) -> None:
        self.message, self.sqlstate, self.fields = message, sqlstate, dict(fields or {})
        super().__init__(message)


class StatementSyntaxError(RedshiftError):
    """The statement cannot be parsed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "42601")


class RefusedByRedshiftError(RedshiftError):
    """Redshift refuses this statement as well."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "0A000")


class NotSupportedHereError(RedshiftError):
    """Redshift has it, the local endpoint does not."""

    def __init__(self, what: str, instead: str = "") -> None:
        hint = f" {instead}" if instead else ""
        super().__init__(f"{what} is not supported by the local Redshift endpoint yet; nothing was executed.{hint}", "0A000")


class LoadError(RedshiftError):
    """COPY met a file or a value that does not fit its table."""

    def __init__(
        self, table: str, reason: str, *, file: str = "", column: str = "", line: int | None = None, value: str | None = None
    ) -> None:
        self.table, self.reason, self.file, self.column, self.line, self.value = table, reason, file, column, line, value
        where = [f"file {file}"] if file else []
        where += [f"record {line}"] if line is not None else []
        where += [f"column {column}"] if column else []
        where += [f"value {value[:200]!r}"] if value is not None else []
        detail = f" ({', '.join(where)})" if where else ""
        super().__init__(f"Load into table '{table}' failed. {reason}{detail}", "XX000")


class StatementCancelledError(RedshiftError):
    """The statement was cancelled by its user."""

    def __init__(self) -> None:
        super().__init__("canceling statement due to user request", "57014")


class ConnectionLostError(RedshiftError):
    """The connection to PostgreSQL broke."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"the connection to the warehouse was lost: {detail.strip()}", "08006")
