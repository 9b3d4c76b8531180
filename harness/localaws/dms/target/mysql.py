"""A MySQL-compatible server as a target, so that a standby can be made: LOAD DATA LOCAL, and one transaction for the data and the
checkpoint of a batch (DMS guide, "Using a MySQL-compatible database as a target").

LOAD DATA LOCAL turns errors into warnings, so rows that gave a warning are rolled back and loaded again in halves, until those that
do not fit are found. Sessions check no foreign keys: a batch has the source's last state, not its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from localaws.dms.data_types import dms_type, mysql_type
from localaws.dms.exceptions import TargetError
from localaws.dms.netting import Bag, Net
from localaws.dms.plan import PlannedColumn, TablePlan
from localaws.dms.source.catalog import read_table
from localaws.dms.source.connection import MySqlAddress
from localaws.dms.source.snapshot import Chunk, read_rows
from localaws.dms.target.base import ApplyError, LoadResult
from localaws.dms.target.control_tables import MYSQL, ControlTables
from localaws.dms.target.mysql_rows import MySqlColumn, as_texts, load_clause, load_lines
from localaws.dms.target.mysql_session import MySqlSession
from localaws.dms.target.safe_types import safe_mysql_type
from localaws.dms.target.sql import SqlTarget
from localaws.dms.types import arrow_type

__all__ = ["CONTROL_SCHEMA", "MySqlTarget"]

CONTROL_SCHEMA = "awsdms_control"
"""DMS's default on MySQL."""
_COLUMNS = """SELECT column_name, data_type, extra FROM information_schema.columns
    WHERE table_schema = {} AND table_name = {} ORDER BY ordinal_position"""
_CUT = ("Data too long", "Data truncated", "Out of range")
"""The server's words for a value that it would have had to cut."""
_ROWS_AT_ONCE = 50_000
_MOST_REFUSED = 1000


