"""A Kinesis stream as a target: every change a message, in the order of the binlog, at least once.

Streams have no transactions: a batch that was killed is sent again. Its changes have the same sequence (stream-position in the metadata),
by which a reader leaves out what it has. Of records that are throttled, all of one partition key are sent again from the first that was,
so that the last of each key is the newest.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from botocore.exceptions import ClientError

from localaws.dms.exceptions import TargetError, TargetLostError
from localaws.dms.plan import TablePlan
from localaws.dms.source.snapshot import Chunk
from localaws.dms.target.base import ApplyError, Batch, LoadResult
from localaws.dms.target.file_state import FileStateTarget
from localaws.dms.target.messages import Message, Messages
from localaws.dms.target.staging import storage_errors

__all__ = ["KinesisTarget"]

_LOG = logging.getLogger(__name__)
_RECORDS, _BYTES = 500, 5 << 20
_LARGEST = 1 << 20
_ATTEMPTS, _FIRST_WAIT, _LONGEST_WAIT = 12, 0.05, 5.0
_THROTTLED = ("ProvisionedThroughputExceededException", "KMSThrottlingException", "InternalFailure")
_CONTROL = {"truncate": "truncate-table", "change-type": "column-type-change"}


class KinesisTarget(FileStateTarget):
    """One task's messages. `state` is the task's own folder on this machine, which also keeps what is too large for a stream."""

    def __init__(self, client: Any, stream: str, messages: Messages, state: Path) -> None:
        super().__init__(state / "kinesis.json", transaction=0)
        self._client, self._stream, self._messages = client, stream, messages

    def open(self) -> None:
        self._read_state()
        self._messages.former = self._state.get("transaction", 0)
        with storage_errors("Kinesis"):
            self._client.describe_stream_summary(StreamARN=self._stream)

    def restart(self, checkpoint: str) -> None:
        self._messages.former = self._state["transaction"] = 0
        super().restart(checkpoint)

    def prepare(self, plan: TablePlan, mode: str) -> None:
        """A stream has no tables: readers are told that one is loaded anew."""
        for operation in ("drop-table", "create-table") if mode == "DROP_AND_CREATE" else ():
            self._tell(plan, operation)
        self._state["chunks"].pop(plan.full_name, None)
        self._save()

    def load(self, plan: TablePlan, chunk: Chunk, batches: Iterable[pa.RecordBatch]) -> LoadResult:
        result = LoadResult()
        for batch in batches:
            messages = list(self._messages.loaded(plan, pa.Table.from_batches([batch])))
            result.errors += self._sent(messages)
            result.rows += len(messages)
        result.rows -= len(result.errors)
        with self._lock:
            self._note_chunk(plan, chunk, result.rows)
            self._write()
        return result

    def apply(self, batch: Batch) -> list[ApplyError]:
        errors = self._sent(self._messages.changed(batch.changes))
        self._state["transaction"] = self._messages.former
        self.save(batch.checkpoint)
        return errors

    def statement(self, plan: TablePlan, action: str, checkpoint: str, details: Sequence[str] = ()) -> None:
        self._tell(plan, _CONTROL.get(action, action), details)
        self.save(checkpoint)

    def _tell(self, plan: TablePlan, operation: str, details: Sequence[str] = ()) -> None:
        message = self._messages.told(plan, operation, details)
        self._send([message] if message is not None else [])

    def close(self) -> None:
        """Nothing is held open."""

    def _sent(self, messages: Sequence[Message]) -> list[ApplyError]:
        """Sends what a record can hold; the others are kept in the task's folder."""
        large = [message for message in messages if _size(message) > _LARGEST]
        self._send([message for message in messages if _size(message) <= _LARGEST] if large else messages)
        if not large:
            return []
        reason = f"the message is larger than {_LARGEST:,} bytes, which Kinesis does not take"
        self._keep_refused({"partition_key": message.key, "error": reason, "message": message.data.decode()} for message in large)
        _LOG.error("%s messages are in %s: %s", len(large), self._refused, reason)
        return [ApplyError(message.table, f"PUT {message.key}", reason) for message in large]

    def _send(self, messages: Sequence[Message]) -> None:
        for part in _parts(messages):
            left, wait = part, _FIRST_WAIT
            for _ in range(_ATTEMPTS):
                left = self._left(left)
                if not left:
                    break
                time.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT)
            else:
                raise TargetLostError(f"Kinesis took {len(left)} records in none of {_ATTEMPTS} attempts. The task tries again.")

    def _left(self, messages: Sequence[Message]) -> list[Message]:
        """Sends them once; those to send again, from the first of each key that was not taken."""
        records = [{"Data": message.data, "PartitionKey": message.key} for message in messages]
        try:
            with storage_errors("Kinesis"):
                answer = self._client.put_records(StreamARN=self._stream, Records=records)
        except TargetError as error:
            if isinstance(error.__cause__, ClientError) and error.__cause__.response["Error"]["Code"] in _THROTTLED:
                return list(messages)
            raise
        if not answer["FailedRecordCount"]:
            return []
        again: set[str] = set()
        left = []
        for message, result in zip(messages, answer["Records"], strict=True):
            code = result.get("ErrorCode")
            if code and code not in _THROTTLED:
                raise TargetError(f"Kinesis refuses a record: {code}: {result.get('ErrorMessage')}")
            if code:
                again.add(message.key)
            if message.key in again:
                left.append(message)
        return left


def _parts(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """As many at once as PutRecords takes."""
    part: list[Message] = []
    size = 0
    for message in messages:
        if part and (len(part) == _RECORDS or size + _size(message) > _BYTES):
            yield part
            part, size = [], 0
        part.append(message)
        size += _size(message)
    if part:
        yield part


def _size(message: Message) -> int:
    """As Kinesis counts it."""
    return len(message.data) + len(message.key.encode())
