"""Buckets, the objects below a prefix, and one object with the beginning of its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.console.sources import Page, Query, Sources

__all__ = ["bucket", "buckets", "object_page"]

_PAGE = 200
_PREVIEW = 16 * 1024


def buckets(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Every bucket."""
    found = sources.client("s3").list_buckets()["Buckets"]
    return Page("buckets.html.j2", "Buckets", {"buckets": sorted(found, key=lambda each: each["Name"])})


def bucket(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """Folders and objects below `prefix`, in pages."""
    name, prefix = parts["bucket"], query.get("prefix", "")
    asked: dict[str, Any] = {"Bucket": name, "Prefix": prefix, "Delimiter": "/", "MaxKeys": _PAGE}
    if query.get("after"):
        asked["ContinuationToken"] = query["after"]
    listed = sources.client("s3").list_objects_v2(**asked)
    steps = prefix.split("/")[:-1]
    data = {
        "bucket": name,
        "prefix": prefix,
        "trail": [("/".join(steps[: depth + 1]) + "/", step) for depth, step in enumerate(steps)],
        "folders": [each["Prefix"] for each in listed.get("CommonPrefixes", [])],
        "objects": listed.get("Contents", []),
        "after": listed.get("NextContinuationToken", ""),
    }
    return Page("bucket.html.j2", f"s3://{name}/{prefix}", data)


def object_page(sources: Sources, parts: Mapping[str, str], query: Query) -> Page:
    """What an object has beside its bytes, and its beginning when that is text."""
    bucket_name, key = parts["bucket"], parts["key"]
    s3 = sources.client("s3")
    head = s3.head_object(Bucket=bucket_name, Key=key)
    text = None
    if head["ContentLength"]:
        text = _text(s3.get_object(Bucket=bucket_name, Key=key, Range=f"bytes=0-{_PREVIEW - 1}")["Body"].read())
    data = {"bucket": bucket_name, "name": key, "head": head, "text": text, "cut": head["ContentLength"] > _PREVIEW}
    return Page("object.html.j2", f"s3://{bucket_name}/{key}", data)


def _text(beginning: bytes) -> str | None:
    """UTF-8 text; None for bytes that are none. The last character may have been cut."""
    if b"\0" in beginning:
        return None
    for cut in range(4):
        try:
            return beginning[: len(beginning) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
    return None
