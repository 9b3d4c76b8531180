"""The table that a COPY loads, as the database knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.ddl import qualified
from localaws.redshift.exceptions import RedshiftError, RefusedByRedshiftError
from localaws.redshift.lexer import quote_literal

__all__ = ["TargetColumn", "describe_target"]

# Redshift's IDENTITY columns take no value from a file unless EXPLICIT_IDS says so.
_COLUMNS = """
    SELECT a.attname, t.typname, CASE WHEN t.typname = 'numeric' THEN ((a.atttypmod - 4) >> 16) & 65535 END,
           CASE WHEN t.typname = 'numeric' THEN (a.atttypmod - 4) & 2047 END,
           CASE WHEN t.typname IN ('varchar', 'bpchar') THEN a.atttypmod - 4 END, a.attnotnull, a.attidentity <> ''
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = {}::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""

_KINDS = {"bpchar": "char", "jsonb": "super", "bytea": "varbyte"}


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """A column; `type` is PostgreSQL's name:
    int2, int4, int8, numeric, varchar, bpchar, date, timestamp, timestamptz, bool, float4, float8, jsonb …"""

    name: str
    type: str
    precision: int | None
    scale: int | None
    bytes: int | None
    required: bool

    @property
    def text(self) -> bool:
        return self.type in ("varchar", "bpchar", "text")

    @property
    def kind(self) -> str:
        """The type as STL_LOAD_ERRORS has it."""
        return _KINDS.get(self.type, self.type)

    @property
    def length(self) -> str:
        """The length or precision as STL_LOAD_ERRORS has it; empty without one."""
        return f"{self.precision}, {self.scale}" if self.type == "numeric" else str(self.bytes or "")

    @property
    def label(self) -> str:
        """The type as Redshift's messages write it."""
        names = {"int2": "SMALLINT", "int4": "INT", "int8": "BIGINT", "bool": "BOOLEAN", "float4": "FLOAT", "float8": "DOUBLE"}
        if self.type == "numeric":
            return f"DECIMAL({self.precision}, {self.scale})"
        return f"{'VARCHAR' if self.type == 'varchar' else 'CHAR'}({self.bytes})" if self.text else names.get(self.type, self.type.upper())


def describe_target(connection: psycopg.Connection, command: CopyCommand) -> list[TargetColumn]:
    """The columns that the file's columns go to, in order."""
    rows: Sequence[tuple] = connection.execute(_COLUMNS.format(quote_literal(qualified(command.table)))).fetchall()
    identities = [row[0] for row in rows if row[6]]
    if command.explicit_ids and not identities:
        raise RefusedByRedshiftError(f"EXPLICIT_IDS: table {command.name} has no IDENTITY column")
    if given := [name for name in identities if name in command.columns]:
        if not command.explicit_ids:
            raise RefusedByRedshiftError(f'cannot set an identity column to a value: "{given[0]}" (Hint: use EXPLICIT_IDS)')
    elif command.explicit_ids and command.columns:
        raise RefusedByRedshiftError("EXPLICIT_IDS: the column list must include the IDENTITY column")
    columns = {row[0]: TargetColumn(*row[:6]) for row in rows if command.explicit_ids or not row[6]}
    unknown = [name for name in command.columns if name not in columns]
    if unknown:
        raise RedshiftError(f'column "{unknown[0]}" of relation "{command.name}" does not exist', "42703")
    return [columns[name] for name in command.columns] if command.columns else list(columns.values())
