"""The converted schema as data: what the DDL, the table mappings and the report are written from."""

from __future__ import annotations

from dataclasses import dataclass

from schema_conversion.dms_types import DmsType
from schema_conversion.findings import Finding
from schema_conversion.model import Column, Source, Table, View

__all__ = ["Conversion", "DistributionProposal", "SortProposal", "TargetColumn", "TargetForeignKey", "TargetTable", "TargetView"]


@dataclass(frozen=True)
class TargetColumn:
    """A column of Redshift, with MySQL's beside it. `identity`: the first number it gives, None when it gives none."""

    source: Column
    name: str
    type: str
    why: str
    dms: DmsType
    not_null: bool = False
    default: str | None = None
    identity: int | None = None


@dataclass(frozen=True)
class TargetForeignKey:
    columns: tuple[str, ...]
    schema: str
    table: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class DistributionProposal:
    """`style`: ALL, KEY or AUTO; `confidence` in per cent."""

    style: str
    column: str
    reason: str
    confidence: int


@dataclass(frozen=True)
class SortProposal:
    """Columns in order; none means AUTO."""

    columns: tuple[str, ...]
    reason: str
    confidence: int


@dataclass(frozen=True)
class TargetTable:
    source: Table
    schema: str
    name: str
    columns: tuple[TargetColumn, ...]
    primary_key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    foreign_keys: tuple[TargetForeignKey, ...]
    distribution: DistributionProposal
    sort: SortProposal


@dataclass(frozen=True)
class TargetView:
    """`query` is None when the view is not translated; `problem` says why."""

    source: View
    schema: str
    name: str
    columns: tuple[str, ...]
    query: str | None
    problem: str = ""


@dataclass(frozen=True)
class Conversion:
    """`tables` and `views` are in an order in which they can be created."""

    source: Source
    schemas: dict[str, str]
    tables: tuple[TargetTable, ...]
    views: tuple[TargetView, ...]
    findings: tuple[Finding, ...]
    lob_kilobytes: int = 0
