"""A warehouse, declared once: its dimensions, facts and the lake's tables.

Spark schemas, Redshift's tables (`etl_common.ddl`), the quality rules that follow from keys
(`etl_common.quality`) and the data dictionary (`etl_common.dictionary`) are derived from these
declarations and are written nowhere else. A declaration checks itself when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from etl_common.columns import Column, names
from etl_common.exceptions import ModelError
from etl_common.tables import (
    BATCH_ID,
    BEGINNING_OF_TIME,
    END_OF_TIME,
    REPOINTED_IN,
    UNKNOWN_KEY,
    Dimension,
    Fact,
    LakeTable,
    Role,
    Storage,
    check_unique,
)

__all__ = [
    "BATCH_ID",
    "BEGINNING_OF_TIME",
    "END_OF_TIME",
    "REPOINTED_IN",
    "UNKNOWN_KEY",
    "Column",
    "Dimension",
    "Fact",
    "LakeTable",
    "Role",
    "Storage",
    "Warehouse",
]

_Table = TypeVar("_Table", "Dimension", "Fact", "Dimension | Fact", "LakeTable")


@dataclass(frozen=True)
class Warehouse:
    """All tables of one warehouse. `tables` are in the order in which they can be loaded."""

    name: str
    comment: str
    dimensions: tuple[Dimension, ...]
    facts: tuple[Fact, ...]
    sources: tuple[LakeTable, ...] = ()
    schema: str = "warehouse"
    staging_schema: str = "staging"

    def __post_init__(self) -> None:
        check_unique(self.name, [table.name for table in (*self.tables, *self.sources)])
        for fact in self.facts:
            for role in fact.roles:
                _check_role(fact, role, self.dimension(role.dimension))

    @property
    def tables(self) -> tuple[Dimension | Fact, ...]:
        return (*self.dimensions, *self.facts)

    @property
    def lake_tables(self) -> tuple[LakeTable, ...]:
        """The declared ones, and one for each dimension with the batch that wrote the row last."""
        return (*self.sources, *(_dimension_in_the_lake(dimension) for dimension in self.dimensions))

    def table(self, name: str) -> Dimension | Fact:
        return _find(self.name, name, self.tables)

    def dimension(self, name: str) -> Dimension:
        return _find(self.name, name, self.dimensions)

    def fact(self, name: str) -> Fact:
        return _find(self.name, name, self.facts)

    def lake_table(self, name: str) -> LakeTable:
        return _find(self.name, name, self.lake_tables)


def _dimension_in_the_lake(dimension: Dimension) -> LakeTable:
    marks = (REPOINTED_IN, BATCH_ID) if dimension.keeps_history else (BATCH_ID,)
    return LakeTable(dimension.name, dimension.comment, (*dimension.columns, *marks), dimension.primary_key, "upsert")


def _find(warehouse: str, name: str, tables: Iterable[_Table]) -> _Table:
    found = {table.name: table for table in tables}
    if name not in found:
        raise ModelError(warehouse, f"has no table {name}", f"it has: {', '.join(found)}")
    return found[name]


def _check_role(fact: Fact, role: Role, dimension: Dimension) -> None:
    where = f"{fact.name}.{role.column}"
    if len(role.natural_key) != len(dimension.natural_key):
        wanted = ", ".join(names(dimension.natural_key))
        given = ", ".join(role.natural_key)
        raise ModelError(where, f"looks {dimension.name} up by {given}", f"give as many columns as its natural key: {wanted}")
    if dimension.keeps_history != (role.as_of is not None):
        fix = "name the instant whose version counts" if dimension.keeps_history else "leave as_of out: it has one version a member"
        raise ModelError(where, f"has as_of={role.as_of} for {dimension.name}", fix)
    if role.on_missing == "infer" and not dimension.inferred:
        raise ModelError(where, f"infers members of {dimension.name}, which does not infer any", "use on_missing='unknown' or 'error'")
