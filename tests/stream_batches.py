"""A streaming job as a test runs it: batch by batch, until it has seen what it waits for."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from awsglue.context import GlueContext
from waiting import wait_until

__all__ = ["Rows", "collected"]

Rows = list[tuple[Any, ...]]


def collected(glue: GlueContext, frame: Any, checkpoint: Path, wanted: int, work: Callable[[Any, int], Rows] | None = None) -> Rows:
    """Rows that the batches of a streaming job had, until there are `wanted` of them and their batch is over; all after two minutes."""
    found: Rows = []
    last: queue.Queue[int | None] = queue.Queue()

    def each(data: Any, number: int) -> None:
        found.extend(work(data, number) if work else [tuple(row) for row in data.collect()])
        if len(found) >= wanted:
            last.put(number)

    def stop() -> None:
        try:
            with suppress(queue.Empty):
                number = last.get(timeout=120)
                _ = number is None or wait_until((checkpoint / "commits" / str(number)).exists)  # or the next run has the batch again
        finally:
            for query in glue.spark_session.streams.active:
                query.stop()

    stopping = threading.Thread(target=stop, daemon=True)
    stopping.start()
    try:
        glue.forEachBatch(frame, each, {"windowSize": "1 second", "checkpointLocation": str(checkpoint)})
    finally:
        last.put(None)
        stopping.join()
    return sorted(found)