class MySqlTarget(MySqlSession, SqlTarget):
    """One task's connections to the server: one for changes, and one for each thread that loads."""

    engine = "a MySQL-compatible target"
    keeps_keys = True

    def __init__(
        self, address: MySqlAddress, task: str, *, safe: bool, lob_bytes: int = 32 * 1024, control_schema: str = CONTROL_SCHEMA
    ) -> None:
        MySqlSession.__init__(self, address)
        SqlTarget.__init__(self, ControlTables(task, control_schema, MYSQL), MYSQL)
        self._safe, self._lob_bytes = safe, lob_bytes
        self._columns: dict[str, dict[str, MySqlColumn]] = {}

    def open(self) -> None:
        for statement in self._control.create():
            self._run(statement)
        self._run(f"LOCK TABLES {', '.join(f'{table} WRITE' for table in self._control.noting)}")
        self._run("UNLOCK TABLES")
        self._run(self._control.trim())

    def prepare(self, plan: TablePlan, mode: str) -> None:
        """DDL commits by itself on MySQL, so the note that something is loaded goes first."""
        self._run(self._control.forget_load(plan))
        if mode == "DROP_AND_CREATE":
            self._run(f"DROP TABLE IF EXISTS {self._name(plan)}")
        elif mode == "TRUNCATE_BEFORE_LOAD" and self._read_columns(plan):
            self._run(self._emptying(plan))
        for statement in self._creation(plan):
            self._run(statement)
        self._columns.pop(plan.full_name, None)

    def load(self, plan: TablePlan, chunk: Chunk, batches: Iterable[pa.RecordBatch]) -> LoadResult:
        result = LoadResult()
        with self._transaction():
            for batch in batches:
                rows = pa.Table.from_batches([batch])
                refused = self._load(self._name(plan), plan, rows)
                result.rows += len(rows) - len(refused)
                result.errors += [_refusal(plan, "INSERT", rows, row, reason) for row, reason in refused]
            self._run(self._control.note_chunk(plan, chunk, result.rows))
            self._note_errors(result.errors)
        return result

    def _apply_net(self, plan: TablePlan, found: Net) -> list[ApplyError]:
        self._run("SAVEPOINT awsdms_net")
        self._delete(plan, found.deletes)
        if all(not self._load_once(self._name(plan), plan, part) for part in found.parts(_ROWS_AT_ONCE)):
            return []
        # Something does not fit: the row as it was is kept where the new one is refused.
        self._run("ROLLBACK TO SAVEPOINT awsdms_net")
        self._run(f"CREATE TEMPORARY TABLE {_own(plan, 'rows')} LIKE {self._name(plan)}")
        inserts = found.inserts
        refused = dict(self._load(_own(plan, "rows"), plan, inserts))
        self._run(f"DROP TEMPORARY TABLE {_own(plan, 'rows')}")
        while more := self._without(plan, found.deletes, inserts, refused):
            # What fits was refused because of a row that only the target has, or that was kept: its own row is kept too.
            refused |= more
        return [_refusal(plan, "UPSERT", inserts, row, reason) for row, reason in refused.items()]

    def _without(self, plan: TablePlan, deletes: pa.Table, inserts: pa.Table, refused: Mapping[int, str]) -> dict[int, str]:
        """Applies all but the inserts with these numbers, or nothing: then the numbers of others that are refused, and why."""
        self._run("SAVEPOINT awsdms_net")
        keys = inserts.select(list(plan.key)).take(pa.array(list(refused), pa.int64()))
        self._delete(plan, deletes.join(keys, list(plan.key), join_type="left anti"))
        good = [row for row in range(len(inserts)) if row not in refused]
        more = {good[row]: why for row, why in self._load(self._name(plan), plan, inserts.take(pa.array(good, pa.int64())))}
        if more:
            self._run("ROLLBACK TO SAVEPOINT awsdms_net")
        return more

    def _delete(self, plan: TablePlan, keys: pa.Table) -> None:
        """The rows with these keys. A key that does not fit is no row's."""
        if not len(keys):
            return
        listed = ", ".join(MYSQL.quoted(name) for name in plan.key)
        self._run(f"USE {MYSQL.quoted(plan.schema)}")  # an alias in a DELETE is looked up in the session's database
        self._run(f"CREATE TEMPORARY TABLE {_own(plan, 'keys')} AS SELECT {listed} FROM {self._name(plan)} LIMIT 0")
        self._load(_own(plan, "keys"), plan, keys)
        match = " AND ".join(f"t.{name} = s.{name}" for name in listed.split(", "))
        # The keys first, whatever the server thinks of the sizes: each is looked up in the target's index.
        self._run(f"DELETE t FROM {_own(plan, 'keys')} s STRAIGHT_JOIN {self._name(plan)} t ON {match}")
        self._run(f"DROP TEMPORARY TABLE {_own(plan, 'keys')}")

    def _apply_bag(self, plan: TablePlan, found: Bag) -> list[ApplyError]:
        """Rows without a key, one statement for each distinct one that was deleted: of equal rows as many go as went on the source."""
        names, absent = self._filled(plan), dict[int, str]()
        if len(found.deletes):
            numbered = found.deletes.append_column("awsdms_number", pa.array(np.arange(len(found.deletes))))
            listed = ", ".join(MYSQL.quoted(name) for name in names)
            chosen = f"{listed}, CAST(0 AS SIGNED) AS awsdms_number"
            self._run(f"CREATE TEMPORARY TABLE {_own(plan, 'bag')} AS SELECT {chosen} FROM {self._name(plan)} LIMIT 0")
            absent = dict(self._load(_own(plan, "bag"), plan, numbered))  # what does not fit was never there
            variables = ", ".join(f"@awsdms_{number}" for number in range(len(names)))
            match = " AND ".join(_same(name, f"@awsdms_{number}", found.deletes) for number, name in enumerate(names))
            for number, times in enumerate(found.times.tolist()):
                if number in absent:
                    continue
                self._run(f"SELECT {listed} INTO {variables} FROM {_own(plan, 'bag')} WHERE awsdms_number = {number}")
                self._run(f"DELETE FROM {self._name(plan)} WHERE {match} LIMIT {times}")
            self._run(f"DROP TEMPORARY TABLE {_own(plan, 'bag')}")
        refused = self._load(self._name(plan), plan, found.inserts)
        errors = [_refusal(plan, "DELETE", found.deletes, row, reason) for row, reason in absent.items()]
        return errors + [_refusal(plan, "INSERT", found.inserts, row, reason) for row, reason in refused]

    def _load(self, table: str, plan: TablePlan, rows: pa.Table) -> list[tuple[int, str]]:
        """Adds the rows; gives the numbers of those that the server does not take as they are, and why.

        Raises:
            TargetError: they are so many that the table does not fit at all.
        """
        refused: list[tuple[int, str]] = []
        for first, part in _parts(rows):
            self._load_halves(table, plan, part, first, refused)
        return refused

    def _load_halves(self, table: str, plan: TablePlan, rows: pa.Table, first: int, refused: list[tuple[int, str]]) -> None:
        self._run("SAVEPOINT awsdms_rows")
        reason = self._load_once(table, plan, rows)
        if not reason:
            return
        self._run("ROLLBACK TO SAVEPOINT awsdms_rows")
        if len(rows) > 1:
            half = len(rows) // 2
            self._load_halves(table, plan, rows.slice(0, half), first, refused)
            self._load_halves(table, plan, rows.slice(half), first + half, refused)
            return
        refused.append((first, reason))
        if len(refused) > _MOST_REFUSED:
            raise TargetError(
                f"{plan.full_name} refuses more than {_MOST_REFUSED:,} rows, the first because of: {refused[0][1]}. "
                "Change the column's type on the target, or with a rule change-data-type, and reload the table."
            )

    def _load_once(self, table: str, plan: TablePlan, rows: pa.Table) -> str:
        """One LOAD DATA; what the server remarked, which is nothing when all rows are there as they are."""
        columns = {**self._target_columns(plan), "awsdms_number": MySqlColumn("awsdms_number", "bigint")}
        names = [name for name in rows.column_names if not columns[name].generated]
        quoted = {name: MYSQL.quoted(columns[name].name) for name in names}
        return self._load_data(table, load_lines(rows, names), load_clause(rows, names, columns, quoted), len(rows))

    def as_written(self, plan: TablePlan, rows: pa.Table) -> pa.Table:
        return as_texts(rows)

    def rows_there(self, plan: TablePlan, condition: str) -> pa.Table:
        table = read_table(self._connection(), plan.schema, plan.name)
        if table is None:
            raise TargetError(f"There is no table {plan.full_name} on the target. Reload the table.")
        there = {column.name.lower(): column for column in table.columns}
        columns = [there[name.lower()] for name in self._target_columns(plan)]
        names = [column.name for column in plan.columns]
        batches = [batch.rename_columns(names) for batch in read_rows(self._connection(), table, columns, condition)]
        schema = pa.schema([(name, arrow_type(column.type)) for name, column in zip(names, columns, strict=True)])
        return as_texts(pa.Table.from_batches(batches, schema))

    def statement(self, plan: TablePlan, action: str, checkpoint: str, details: Sequence[str] = ()) -> None:
        """DDL commits by itself on MySQL. Each can be done again, by a process that finds the checkpoint before it."""
        for sql in self._ddl(plan, action, details, {name.lower() for name in self._read_columns(plan)}):
            self._run(sql)
        self.save(checkpoint)
        self._columns.pop(plan.full_name, None)

    def _creation(self, plan: TablePlan) -> list[str]:
        return [f"CREATE DATABASE IF NOT EXISTS {MYSQL.quoted(plan.schema)}", self._create(plan)]

    def _emptying(self, plan: TablePlan) -> str:
        return f"TRUNCATE TABLE {self._name(plan)}"

    def _retyping(self, plan: TablePlan, name: str, kind: str) -> list[str]:
        return [f"ALTER TABLE {self._name(plan)} MODIFY COLUMN {MYSQL.quoted(name)} {kind}"]

    def _create(self, plan: TablePlan) -> str:
        lines = [f"{MYSQL.quoted(column.name)} {self._type(column)}{self._nullable(plan, column)}" for column in plan.columns]
        if plan.key:
            lines.append(f"PRIMARY KEY ({', '.join(MYSQL.quoted(name) for name in plan.key)})")
        return f"CREATE TABLE IF NOT EXISTS {self._name(plan)} ({', '.join(lines)}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"

    @staticmethod
    def _nullable(plan: TablePlan, column: PlannedColumn) -> str:
        # Keys that differ by their case only, as they may on the source, stay different.
        binary = " COLLATE utf8mb4_bin" if column.name in plan.key and column.type.kind == "text" else ""
        # Said for each: the first TIMESTAMP of a table would get the time of each change by default.
        return binary + (" NULL" if column.nullable and column.name not in plan.key else " NOT NULL")

    def _type(self, column: PlannedColumn) -> str:
        if self._safe and column.declared is None:
            return safe_mysql_type(column.type)
        return mysql_type(column.declared or dms_type(column.type), self._lob_bytes)

    def _filled(self, plan: TablePlan) -> list[str]:
        return [name for name, column in self._target_columns(plan).items() if not column.generated]

    def _target_columns(self, plan: TablePlan) -> dict[str, MySqlColumn]:
        """The target's columns that the plan fills, by the plan's names."""
        if plan.full_name not in self._columns:
            found = {name.lower(): column for name, column in self._read_columns(plan).items()}
            missing = [column.name for column in plan.columns if column.name.lower() not in found]
            if missing:
                raise TargetError(f"The target's table {plan.full_name} has no column {', '.join(missing)}. Reload the table, or add them.")
            self._columns[plan.full_name] = {column.name: found[column.name.lower()] for column in plan.columns}
        return self._columns[plan.full_name]

    def _read_columns(self, plan: TablePlan) -> dict[str, MySqlColumn]:
        found = self._run(_COLUMNS.format(MYSQL.literal(plan.schema), MYSQL.literal(plan.name))).fetchall()
        marks = ("VIRTUAL GENERATED", "STORED GENERATED", "PERSISTENT")
        return {name: MySqlColumn(name, kind.lower(), any(mark in extra.upper() for mark in marks)) for name, kind, extra in found}


def _own(plan: TablePlan, name: str) -> str:
    """A temporary table of the batch, in the plan's database: no other needs to be there."""
    return f"{MYSQL.quoted(plan.schema)}.awsdms_{name}"


def _parts(rows: pa.Table) -> list[tuple[int, pa.Table]]:
    return [(first, rows.slice(first, _ROWS_AT_ONCE)) for first in range(0, len(rows), _ROWS_AT_ONCE)]


def _same(name: str, variable: str, rows: pa.Table) -> str:
    """A column with exactly that value: collations would take texts for equal that are not."""
    quoted, text = MYSQL.quoted(name), pa.types.is_string(rows.schema.field(name).type)
    return f"{quoted} <=> {variable}" + (f" AND BINARY {quoted} <=> BINARY {variable}" if text else "")


def _refusal(plan: TablePlan, statement: str, rows: pa.Table, row: int, reason: str) -> ApplyError:
    told = rows.select(list(plan.key or rows.column_names)).slice(row, 1).to_pylist()[0]
    return ApplyError(plan, f"{statement} {told}", reason, any(word in reason for word in _CUT))
