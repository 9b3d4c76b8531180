"""Operations on the objects of a bucket: listings, deletes of many, and what a bucket's own life means for its folder."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping

from localaws.errors import AwsError
from localaws.http import HttpResponse
from localaws.s3.calls import Call, iso_time, url_encoded, xml_response
from localaws.s3.exceptions import BadDigestError, InvalidRequestError
from localaws.s3.listing import Listing, list_objects
from localaws.s3.store import StoredObject
from localaws.s3.xml import Pairs, child_text, children, parse

__all__ = ["OPERATIONS"]

_MOST = 1000


def list_v2(call: Call) -> HttpResponse:
    """ListObjectsV2."""
    query = call.query
    token = query.get("continuation-token")
    after = _from_token(token) if token is not None else query.get("start-after", "")
    limit, encoding = _limit(query.get("max-keys")), _encoding(query)
    page = _page(call, after, limit)
    pairs: list[tuple[str, object]] = [
        ("Name", call.bucket.name),
        ("Prefix", url_encoded(query.get("prefix", ""), encoding)),
        ("Delimiter", url_encoded(query["delimiter"], encoding) if query.get("delimiter") else None),
        ("StartAfter", url_encoded(query["start-after"], encoding) if "start-after" in query else None),
        ("EncodingType", encoding),
        ("MaxKeys", limit),
        ("KeyCount", len(page.objects) + len(page.prefixes)),
        ("IsTruncated", page.last is not None),
        ("ContinuationToken", token),
        ("NextContinuationToken", _to_token(page.last) if page.last is not None else None),
        *_contents(page, encoding, owner=query.get("fetch-owner") == "true"),
    ]
    return xml_response(call, "ListBucketResult", pairs)


def list_v1(call: Call) -> HttpResponse:
    """ListObjects, the first version."""
    query = call.query
    limit, encoding = _limit(query.get("max-keys")), _encoding(query)
    page = _page(call, query.get("marker", ""), limit)
    pairs: list[tuple[str, object]] = [
        ("Name", call.bucket.name),
        ("Prefix", url_encoded(query.get("prefix", ""), encoding)),
        ("Marker", url_encoded(query.get("marker", ""), encoding)),
        ("Delimiter", url_encoded(query["delimiter"], encoding) if query.get("delimiter") else None),
        ("EncodingType", encoding),
        ("MaxKeys", limit),
        ("IsTruncated", page.last is not None),
        ("NextMarker", url_encoded(page.last, encoding) if page.last is not None and query.get("delimiter") else None),
        *_contents(page, encoding, owner=True),
    ]
    return xml_response(call, "ListBucketResult", pairs)


def list_versions(call: Call) -> HttpResponse:
    """ListObjectVersions of a bucket that is not versioned: each object has the version `null`."""
    query = call.query
    limit, encoding = _limit(query.get("max-keys")), _encoding(query)
    page = _page(call, query.get("key-marker", ""), limit)
    pairs: list[tuple[str, object]] = [
        ("Name", call.bucket.name),
        ("Prefix", url_encoded(query.get("prefix", ""), encoding)),
        ("KeyMarker", url_encoded(query.get("key-marker", ""), encoding)),
        ("EncodingType", encoding),
        ("MaxKeys", limit),
        ("IsTruncated", page.last is not None),
        ("NextKeyMarker", url_encoded(page.last, encoding) if page.last is not None else None),
        ("NextVersionIdMarker", "null" if page.last is not None else None),
        *(("Version", [*_object(found, encoding, owner=True), ("VersionId", "null"), ("IsLatest", True)]) for found in page.objects),
        *(("CommonPrefixes", [("Prefix", url_encoded(prefix, encoding))]) for prefix in page.prefixes),
    ]
    return xml_response(call, "ListVersionsResult", pairs)


def delete_objects(call: Call) -> HttpResponse:
    """DeleteObjects: at most 1000, each with its own result."""
    body = call.request.body
    told = call.headers.get("content-md5")
    found = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    if told and told != found:
        raise BadDigestError("Content-MD5", told, found)
    root = parse(body, "Delete")
    wanted = children(root, "Object")
    if not 1 <= len(wanted) <= _MOST:
        raise InvalidRequestError(f"DeleteObjects takes 1 to {_MOST} keys, not {len(wanted)}")
    quiet = (child_text(root, "Quiet") or "").lower() == "true"
    pairs: list[tuple[str, object]] = []
    for element in wanted:
        key, version = child_text(element, "Key") or "", child_text(element, "VersionId")
        if version not in (None, "", "null"):
            pairs.append(
                ("Error", [("Key", key), ("VersionId", version), ("Code", "NoSuchVersion"), ("Message", "buckets are not versioned")])
            )
            continue
        if call.denial is not None and (why := call.denial(key)) is not None:
            pairs.append(("Error", [("Key", key), ("Code", "AccessDenied"), ("Message", why)]))
            continue
        try:
            call.bucket.delete(key)
        except (AwsError, OSError) as error:
            code = error.code if isinstance(error, AwsError) else "InternalError"
            pairs.append(("Error", [("Key", key), ("Code", code), ("Message", str(error))]))
            continue
        if not quiet:
            pairs.append(("Deleted", [("Key", key), ("VersionId", version or None)]))
    return xml_response(call, "DeleteResult", pairs)


def _page(call: Call, after: str, limit: int) -> Listing:
    if limit == 0:
        return Listing([], [], None)
    return list_objects(call.bucket, call.query.get("prefix", ""), call.query.get("delimiter", ""), after, limit)


def _contents(page: Listing, encoding: str | None, owner: bool) -> Pairs:
    for found in page.objects:
        yield "Contents", _object(found, encoding, owner)
    for prefix in page.prefixes:
        yield "CommonPrefixes", [("Prefix", url_encoded(prefix, encoding))]


def _object(found: StoredObject, encoding: str | None, owner: bool) -> list[tuple[str, object]]:
    metadata = found.metadata
    return [
        ("Key", url_encoded(found.key, encoding)),
        ("LastModified", iso_time(found.modified)),
        ("ETag", f'"{metadata.etag}"'),
        *(("ChecksumAlgorithm", name) for name in metadata.checksums),
        ("ChecksumType", metadata.checksum_type if metadata.checksums else None),
        ("Size", found.size),
        ("StorageClass", metadata.headers.get("x-amz-storage-class", "STANDARD")),
        ("Owner", [("ID", "local"), ("DisplayName", "local")] if owner else None),
    ]


def _limit(value: str | None) -> int:
    if value is None:
        return _MOST
    if not value.isdigit():
        raise AwsError("InvalidArgument", f"max-keys is a number from 0 on, not {value!r}")
    return min(int(value), _MOST)


def _encoding(query: Mapping[str, str]) -> str | None:
    encoding = query.get("encoding-type")
    if encoding not in (None, "", "url"):
        raise AwsError("InvalidArgument", f"Invalid Encoding Method specified in Request: {encoding}")
    return encoding or None


def _to_token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode("utf-8", "surrogateescape")).decode()


def _from_token(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode("utf-8", "surrogateescape")
    except (ValueError, binascii.Error) as error:
        raise AwsError("InvalidArgument", "The continuation token provided is incorrect") from error


OPERATIONS: Mapping[str, Callable[[Call], HttpResponse]] = {
    "ListObjects": list_v1,
    "ListObjectsV2": list_v2,
    "ListObjectVersions": list_versions,
    "DeleteObjects": delete_objects,
}
