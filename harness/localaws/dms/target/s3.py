"""S3 as a target: files in the layout of DMS, every change in its order (DMS guide, "Using Amazon S3 as a target").

    folder/schema/table/LOAD00000001.csv                 full load, numbered in hexadecimal
    folder/schema/table/20260102-030405678.csv           changes, named by when they are written; below a folder of the date if asked for

S3 has no transactions. The files of a batch are noted in the task's folder before they are written; a process that comes after one that was
killed deletes those whose batch was not completed, and reads the batch again.
"""

from __future__ import annotations

import csv
import gzip
import io
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from localaws.dms.binlog.events import DELETE, INSERT, UPDATE
from localaws.dms.data_types import dms_type, parquet_type
from localaws.dms.exceptions import TargetError
from localaws.dms.netting import TableChanges, moved_keys
from localaws.dms.plan import TablePlan
from localaws.dms.settings.s3_settings import S3Settings
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.base import ApplyError, Batch, LoadResult, gathered
from localaws.dms.target.file_state import FileStateTarget
from localaws.dms.target.fitting import Fitted, declared_column, fit
from localaws.dms.target.staging import storage_errors

__all__ = ["S3Target"]

_OPERATIONS = pa.array(["", "I", "U", "D"])
_LOG = logging.getLogger(__name__)


