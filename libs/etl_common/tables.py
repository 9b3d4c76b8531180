"""Tables as typed values: dimensions, facts and tables of the lake. `etl_common.model` puts them together.

A declaration checks itself when it is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pyspark.sql import types as T

from etl_common.columns import Column, names, spark_schema
from etl_common.exceptions import ModelError

__all__ = [
    "BATCH_ID",
    "BEGINNING_OF_TIME",
    "END_OF_TIME",
    "REPOINTED_IN",
    "UNKNOWN_KEY",
    "Dimension",
    "Fact",
    "LakeTable",
    "Role",
    "Storage",
    "check_unique",
]

UNKNOWN_KEY = -1
BEGINNING_OF_TIME = datetime(1900, 1, 1)
END_OF_TIME = datetime(9999, 12, 31)

BATCH_ID = Column("batch_id", "varchar(64)", "batch that changed the row last", nullable=False)
REPOINTED_IN = Column("repointed_in", "varchar(64)", "batch that last changed what facts hold of it: its key or a column they copy")

_VALIDITY = (
    Column("effective_from", "timestamp", "first instant of the version (UTC); 1900-01-01 for a member's first", nullable=False),
    Column("effective_to", "timestamp", "end of the version, exclusive; 9999-12-31 for the last", nullable=False),
    Column("is_current", "boolean", "whether it is the member's last version", nullable=False),
    Column("is_inferred", "boolean", "whether a fact named the member before any record of it came", nullable=False),
    Column("is_deleted", "boolean", "whether the source had deleted the member during this version", nullable=False),
)


@dataclass(frozen=True)
class Storage:
    """Where Redshift puts the rows, and why.

    distribution: `all` (a copy on every node), `even`, or the name of the column whose equal values
    share a slice. reason: printed above the table's DDL and in the dictionary.
    """

    distribution: str
    sort_key: tuple[str, ...]
    reason: str

    def check(self, table: str, columns: Iterable[str]) -> None:
        known = {*columns}
        if self.distribution not in {"all", "even"} | known:
            raise ModelError(table, f"is distributed by {self.distribution}", f"use all, even or one of {', '.join(sorted(known))}")
        for column in self.sort_key:
            if column not in known:
                raise ModelError(table, f"is sorted by {column}, which it does not have", "sort by one of its columns")
        if not self.reason:
            raise ModelError(table, "has no reason for its distribution and sort key", "say which queries they serve")


@dataclass(frozen=True)
class Dimension:
    """A dimension. Its columns are, in this order: surrogate key, natural key, tracked attributes,
    Type 1 attributes, derived attributes and, with tracked attributes, the version's validity.

    tracked: a change makes a version (Type 2). type1: a change overwrites every version. derived:
    computed from the other columns of the same version. inferred: facts may name members that have
    no record yet. key_rule: `hash` (etl_common.surrogate_keys) or `calendar` (yyyymmdd).
    """

    name: str
    comment: str
    natural_key: tuple[Column, ...]
    storage: Storage
    tracked: tuple[Column, ...] = ()
    type1: tuple[Column, ...] = ()
    derived: tuple[Column, ...] = ()
    inferred: bool = False
    key_rule: Literal["hash", "calendar"] = "hash"
    unknown_natural_key: tuple[Any, ...] | None = None

    def __post_init__(self) -> None:
        if not self.name.startswith("dim_"):
            raise ModelError(self.name, "does not begin with dim_", "name a dimension dim_<noun>")
        if not self.natural_key:
            raise ModelError(self.name, "has no natural key", "name the columns that identify a member in its source")
        if self.inferred and not self.keeps_history:
            raise ModelError(self.name, "infers members but tracks no attribute", "give it tracked columns or set inferred=False")
        _check_columns(self.name, self.columns)
        self.storage.check(self.name, names(self.columns))

    @property
    def kind(self) -> Literal["type1", "type2", "mixed", "junk", "calendar"]:
        if self.key_rule == "calendar":
            return "calendar"
        if self.tracked:
            return "mixed" if self.type1 or self.derived else "type2"
        return "type1" if self.type1 else "junk"

    @property
    def keeps_history(self) -> bool:
        return bool(self.tracked)

    @property
    def surrogate_key(self) -> str:
        return f"{self.name.removeprefix('dim_')}_key"

    @property
    def key_column(self) -> Column:
        calendar = self.key_rule == "calendar"
        comment = "yyyymmdd" if calendar else "surrogate key of the version" if self.keeps_history else "surrogate key"
        return Column(self.surrogate_key, "integer" if calendar else "bigint", f"{comment}; -1 is the unknown member", nullable=False)

    @property
    def columns(self) -> tuple[Column, ...]:
        validity = _VALIDITY if self.keeps_history else ()
        return (self.key_column, *self.natural_key, *self.tracked, *self.type1, *self.derived, *validity)

    @property
    def schema(self) -> T.StructType:
        return spark_schema(self.columns)

    @property
    def primary_key(self) -> tuple[str, ...]:
        return (self.surrogate_key,)

    @property
    def replace_key(self) -> tuple[str, ...]:
        """A load replaces all rows with these values: every version of a member at once."""
        return names(self.natural_key)

    @property
    def unknown_member(self) -> dict[str, Any]:
        """Values of the row with key -1, by column."""
        fixed: dict[str, Any] = {self.surrogate_key: UNKNOWN_KEY}
        if self.unknown_natural_key is not None:
            fixed |= zip(names(self.natural_key), self.unknown_natural_key, strict=True)
        if self.keeps_history:
            validity = (BEGINNING_OF_TIME, END_OF_TIME, True, False, False)
            fixed |= zip(names(_VALIDITY), validity, strict=True)
        return {column.name: fixed.get(column.name) for column in self.columns}


@dataclass(frozen=True)
class Role:
    """A fact's use of a dimension: its key column, and what the key is looked up by.

    natural_key, as_of: columns of the frame from which the fact is built. as_of is the instant whose
    version counts, given exactly when the dimension keeps history. on_missing: what a natural key
    without a member gives: `infer` a member, the `unknown` member (-1), or an `error`.
    """

    column: str
    dimension: str
    natural_key: tuple[str, ...]
    as_of: str | None = None
    on_missing: Literal["infer", "unknown", "error"] = "unknown"


@dataclass(frozen=True)
class Fact:
    """A fact table. `columns` in the warehouse's order; the keys among them are named by `roles`."""

    name: str
    comment: str
    kind: Literal["transaction", "periodic_snapshot", "accumulating_snapshot"]
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    roles: tuple[Role, ...]
    storage: Storage

    def __post_init__(self) -> None:
        if not self.name.startswith("fact_"):
            raise ModelError(self.name, "does not begin with fact_", "name a fact table fact_<noun>")
        _check_columns(self.name, self.columns)
        self.storage.check(self.name, names(self.columns))
        for column in (*self.grain, *(role.column for role in self.roles)):
            declared = next((c for c in self.columns if c.name == column), None)
            if declared is None:
                raise ModelError(self.name, f"has no column {column}, which its grain or a role names", "declare it or correct the name")
            if declared.nullable:
                raise ModelError(f"{self.name}.{column}", "is a key but nullable", "declare it with nullable=False: missing members are -1")

    @property
    def schema(self) -> T.StructType:
        return spark_schema(self.columns)

    @property
    def primary_key(self) -> tuple[str, ...]:
        return self.grain

    @property
    def replace_key(self) -> tuple[str, ...]:
        """A load replaces the row with these values."""
        return self.grain

    @property
    def measures(self) -> tuple[Column, ...]:
        """Columns that are neither grain nor a dimension's key."""
        keys = {*self.grain, *(role.column for role in self.roles)}
        return tuple(column for column in self.columns if column.name not in keys)


@dataclass(frozen=True)
class LakeTable:
    """An Iceberg table of the curated layer. Its last column is the batch that changed the row last.

    key: what identifies a row. write: `append` (every accepted record is kept), `upsert` (the last
    state of each key) or `replace` (rewritten whole). partitioning: Iceberg's transforms in SQL.
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    write: Literal["append", "upsert", "replace"]
    partitioning: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_columns(self.name, self.columns)
        missing = [column for column in self.key if column not in names(self.columns)]
        if missing or not self.key:
            raise ModelError(self.name, f"has a key of columns it does not have: {missing}", "name columns of the table")
        if self.columns[-1].name != BATCH_ID.name:
            raise ModelError(self.name, f"ends with {self.columns[-1].name}", f"end it with {BATCH_ID.name}, which steps filter by")

    @property
    def schema(self) -> T.StructType:
        return spark_schema(self.columns)


def _check_columns(table: str, columns: Iterable[Column]) -> None:
    check_unique(table, names(columns))


def check_unique(where: str, found: Iterable[str]) -> None:
    repeated = sorted(name for name, count in Counter(found).items() if count > 1)
    if repeated:
        raise ModelError(where, f"declares {', '.join(repeated)} more than once", "give each a name of its own")
