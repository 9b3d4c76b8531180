"""The audit record of a job's batch: what was read and where every record went.

One JSON object per job and batch in the logs bucket. It is written before the lake's commit, and a
batch that does not add up is stopped there; the run's end completes it with tables and seconds.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from botocore.exceptions import ClientError

from etl_common.exceptions import UnbalancedBatchError
from etl_common.lake import WrittenTable
from etl_common.objects import list_objects

__all__ = ["Audit", "SourceCounts", "records_read"]


@dataclass(frozen=True)
class SourceCounts:
    """Records of one source in one batch; each is exactly one of the three."""

    source: str
    read: int
    accepted: int
    quarantined: Mapping[str, int]
    duplicates: int

    def check(self, batch_id: str) -> None:
        """Raises UnbalancedBatchError when records went missing or appeared."""
        refused = sum(self.quarantined.values())
        if self.read != self.accepted + refused + self.duplicates:
            raise UnbalancedBatchError(batch_id, self.source, self.read, self.accepted, refused, self.duplicates)


@dataclass
class Audit:
    """Collects the record and keeps the stored one up to date. A run that finds its work done keeps the counts."""

    s3: Any
    bucket: str
    job: str
    batch_id: str
    business_date: date
    run_id: str | None = None
    sources: dict[str, SourceCounts] = field(default_factory=dict)
    tables: dict[str, WrittenTable] = field(default_factory=dict)
    watermarks: dict[str, dict[str, str | None]] = field(default_factory=dict)
    quality: list[dict[str, Any]] = field(default_factory=list)
    started: float = field(default_factory=time.time)
    storing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def key(self) -> str:
        return f"{_folder(self.batch_id)}{self.job}.json"

    def record(self, counts: SourceCounts) -> None:
        """Check that the counts balance and store them, before the records are published."""
        counts.check(self.batch_id)
        self.sources[counts.source] = counts
        self.store(finished=False)

    def wrote(self, table: WrittenTable) -> None:
        """Note what happened to a table; what an earlier run wrote keeps that run's figures."""
        self.tables[table.table] = table

    def store(self, *, finished: bool) -> None:
        """Write the record, with what an earlier run of the batch found where this one did not look again. Any thread may."""
        with self.storing:
            self._store(finished=finished)

    def _store(self, *, finished: bool) -> None:
        earlier = self._stored()
        kept_sources = {item["source"]: item for item in earlier.get("sources", ())}
        kept_tables = {item["table"]: item for item in earlier.get("tables", ())}
        fresh_tables = {name: asdict(t) for name, t in self.tables.items() if t.operation != "done" or name not in kept_tables}
        content = {
            "job": self.job,
            "batch_id": self.batch_id,
            "business_date": self.business_date.isoformat(),
            "job_run_id": self.run_id,
            "started_at": _instant(self.started),
            "finished_at": _instant(time.time()) if finished else None,
            "seconds": round(time.time() - self.started, 3) if finished else None,
            "skipped": bool(self.tables) and all(table.operation == "done" for table in self.tables.values()),
            "sources": list((kept_sources | {name: asdict(counts) for name, counts in self.sources.items()}).values()),
            "tables": list((kept_tables | fresh_tables).values()),
            "watermarks": earlier.get("watermarks", {}) | self.watermarks,
            "quality": self.quality or earlier.get("quality", []),
        }
        body = json.dumps(content, indent=1, ensure_ascii=False).encode()
        self.s3.put_object(Bucket=self.bucket, Key=self.key, Body=body, ContentType="application/json")

    def _stored(self) -> dict[str, Any]:
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=self.key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return {}
            raise
        return dict(json.loads(body))


def records_read(s3: Any, bucket: str, batch_id: str) -> int:
    """Records that the jobs of the batch have read so far, as their audit records say; 0 while there is none."""
    found = list_objects(s3, bucket, _folder(batch_id))
    bodies = (s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in found)
    return sum(source["read"] for body in bodies for source in json.loads(body)["sources"])


def _folder(batch_id: str) -> str:
    return f"audit/batch_id={batch_id}/"


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
