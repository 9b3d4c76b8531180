"""Extraction watermarks: what was read last, and the window of the next extraction.

The last committed landing manifest decides the low watermark. DynamoDB keeps a copy for people and
reports; when the two differ the copy is what is wrong, and it is put right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

__all__ = ["Window", "publish", "window_of"]


@dataclass(frozen=True)
class Window:
    """Rows with `low - overlap < updated_at <= high` are read; without low, all up to high. UTC, naive."""

    low: datetime | None
    high: datetime | None
    overlap: timedelta

    @property
    def after(self) -> datetime | None:
        return None if self.low is None else self.low - self.overlap

    @property
    def is_empty(self) -> bool:
        """Nothing can be in it."""
        return self.high is None or (self.after is not None and self.high <= self.after)


def window_of(low: str | None, high: datetime | None, overlap: timedelta) -> Window:
    """The window from the last committed high-water mark, ISO 8601 text, to the one just read."""
    return Window(None if low is None else datetime.fromisoformat(low), high, overlap)


def publish(table: Any, source: str, high: str | None, batch_id: str) -> None:
    """Write the copy in DynamoDB. An older mark does not replace a newer one (ISO 8601 text compares)."""
    if high is None:
        return
    try:
        table.put_item(
            Item={"pk": "watermark", "sk": source, "high": high, "batch_id": batch_id},
            ConditionExpression="attribute_not_exists(pk) OR high < :high",
            ExpressionAttributeValues={":high": high},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
