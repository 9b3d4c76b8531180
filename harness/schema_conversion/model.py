"""A MySQL schema as data: what the reader found, as the server says it, before anything is converted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = [
    "Check",
    "CodeObject",
    "Column",
    "ColumnFacts",
    "Database",
    "ForeignKey",
    "Grant",
    "Index",
    "IndexPart",
    "Partitioning",
    "Source",
    "Table",
    "View",
]


@dataclass(frozen=True)
class ColumnFacts:
    """What a scan of the rows found in one column; None where nobody looked."""

    max_bytes: int | None = None
    """Longest value in bytes of UTF-8 (text) or as it is (binary)."""
    zero_dates: int | None = None
    """Dates with a year, month or day of zero."""
    nul_characters: int | None = None
    """Texts with a character 0."""


@dataclass(frozen=True)
class Column:
    """One column. `default` is an expression as SQL (a literal in quotes), None when there is none; `on_update` likewise."""

    name: str
    data_type: str
    column_type: str
    nullable: bool = True
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    fraction: int | None = None
    charset: str = ""
    collation: str = ""
    default: str | None = None
    on_update: str | None = None
    auto_increment: bool = False
    generated: str = ""
    expression: str = ""
    is_json: bool = False
    comment: str = ""
    facts: ColumnFacts = field(default_factory=ColumnFacts)

    @property
    def unsigned(self) -> bool:
        return "unsigned" in self.column_type or "zerofill" in self.column_type


@dataclass(frozen=True)
class IndexPart:
    """A column of an index (empty for an expression), and how many characters of it count."""

    column: str
    prefix: int | None = None
    cardinality: int | None = None


@dataclass(frozen=True)
class Index:
    """An index or key; PRIMARY is the primary key's name. `kind`: BTREE, HASH, FULLTEXT, SPATIAL."""

    name: str
    parts: tuple[IndexPart, ...]
    unique: bool = False
    kind: str = "BTREE"

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(part.column for part in self.parts)

    @property
    def covers_whole_columns(self) -> bool:
        return all(part.column and part.prefix is None for part in self.parts)


@dataclass(frozen=True)
class ForeignKey:
    """A reference to another table, with what happens on UPDATE and DELETE there."""

    name: str
    columns: tuple[str, ...]
    schema: str
    table: str
    references: tuple[str, ...]
    on_update: str = "RESTRICT"
    on_delete: str = "RESTRICT"


@dataclass(frozen=True)
class Check:
    name: str
    clause: str


@dataclass(frozen=True)
class Partitioning:
    """`method`: RANGE, LIST, HASH, KEY, RANGE COLUMNS …"""

    method: str
    expression: str
    count: int


@dataclass(frozen=True)
class Table:
    """`kind`: BASE TABLE, SYSTEM VERSIONED, SEQUENCE. `rows`: of the scan when it was made, else the engine's estimate."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    kind: str = "BASE TABLE"
    engine: str = "InnoDB"
    collation: str = ""
    comment: str = ""
    rows: int = 0
    size: int = 0
    next_auto_increment: int | None = None
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    partitioning: Partitioning | None = None

    @property
    def primary_key(self) -> tuple[str, ...]:
        return next((index.columns for index in self.indexes if index.name == "PRIMARY"), ())

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name.lower() == name.lower())


@dataclass(frozen=True)
class View:
    """`definition`: the server's own text, every column with its table. `problem`: why the server cannot use the view."""

    schema: str
    name: str
    definition: str
    columns: tuple[str, ...]
    security: str = "DEFINER"
    check_option: str = "NONE"
    problem: str = ""


@dataclass(frozen=True)
class CodeObject:
    """A procedure, function, trigger or event. `about`: its timing, table, schedule or signature."""

    schema: str
    name: str
    category: str
    definition: str
    about: str = ""

    @property
    def lines(self) -> int:
        return len(self.definition.strip().splitlines())


@dataclass(frozen=True)
class Grant:
    """Privileges of an account on a database or one of its tables (empty for the whole database)."""

    grantee: str
    schema: str
    table: str
    privileges: tuple[str, ...]


@dataclass(frozen=True)
class Database:
    name: str
    charset: str
    collation: str
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    code: tuple[CodeObject, ...] = ()
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True)
class Source:
    """A server, or a dump loaded into one, with the databases that were read."""

    origin: str
    version: str
    sql_mode: str
    databases: tuple[Database, ...]
    scanned: bool

    @property
    def tables(self) -> Iterator[Table]:
        return (table for database in self.databases for table in database.tables)
