"""Rows of both sides of a comparison: of the source, and of the target once it has applied everything that the source had then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from localaws.dms.binlog.events import Position
from localaws.dms.exceptions import SettingsError
from localaws.dms.plan import TablePlan
from localaws.dms.source.catalog import count_rows
from localaws.dms.source.connection import MySqlAddress, open_source
from localaws.dms.source.snapshot import Chunk, chunks_of, current_position, read_rows
from localaws.dms.target.comparing import ComparableTarget, in_keys, keys_can_be_asked_for
from localaws.dms.target.control_tables import MYSQL
from localaws.dms.types import arrow_type

__all__ = ["Key", "Sides", "rows_of", "tables_of"]

_KEYS_AT_ONCE = 500

Key = tuple[Any, ...]


class Sides:
    """A source and a target. `wait_for` returns when the target has everything before a position; None where that cannot be known."""

    def __init__(self, source: MySqlAddress, target: ComparableTarget, wait_for: Callable[[Position], None] | None) -> None:
        self._address, self._target, self._wait_for = source, target, wait_for
        self._connection: Any = None

    def both(self, plan: TablePlan, part: Chunk | pa.Table) -> tuple[pa.Table, pa.Table]:
        """The source's rows as the target should hold them, and the target's, which has applied everything up to then."""
        rows = self.source_rows(plan, part)
        if self._wait_for is not None:
            self._wait_for(current_position(self._source()))
        return self._target.as_written(plan, rows), self._target.rows_in(plan, part)

    def source_rows(self, plan: TablePlan, part: Chunk | pa.Table) -> pa.Table:
        names = {column.name: column.source for column in plan.columns}
        where = part.condition(MYSQL.quoted(part.column)) if isinstance(part, Chunk) else in_keys(part, names, MYSQL)
        condition = " AND ".join(f"({item})" for item in (where, plan.condition) if item)
        hidden = tuple(column.name for column in plan.columns if column.mask is not None and column.name in plan.key)
        if plan.volatile or hidden:
            raise SettingsError("$.rules", f"{plan.full_name} cannot be compared: the rules change {', '.join(plan.volatile + hidden)}")
        batches = [plan.made(batch) for batch in read_rows(self._source(), plan.source, plan.reading, condition)]
        return pa.Table.from_batches(batches, _schema(plan, [column.name for column in plan.columns]))

    def ranges(self, plan: TablePlan, rows_each: int) -> tuple[int, list[Chunk]]:
        """The source's rows, counted, and ranges of keys with about so many each."""
        connection = self._source()
        rows = count_rows(connection, plan.source)
        return rows, chunks_of(connection, replace(plan.source, rows=rows), rows_each)

    def keys(self, plan: TablePlan, keys: set[Key]) -> Iterator[pa.Table]:
        """The rows with these keys, as the source has them."""
        return tables_of(sorted(keys, key=repr), _schema(plan, plan.key))

    def with_keys(self, plan: TablePlan, keys: list[Key]) -> Iterator[Chunk | pa.Table]:
        """The rows with these keys, as the target has them; the whole table where keys cannot be written in a statement."""
        if not keys_can_be_asked_for(_schema(plan, plan.key)):
            yield Chunk()
            return
        empty = self._target.as_written(plan, _schema(plan, plan.key).empty_table())
        yield from tables_of(keys, empty.schema)

    def _source(self) -> Any:
        if self._connection is None or not self._connection.open:
            self._connection = open_source(self._address)
        return self._connection

    def close(self) -> None:
        if self._connection is not None and self._connection.open:
            self._connection._force_close()
        self._connection = None


def _schema(plan: TablePlan, names: Sequence[str]) -> pa.Schema:
    """Columns of the source under the target's names."""
    types = {column.name: arrow_type(column.type) for column in plan.columns}
    return pa.schema([(name, types[name]) for name in names])


def tables_of(keys: Sequence[Key], schema: pa.Schema) -> Iterator[pa.Table]:
    """Keys, some hundreds at a time."""
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        columns = zip(*keys[start : start + _KEYS_AT_ONCE], strict=True)
        yield pa.table([pa.array(list(values), item.type) for values, item in zip(columns, schema, strict=True)], schema=schema)


def rows_of(table: pa.Table) -> Iterator[Key]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)
