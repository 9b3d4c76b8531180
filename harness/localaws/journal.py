"""The journal of control-plane writes: what makes the endpoint's state survive a stop and a `kill -9`.

One line of JSON per write that succeeded, on disk before the client has its answer. At a start every line is replayed into
moto with the seed and the time it was made with, so that identifiers and times come out the same. What later writes replace
is left out (`compacted`), so that a start stays quick however often tables were committed to.

Signatures, keys and cookies of a request are not kept. The file is readable for its owner only: it holds secrets' values.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from localaws.errors import JournalError
from localaws.moto_app import MotoCall

__all__ = ["Entry", "Journal", "changes", "compacted", "mutates"]

_READS = (
    "Get", "List", "Describe", "Head", "Query", "Scan", "Search", "BatchGet", "Lookup", "Test", "Validate", "Check", "Simulate",
    "Preview", "Estimate", "Receive", "Filter", "Poll", "TransactGet", "Select", "Discover", "Decrypt", "Encrypt", "ReEncrypt",
    "GenerateDataKey", "GenerateRandom", "View", "AssumeRole",
)  # fmt: skip
_KEPT_NOT = frozenset(
    {
        ("cloudwatch", "PutMetricData"), ("logs", "PutLogEvents"), ("kinesis", "PutRecord"), ("kinesis", "PutRecords"),
        ("kinesis", "GetRecords"), ("sqs", "SendMessage"), ("sqs", "SendMessageBatch"), ("sqs", "DeleteMessage"),
        ("sqs", "DeleteMessageBatch"), ("sqs", "ChangeMessageVisibility"), ("sns", "Publish"), ("sns", "PublishBatch"),
        ("events", "PutEvents"),
    }
)  # fmt: skip
"""Data, not configuration: metrics, log events, messages and stream records live as long as the process does."""

_HEADERS = ("content-type", "x-amz-target", "x-amz-version", "x-amz-api-version")
_FORMAT = 1


def changes(operation: str) -> bool:
    """Does a call of the operation change anything, be it only data?"""
    return not operation.startswith(_READS)


def mutates(service: str, operation: str) -> bool:
    """Does a call of the operation belong into the journal?"""
    return changes(operation) and (service, operation) not in _KEPT_NOT


@dataclass(frozen=True)
class Entry:
    """One write: the call, the seed and the time it was made with, and what a handler noted about it."""

    call: MotoCall
    seed: int
    at: datetime
    note: dict[str, Any]

    def to_line(self) -> str:
        call = self.call
        try:
            body: dict[str, Any] = {"body": call.body.decode("utf-8")}
        except UnicodeDecodeError:
            body = {"base64": base64.b64encode(call.body).decode()}
        kept = {name: value for name, value in call.headers.items() if name in _HEADERS or name.startswith("x-amz-bucket-")}
        document = {
            "format": _FORMAT, "at": self.at.isoformat(), "service": call.service, "operation": call.operation,
            "signing_name": call.signing_name, "region": call.region, "method": call.method, "path": call.raw_path,
            "query": call.raw_query, "headers": kept, "seed": self.seed, **body,
        }  # fmt: skip
        if self.note:
            document["note"] = self.note
        return json.dumps(document, separators=(",", ":")) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Entry:
        document = json.loads(line)
        if document["format"] != _FORMAT:
            raise ValueError(f"format {document['format']}, and this version reads {_FORMAT}")
        body = base64.b64decode(document["base64"]) if "base64" in document else document["body"].encode()
        call = MotoCall(
            document["service"], document["operation"], document["signing_name"], document["region"], document["method"],
            document["path"], document["query"], document["headers"], body,
        )  # fmt: skip
        return cls(call, document["seed"], datetime.fromisoformat(document["at"]), document.get("note", {}))


class Journal:
    """The file, open for appending; of one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor: int | None = None

    def append(self, entry: Entry) -> None:
        """Write one line and wait until it is on disk. A line that could not be written whole is taken back.

        Raises:
            JournalError: the disk is full, the folder is gone …
        """
        line = entry.to_line().encode()
        with self._lock:
            descriptor = self._open()
            end = os.fstat(descriptor).st_size
            try:
                written = os.write(descriptor, line)
                if written != len(line):
                    raise OSError(f"only {written} of {len(line)} bytes could be written")
                os.fdatasync(descriptor)
            except OSError as error:
                os.ftruncate(descriptor, end)
                raise JournalError(
                    f"{entry.call.service}:{entry.call.operation} could not be written to {self.path}: {error}. "
                    "It will be gone after a restart: free space and call it again."
                ) from error

    def entries(self) -> Iterator[Entry]:
        """Every write, oldest first. A last line that was cut by a kill was never answered: it is dropped from the file.

        Raises:
            JournalError: a line is damaged that is not the last.
        """
        if not self.path.exists():
            return
        lines = self.path.read_bytes().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            with open(self.path, "r+b") as file:
                file.truncate(sum(map(len, lines[:-1])))
            lines.pop()
        for number, line in enumerate(lines, start=1):
            try:
                yield Entry.from_line(line.decode())
            except (ValueError, KeyError, UnicodeDecodeError) as error:
                raise JournalError(
                    f"Line {number} of {self.path} cannot be read: {error}. Take the line out, or move the file away to start empty."
                ) from error

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Put other entries in the place of all there are, in one step."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None
            temporary = self.path.with_suffix(".new")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as file:
                file.writelines(entry.to_line().encode() for entry in entries)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return self._descriptor


def compacted(entries: Iterable[Entry]) -> list[Entry]:
    """The entries without those that a later one replaces wholly.

    Replaced is a Glue UpdateTable that keeps no archive (as Iceberg's commits are) by the table's next such one: each carries
    the whole table, and the version it led to is in its note.
    """
    ordered = list(entries)
    last: dict[tuple[str, str, str], int] = {}
    for position, entry in enumerate(ordered):
        key = _replaced_by_next(entry)
        if key:
            last[key] = position
    return [entry for position, entry in enumerate(ordered) if (key := _replaced_by_next(entry)) is None or last[key] == position]


def _replaced_by_next(entry: Entry) -> tuple[str, str, str] | None:
    if (entry.call.service, entry.call.operation) != ("glue", "UpdateTable") or "version" not in entry.note:
        return None
    parameters = json.loads(entry.call.body)
    if not parameters.get("SkipArchive"):
        return None
    return entry.call.region, parameters["DatabaseName"], parameters["TableInput"]["Name"]
