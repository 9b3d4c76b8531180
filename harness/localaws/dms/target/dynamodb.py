"""DynamoDB as a target: a table for each of the source's, an item for each row (DMS guide, "Using an Amazon DynamoDB database as a
target").

DynamoDB has no transactions for a batch: one that was killed is written again, which leaves the same items, because each has its key.
Of several changes of one item the last is written. Rows that are no items are kept in the table awsdms_apply_exceptions.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from localaws.dms.binlog.events import DELETE, UPDATE
from localaws.dms.exceptions import TargetError
from localaws.dms.netting import TableChanges, moved_keys
from localaws.dms.plan import TablePlan
from localaws.dms.settings.item_mapping import Condition, ItemMapping
from localaws.dms.settings.table_mappings import ObjectMapping
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.base import ApplyError, Batch, LoadResult
from localaws.dms.target.dynamodb_tables import AT_ONCE, Tables, code_of, schema_of
from localaws.dms.target.file_state import FileStateTarget
from localaws.dms.target.items import Item, Refusal, Shape
from localaws.dms.target.staging import storage_errors

__all__ = ["EXCEPTIONS", "DynamoDbTarget"]

_LOG = logging.getLogger(__name__)
EXCEPTIONS = "awsdms_apply_exceptions"
_REFUSED = ("ValidationException", "ItemCollectionSizeLimitExceededException")

Writes = dict[tuple[str, ...], dict[str, Any]]
"""The last request (PutRequest or DeleteRequest) of each item, by the values of its key."""


class DynamoDbTarget(FileStateTarget):
    """One task's tables. `state` is the task's own folder on this machine.

    As in DMS an update of what the item's key is made of writes a new item, and the old one stays, which the log tells; in `safe` mode the
    old one is deleted where the key is the row's.
    """

    keeps_keys = True

    def __init__(self, client: Any, task: str, mappings: Sequence[ObjectMapping], state: Path, *, safe: bool = False) -> None:
        super().__init__(state / "dynamodb.json")
        self._client, self._task, self._mappings, self._safe = client, task, mappings, safe
        self._tables = Tables(client)
        self._shapes: dict[str, tuple[TablePlan, Shape]] = {}
        self._flagged: set[str] = set()

    def open(self) -> None:
        self._read_state()
        if self._tables.described(EXCEPTIONS) is None:
            self._tables.create(EXCEPTIONS, (("task_name", "S"), ("error_id", "S")))

    def prepare(self, plan: TablePlan, mode: str) -> None:
        shape = self._shape(plan)
        if shape.left_out:
            names = ", ".join(shape.left_out)
            if self._safe:
                raise TargetError(f"{plan.source.full_name}: DMS writes no bytes and no LOBs but CLOBs to DynamoDB: remove-column {names}.")
            _LOG.warning("%s: %s are left out: DMS writes no bytes and no LOBs but CLOBs to DynamoDB", plan.source.full_name, names)
        found = self._tables.described(shape.table)
        if found is not None and mode == "DROP_AND_CREATE":
            self._tables.drop(shape.table)
            found = None
        if found is None:
            self._tables.create(shape.table, shape.key)
        elif {(key["AttributeName"], key["KeyType"]) for key in found["KeySchema"]} != schema_of(shape.key):
            names = ", ".join(name for name, _ in shape.key)
            raise TargetError(f"The table {shape.table} has another key than {names}: drop it, or map to its key.")
        elif mode == "TRUNCATE_BEFORE_LOAD":
            self._tables.empty(shape.table, shape.key)
        self._state["chunks"].pop(plan.full_name, None)
        self._save()

    def load(self, plan: TablePlan, chunk: Chunk, batches: Iterable[pa.RecordBatch]) -> LoadResult:
        result, shape = LoadResult(), self._shape(plan)
        condition = shape.mapping.condition
        for batch in batches:
            writes: Writes = {}
            rows = 0
            for row in shape.rows(pa.Table.from_batches([batch])):
                rows += 1
                result.errors += self._put(plan, shape, row, writes)
            errors = self._write_all(plan, shape, writes, condition if condition is not None and condition.in_load else None)
            result.errors += errors
            result.rows += rows
        result.rows -= len(result.errors)
        self._keep(result.errors)
        with self._lock:
            self._note_chunk(plan, chunk, result.rows)
            self._write()
        return result

    def apply(self, batch: Batch) -> list[ApplyError]:
        errors: list[ApplyError] = []
        for plan, changes in batch.changes:
            shape, writes = self._shape(plan), Writes()
            self._tell_moved(plan, shape, changes)
            olds = iter(list(shape.rows(changes.before)) if changes.before.num_columns else [])
            for operation, row in zip(changes.operation.tolist(), shape.rows(changes.rows), strict=True):
                old = next(olds, None) if operation == UPDATE else None
                if operation == DELETE:
                    errors += self._delete(plan, shape, row, writes)
                    continue
                if self._safe and shape.is_by_key and old is not None and old[plan.key[0]] != row[plan.key[0]]:
                    errors += self._delete(plan, shape, {**row, **old}, writes)
                errors += self._put(plan, shape, row, writes)
            condition = shape.mapping.condition
            errors += self._write_all(plan, shape, writes, condition if condition is not None and condition.in_changes else None)
        self._keep(errors)
        self.save(batch.checkpoint)
        return errors

    def obstacle(self, plan: TablePlan, changes: TableChanges) -> str:
        try:
            self._shape(plan)
        except TargetError as error:
            return str(error)
        return ""

    def statement(self, plan: TablePlan, action: str, checkpoint: str, details: Sequence[str] = ()) -> None:
        """Columns are those of the rows that follow."""
        self._shapes.pop(plan.full_name, None)
        table = self._table_of(plan)
        if action == "create-table":
            self.prepare(plan, "DO_NOTHING")
        elif action == "truncate" and self._tables.described(table) is not None:
            self._tables.empty(table, self._shape(plan).key)
        elif action == "drop-table" and self._tables.described(table) is not None:
            self._tables.drop(table)
        self.save(checkpoint)

    def close(self) -> None:
        """Nothing is held open."""

    def _shape(self, plan: TablePlan) -> Shape:
        known = self._shapes.get(plan.full_name)
        if known is None or known[0] is not plan:
            known = self._shapes[plan.full_name] = (plan, Shape(plan, self._mapping_of(plan)))
        return known[1]

    def _mapping_of(self, plan: TablePlan) -> ItemMapping | None:
        source = plan.source
        return next((rule.item for rule in self._mappings if rule.matches(source.schema, source.name)), None)

    def _table_of(self, plan: TablePlan) -> str:
        """Also of a table that is dropped, whose columns nobody knows any more."""
        mapping = self._mapping_of(plan)
        return (mapping.table if mapping is not None else "") or plan.name

    def _tell_moved(self, plan: TablePlan, shape: Shape, changes: TableChanges) -> None:
        if not plan.key or (self._safe and shape.is_by_key) or plan.full_name in self._flagged:
            return
        if len(moved_keys(changes, plan.key)[0]):
            self._flagged.add(plan.full_name)
            _LOG.warning("%s: keys are updated. As in DMS the items with the old keys stay.", plan.source.full_name)

    def _put(self, plan: TablePlan, shape: Shape, row: Mapping[str, Any], writes: Writes) -> list[ApplyError]:
        try:
            item = shape.item(row)
        except Refusal as refusal:
            return [_refused(plan, "PUT", row, str(refusal))]
        writes[_values(shape.item_key(item))] = {"PutRequest": {"Item": item}}
        return []

    def _delete(self, plan: TablePlan, shape: Shape, row: Mapping[str, Any], writes: Writes) -> list[ApplyError]:
        try:
            key = shape.row_key(row)
        except Refusal as refusal:
            return [_refused(plan, "DELETE", row, str(refusal))]
        writes[_values(key)] = {"DeleteRequest": {"Key": key}}
        return []

    def _write_all(self, plan: TablePlan, shape: Shape, writes: Writes, condition: Condition | None) -> list[ApplyError]:
        requests = list(writes.values())
        if condition is not None:
            return [error for request in requests for error in self._write_one(plan, shape, request, condition)]
        errors: list[ApplyError] = []
        for first in range(0, len(requests), AT_ONCE):
            part = requests[first : first + AT_ONCE]
            try:
                self._tables.write(shape.table, part)
            except TargetError as error:
                if code_of(error) not in _REFUSED:
                    raise
                errors += [found for request in part for found in self._write_one(plan, shape, request, None)]
        return errors

    def _write_one(self, plan: TablePlan, shape: Shape, request: dict[str, Any], condition: Condition | None) -> list[ApplyError]:
        """One item by itself: with its condition, or to find which of many DynamoDB does not take."""
        more: dict[str, Any] = {"ConditionExpression": condition.expression} if condition is not None else {}
        if condition is not None and condition.values:
            more["ExpressionAttributeValues"] = condition.values
        if condition is not None and condition.names:
            more["ExpressionAttributeNames"] = condition.names
        try:
            with storage_errors("DynamoDB"):
                if "PutRequest" in request:
                    self._client.put_item(TableName=shape.table, Item=request["PutRequest"]["Item"], **more)
                else:
                    self._client.delete_item(TableName=shape.table, Key=request["DeleteRequest"]["Key"], **more)
        except TargetError as error:
            if code_of(error) not in (*_REFUSED, "ConditionalCheckFailedException"):
                raise
            return [ApplyError(plan, str(request), f"DynamoDB refuses: {error.__cause__}")]
        return []

    def _keep(self, errors: Sequence[ApplyError]) -> None:
        """What was refused, in DMS's own table."""
        for error in errors:
            now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
            values = {
                "task_name": self._task, "error_id": uuid.uuid4().hex, "table_owner": error.table.schema, "table_name": error.table.name,
                "error_time": now, "statement": error.statement[:20_000], "error": error.reason,
            }  # fmt: skip
            with storage_errors("DynamoDB"):
                self._client.put_item(TableName=EXCEPTIONS, Item={name: {"S": value} for name, value in values.items()})


def _values(key: Item) -> tuple[str, ...]:
    return tuple(str(value) for value in key.values())


def _refused(plan: TablePlan, statement: str, row: Mapping[str, Any], reason: str) -> ApplyError:
    told = {name: row.get(name) for name in plan.key} if plan.key else dict(row)
    return ApplyError(plan, f"{statement} {told}", reason)
