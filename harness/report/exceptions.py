"""Errors of the report.

ReportError
└── NoSuchBatchError    nothing was recorded for the batch
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["NoSuchBatchError", "ReportError"]


class ReportError(Exception):
    """Base of the report's errors."""


class NoSuchBatchError(ReportError):
    """Nothing was recorded for the batch, or for any."""

    def __init__(self, batch_id: str | None, bucket: str, known: Collection[str]) -> None:
        self.batch_id, self.known = batch_id, sorted(known)
        asked = f"batch {batch_id}" if batch_id else "any batch"
        there = f"There are records of: {', '.join(self.known)}." if known else "Run a batch first: ./etl run."
        super().__init__(f"The bucket {bucket} has no audit record of {asked}. {there}")
