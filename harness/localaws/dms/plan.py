"""What becomes of one source table: its name on the target, and its columns there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from localaws.dms.data_types import DataType
from localaws.dms.exceptions import SourceError
from localaws.dms.expressions import Expression, Facts, evaluated
from localaws.dms.masking import Mask, masked
from localaws.dms.settings.table_settings import ParallelLoad
from localaws.dms.types import ColumnType, SourceColumn, SourceTable, arrow_type

__all__ = ["PlannedColumn", "TablePlan", "differences"]


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A column of the target: its name there, the source's column that it is read from, and that column's type.

    `declared` is the type that a rule gives it where the engine makes the table; a table that exists is taken as it is.
    """

    name: str
    source: str
    type: ColumnType
    nullable: bool = True
    declared: DataType | None = None
    mask: Mask | None = None
    expression: Expression | None = None
    """What gives its value, of a column that a rule adds; it has no source."""
    before: str = ""
    """The column of the target whose value before an update it has; it has no source either."""

    @property
    def is_made(self) -> bool:
        return self.expression is not None or bool(self.before)

    @property
    def is_volatile(self) -> bool:
        """Whether the same row of the source may give another value at another time."""
        expressed = self.expression is not None and self.expression.volatile
        return expressed or bool(self.before) or (self.mask is not None and self.mask[0] == "data-masking-digits-randomize")


@dataclass(frozen=True)
class TablePlan:
    """One source table and its target. `key` has names of the target; without one, rows are told apart by all their columns."""

    source: SourceTable
    schema: str
    name: str
    columns: tuple[PlannedColumn, ...]
    key: tuple[str, ...]
    condition: str = ""
    """The selection rule's filters as a condition in MySQL's SQL."""
    load_order: int = 0
    parallel: ParallelLoad | None = None

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def source_key(self) -> tuple[str, ...]:
        """The key's names on the source."""
        by_name = {column.name: column.source for column in self.columns}
        return tuple(by_name[name] for name in self.key)

    @property
    def reading(self) -> tuple[SourceColumn, ...]:
        """The source's columns that the target's are made of."""
        needed = {column.source for column in self.columns if not column.is_made}
        for column in self.columns:
            needed |= set(column.expression.inputs) if column.expression is not None else set()
        return tuple(column for column in self.source.columns if column.name in needed)

    @property
    def images(self) -> frozenset[str]:
        """The source's columns whose values before an update are asked for."""
        asked = {column.before for column in self.columns}
        return frozenset(column.source for column in self.columns if column.name in asked)

    @property
    def volatile(self) -> tuple[str, ...]:
        """Columns that may have another value when they are read again."""
        return tuple(column.name for column in self.columns if column.is_volatile)

    @property
    def flags_deletes(self) -> bool:
        """Whether rows that are deleted on the source stay, because an expression has operation_indicator."""
        return any(column.expression is not None and column.expression.flags for column in self.columns)

    def with_renamed(self, old: str, new: str) -> TablePlan:
        """The plan after the source's column was renamed: its name on the target follows where it was the same."""
        columns, names = [], {}
        for column in self.columns:
            if column.source == old:
                name = new if column.name == old else column.name
                names[column.name] = name
                columns.append(replace(column, source=new, name=name))
            else:
                columns.append(column)
        source = replace(self.source, columns=tuple(replace(c, name=new) if c.name == old else c for c in self.source.columns))
        return replace(self, source=source, columns=tuple(columns), key=tuple(names.get(name, name) for name in self.key))

    def renamed(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Rows with the source's names as rows of the target, without columns that rules make; others may be missing where only a key
        is given.

        Raises:
            SourceError: the binlog's rows have no such column: the table was altered after the position.
        """
        plain = [column for column in self.columns if not column.is_made]
        chosen = [column for column in plain if column.source in rows.schema.names]
        if len(chosen) < len(plain) and not set(rows.schema.names) <= {column.source for column in plain}:
            raise self._altered({column.source for column in plain} - set(rows.schema.names))
        return pa.RecordBatch.from_arrays([_masked(rows, column) for column in chosen], [column.name for column in chosen])

    def made(self, rows: pa.RecordBatch, facts: Facts | None = None) -> pa.RecordBatch:
        """Whole rows with the source's names as rows of the target, every column of it; values before an update are null.

        Raises:
            SourceError: as `renamed`.
            TargetError: an expression gives a value that is not of its column's type.
        """
        plain = self.renamed(rows)
        if plain.num_columns == len(self.columns):
            return plain
        arrays = []
        for column in self.columns:
            if column.expression is not None:
                if missing := set(column.expression.inputs) - set(rows.schema.names):
                    raise self._altered(missing)
                arrays.append(evaluated(column.expression, rows, facts, arrow_type(column.type), column.name))
            else:
                arrays.append(pa.nulls(rows.num_rows, arrow_type(column.type)) if column.before else plain.column(column.name))
        return pa.RecordBatch.from_arrays(arrays, [column.name for column in self.columns])

    def with_images(self, rows: pa.RecordBatch, old: pa.RecordBatch, updates: np.ndarray) -> pa.RecordBatch:
        """The rows with the values before, which `old` has of each of the rows `updates`."""
        if not self.images or not len(updates):
            return rows
        places = np.zeros(rows.num_rows, np.int64)
        places[updates] = np.arange(len(updates))
        absent = np.ones(rows.num_rows, bool)
        absent[updates] = False
        taken = pa.array(places, mask=absent)
        arrays = [old.column(column.before).take(taken) if column.before else rows.column(column.name) for column in self.columns]
        return pa.RecordBatch.from_arrays(arrays, rows.schema.names)

    def _altered(self, missing: set[str]) -> SourceError:
        return SourceError(
            f"Rows of {self.source.full_name} in the binlog have no column {', '.join(sorted(missing))}: the table was altered since. "
            "Reload the table (ReloadTables)."
        )


def _masked(rows: pa.RecordBatch, column: PlannedColumn) -> pa.Array:
    values = rows.column(column.source)
    return values if column.mask is None else masked(values, column.type, column.mask)


def differences(before: TablePlan, after: TablePlan) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What to do to a target's table, in the words of `Target.statement`."""
    old, new = ({column.name: column for column in plan.columns} for plan in (before, after))
    for name in old:
        if name not in new:
            yield "drop-column", (name,)
    for name, column in new.items():
        if name not in old:
            yield "add-column", (name,)
        elif old[name].type != column.type:
            yield "change-type", (name,)
