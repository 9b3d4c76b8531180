"""If-Match and its like, and ranges (RFC 9110), for reads, writes and the source of a copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from localaws.s3.exceptions import InvalidRangeError, NoSuchKeyError, NotModified, PreconditionFailedError
from localaws.s3.store import StoredObject

__all__ = ["byte_range", "check_copy_source", "check_read", "check_write"]


def check_read(headers: Mapping[str, str], found: StoredObject) -> None:
    """Raise NotModified or PreconditionFailedError as the conditions of a read say; an ETag outweighs a time."""
    match, none_match = headers.get("if-match"), headers.get("if-none-match")
    if match is not None:
        if not _matches(match, found):
            raise PreconditionFailedError("If-Match")
    elif (unmodified := _time(headers.get("if-unmodified-since"))) and found.modified > unmodified:
        raise PreconditionFailedError("If-Unmodified-Since")
    if none_match is not None:
        if _matches(none_match, found):
            raise NotModified
    elif (modified := _time(headers.get("if-modified-since"))) and found.modified <= modified:
        raise NotModified


def check_copy_source(headers: Mapping[str, str], found: StoredObject) -> None:
    """The same for a copy's source, whose conditions all fail with 412."""
    prefix = "x-amz-copy-source-"
    conditions = {name[len(prefix) :]: value for name, value in headers.items() if name.startswith(prefix + "if-")}
    try:
        check_read(conditions, found)
    except NotModified as error:
        raise PreconditionFailedError("x-amz-copy-source-if-none-match or -modified-since") from error


def check_write(headers: Mapping[str, str], key: str, before: StoredObject | None) -> None:
    """Raise PreconditionFailedError when the object must not exist (`If-None-Match: *`) or must be another one."""
    if headers.get("if-none-match") == "*" and before is not None:
        raise PreconditionFailedError("If-None-Match")
    if "if-match" in headers:
        if before is None:
            raise NoSuchKeyError(key)
        if not _matches(headers["if-match"], before):
            raise PreconditionFailedError("If-Match")


def byte_range(value: str, size: int) -> tuple[int, int] | None:
    """(first, last) of a `bytes=` range, inclusive; None when it is no single range, which is then ignored.

    Raises:
        InvalidRangeError: it begins after the end.
    """
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", value.strip())
    if not found or found[0] == "bytes=-":
        return None
    if not found[1]:
        length = int(found[2])
        if length == 0 or size == 0:
            raise InvalidRangeError(value, size)
        return max(0, size - length), size - 1
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < first:
        return None
    if first >= size:
        raise InvalidRangeError(value, size)
    return first, last


def _matches(condition: str, found: StoredObject) -> bool:
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in condition.split(",")}
    return "*" in tags or found.metadata.etag in tags


def _time(value: str | None) -> float | None:
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() if isinstance(moment, datetime) else None
