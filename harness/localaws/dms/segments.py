"""The parts of a table that a full load reads in parallel: ranges of its key, or what a parallel-load rule asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pymysql

from localaws.dms.exceptions import SettingsError
from localaws.dms.plan import TablePlan
from localaws.dms.source.connection import source_errors
from localaws.dms.source.snapshot import Chunk

__all__ = ["SEGMENT", "Segment", "is_begun_otherwise", "numbered", "segments_of"]

SEGMENT = "awsdms_segment"
"""In place of a chunk's column: the chunk is the segment of that number."""
_PARTITIONS = """SELECT partition_name FROM information_schema.partitions
    WHERE table_schema = %s AND table_name = %s AND partition_name IS NOT NULL
    GROUP BY partition_name ORDER BY MIN(partition_ordinal_position)"""


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of a partition, or under a condition in MySQL's SQL."""

    condition: str = ""
    partition: str = ""


def segments_of(connection: pymysql.connections.Connection[Any], plan: TablePlan, *, with_nulls: bool) -> list[Segment]:
    """The segments that the plan's rule asks for; none where the table is to be read by its key. By ranges DMS leaves rows out whose
    columns are null: `with_nulls` makes a segment of them.

    Raises:
        SettingsError: the table has not the partitions that the rule names.
    """
    rule = plan.parallel
    if rule is None or rule.type == "none":
        return []
    if rule.type == "ranges":
        return _ranges(rule.columns, rule.boundaries, with_nulls)
    with source_errors(), connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, (plan.source.schema, plan.source.name))
        found = [name for (name,) in cursor.fetchall()]
    if missing := [name for name in rule.partitions if name not in found]:
        raise SettingsError(f"{rule.path}.partitions", f"{plan.source.full_name} has no partition {', '.join(missing)}")
    return [Segment(partition=name) for name in rule.partitions or found]


def _ranges(columns: Sequence[str], boundaries: Sequence[Sequence[str]], with_nulls: bool) -> list[Segment]:
    """The guide's conditions: a boundary belongs to the segment above it."""
    names = [_quoted(name) for name in columns]
    below = [_below(names, row) for row in boundaries]
    above = [f"NOT {lower}" for lower in below]
    # Each leaves out all before it: so every row is in one segment only, also where the boundaries are in another order.
    conditions = [" AND ".join([*above[:number], *below[number : number + 1]]) for number in range(len(below) + 1)]
    if with_nulls:
        conditions = [*conditions, f"({' OR '.join(conditions)}) IS NULL"]
    return [Segment(condition=f"({condition})") for condition in conditions]


def _below(names: Sequence[str], row: Sequence[str]) -> str:
    values = ["'" + value.replace("\\", "\\\\").replace("'", "''") + "'" for value in row]
    parts = []
    for number, (name, value) in enumerate(zip(names, values, strict=True)):
        equal = [f"{earlier} = {same}" for earlier, same in zip(names[:number], values[:number], strict=True)]
        parts.append(f"({' AND '.join([*equal, f'{name} < {value}'])})")
    return f"({' OR '.join(parts)})"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def numbered(segments: Sequence[Segment]) -> list[tuple[Chunk, Segment]]:
    """Each with the chunk by which a target notes that it is loaded."""
    return [(Chunk(SEGMENT, number, number + 1), segment) for number, segment in enumerate(segments)]


def is_begun_otherwise(done: Sequence[Chunk], segments: Sequence[Segment]) -> bool:
    """Whether what is loaded cannot be gone on with: only some segments, whose rows may have moved since, or parts of another kind."""
    wanted = {chunk for chunk, _ in numbered(segments)}
    return set(done) != wanted if segments else any(chunk.column == SEGMENT for chunk in done)
