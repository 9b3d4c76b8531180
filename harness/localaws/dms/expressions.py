"""Expressions of add-column rules, evaluated by SQLite, whose syntax DMS takes (guide, "Using transformation rule expressions").

    $column                          the source's value, before any masking
    $AR_H_..., $AR_M_...             facts about the change, and about the table
    operation_indicator(D, U, I)     one of its arguments; rows deleted on the source stay on SQL targets, with the first
    hash_sha256(x), replaceChars(x, y, z), and SQLite's own functions

Each row is evaluated by itself, in a database in memory that has nothing but a batch's rows.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from localaws.dms.binlog.events import DELETE, INSERT, UPDATE
from localaws.dms.data_types import is_lob
from localaws.dms.exceptions import SettingsError, TargetError
from localaws.dms.types import SourceTable

__all__ = ["Expression", "Facts", "evaluated", "parse_expression"]

_TOKENS = re.compile(r"'(?:[^']|'')*'|\$([A-Za-z_][A-Za-z0-9_]*)|\boperation_indicator\s*\(", re.IGNORECASE)
_HEADERS = ("AR_H_STREAM_POSITION", "AR_H_TIMESTAMP", "AR_H_COMMIT_TIMESTAMP", "AR_H_OPERATION", "AR_H_CHANGE_SEQ")
_VOLATILE = re.compile(
    r"\brandom(blob)?\s*\(|\bcurrent_(date|time|timestamp)\b|'now'|\b(date|time|datetime|julianday|unixepoch)\s*\(\s*\)"
    r"|\bstrftime\s*\(\s*'[^']*'\s*\)",
    re.IGNORECASE,
)
_WORDS = {INSERT: "INSERT", UPDATE: "UPDATE", DELETE: "DELETE"}
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Facts:
    """Of each row of a batch: its operation, when it was committed, its place in the binlog; as TableChanges has them."""

    operation: np.ndarray
    seconds: np.ndarray
    sequence: np.ndarray


@dataclass(frozen=True, slots=True)
class Expression:
    """`sql` names the inputs c0, c1, ..., headers as they are. `volatile`: another value each time; `flags`: it asks for the operation."""

    text: str
    sql: str
    inputs: tuple[str, ...]
    volatile: bool
    flags: bool


def parse_expression(text: str, table: SourceTable, path: str) -> Expression:
    """The expression for a table.

    Raises:
        SettingsError: it names a column that the table has not, or cannot be understood by SQLite.
    """
    inputs: list[str] = []
    asked: set[str] = set()

    def stand_in(found: re.Match[str]) -> str:
        name = found[1]
        if found[0].lower().startswith("operation_indicator"):
            asked.add("operation_indicator")
            return "operation_indicator(AR_H_OPERATION, "
        if name is None:
            return found[0]
        if name.startswith("AR_"):
            asked.add(name)
            return _fact(name, table, path)
        if name not in [column.name for column in table.columns]:
            raise SettingsError(f"{path}.expression", f"{table.full_name} has no column {name}; names are case-sensitive")
        if is_lob(table.column(name).type):
            raise SettingsError(f"{path}.expression", f"{table.full_name}.{name} is a LOB, which DMS takes in no expression")
        if name not in inputs:
            inputs.append(name)
        return f"c{inputs.index(name)}"

    sql = _TOKENS.sub(stand_in, text)
    flags = "operation_indicator" in asked
    if flags and not table.key:
        raise SettingsError(f"{path}.expression", f"operation_indicator needs a primary key, and {table.full_name} has none")
    volatile = flags or any(name.startswith("AR_H_") for name in asked) or bool(_VOLATILE.search(sql))
    expression = Expression(text, sql, tuple(inputs), volatile, flags)
    try:
        _run(expression, [])
    except sqlite3.Error as error:
        raise SettingsError(f"{path}.expression", f"SQLite does not understand {text!r}: {error}") from error
    return expression


def _fact(name: str, table: SourceTable, path: str) -> str:
    if name in _HEADERS:
        return name
    known = {"AR_M_SOURCE_SCHEMA": table.schema, "AR_M_SOURCE_TABLE_NAME": table.name}
    if name not in known:
        listed = ", ".join(f"${item}" for item in (*_HEADERS, *known))
        raise SettingsError(f"{path}.expression", f"${name} is not told for MySQL by this engine; there are {listed}")
    return "'" + known[name].replace("'", "''") + "'"


def evaluated(expression: Expression, rows: pa.RecordBatch, facts: Facts | None, kind: pa.DataType, name: str) -> pa.Array:
    """The expression's value for each row of the source. Without facts they are those of a full load.

    Raises:
        TargetError: SQLite fails, or a value is not of the type.
    """
    columns = [_plain(rows.column(item)) for item in expression.inputs]
    try:
        values = _run(expression, list(zip(*columns, *_headers(rows.num_rows, facts), strict=True)))
    except sqlite3.Error as error:
        raise TargetError(f"The expression of column {name}, {expression.text!r}, fails: {error}.") from error
    try:
        return pa.array([_typed(value, kind) for value in values], kind)
    except (ValueError, TypeError, InvalidOperation, pa.ArrowInvalid) as error:
        raise TargetError(
            f"The expression of column {name}, {expression.text!r}, gives a value that is no {kind}: {error}. Change its data-type."
        ) from error


def _run(expression: Expression, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    connection: sqlite3.Connection | None = getattr(_local, "connection", None)
    if connection is None:
        connection = _local.connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.create_function("hash_sha256", 1, _sha256, deterministic=True)
        connection.create_function("replaceChars", 3, _replaced, deterministic=True)
        connection.create_function("operation_indicator", 4, _indicated, deterministic=True)
    names = [*(f"c{number}" for number in range(len(expression.inputs))), *_HEADERS]
    connection.execute("DROP TABLE IF EXISTS batch")
    connection.execute(f"CREATE TABLE batch ({', '.join(names)})")
    connection.executemany(f"INSERT INTO batch VALUES ({', '.join('?' * len(names))})", rows)
    return [value for (value,) in connection.execute(f"SELECT ({expression.sql}) FROM batch ORDER BY rowid")]


def _sha256(value: Any) -> str | None:
    if value is None:
        return None
    return hashlib.sha256(value if isinstance(value, bytes) else str(value).encode()).hexdigest()


def _replaced(text: Any, old: Any, new: Any) -> str | None:
    """Each sign of `old` becomes the one of `new` at the same place, the first of `new` where that is shorter."""
    if text is None or old is None or new is None:
        return None
    table = {sign: (str(new)[place] if place < len(str(new)) else str(new)[:1]) for place, sign in enumerate(str(old))}
    return "".join(table.get(sign, sign) for sign in str(text))


def _indicated(operation: str, deleted: Any, updated: Any, inserted: Any) -> Any:
    return {"DELETE": deleted, "UPDATE": updated}.get(operation, inserted)


def _headers(count: int, facts: Facts | None) -> list[list[Any]]:
    """The guide's values in a full load: no position, the time now, an insert, no sequence."""
    if facts is None:
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
        return [[value] * count for value in ("", now, now, "INSERT", "")]
    moments = [datetime.fromtimestamp(second, UTC) for second in facts.seconds.tolist()]
    times = [f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in moments]
    sequences = facts.sequence.tolist()
    return [
        [f"{sequence >> 32}.{sequence & 0xFFFFFFFF}" for sequence in sequences],
        times,
        times,
        [_WORDS[operation] for operation in facts.operation.tolist()],
        [f"{moment:%Y%m%d%H%M%S}00{sequence:019d}" for moment, sequence in zip(moments, sequences, strict=True)],
    ]


