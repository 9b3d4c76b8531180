"""Proposes distribution and sort keys from keys and statistics, each with its reason and a confidence in per cent.

Weights as data: what speaks for a column is added up, and the best column wins. Statistics (rows and distinct values, of the
scan or the engine's) count where they are there; without them the confidence is lower. A proposal is no measurement: the report
says so, and Redshift's advisor sees the queries, which nobody here does.

Source: Redshift guide, "Choose the best distribution style", "Choose the best sort key".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from schema_conversion.model import Table
from schema_conversion.target import DistributionProposal, SortProposal, TargetColumn

__all__ = ["propose_distribution", "propose_sort"]

SMALL_TABLE = 500_000
"""Rows up to which a copy on every node costs little."""
SMALLER = 5
"""How many times larger a table must be whose joins are worth the copy."""
FEW_VALUES = 100
"""Distinct values below which a distribution key leaves slices empty."""
_IS_JOINED, _PER_REFERENCE, _IS_KEY, _IS_SKEWED, _HAS_NULLS = 40, 10, 30, -60, -15
_PARTITIONED, _INDEXED_TIME, _NAMED_TIME, _KEY_ORDER, _INDEXED = 60, 40, 10, 25, 5
_TIMES = ("DATE", "TIMESTAMP")
_TIME_NAME = re.compile(r"(creat|updat|modif|order|event|date|time|_at$|_on$)", re.IGNORECASE)


def propose_distribution(
    table: Table, columns: Sequence[TargetColumn], rows: Mapping[tuple[str, str], int], referrers: Sequence[int]
) -> DistributionProposal:
    """rows: of every table, by (database, table). referrers: the rows of each table of which a foreign key points here."""
    if _is_small_beside(table, referrers):
        about = f"{len(referrers)} foreign keys point to it and it has {table.rows:,} rows: a copy on every node makes those joins local"
        return DistributionProposal("ALL", "", about, 80 if table.rows else 50)
    scores = {column.name: _distribution_score(table, column, rows, len(referrers)) for column in columns if _can_be_key(column.type)}
    if not scores:
        return DistributionProposal("AUTO", "", "no column can be a key", 30)
    name, (score, reasons) = max(scores.items(), key=lambda item: item[1][0])
    if score < _IS_KEY:
        return DistributionProposal("AUTO", "", "no column is joined and spreads the rows; Redshift chooses", 30)
    return DistributionProposal("KEY", name, "; ".join(reasons), _confidence(score, bool(table.rows)))


def _is_small_beside(table: Table, referrers: Sequence[int]) -> bool:
    """Small by itself and beside the largest table that refers to it; without statistics, when it refers to no other table."""
    if not referrers or table.rows > SMALL_TABLE:
        return False
    if not table.rows:
        return all(key.table == table.name for key in table.foreign_keys)
    return table.rows * SMALLER <= max(referrers)


def _distribution_score(
    table: Table, column: TargetColumn, rows: Mapping[tuple[str, str], int], references: int
) -> tuple[float, list[str]]:
    score, reasons = 0.0, []
    source = column.source.name
    for key in table.foreign_keys:
        if key.columns == (source,):
            other = rows.get((key.schema, key.table), 0)
            score += _IS_JOINED + 5 * math.log10(other + 1)
            reasons.append(f"joined to {key.table} ({other:,} rows)")
    if table.primary_key[:1] == (source,):
        score += _IS_KEY + _PER_REFERENCE * min(references, 4)
        reasons.append("leads the primary key" + (f", to which {references} foreign keys point" if references else ""))
    distinct = _distinct(table, source)
    if distinct is not None and distinct < FEW_VALUES <= table.rows:
        score += _IS_SKEWED
        reasons.append(f"only {distinct} distinct values")
    if column.source.nullable:
        score += _HAS_NULLS
        reasons.append("nullable: all NULLs go to one slice")
    return score, reasons


def propose_sort(table: Table, columns: Sequence[TargetColumn]) -> SortProposal:
    """The column that ranges are asked of, by what MySQL's designers indexed and partitioned; else the primary key's order."""
    scores = {column.name: _sort_score(table, column) for column in columns if _can_be_key(column.type)}
    if not scores:
        return SortProposal((), "no column can be a key", 30)
    name, (score, reasons) = max(scores.items(), key=lambda item: item[1][0])
    if not reasons:
        return SortProposal((), "nothing says which ranges are asked for; Redshift chooses", 30)
    by_source = {column.source.name: column.name for column in columns}
    if by_source.get(table.primary_key[0] if table.primary_key else "") == name and _can_be_key_all(table, columns):
        return SortProposal(
            tuple(by_source[part] for part in table.primary_key[:4]), "; ".join(reasons), _confidence(score, bool(table.rows))
        )
    return SortProposal((name,), "; ".join(reasons), _confidence(score, bool(table.rows)))


def _can_be_key_all(table: Table, columns: Sequence[TargetColumn]) -> bool:
    return all(_can_be_key(column.type) for column in columns if column.source.name in table.primary_key)


def _sort_score(table: Table, column: TargetColumn) -> tuple[int, list[str]]:
    reasons: list[str] = []
    score, source = 0, column.source.name
    if table.partitioning and re.search(rf"\b{re.escape(source)}\b", table.partitioning.expression, re.IGNORECASE):
        score, reasons = score + _PARTITIONED, [*reasons, f"MySQL partitions by it ({table.partitioning.method})"]
    leads_index = any(index.columns[:1] == (source,) for index in table.indexes if index.name != "PRIMARY")
    if column.type in _TIMES and leads_index:
        score, reasons = score + _INDEXED_TIME, [*reasons, "an indexed time"]
    elif leads_index:
        score += _INDEXED
    if column.type in _TIMES and _TIME_NAME.search(source):
        score, reasons = score + _NAMED_TIME, [*reasons, "named like the time of an event"]
    if table.primary_key[:1] == (source,):
        score, reasons = score + _KEY_ORDER, [*reasons, "leads the primary key"]
    return score, reasons


def _can_be_key(kind: str) -> bool:
    """No long text: a sort key's zone maps see 8 bytes of it."""
    length = re.fullmatch(r"VARCHAR\((\d+)\)", kind)
    return not (length and int(length[1]) > 256)


def _distinct(table: Table, column: str) -> int | None:
    """Of an index that begins with the column; 1 row a value when it is the whole of a unique one."""
    found = [index for index in table.indexes if index.columns[:1] == (column,) and index.parts[0].prefix is None]
    counts = [table.rows if index.unique and len(index.parts) == 1 else index.parts[0].cardinality for index in found]
    return max((count for count in counts if count is not None), default=None)


def _confidence(score: float, has_statistics: bool) -> int:
    return round(max(20, min(score, 90)) * (1.0 if has_statistics else 0.7))
