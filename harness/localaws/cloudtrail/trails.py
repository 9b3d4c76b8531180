"""Trails: events that they select are delivered to their buckets as gzipped JSON, some seconds after they happened.

Trails themselves (CreateTrail, StartLogging, PutEventSelectors) are moto's. Digest files of a trail's validation are not written.
"""

from __future__ import annotations

import gzip
import json
import logging
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localaws.iam.back_ends import bucket_of
from localaws.moto_app import ACCOUNT_ID
from localaws.s3.metadata import ObjectMetadata
from localaws.s3.store import Bucket

__all__ = ["deliver", "logging_trails", "selects"]

_LOG = logging.getLogger("localaws")


def logging_trails() -> list[Any]:
    """moto's trails that log."""
    from moto.backends import get_backend

    back_ends = get_backend("cloudtrail")[ACCOUNT_ID]
    return [trail for back_end in list(back_ends.values()) for trail in list(back_end.trails.values()) if trail.status.is_logging]


def selects(trail: Any, record: Mapping[str, Any]) -> bool:
    """Does a trail log such an event?"""
    if not trail.is_multi_region and record["awsRegion"] != trail.region_name:
        return False
    if trail.advanced_event_selectors:
        return any(_advanced(selector, record) for selector in trail.advanced_event_selectors)
    if not trail.event_selectors:
        return bool(record["managementEvent"])
    return any(_basic(selector, record) for selector in trail.event_selectors)


def deliver(home: Path, trail: Any, records: list[Mapping[str, Any]]) -> str | None:
    """Write one file for each region of the records. The last key, None when the bucket is gone."""
    if bucket_of(trail.bucket_name) is None:
        _LOG.error("the trail %s cannot deliver %d events: there is no bucket %s", trail.trail_name, len(records), trail.bucket_name)
        return None
    key = None
    for region in sorted({str(record["awsRegion"]) for record in records}):
        now = datetime.now(UTC)
        prefix = f"{trail.s3_key_prefix}/" if trail.s3_key_prefix else ""
        name = f"{ACCOUNT_ID}_CloudTrail_{region}_{now:%Y%m%dT%H%MZ}_{secrets.token_hex(8)}.json.gz"
        key = f"{prefix}AWSLogs/{ACCOUNT_ID}/CloudTrail/{region}/{now:%Y/%m/%d}/{name}"
        body = gzip.compress(json.dumps({"Records": [record for record in records if record["awsRegion"] == region]}).encode())
        _put(Bucket(home, trail.bucket_name), key, body)
    return key


def _put(bucket: Bucket, key: str, body: bytes) -> None:
    import hashlib

    file = bucket.new_file()
    Path(file).write_bytes(body)
    metadata = ObjectMetadata(
        etag=hashlib.md5(body, usedforsecurity=False).hexdigest(), content_type="application/json", headers={"content-encoding": "gzip"}
    )
    with bucket.lock(key):
        bucket.put(key, file, metadata)


def _basic(selector: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    wanted = selector.get("ReadWriteType") or "All"
    if wanted != "All" and (wanted == "ReadOnly") != bool(record["readOnly"]):
        return False
    if record["managementEvent"]:
        include = selector.get("IncludeManagementEvents", True)
        return bool(include) and record["eventSource"] not in (selector.get("ExcludeManagementEventSources") or [])
    return any(
        any(resource["type"] == data["Type"] and _within(resource["ARN"], data.get("Values") or []) for resource in record["resources"])
        for data in selector.get("DataResources") or []
    )


def _within(arn: str, values: list[str]) -> bool:
    """`arn:aws:s3` is every object, `arn:aws:s3:::bucket/` those of a bucket, and so on: values are beginnings."""
    return any(arn.startswith(value) for value in values)


def _advanced(selector: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    return all(_field(field, record) for field in selector.get("FieldSelectors") or [])


def _field(field: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    name = field["Field"]
    kinds = {"resources.type": "type", "resources.ARN": "ARN"}
    if name in kinds:
        values = [str(resource[kinds[name]]) for resource in record["resources"]]
    else:
        value = record.get(name)
        values = [str(value).lower() if isinstance(value, bool) else str(value)]
    tests = (
        ("Equals", lambda text, each: text == each, False), ("StartsWith", str.startswith, False), ("EndsWith", str.endswith, False),
        ("NotEquals", lambda text, each: text == each, True), ("NotStartsWith", str.startswith, True), ("NotEndsWith", str.endswith, True),
    )  # fmt: skip
    return all(
        any(test(text, each) for text in values for each in field[operator]) != negated
        for operator, test, negated in tests
        if field.get(operator)
    )
