"""What DMS is known to do badly with a table, told before it happens (guide, "Using Amazon Redshift as a target", "Limitations").

In strict mode the engine does the same where it can; safe mode, wider types and larger limits avoid it.
"""

from __future__ import annotations

from collections.abc import Iterator

from localaws.dms.data_types import is_lob, overflow
from localaws.dms.plan import TablePlan

__all__ = ["known_faults"]

def known_faults(plan: TablePlan, lob_bytes: int, *, narrows: bool) -> Iterator[str]:
    """A sentence for each. `narrows`: the target makes the table, with DMS's types, where large numbers overflow."""
    required = {column.name for column in plan.source.columns if not column.nullable}
    if not plan.key:
        yield "It has no primary key: DMS applies its changes row by row, and may repeat rows after an interruption."
    nullable = {column.name for column in plan.source.columns if column.nullable}
    if plan.parallel is not None and (lost := [name for name in plan.parallel.columns if name in nullable]):
        yield f"It is loaded in parallel by ranges, and rows with null in {', '.join(lost)} are left out."
    for column in plan.columns:
        kind = column.type
        if narrows and overflow(kind) and column.declared is None:
            unsigned = "is unsigned, and " if kind.unsigned else ""
            yield f"{column.name} {unsigned}{overflow(kind)}: widen it by a rule change-data-type."
        if is_lob(kind) and not 0 < kind.size <= lob_bytes:
            yield f"{column.name} may have more than LobMaxSize, {lob_bytes // 1024:,} KB: DMS cuts it, with only a line in the log."
        if column.source in required and kind.kind in ("date", "datetime", "timestamp"):
            yield f"{column.name} is NOT NULL, and zero dates become null."
