"""What a bucket's notification configuration asks for, when objects came by this endpoint: queues, topics, functions, EventBridge.

The configurations are moto's. Files that Spark writes do not come by the endpoint: nobody is told of them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from localaws.eventbridge.bus import emit
from localaws.moto_app import ACCOUNT_ID
from localaws.s3.store import Bucket

__all__ = ["announce"]

_LOG = logging.getLogger("localaws")
_EVENTS: Mapping[str, tuple[str, str, str]] = {
    "PutObject": ("ObjectCreated:Put", "Object Created", "PutObject"),
    "CopyObject": ("ObjectCreated:Copy", "Object Created", "CopyObject"),
    "CompleteMultipartUpload": ("ObjectCreated:CompleteMultipartUpload", "Object Created", "CompleteMultipartUpload"),
    "DeleteObject": ("ObjectRemoved:Delete", "Object Deleted", "DeleteObject"),
}
"""Operation: name in notifications, detail type and reason in EventBridge's events."""
_REGION = "us-east-1"


def announce(home: Path, operation: str, bucket: str, key: str, client: Callable[[str], Any]) -> None:
    """Tell whoever the bucket's configuration names. `client` is of moto in this process."""
    if operation not in _EVENTS:
        return
    configured = _configuration(bucket)
    if configured is None:
        return
    name, kind, reason = _EVENTS[operation]
    found = Bucket(home, bucket).find_or_none(key)
    about: dict[str, Any] = {"key": key}
    if found is not None and kind == "Object Created":
        about |= {"size": found.size, "etag": found.metadata.etag.strip('"')}
    if configured.event_bridge is not None:
        detail = {"version": "0", "bucket": {"name": bucket}, "object": about, "requester": ACCOUNT_ID, "reason": reason}
        emit(home, "aws.s3", kind, detail, (f"arn:aws:s3:::{bucket}",))
    for wanted in (*configured.queue, *configured.topic, *configured.cloud_function):
        if wanted.matches(f"s3:{name}", key):
            _send(wanted.arn, _record(name, wanted.id, bucket, about), client)


def _configuration(bucket: str) -> Any:
    from moto.backends import get_backend

    kept = get_backend("s3")[ACCOUNT_ID]["aws"].buckets.get(bucket)
    return kept.notification_configuration if kept is not None else None


def _send(arn: str, text: str, client: Callable[[str], Any]) -> None:
    service = arn.split(":")[2]
    if service == "sqs":
        queue = client("sqs")
        queue.send_message(QueueUrl=queue.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"], MessageBody=text)
    elif service == "sns":
        client("sns").publish(TopicArn=arn, Message=text, Subject="Amazon S3 Notification")
    else:
        from localaws.awslambda.operations import invoke_arn_later

        invoke_arn_later(arn, text)


def _record(name: str, configuration: str, bucket: str, about: Mapping[str, Any]) -> str:
    entity = {"key": quote_plus(about["key"]), **({"size": about["size"], "eTag": about["etag"]} if "size" in about else {})}
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": _REGION,
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "eventName": name,
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": entity,
        },
    }
    return json.dumps({"Records": [record]})
