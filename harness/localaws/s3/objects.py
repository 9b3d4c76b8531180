"""Operations on one object: put, get, head, delete, copy, attributes, tags."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace

from localaws.errors import AwsError
from localaws.http import HttpResponse
from localaws.s3.bodies import CHUNK, receive
from localaws.s3.calls import (
    Call,
    iso_time,
    metadata_from,
    object_headers,
    parse_copy_source,
    read_file,
    tags_from_header,
    xml_response,
)
from localaws.s3.conditions import byte_range, check_copy_source, check_read, check_write
from localaws.s3.exceptions import InvalidRequestError
from localaws.s3.keys import object_path
from localaws.s3.metadata import ObjectMetadata
from localaws.s3.store import Bucket, StoredObject
from localaws.s3.xml import child_text, children, parse

__all__ = ["OPERATIONS", "refuse_versions"]

_OVERRIDES = ("content-type", "content-disposition", "content-encoding", "content-language", "cache-control", "expires")


def put_object(call: Call) -> HttpResponse:
    """PutObject."""
    object_path(call.bucket.folder, call.key)  # refuse the key before its body is read
    file = call.bucket.new_file()
    try:
        received = receive(call.request, file)
        metadata = metadata_from(call.headers, received)
        with call.bucket.lock(call.key):
            check_write(call.headers, call.key, call.bucket.find_or_none(call.key))
            call.bucket.put(call.key, file, metadata, exclusive=call.headers.get("if-none-match") == "*")
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file)
    checksums = [(f"x-amz-checksum-{name.lower()}", value) for name, value in received.checksums.items()]
    return call.answer(200, [("ETag", f'"{metadata.etag}"'), *checksums])


def get_object(call: Call) -> HttpResponse:
    """GetObject: the whole, a range, or a part of a multipart upload."""
    refuse_versions(call)
    if call.request.method == "HEAD":
        return _described(call, call.bucket.find(call.key))[0]
    found, file = call.bucket.open(call.key)
    try:
        response, first, length = _described(call, found)
    except AwsError:
        file.close()
        raise
    response.body = read_file(file, first, length)
    return response


def _described(call: Call, found: StoredObject) -> tuple[HttpResponse, int, int]:
    """The answer but for its body, the first byte of that and its length."""
    check_read(call.headers, found)
    status, first, length, headers = _extent(call, found)
    overrides = {name: call.query[f"response-{name}"] for name in _OVERRIDES if f"response-{name}" in call.query}
    headers = [pair for pair in headers if pair[0].lower() not in overrides] + list(overrides.items())
    return call.answer(status, [*headers, ("Content-Length", str(length))]), first, length


def _extent(call: Call, found: StoredObject) -> tuple[int, int, int, list[tuple[str, str]]]:
    """(status, first byte, length, headers) of what is asked for."""
    wanted, size = call.headers.get("range"), found.size
    extent: tuple[int, int] | None = None
    extra: list[tuple[str, str]] = []
    if "partNumber" in call.query:
        sizes = found.metadata.parts or (size,)
        number = int(call.query["partNumber"])
        if not 1 <= number <= len(sizes):
            raise AwsError("InvalidPartNumber", "The requested partnumber is not satisfiable", 416)
        start = sum(sizes[: number - 1])
        extent = (start, start + sizes[number - 1] - 1)
        extra = [("x-amz-mp-parts-count", str(len(sizes)))] if found.metadata.parts else []
    elif wanted:
        extent = byte_range(wanted, size)
    whole = extent is None
    headers = object_headers(found, checksums=whole and call.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED")
    if extent is None:
        return 200, 0, size, headers
    return 206, extent[0], extent[1] - extent[0] + 1, [*headers, *extra, ("Content-Range", f"bytes {extent[0]}-{extent[1]}/{size}")]


def delete_object(call: Call) -> HttpResponse:
    """DeleteObject: no error when there is none."""
    refuse_versions(call)
    if "if-match" in call.headers:
        check_write(call.headers, call.key, call.bucket.find_or_none(call.key))
    call.bucket.delete(call.key)
    return call.answer(204)


def copy_object(call: Call) -> HttpResponse:
    """CopyObject; onto itself only when something changes, as S3 has it."""
    bucket, key = parse_copy_source(call.headers["x-amz-copy-source"])
    source, content = Bucket(call.home, bucket).open(key)
    file = call.bucket.new_file()
    try:
        with content:
            metadata = _copied_metadata(call, source, same=(bucket, key) == (call.bucket.name, call.key))
            with open(file, "xb") as target:
                shutil.copyfileobj(content, target, CHUNK)
        with call.bucket.lock(call.key):
            check_write(call.headers, call.key, call.bucket.find_or_none(call.key))
            stored = call.bucket.put(call.key, file, metadata)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file)
    return xml_response(call, "CopyObjectResult", [("LastModified", iso_time(stored.modified)), ("ETag", f'"{metadata.etag}"')])


def _copied_metadata(call: Call, source: StoredObject, same: bool) -> ObjectMetadata:
    """The record of the copy; `same` when an object is copied onto itself."""
    check_copy_source(call.headers, source)
    directive = call.headers.get("x-amz-metadata-directive", "COPY").upper()
    if same and directive != "REPLACE" and "x-amz-storage-class" not in call.headers:
        raise InvalidRequestError("This copy request is illegal: it is trying to copy an object to itself without changing its metadata")
    metadata = source.metadata
    if directive == "REPLACE":
        metadata = replace(
            metadata_from(call.headers), etag=metadata.etag, checksums=metadata.checksums, checksum_type=metadata.checksum_type
        )
    if call.headers.get("x-amz-tagging-directive", "COPY").upper() == "REPLACE":
        return replace(metadata, tags=tags_from_header(call.headers.get("x-amz-tagging", "")))
    return replace(metadata, tags=source.metadata.tags)


def get_object_attributes(call: Call) -> HttpResponse:
    """GetObjectAttributes: those that are asked for."""
    refuse_versions(call)
    found = call.bucket.find(call.key)
    wanted = {name.strip() for name in call.headers["x-amz-object-attributes"].split(",")}
    metadata = found.metadata
    pairs = {
        "ETag": metadata.etag,
        "Checksum": [(f"Checksum{name}", value) for name, value in metadata.checksums.items()] or None,
        "ObjectParts": [("PartsCount", len(metadata.parts))] if metadata.parts else None,
        "StorageClass": metadata.headers.get("x-amz-storage-class", "STANDARD"),
        "ObjectSize": found.size,
    }
    modified = [pair for pair in object_headers(found) if pair[0] == "Last-Modified"]
    return xml_response(call, "GetObjectAttributesResponse", [pair for pair in pairs.items() if pair[0] in wanted], modified)


def get_tagging(call: Call) -> HttpResponse:
    """GetObjectTagging."""
    refuse_versions(call)
    tags = call.bucket.find(call.key).metadata.tags
    return xml_response(call, "Tagging", [("TagSet", [("Tag", [("Key", name), ("Value", value)]) for name, value in tags.items()])])


def put_tagging(call: Call) -> HttpResponse:
    """PutObjectTagging: replaces all tags."""
    refuse_versions(call)
    tag_set = parse(call.request.body, "Tagging").find("TagSet")
    tags = {
        child_text(tag, "Key") or "": child_text(tag, "Value") or "" for tag in (children(tag_set, "Tag") if tag_set is not None else [])
    }
    if len(tags) > 10:
        raise InvalidRequestError("Object tags cannot be greater than 10")
    with call.bucket.lock(call.key):
        found = call.bucket.find(call.key)
        call.bucket.metadata.with_tags(call.key, found.status, tags)
    return call.answer(200)


def delete_tagging(call: Call) -> HttpResponse:
    """DeleteObjectTagging."""
    with call.bucket.lock(call.key):
        found = call.bucket.find(call.key)
        call.bucket.metadata.with_tags(call.key, found.status, {})
    return call.answer(204)


def get_acl(call: Call) -> HttpResponse:
    """GetObjectAcl: the owner has all rights, as with ACLs disabled, which is S3's default for new buckets."""
    call.bucket.find(call.key)
    owner = [("ID", "local"), ("DisplayName", "local")]
    grant = [("Grantee", owner), ("Permission", "FULL_CONTROL")]
    return xml_response(call, "AccessControlPolicy", [("Owner", owner), ("AccessControlList", [("Grant", grant)])])


def refuse_versions(call: Call) -> None:
    """Only the version `null` exists.

    Raises:
        AwsError: another is asked for.
    """
    version = call.query.get("versionId", "null")
    if version != "null":
        raise AwsError("NoSuchVersion", f"The specified version does not exist: {version}; buckets are not versioned by this endpoint", 404)


OPERATIONS: Mapping[str, Callable[[Call], HttpResponse]] = {
    "PutObject": put_object,
    "GetObject": get_object,
    "HeadObject": get_object,
    "DeleteObject": delete_object,
    "CopyObject": copy_object,
    "GetObjectAttributes": get_object_attributes,
    "GetObjectTagging": get_tagging,
    "PutObjectTagging": put_tagging,
    "DeleteObjectTagging": delete_tagging,
    "GetObjectAcl": get_acl,
}
