"""Redshift as a target: Parquet staged on S3, COPY, and one transaction for the data and the checkpoint of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from localaws.dms.data_types import dms_type, redshift_type
from localaws.dms.exceptions import CollisionError, TargetError, TargetLostError
from localaws.dms.netting import Bag, Net
from localaws.dms.plan import PlannedColumn, TablePlan
from localaws.dms.source.connection import KEEP_ALIVE
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.base import ApplyError, LoadResult, gathered
from localaws.dms.target.connections import ThreadConnections
from localaws.dms.target.control_tables import REDSHIFT, ControlTables, literal, quoted
from localaws.dms.target.fitting import Fitted, TargetColumn, fit, fitted_type
from localaws.dms.target.safe_types import safe_redshift_type
from localaws.dms.target.sql import SqlTarget
from localaws.dms.target.staging import StagedFiles, Staging

__all__ = ["RedshiftAddress", "RedshiftTarget"]

_COLUMNS = """SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable
    FROM svv_columns WHERE table_schema = {} AND table_name = {} ORDER BY ordinal_position"""
_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class RedshiftAddress:
    """Where the cluster is, as whom to log in, and the role that COPY reads S3 with."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    role: str = "default"


class RedshiftTarget(SqlTarget):
    """One task's connections to Redshift: one for changes, and one for each thread that loads."""

    engine = "Redshift"

    def __init__(
        self,
        address: RedshiftAddress,
        staging: Staging,
        task: str,
        *,
        safe: bool,
        lob_bytes: int = 32 * 1024,
        control_schema: str = "public",
    ) -> None:
        self._address, self._staging, self._safe, self._lob_bytes = address, staging, safe, lob_bytes
        super().__init__(ControlTables(task, control_schema), REDSHIFT)
        self.narrows = not safe
        self._connections = ThreadConnections(self._open, _fileno, psycopg.Connection.close)
        self._columns: dict[str, list[TargetColumn]] = {}

    def open(self) -> None:
        for statement in self._control.create():
            self._run(statement)
        with self._transaction():
            self._run(f"LOCK {', '.join(self._control.noting)}")
        self._run(self._control.trim())

    def prepare(self, plan: TablePlan, mode: str) -> None:
        table = self._name(plan)
        self._run(f"CREATE SCHEMA IF NOT EXISTS {quoted(plan.schema)}")
        exists = bool(self._read_columns(plan))
        with self._transaction():
            self._run(self._control.forget_load(plan))
            if exists and mode == "DROP_AND_CREATE":
                self._run(f"DROP TABLE {table}")
            elif exists and mode == "TRUNCATE_BEFORE_LOAD":
                self._run(self._emptying(plan))
            if not exists or mode == "DROP_AND_CREATE":
                self._run(self._create(plan))
        self._columns.pop(plan.full_name, None)

    def load(self, plan: TablePlan, chunk: Chunk, batches: Iterable[pa.RecordBatch]) -> LoadResult:
        result, columns = LoadResult(), self._target_columns(plan)
        with self._staging.files() as files:
            for batch in gathered(batches):
                fitted = fit(batch, columns)
                result.errors += _refusals(plan, "INSERT", batch, fitted)
                if len(fitted.good):
                    files.put(fitted.good)
                    result.rows += len(fitted.good)
            with self._transaction():
                self._run(self._control.note_chunk(plan, chunk, result.rows))
                if result.rows:
                    self._run(self._copy(plan, columns, files))
                self._note_errors(result.errors)
        return result

    def _apply_net(self, plan: TablePlan, found: Net) -> list[ApplyError]:
        columns = self._target_columns(plan)
        keys = [column for column in columns if column.name in plan.key]
        deletes, errors, staged = fit(found.deletes, keys).good, list[ApplyError](), 0
        with self._staging.files() as files:
            for part in found.parts(_ROWS_AT_ONCE):
                inserts = fit(part, columns)
                if len(inserts.good):
                    files.put(inserts.good)
                    staged += len(inserts.good)
                if inserts.refused and len(deletes):
                    # The row as it was is kept where the new one does not fit.
                    refused = fit(part, keys).rows.take(pa.array([row.row for row in inserts.refused]))
                    deletes = deletes.join(refused, [column.name for column in keys], join_type="left anti")
                errors += _refusals(plan, "UPSERT", part, inserts)
            self._delete(plan, [column.name for column in keys], deletes)
            if staged:
                self._run(self._copy(plan, columns, files))
        return errors

    def _delete(self, plan: TablePlan, names: Sequence[str], keys: pa.Table) -> None:
        """The rows with these keys."""
        if len(keys):
            stage = self._stage(plan, names, keys)
            match = " AND ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in names)
            self._run(f"DELETE FROM {self._name(plan)} t USING {stage} s WHERE {match}")
            self._run(f"DROP TABLE {stage}")

    def _apply_bag(self, plan: TablePlan, found: Bag) -> list[ApplyError]:
        """Rows without a key: of equal ones as many as were deleted go, the others are written again."""
        columns = self._target_columns(plan)
        names = [column.name for column in columns]
        inserts, deletes = fit(found.inserts, columns), fit(found.deletes, columns)
        errors = _refusals(plan, "INSERT", found.inserts, inserts) + _refusals(plan, "DELETE", found.deletes, deletes)
        if len(found.deletes):
            times = deletes.rows.append_column("awsdms_times", pa.array(found.times.astype(np.int64)))
            keep = np.ones(len(times), bool)
            keep[[row.row for row in deletes.refused]] = False
            stage = self._stage(plan, names, times.filter(pa.array(keep)), ("awsdms_times BIGINT",))
            match = " AND ".join(
                f"(t.{quoted(name)} = s.{quoted(name)} OR (t.{quoted(name)} IS NULL AND s.{quoted(name)} IS NULL))" for name in names
            )
            listed = ", ".join(f"t.{quoted(name)}" for name in names)
            inner = f"SELECT {listed}, s.awsdms_times, ROW_NUMBER() OVER (PARTITION BY {listed} ORDER BY 1) AS awsdms_number"
            plain = ", ".join(quoted(name) for name in names)
            table = self._name(plan)
            self._run(
                f"CREATE TEMP TABLE awsdms_kept AS SELECT {plain} FROM ({inner} FROM {table} t JOIN {stage} s ON {match}) m "
                "WHERE awsdms_number > awsdms_times"
            )
            self._run(f"DELETE FROM {table} t USING {stage} s WHERE {match}")
            self._run(f"INSERT INTO {table} ({plain}) SELECT {plain} FROM awsdms_kept")
            self._run("DROP TABLE awsdms_kept")
            self._run(f"DROP TABLE {stage}")
        self._insert(plan, columns, inserts.good)
        return errors

    def _stage(self, plan: TablePlan, names: Sequence[str], rows: pa.Table, more: Sequence[str] = ()) -> str:
        """A temporary table with these columns of the target's table, filled."""
        stage = "awsdms_changes"
        types = {column.name: _declared(column) for column in self._target_columns(plan)}
        self._run(f"CREATE TEMP TABLE {stage} ({', '.join([f'{quoted(name)} {types[name]}' for name in names] + list(more))})")
        with self._staging.files() as files:
            files.put(rows)
            self._run(f"COPY {stage} FROM {literal(files.uri)} IAM_ROLE {self._role()} FORMAT AS PARQUET")
        return stage

    def _insert(self, plan: TablePlan, columns: Sequence[TargetColumn], rows: pa.Table) -> None:
        if len(rows):
            with self._staging.files() as files:
                files.put(rows)
                self._run(self._copy(plan, columns, files))

    def _copy(self, plan: TablePlan, columns: Sequence[TargetColumn], files: StagedFiles) -> str:
        listed = ", ".join(quoted(column.name) for column in columns)
        return f"COPY {self._name(plan)} ({listed}) FROM {literal(files.uri)} IAM_ROLE {self._role()} FORMAT AS PARQUET"

    def _role(self) -> str:
        return "default" if self._address.role == "default" else literal(self._address.role)

    def statement(self, plan: TablePlan, action: str, checkpoint: str, details: Sequence[str] = ()) -> None:
        there = self._read_columns(plan)
        with self._transaction():
            self._note(checkpoint)
            for sql in self._ddl(plan, action, details, there):
                self._run(sql)
        self._columns.pop(plan.full_name, None)

    def _creation(self, plan: TablePlan) -> list[str]:
        return [f"CREATE SCHEMA IF NOT EXISTS {quoted(plan.schema)}", self._create(plan, "IF NOT EXISTS ")]

    def _emptying(self, plan: TablePlan) -> str:
        return f"DELETE FROM {self._name(plan)}"  # TRUNCATE would commit

    def _retyping(self, plan: TablePlan, name: str, kind: str) -> list[str]:
        table, new = self._name(plan), quoted("awsdms_new_" + name)
        return [
            f"ALTER TABLE {table} ADD COLUMN {new} {kind}",
            f"UPDATE {table} SET {new} = CAST({quoted(name)} AS {kind})",
            f"ALTER TABLE {table} DROP COLUMN {quoted(name)}",
            f"ALTER TABLE {table} RENAME COLUMN {new} TO {quoted(name)}",
        ]

    def as_written(self, plan: TablePlan, rows: pa.Table) -> pa.Table:
        return fit(rows, [column for column in self._target_columns(plan) if column.name in rows.column_names]).rows

    def rows_there(self, plan: TablePlan, condition: str) -> pa.Table:
        columns = self._target_columns(plan)
        listed, where = ", ".join(quoted(column.name) for column in columns), f" WHERE {condition}" if condition else ""
        rows = self._run(f"SELECT {listed} FROM {self._name(plan)}{where}").fetchall()
        arrays = [pa.array([row[number] for row in rows], fitted_type(column)) for number, column in enumerate(columns)]
        return pa.table(arrays, [column.name for column in columns])

    def close(self) -> None:
        self._connections.close()

    def release(self) -> None:
        self._connections.release()

    def _create(self, plan: TablePlan, condition: str = "") -> str:
        lines = [
            f"{quoted(column.name)} {self._type(column)}{'' if column.nullable else ' NOT NULL'}"
            for column in plan.columns
        ]
        if plan.key:
            lines.append(f"PRIMARY KEY ({', '.join(quoted(name) for name in plan.key)})")
        return f"CREATE TABLE {condition}{self._name(plan)} ({', '.join(lines)})"

    def _type(self, column: PlannedColumn) -> str:
        if self._safe and column.declared is None:
            return safe_redshift_type(column.type, self._lob_bytes)
        return redshift_type(column.declared or dms_type(column.type), self._lob_bytes)

    def _target_columns(self, plan: TablePlan) -> list[TargetColumn]:
        """The target's columns that the plan fills, as the target has them."""
        if plan.full_name not in self._columns:
            found = self._read_columns(plan)
            missing = [column.name for column in plan.columns if column.name.lower() not in found]
            if missing:
                raise TargetError(f"The target's table {plan.full_name} has no column {', '.join(missing)}. Reload the table, or add them.")
            self._columns[plan.full_name] = [found[column.name.lower()] for column in plan.columns]
        return self._columns[plan.full_name]

    def _read_columns(self, plan: TablePlan) -> dict[str, TargetColumn]:
        names = {column.name.lower(): column.name for column in plan.columns}
        found = {}
        for name, kind, length, precision, scale, nullable in self._run(
            _COLUMNS.format(literal(plan.schema.lower()), literal(plan.name.lower()))
        ).fetchall():
            mine = names.get(name, name)
            found[name] = TargetColumn(mine, kind, int(length or 0), int(precision or 0), int(scale or 0), nullable == "NO")
        return found

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("BEGIN")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            connection = self._connections.held()  # not a new one, if it is lost
            if connection is not None:
                try:
                    connection.execute("ROLLBACK")
                except psycopg.Error:
                    connection.close()
            raise

    def _connection(self) -> psycopg.Connection[Any]:
        return self._connections.mine()

    def _open(self) -> psycopg.Connection[Any]:
        address = self._address
        try:
            return psycopg.connect(
                host=address.host, port=address.port, dbname=address.database, user=address.user, password=address.password,
                autocommit=True, connect_timeout=10, application_name="dms", prepare_threshold=None,
                keepalives_idle=KEEP_ALIVE["idle"], keepalives_interval=KEEP_ALIVE["interval"], keepalives_count=KEEP_ALIVE["count"],
            )  # fmt: skip
        except psycopg.OperationalError as error:
            raise TargetLostError(f"Redshift does not answer: {error}. The task tries again.") from error

    def _run(self, sql: str) -> psycopg.Cursor[Any]:
        connection = self._connection()
        try:
            return connection.execute(sql)  # type: ignore[call-overload,no-any-return]
        except psycopg.errors.SerializationFailure as error:
            raise CollisionError(str(error).strip()) from error
        except psycopg.Error as error:
            # A server that went away gives no code, or one of class 08 (connection) or 57P (shutdown).
            if connection.closed or error.sqlstate is None or error.sqlstate.startswith(("08", "57P")):
                raise TargetLostError(f"The connection to Redshift ended: {error}. The task tries again.") from error
            raise TargetError(f"Redshift refuses: {str(error).strip()} The statement: {sql[:300]}") from error


def _fileno(connection: psycopg.Connection[Any]) -> int | None:
    return None if connection.closed else connection.fileno()


def _declared(column: TargetColumn) -> str:
    if column.type in ("character varying", "character"):
        return f"VARCHAR({column.length})"
    return f"NUMERIC({column.precision},{column.scale})" if column.type == "numeric" else column.type


def _refusals(plan: TablePlan, statement: str, rows: pa.Table, fitted: Fitted) -> list[ApplyError]:
    told = rows.select(list(plan.key or rows.column_names))
    found = []
    for refused in fitted.refused:
        row = f"{statement} {told.slice(refused.row, 1).to_pylist()[0]}"
        found.append(ApplyError(plan, row, f"{refused.column}: {refused.reason}", refused.truncated))
    return found
