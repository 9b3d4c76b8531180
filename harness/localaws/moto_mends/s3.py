"""S3: a bucket that tells EventBridge about its objects says so when it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["mend"]


def mend(home: Path) -> None:
    """moto keeps the setting and leaves it out of GetBucketNotificationConfiguration."""
    from moto.s3 import responses

    response: Any = responses.S3Response
    serialize = response.serialized

    def serialized(self: Any, answer: Any) -> Any:
        if self.data.get("Action") == "GetBucketNotificationConfiguration":
            kept = self.backend.get_bucket_notification_configuration(self.bucket_name)
            if kept is not None and kept.event_bridge is not None:
                answer.result["EventBridgeConfiguration"] = {}
        return serialize(self, answer)

    response.serialized = serialized