def _plain(column: pa.Array) -> Iterable[Any]:
    """Values as SQLite has them: numbers that it holds exactly as such, times as it writes them."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        texts = pc.strftime(column, "%Y-%m-%d %H:%M:%S").to_pylist()
        return [None if text is None else text.removesuffix(".000000") for text in texts]
    if pa.types.is_date(kind):
        return column.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]
    if pa.types.is_decimal(kind):
        return [_number(value) for value in column.to_pylist()]
    return column.to_pylist()  # type: ignore[no-any-return]


def _number(value: Decimal | None) -> int | float | str | None:
    if value is None:
        return None
    if value == value.to_integral_value():
        return int(value) if abs(value) < 1 << 63 else str(value)
    return float(value)


def _typed(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_string(kind):
        return value.hex() if isinstance(value, bytes) else str(value)
    if pa.types.is_binary(kind):
        return value if isinstance(value, bytes) else str(value).encode()
    if pa.types.is_boolean(kind):
        return bool(Decimal(str(value)))
    if pa.types.is_integer(kind):
        number = Decimal(str(value))
        if number != number.to_integral_value():
            raise ValueError(f"{value!r}")
        return int(number)
    if pa.types.is_decimal(kind):
        return round(Decimal(str(value)), kind.scale)
    if pa.types.is_floating(kind):
        return float(value)
    return date.fromisoformat(str(value)) if pa.types.is_date(kind) else datetime.fromisoformat(str(value))
