"""What becomes of one source table: its name on the target, and its columns there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow as pa

from localaws.dms.data_types import DataType
from localaws.dms.exceptions import SourceError
from localaws.dms.types import ColumnType, SourceTable

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

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def source_key(self) -> tuple[str, ...]:
        """The key's names on the source."""
        by_name = {column.name: column.source for column in self.columns}
        return tuple(by_name[name] for name in self.key)

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
        """Rows with the source's names as rows of the target; columns may be missing where only a key is given.

        Raises:
            SourceError: the binlog's rows have no such column: the table was altered after the position.
        """
        chosen = [column for column in self.columns if column.source in rows.schema.names]
        if len(chosen) < len(self.columns) and not set(rows.schema.names) <= {column.source for column in self.columns}:
            missing = sorted({column.source for column in self.columns} - set(rows.schema.names))
            raise SourceError(
                f"Rows of {self.source.full_name} in the binlog have no column {', '.join(missing)}: the table was altered since. "
                "Reload the table (ReloadTables)."
            )
        return pa.RecordBatch.from_arrays([rows.column(column.source) for column in chosen], [column.name for column in chosen])


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
