"""Errors of the schema conversion.

SchemaConversionError
├── ScriptSyntaxError          a SQL script cannot be cut into statements
├── ScriptLoadError            the server refused a statement of a script
├── SourceReadError            the source database cannot be read
├── UnknownDatabaseError       a database was asked for that the source does not have
└── UnknownTypeError           a column has a type that the conversion does not know
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = [
    "SchemaConversionError",
    "ScriptLoadError",
    "ScriptSyntaxError",
    "SourceReadError",
    "UnknownDatabaseError",
    "UnknownTypeError",
]

_SHOWN = 300


class SchemaConversionError(Exception):
    """Base of every error that this package raises on purpose."""


class ScriptSyntaxError(SchemaConversionError):
    """A SQL script cannot be cut into statements."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        self.file, self.line = file, line
        super().__init__(f"{file}, line {line}: {reason}")


class ScriptLoadError(SchemaConversionError):
    """The server refused a statement of a script."""

    def __init__(self, file: str, line: int, statement: bytes, number: int, reason: str, done: int) -> None:
        self.file, self.line, self.number, self.done = file, line, number, done
        shown = statement[:_SHOWN].decode("utf-8", errors="replace")
        more = "" if len(statement) <= _SHOWN else f" … ({len(statement):,} bytes)"
        super().__init__(
            f"{file}, line {line}: the server refused a statement ({number}: {reason}).\n  {shown}{more}\n"
            f"{done} statements before it were executed. Correct the file, drop what was made, and load it again."
        )


class SourceReadError(SchemaConversionError):
    """The source database cannot be read."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(
            f"The schema of {where} cannot be read: {reason}. See that the server runs, and that the user may read "
            "information_schema and the tables (SELECT, SHOW VIEW, TRIGGER, EVENT, and SELECT on mysql.proc or SHOW_ROUTINE)."
        )


class UnknownDatabaseError(SchemaConversionError):
    """A database was asked for that the source does not have."""

    def __init__(self, names: Collection[str], present: Collection[str]) -> None:
        super().__init__(
            f"The source has no database {', '.join(sorted(names))}. It has: {', '.join(sorted(present)) or 'none'}. "
            "Name one of these with --database."
        )


class UnknownTypeError(SchemaConversionError):
    """A column has a type that the conversion does not know."""

    def __init__(self, where: str, kind: str) -> None:
        super().__init__(
            f"The column {where} has the type {kind}, for which no type of Redshift is known. "
            "Change the column, or leave its table out with --exclude."
        )
