"""Iceberg tables, read by PyIceberg through the endpoint's storage: snapshots, deletes, schema evolution, pruning by statistics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.fs import FileSystem, LocalFileSystem, SubTreeFileSystem
from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    EqualTo,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
)
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import StaticTable
from pyiceberg.typedef import EMPTY_DICT, Properties
from pyiceberg.types import BooleanType, DateType, IntegerType, LongType, StringType
from sqlglot import exp

from localaws.athena.exceptions import QueryFailure, not_supported
from localaws.athena.hive import chunk_bytes

__all__ = ["StorageIO", "read_iceberg", "static_table"]

_STORAGE = "etl.storage"
_COMPARISONS: dict[type[exp.Expr], Any] = {
    exp.EQ: EqualTo, exp.GT: GreaterThan, exp.GTE: GreaterThanOrEqual, exp.LT: LessThan, exp.LTE: LessThanOrEqual,
}  # fmt: skip
_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.EQ, exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE,
}  # fmt: skip


class StorageIO(PyArrowFileIO):
    """`s3://bucket/key` is a file below the folder that the property `etl.storage` names."""

    def __init__(self, properties: Properties = EMPTY_DICT) -> None:
        super().__init__(properties=properties)
        self._storage = SubTreeFileSystem(properties[_STORAGE], LocalFileSystem())

    def _initialize_fs(self, scheme: str, netloc: str | None = None) -> FileSystem:
        if scheme not in ("s3", "s3a", "s3n"):
            raise QueryFailure("ICEBERG_FILESYSTEM_ERROR", f"A file of the table is at {scheme}://{netloc or ''}, which is not S3.")
        return self._storage


def static_table(storage: Path, metadata: str) -> StaticTable:
    """The table of a metadata file, its files those of the folder of buckets."""
    return StaticTable.from_metadata(metadata, {"py-io-impl": f"{__name__}.StorageIO", _STORAGE: str(storage)})


def read_iceberg(
    storage: Path, metadata: str, columns: Sequence[str], conjuncts: Iterable[exp.Expr], version: exp.Version | None
) -> tuple[pa.Table, int]:
    """The rows that can matter, and the bytes that are read for them.

    Args:
        storage: the folder of buckets.
        metadata: location of the table's metadata file.
        columns: names of those that the query uses.
        conjuncts: conditions on this table alone, by which files are left out.
        version: `FOR TIMESTAMP AS OF` or `FOR VERSION AS OF`.

    Raises:
        QueryFailure: the table, or the version, cannot be read.
    """
    try:
        table = static_table(storage, metadata)
        scan = table.scan(
            row_filter=_filter(table, conjuncts),
            selected_fields=tuple(columns),
            case_sensitive=False,
            snapshot_id=_snapshot(table, version),
        )
        size = sum(_task_bytes(storage, task, columns) for task in scan.plan_files()) if table.current_snapshot() else 0
        rows = scan.to_arrow() if columns else _counted(scan)
    except (FileNotFoundError, OSError) as error:
        raise QueryFailure(
            "ICEBERG_MISSING_METADATA", f"Metadata not found in metadata location for table ({metadata}): {error}"
        ) from error
    except ValueError as error:
        if "equality deletes" in str(error):
            raise not_supported("An Iceberg table with equality deletes") from error
        raise QueryFailure("ICEBERG_BAD_DATA", str(error)) from error
    return rows, size


def _counted(scan: Any) -> pa.Table:
    """As many rows as there are, of no column: `count(*)` needs one to count."""
    return pa.table({"__row": pa.nulls(scan.count(), pa.int8())})


def _task_bytes(storage: Path, task: Any, columns: Sequence[str]) -> int:
    path = storage / task.file.file_path.split("://", 1)[1]
    return chunk_bytes(path, columns) + sum(delete.file_size_in_bytes for delete in task.delete_files)


def _snapshot(table: StaticTable, version: exp.Version | None) -> int | None:
    if version is None:
        return None
    given = version.expression
    if version.this.upper() == "VERSION":
        number = int(given.name) if given.name.isdigit() else None
        if number is None or table.snapshot_by_id(number) is None:
            raise QueryFailure("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exist: {given.sql()}")
        return number
    text = given.this.name if isinstance(given, exp.Cast) else given.name
    try:
        moment = dt.datetime.fromisoformat(text.replace(" UTC", "+00:00"))
    except ValueError as error:
        raise QueryFailure("INVALID_ARGUMENTS", f"FOR TIMESTAMP AS OF {given.sql()}: it is no timestamp") from error
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    snapshot = table.snapshot_as_of_timestamp(int(moment.timestamp() * 1000))
    if snapshot is None:
        raise QueryFailure("INVALID_ARGUMENTS", f"No version history table at or before {text}")
    return snapshot.snapshot_id


def _filter(table: StaticTable, conjuncts: Iterable[exp.Expr]) -> BooleanExpression:
    """What of the conditions the table's statistics can decide. Whatever is left out here, the query itself still asks."""
    found: BooleanExpression = AlwaysTrue()
    for conjunct in conjuncts:
        condition = _condition(table, conjunct)
        found = found if condition is None else And(found, condition)
    return found


def _condition(table: StaticTable, conjunct: exp.Expr) -> BooleanExpression | None:
    if isinstance(conjunct, exp.Between):
        low = _compared(table, exp.GTE, conjunct.this, conjunct.args["low"])
        high = _compared(table, exp.LTE, conjunct.this, conjunct.args["high"])
        return None if low is None or high is None else And(low, high)
    if isinstance(conjunct, exp.In) and isinstance(conjunct.this, exp.Column) and conjunct.expressions:
        values = [_literal(table, conjunct.this, item) for item in conjunct.expressions]
        return None if None in values else In(conjunct.this.name, values)  # type: ignore[arg-type]
    for kind in _COMPARISONS:
        if type(conjunct) is kind:
            left, right = conjunct.this, conjunct.expression
            return _compared(table, kind, left, right) or _compared(table, _MIRRORED[kind], right, left)
    return None


def _compared(table: StaticTable, kind: type[exp.Expr], column: exp.Expr, value: exp.Expr) -> BooleanExpression | None:
    if not isinstance(column, exp.Column):
        return None
    literal = _literal(table, column, value)
    return None if literal is None else _COMPARISONS[kind](column.name, literal)  # type: ignore[no-any-return]


def _literal(table: StaticTable, column: exp.Column, value: exp.Expr) -> Any:
    """The constant as Python has it, when it is of the column's own type."""
    try:
        kind = table.schema().find_field(column.name, case_sensitive=False).field_type
    except ValueError:
        return None
    if isinstance(value, exp.Literal):
        if value.is_string:
            return value.name if isinstance(kind, StringType) else None
        return int(value.name) if isinstance(kind, IntegerType | LongType) and value.name.isdigit() else None
    if isinstance(value, exp.Boolean):
        return value.this if isinstance(kind, BooleanType) else None
    if isinstance(value, exp.Cast) and value.to.is_type("date") and isinstance(value.this, exp.Literal) and isinstance(kind, DateType):
        return value.this.name
    return None
