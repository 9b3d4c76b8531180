"""What a run's Spark tasks read, shuffled and became, from the events that Spark itself writes down of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["COUNTS", "EventCounts"]

COUNTS: Mapping[str, str] = {
    "bytesRead": "Bytes", "recordsRead": "Count", "numCompletedStages": "Count", "numCompletedTasks": "Count", "numFailedTasks": "Count",
    "numKilledTasks": "Count", "shuffleBytesWritten": "Bytes", "shuffleLocalBytesRead": "Bytes",
}  # fmt: skip
"""Names of Glue's metrics after `glue.driver.aggregate.`, and their units."""
_READ = tuple(f'{{"Event":"SparkListener{kind}"'.encode() for kind in ("JobStart", "TaskEnd", "StageCompleted"))
_ENDS = {"Success": "numCompletedTasks", "TaskKilled": "numKilledTasks"}


class EventCounts:
    """The sums over one file of events, which Spark still writes, of the jobs that carry a tag (of all jobs without one)."""

    def __init__(self, file: Path, tag: str | None) -> None:
        self.file, self.tag = file, tag
        self.totals: Counter[str] = Counter()
        self._stages: set[int] = set()
        self._offset = 0

    def read(self) -> Counter[str]:
        """The sums with what came since the last time. A line that is not whole yet is left for the next time."""
        with open(self.file, "rb") as events:
            events.seek(self._offset)
            for line in events:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                if line.startswith(_READ):
                    self._count(json.loads(line))
        return self.totals

    def _count(self, event: Mapping[str, Any]) -> None:
        kind = event["Event"].removeprefix("SparkListener")
        if kind == "JobStart":
            tags = str((event.get("Properties") or {}).get("spark.job.tags", "")).split(",")
            if self.tag is None or self.tag in tags:
                self._stages.update(event["Stage IDs"])
        elif kind == "TaskEnd" and event["Stage ID"] in self._stages:
            self.totals[_ENDS.get(event["Task End Reason"]["Reason"], "numFailedTasks")] += 1
            self._add(event.get("Task Metrics") or {})
        elif kind == "StageCompleted" and event["Stage Info"]["Stage ID"] in self._stages:
            self.totals["numCompletedStages"] += "Failure Reason" not in event["Stage Info"]

    def _add(self, metrics: Mapping[str, Any]) -> None:
        read, shuffled = metrics.get("Input Metrics") or {}, metrics.get("Shuffle Read Metrics") or {}
        self.totals["bytesRead"] += read.get("Bytes Read", 0)
        self.totals["recordsRead"] += read.get("Records Read", 0)
        self.totals["shuffleLocalBytesRead"] += shuffled.get("Local Bytes Read", 0)
        self.totals["shuffleBytesWritten"] += (metrics.get("Shuffle Write Metrics") or {}).get("Shuffle Bytes Written", 0)