class S3Target(FileStateTarget):
    """One task's files below a folder of a bucket. `state` is the task's own folder on this machine.

    DMS writes an update of a primary key as U with the new key, and a reader keeps the old row: so does this one, and says so in the log,
    unless it is `safe`, where such an update is a D with the old key (its other columns are null) and an I.
    """

    def __init__(self, client: Any, settings: S3Settings, state: Path, *, safe: bool = False) -> None:
        super().__init__(state / "s3.json", writing=[], loads={}, last=0)
        self._client, self._settings, self._safe = client, settings, safe
        self._flagged: set[str] = set()

    def open(self) -> None:
        self._read_state()
        with storage_errors():
            self._client.list_objects_v2(Bucket=self._settings.bucket, MaxKeys=1)
            for key in self._state["writing"]:
                self._client.delete_object(Bucket=self._settings.bucket, Key=key)
        self._state["writing"] = []
        self._save()

    def prepare(self, plan: TablePlan, mode: str) -> None:
        """Files are kept with DO_NOTHING only."""
        if mode != "DO_NOTHING":
            self._delete_files(plan)
            self._state["loads"].pop(plan.full_name, None)
        self._state["chunks"].pop(plan.full_name, None)
        self._save()

    def load(self, plan: TablePlan, chunk: Chunk, batches: Iterable[pa.RecordBatch]) -> LoadResult:
        result, now = LoadResult(), datetime.now(UTC)
        keys: list[str] = []
        for rows in gathered(batches):
            columns = {"Op": pa.array(["I"] * len(rows))} if self._settings.op_in_full_load else {}
            columns |= dict(zip(rows.column_names, rows.columns, strict=True))
            if self._settings.timestamp_column:
                columns[self._settings.timestamp_column] = pa.array([now.strftime("%Y-%m-%d %H:%M:%S.%f")] * len(rows))
            key = self._load_key(plan)
            keys.append(key)
            typed, errors = self._typed(plan, pa.table(columns))
            self._put(key, typed)
            result.rows, result.errors = result.rows + len(typed), result.errors + errors
        self._keep(result.errors)
        with self._lock:
            self._note_chunk(plan, chunk, result.rows)
            self._state["writing"] = [key for key in self._state["writing"] if key not in keys]
            self._write()
        return result

    def _load_key(self, plan: TablePlan) -> str:
        """The next file of the table's load, noted as being written."""
        with self._lock:
            number = self._state["loads"].get(plan.full_name, 0) + 1
            self._state["loads"][plan.full_name] = number
            key = f"{self._folder(plan)}LOAD{number:08X}{self._ending()}"
            self._state["writing"].append(key)
            self._write()
        return key

    def apply(self, batch: Batch) -> list[ApplyError]:
        wanted = [INSERT, UPDATE, DELETE]
        if self._settings.inserts_only:
            wanted = [INSERT]
        elif self._settings.inserts_and_updates:
            wanted = [INSERT, UPDATE]
        name, date = self._name()
        files, errors = [], list[ApplyError]()
        for plan, changes in batch.changes:
            rows = self._change_rows(self._with_moved(plan, changes), wanted)
            typed, refused = self._typed(plan, rows)
            errors += refused
            if len(typed):
                files.append((f"{self._folder(plan)}{date}{name}{self._ending()}", typed))
        keys = [key for key, _ in files]
        with self._lock:
            self._state["writing"] += keys
            self._write()
        for key, rows in files:
            self._put(key, rows)
        self._keep(errors)
        with self._lock:
            self._state |= {"checkpoint": batch.checkpoint, "writing": [key for key in self._state["writing"] if key not in keys]}
            self._write()
        return errors

    def _keep(self, errors: Sequence[ApplyError]) -> None:
        """Rows that are in no file because they do not fit a rule."""
        self._keep_refused({"table": error.table.full_name, "statement": error.statement, "error": error.reason} for error in errors)
        if errors:
            _LOG.error("%s rows do not fit a rule change-data-type, and are in %s", len(errors), self._refused)

    def _with_moved(self, plan: TablePlan, changes: TableChanges) -> TableChanges:
        """Updates of the key as two changes, in safe mode."""
        moved, keys = moved_keys(changes, plan.key) if plan.key else (np.zeros(0, np.int64), changes.before)
        if not len(moved):
            return changes
        if not self._safe:
            if plan.full_name not in self._flagged:
                _LOG.warning("%s: keys are updated. As in DMS files have a U with the new key, and nothing of the old one.", plan.full_name)
            self._flagged.add(plan.full_name)
            return changes
        rows = changes.rows
        columns = [keys.column(item.name) if item.name in plan.key else pa.nulls(len(keys), item.type) for item in rows.schema]
        operation = changes.operation.copy()
        operation[moved] = INSERT
        order = np.argsort(np.concatenate([2 * np.arange(len(rows)) + 1, 2 * moved]))
        numbers = (np.concatenate([column, column[moved]])[order] for column in (changes.seconds, changes.sequence, changes.transaction))
        operation = np.concatenate([operation, np.full(len(moved), DELETE, np.uint8)])[order]
        both = pa.concat_tables([rows, pa.table(columns, rows.schema.names)]).take(pa.array(order))
        return TableChanges(operation, both, changes.before.slice(0, 0), *numbers)

    def _change_rows(self, changes: TableChanges, wanted: Sequence[int]) -> pa.Table:
        keep = pa.array(np.isin(changes.operation, wanted))
        columns: dict[str, Any] = {}
        if not self._settings.inserts_only or self._settings.op_in_full_load:
            columns["Op"] = _OPERATIONS.take(pa.array(changes.operation))
        columns |= dict(zip(changes.rows.column_names, changes.rows.columns, strict=True))
        if self._settings.timestamp_column:
            at = pa.array(changes.seconds * 1_000_000, pa.timestamp("us"))
            columns[self._settings.timestamp_column] = pc.strftime(at, "%Y-%m-%d %H:%M:%S")
        return pa.table(columns).filter(keep)

    def _name(self) -> tuple[str, str]:
        """The name of a batch's files, later than any before it even where the clock was set back, and the folder of its date."""
        now = max(datetime.now(UTC), datetime.fromtimestamp((self._state["last"] + 1) / 1000, UTC))
        self._state["last"] = int(now.timestamp() * 1000)
        name = f"{now:%Y%m%d-%H%M%S}{self._state['last'] % 1000:03d}"
        return name, f"{now:{self._settings.partition}}/" if self._settings.partition else ""

    def statement(self, plan: TablePlan, action: str, checkpoint: str, details: Sequence[str] = ()) -> None:
        """TRUNCATE and DROP delete the table's files; columns are those of the rows that follow."""
        if action in ("truncate", "drop-table"):
            self._delete_files(plan)
        self.save(checkpoint)

    def close(self) -> None:
        """Nothing is held open."""

    def _delete_files(self, plan: TablePlan) -> None:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._settings.bucket, Prefix=self._folder(plan))
        with storage_errors():
            for page in pages:
                found = [{"Key": item["Key"]} for item in page.get("Contents", [])]
                if found:
                    self._client.delete_objects(Bucket=self._settings.bucket, Delete={"Objects": found})

    def _folder(self, plan: TablePlan) -> str:
        return "/".join(part for part in (self._settings.folder, plan.schema, plan.name) if part) + "/"

    def _ending(self) -> str:
        return ".parquet" if self._settings.parquet else ".csv.gz" if self._settings.gzip else ".csv"

    def _typed(self, plan: TablePlan, rows: pa.Table) -> tuple[pa.Table, list[ApplyError]]:
        """The rows with the types of change-data-type rules, and in Parquet DMS's own; and those that do not fit the rules."""
        errors = []
        declared = {column.name: column.declared for column in plan.columns if column.declared is not None and not column.is_made}
        if declared:
            fitted = fit(rows, [declared_column(name, kind) for name, kind in declared.items()])
            told = rows.select(list(plan.key or rows.column_names))
            for refused in fitted.refused:
                row = f"WRITE {told.slice(refused.row, 1).to_pylist()[0]}"
                errors.append(ApplyError(plan, row, f"{refused.column}: {refused.reason}", refused.truncated))
            for name in declared:
                rows = rows.set_column(rows.column_names.index(name), name, fitted.rows.column(name))
            rows = Fitted(rows, fitted.refused).good
        if not self._settings.parquet:
            return rows, errors
        types = {column.name: parquet_type(column.declared or dms_type(column.type)) for column in plan.columns}
        try:
            return rows.cast(pa.schema([(item.name, types.get(item.name, item.type)) for item in rows.schema])), errors
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise TargetError(f"{plan.source.full_name}: a value is none of its column's type in Parquet: {error}.") from error

    def _put(self, key: str, rows: pa.Table) -> None:
        body = io.BytesIO()
        if self._settings.parquet:
            pq.write_table(rows, body, compression="gzip" if self._settings.gzip else "none")
            content = body.getvalue()
        else:
            content = self._csv(rows).encode()
            content = gzip.compress(content, mtime=0) if self._settings.gzip else content
        with storage_errors():
            self._client.put_object(Bucket=self._settings.bucket, Key=key, Body=content)

    def _csv(self, rows: pa.Table) -> str:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self._settings.delimiter, lineterminator=self._settings.row_delimiter)
        if self._settings.header:
            writer.writerow(rows.column_names)
        null = self._settings.null
        texts = [[null if value is None else value for value in _texts(column)] for column in rows.columns]
        writer.writerows(zip(*texts, strict=True))
        return out.getvalue()


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return [None if value is None else value.hex() for value in column.to_pylist()]
    if pa.types.is_timestamp(column.type):
        texts = pc.strftime(column, "%Y-%m-%d %H:%M:%S").to_pylist()
        return [None if text is None else text.removesuffix(".000000") for text in texts]
    found: list[str | None] = column.cast(pa.string()).to_pylist()
    return found
