"""What a target must be able to do so that it can be compared with its source: its rows, and the source's as it would hold them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from localaws.dms.plan import TablePlan
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.base import Target
from localaws.dms.target.control_tables import ControlTables, Dialect
from localaws.dms.validation.compare import Difference

__all__ = ["ComparableTarget", "in_keys", "keys_can_be_asked_for"]


class ComparableTarget(Target):
    """A target that gives its rows back. Methods may be called by a thread of their own, beside the one that applies."""

    _control: ControlTables
    _dialect: Dialect

    @abstractmethod
    def as_written(self, plan: TablePlan, rows: pa.Table) -> pa.Table:
        """Rows of the source as the target should hold them; null where a value does not fit."""

    @abstractmethod
    def rows_there(self, plan: TablePlan, condition: str) -> pa.Table:
        """The target's rows under a condition in its SQL, with the names and types that `as_written` gives."""

    @abstractmethod
    def note_failures(self, plan: TablePlan, failures: Sequence[Difference]) -> None:
        """What awsdms_validation_failures_v1 has of the table: these, and nothing else."""

    def rows_in(self, plan: TablePlan, part: Chunk | pa.Table) -> pa.Table:
        """The target's rows of a range, or with these keys (named as on the target)."""
        if isinstance(part, Chunk):
            names = {column.source: column.name for column in plan.columns}
            return self.rows_there(plan, part.condition(self._dialect.quoted(names[part.column]) if part.column else ""))
        return self.rows_there(plan, in_keys(part, {name: name for name in part.column_names}, self._dialect))


def in_keys(keys: pa.Table, names: Mapping[str, str], dialect: Dialect) -> str:
    """Keys as a condition; `names` gives each column's name there."""
    texts = [[dialect.literal(text) for text in _texts(keys.column(name))] for name in keys.column_names]
    quoted = [dialect.quoted(names[name]) for name in keys.column_names]
    if len(quoted) == 1:
        return f"{quoted[0]} IN ({', '.join(texts[0])})"
    rows = zip(*texts, strict=True)
    return " OR ".join("(" + " AND ".join(f"{name} = {text}" for name, text in zip(quoted, row, strict=True)) + ")" for row in rows)


def keys_can_be_asked_for(keys: pa.Schema) -> bool:
    """Whether values of these types are found by their text."""
    exact = (pa.types.is_integer, pa.types.is_decimal, pa.types.is_string, pa.types.is_date, pa.types.is_timestamp)
    return all(any(is_one(field.type) for is_one in exact) for field in keys)


def _texts(column: pa.ChunkedArray) -> list[Any]:
    is_time = pa.types.is_timestamp(column.type)
    found: list[Any] = (pc.strftime(column, "%Y-%m-%d %H:%M:%S") if is_time else column.cast(pa.string())).to_pylist()
    return found
