"""DMS's JSON messages: rows as data records, definitions of tables as control records (DMS guide, "Message format for Kinesis")."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from localaws.dms.binlog.events import DELETE, INSERT, UPDATE
from localaws.dms.data_types import dms_type
from localaws.dms.netting import TableChanges
from localaws.dms.plan import PlannedColumn, TablePlan
from localaws.dms.settings.kinesis_settings import KinesisSettings
from localaws.dms.settings.table_mappings import ObjectMapping

__all__ = ["LARGEST_KEY", "Message", "Messages"]

LARGEST_KEY = 256
"""Characters of a partition key (Kinesis API reference, PutRecords)."""
_OPERATIONS = {INSERT: "insert", UPDATE: "update", DELETE: "delete"}

@dataclass(frozen=True, slots=True)
class Message:
    """A record of the stream, the table it is about, and the sequence of its change; 0 for those of a load and of tables."""

    table: TablePlan
    key: str
    data: bytes
    sequence: int = 0


class Messages:
    """Makes messages of one task. `mappings` are the rules of type object-mapping; `before` names the attribute with the row before."""

    def __init__(
        self, task: str, settings: KinesisSettings, mappings: Sequence[ObjectMapping] = (), before: str = "", *, details: bool = False
    ) -> None:
        self._task, self._settings, self._mappings, self._before = task, settings, mappings, before
        self._details = details or settings.transactions
        self.former = 0
        """The transaction of the last change that was made a message: the next one's prev-transaction-id."""
        self._mark = uuid.uuid4().hex
        self._numbers = re.compile(f'"{self._mark}([-0-9.]+)"')

    def loaded(self, plan: TablePlan, rows: pa.Table) -> Iterator[Message]:
        """The rows of a load."""
        for row in self._rows(rows):
            yield self._message(plan, row, "load")

    def changed(self, changes: Sequence[tuple[TablePlan, TableChanges]]) -> list[Message]:
        """The changes of whole transactions, in the order they were made."""
        found: list[tuple[int, TablePlan, int, dict[str, Any], dict[str, Any] | None, int, int]] = []
        for plan, part in changes:
            olds = iter(list(self._rows(part.before)) if part.before.num_columns else [])
            numbers = (column.tolist() for column in (part.sequence, part.operation, part.seconds, part.transaction))
            for sequence, operation, seconds, transaction, row in zip(*numbers, self._rows(part.rows), strict=True):
                old = next(olds, None) if operation == UPDATE else None
                found.append((sequence, plan, operation, row, old, seconds, transaction))
        messages, number, current = [], 0, 0
        for sequence, plan, operation, row, old, seconds, transaction in sorted(found, key=lambda item: item[0]):
            if transaction != current:
                self.former, current, number = current or self.former, transaction, 0
            number += 1
            metadata: dict[str, Any] = {"transaction-id": transaction, "commit-timestamp": _moment(datetime.fromtimestamp(seconds, UTC))}
            if self._details:
                place = f"{sequence >> 32}.{sequence & 0xFFFFFFFF}"
                metadata |= {"stream-position": place, "prev-transaction-id": self.former, "transaction-record-id": number}
            messages.append(self._message(plan, row, _OPERATIONS[operation], metadata, old if self._before else None, sequence))
        self.former = current or self.former
        return messages

    def told(self, plan: TablePlan, operation: str, details: Sequence[str] = ()) -> Message | None:
        """A control record about a table; None where the settings leave it out."""
        if operation not in ("create-table", "drop-table") and not self._settings.alterations:
            return None
        control: dict[str, Any] = {}
        if self._settings.control_details and operation != "drop-table":
            columns = {column.name: {**_described(column), "nullable": column.nullable} for column in plan.columns}
            control["table-def"] = {"columns": columns, "primary-key": list(plan.key)}
            control |= {"changed": list(details)} if details else {}
        metadata = self._metadata(plan, operation, "control", "task-id", self._task)
        return Message(plan, self._task, self._encoded({"control": control, "metadata": metadata}))

    def _message(
        self,
        plan: TablePlan,
        row: dict[str, Any],
        operation: str,
        more: Mapping[str, Any] | None = None,
        old: dict[str, Any] | None = None,
        sequence: int = 0,
    ) -> Message:
        kind, value = self._partition(plan, row, more or {})
        document: dict[str, Any] = {"data": self._kept(row)}
        if old is not None:
            document[self._before] = self._kept(old)
        document["metadata"] = {**self._metadata(plan, operation, "data", kind, value), **(more or {})}
        return Message(plan, value[:LARGEST_KEY], self._encoded(document), sequence)

    def _partition(self, plan: TablePlan, row: Mapping[str, Any], more: Mapping[str, Any]) -> tuple[str, str]:
        mapping = next((item for item in self._mappings if item.matches(plan.source.schema, plan.source.name)), None)
        kind = mapping.partition if mapping is not None else "schema-table"
        if kind == "primary-key" and plan.key:
            parts = [plan.schema, plan.name] if self._settings.partition_with_table else []
            return kind, ".".join([*parts, *(str(row[name]) for name in plan.key)]) or "-"
        if kind == "transaction-id" and "transaction-id" in more:
            return kind, str(more["transaction-id"])
        return "schema-table", plan.full_name

    def _metadata(self, plan: TablePlan, operation: str, record: str, partition: str, value: str) -> dict[str, Any]:
        shown = {"partition-key-value": value} if self._settings.partition_value and partition != "schema-table" else {}
        return {
            "timestamp": _moment(datetime.now(UTC)), "record-type": record, "operation": operation, "partition-key-type": partition,
            **shown, "schema-name": plan.schema, "table-name": plan.name,
        }  # fmt: skip

    def _kept(self, row: dict[str, Any]) -> dict[str, Any]:
        return row if self._settings.empty else {name: value for name, value in row.items() if value not in (None, "")}

    def _rows(self, rows: pa.Table) -> Iterator[dict[str, Any]]:
        """Rows as JSON takes them: times in ISO 8601, bytes in hexadecimal."""
        columns = [self._values(column) for column in rows.columns]
        for values in zip(*columns, strict=True):
            yield dict(zip(rows.column_names, values, strict=True))

    def _values(self, column: pa.ChunkedArray) -> list[Any]:
        kind = column.type
        if pa.types.is_timestamp(kind):
            texts = pc.strftime(column, "%Y-%m-%dT%H:%M:%S").to_pylist()
            return [None if text is None else text.removesuffix(".000000") + "Z" for text in texts]
        if pa.types.is_date(kind):
            return column.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]
        if pa.types.is_binary(kind):
            prefix = "0x" if self._settings.hex_prefix else ""
            return [None if value is None else prefix + value.hex() for value in column.to_pylist()]
        return column.to_pylist()  # type: ignore[no-any-return]

    def _encoded(self, document: dict[str, Any]) -> bytes:
        layout: dict[str, Any] = {"separators": (",", ":")} if self._settings.one_line else {"indent": "\t"}
        text = json.dumps(document, ensure_ascii=False, default=self._marked, **layout)
        text = self._numbers.sub(r"\1", text) if self._mark in text else text
        return (text + "\n" if self._settings.one_line else text).encode()

    def _marked(self, value: Any) -> str:
        """A decimal, to be written as a number with all its digits: the mark and the quotes are taken away again."""
        if not isinstance(value, Decimal):
            raise TypeError(f"{value!r} has no form in JSON")
        return self._mark + format(value, "f")


def _described(column: PlannedColumn) -> dict[str, Any]:
    """DMS's own type with what it is measured by."""
    kind = column.declared or dms_type(column.type)
    sizes = {"length": kind.length, "precision": kind.precision} | ({"scale": kind.scale} if kind.precision else {})
    return {"type": kind.name.upper(), **{name: size for name, size in sizes.items() if size or name == "scale"}}


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
