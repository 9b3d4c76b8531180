"""One call of an S3 operation, and the pieces of answers that several operations share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, quote, unquote

from localaws.http import HttpRequest, HttpResponse
from localaws.s3.bodies import CHUNK, Received
from localaws.s3.exceptions import InvalidRequestError
from localaws.s3.metadata import DEFAULT_CONTENT_TYPE, ObjectMetadata
from localaws.s3.store import Bucket, StoredObject
from localaws.s3.xml import Pairs, document

__all__ = [
    "Call",
    "iso_time",
    "metadata_from",
    "object_headers",
    "parse_copy_source",
    "read_file",
    "tags_from_header",
    "url_encoded",
    "xml_response",
]

_SYSTEM_HEADERS = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")
_KEPT_AMZ_HEADERS = ("x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-server-side-encryption",
                     "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-bucket-key-enabled")  # fmt: skip
_MAX_USER_METADATA = 2048


@dataclass(frozen=True)
class Call:
    """An operation on an object, or on the objects of a bucket."""

    home: Path
    request: HttpRequest
    bucket: Bucket
    key: str
    request_id: str
    denial: Callable[[str], str | None] | None = None
    """Of DeleteObjects: why a key must not be deleted by whoever asks; None when it may be."""

    @property
    def headers(self) -> dict[str, str]:
        return self.request.headers

    @property
    def query(self) -> dict[str, str]:
        return self.request.query

    def answer(self, status: int = 200, headers: list[tuple[str, str]] | None = None, body: bytes = b"") -> HttpResponse:
        """An answer with the request's id."""
        return HttpResponse(status, [("x-amz-request-id", self.request_id), *(headers or [])], body)


def xml_response(call: Call, root: str, pairs: Pairs, headers: list[tuple[str, str]] | None = None) -> HttpResponse:
    """An answer that is a document."""
    return call.answer(200, [("Content-Type", "application/xml"), *(headers or [])], document(root, pairs))


def iso_time(seconds: int) -> str:
    """As S3 writes times in XML."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def metadata_from(headers: dict[str, str], received: Received | None = None) -> ObjectMetadata:
    """What the headers of a write say about the object.

    Raises:
        InvalidRequestError: the user metadata is longer than S3 takes.
    """
    user = {name[len("x-amz-meta-") :]: value for name, value in headers.items() if name.startswith("x-amz-meta-")}
    if sum(len(name) + len(value) for name, value in user.items()) > _MAX_USER_METADATA:
        raise InvalidRequestError(f"Your metadata headers exceed the maximum allowed metadata size of {_MAX_USER_METADATA} bytes")
    system = {name: headers[name] for name in (*_SYSTEM_HEADERS, *_KEPT_AMZ_HEADERS) if name in headers}
    encoding = ",".join(part for part in system.pop("content-encoding", "").replace(" ", "").split(",") if part not in ("", "aws-chunked"))
    if encoding:
        system["content-encoding"] = encoding
    return ObjectMetadata(
        etag=received.etag if received else "",
        content_type=headers.get("content-type") or DEFAULT_CONTENT_TYPE,
        headers=system,
        user=user,
        tags=tags_from_header(headers.get("x-amz-tagging", "")),
        checksums=received.checksums if received else {},
    )


def tags_from_header(value: str) -> dict[str, str]:
    """Tags as a query string; at most ten.

    Raises:
        InvalidRequestError: there are more.
    """
    tags = dict(parse_qsl(value, keep_blank_values=True))
    if len(tags) > 10:
        raise InvalidRequestError("Object tags cannot be greater than 10")
    return tags


def object_headers(found: StoredObject, checksums: bool = False) -> list[tuple[str, str]]:
    """What GetObject and HeadObject say of an object."""
    metadata = found.metadata
    headers = [
        ("ETag", f'"{metadata.etag}"'),
        ("Last-Modified", formatdate(found.modified, usegmt=True)),
        ("Accept-Ranges", "bytes"),
        ("Content-Type", metadata.content_type),
        *metadata.headers.items(),
        *((f"x-amz-meta-{name}", value) for name, value in metadata.user.items()),
    ]
    if metadata.tags:
        headers.append(("x-amz-tagging-count", str(len(metadata.tags))))
    if checksums and metadata.checksums:
        headers += [(f"x-amz-checksum-{name.lower()}", value) for name, value in metadata.checksums.items()]
        headers.append(("x-amz-checksum-type", metadata.checksum_type))
    return headers


def parse_copy_source(value: str) -> tuple[str, str]:
    """(bucket, key) of an x-amz-copy-source header.

    Raises:
        InvalidRequestError: it is none, or asks for a version that does not exist here.
    """
    path, _, query = value.partition("?")
    version = dict(parse_qsl(query)).get("versionId", "null")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key:
        raise InvalidRequestError(f"x-amz-copy-source is bucket/key, not {value!r}")
    if version != "null":
        raise InvalidRequestError(f"Version {version} does not exist: buckets are not versioned by this endpoint")
    return bucket, key


def read_file(file: BinaryIO, first: int, length: int) -> Iterator[bytes]:
    """A part of an open file, a megabyte at a time; it is closed after that."""
    with file:
        file.seek(first)
        left = length
        while left and (chunk := file.read(min(left, CHUNK))):
            left -= len(chunk)
            yield chunk


def url_encoded(name: str, encoding: str | None) -> str:
    """A name as the answer of a listing has it."""
    return quote(name, safe="/", errors="surrogateescape") if encoding == "url" else name
