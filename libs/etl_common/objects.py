"""Small helpers on objects in S3 by boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from etl_common.exceptions import UndeletableObjectError

__all__ = ["delete_prefix", "list_objects", "size_of"]

_DELETE_AT_ONCE = 1000


def list_objects(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Every object below the prefix: Key, Size, LastModified."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", ())


def size_of(s3: Any, bucket: str, prefix: str) -> int:
    """Stored bytes below the prefix."""
    return sum(item["Size"] for item in list_objects(s3, bucket, prefix))


def delete_prefix(s3: Any, bucket: str, prefix: str) -> int:
    """Delete every object below the prefix; how many there were. Raises UndeletableObjectError when S3 kept one."""
    keys = [item["Key"] for item in list_objects(s3, bucket, prefix)]
    for start in range(0, len(keys), _DELETE_AT_ONCE):
        part = [{"Key": key} for key in keys[start : start + _DELETE_AT_ONCE]]
        errors = s3.delete_objects(Bucket=bucket, Delete={"Objects": part, "Quiet": True}).get("Errors")
        if errors:
            raise UndeletableObjectError(f"s3://{bucket}/{errors[0]['Key']}", str(errors[0].get("Message")))
    return len(keys)
