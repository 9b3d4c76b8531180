"""Multipart uploads: parts are files outside the bucket until the upload is completed, and then one object in one step."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from localaws.errors import AwsError
from localaws.http import HttpResponse
from localaws.s3.bodies import CHUNK, checksum_of, receive
from localaws.s3.calls import Call, iso_time, metadata_from, parse_copy_source, read_file, url_encoded, xml_response
from localaws.s3.conditions import byte_range, check_copy_source, check_write
from localaws.s3.exceptions import (
    EntityTooSmallError,
    InvalidPartError,
    InvalidPartOrderError,
    InvalidRequestError,
    MalformedXmlError,
    NoSuchUploadError,
)
from localaws.s3.keys import object_path
from localaws.s3.metadata import ObjectMetadata
from localaws.s3.store import Bucket
from localaws.s3.xml import child_text, children, parse

__all__ = ["OPERATIONS", "abort_upload", "has_uploads", "uploads"]

_SMALLEST = 5 * 1024 * 1024
_MOST_PARTS = 10_000
_ID = re.compile(r"[0-9a-f]{32}")


def create(call: Call) -> HttpResponse:
    """CreateMultipartUpload."""
    object_path(call.bucket.folder, call.key)
    algorithm = call.headers.get("x-amz-checksum-algorithm", "").upper()
    if algorithm:
        checksum_of(algorithm)
    upload_id = uuid.uuid4().hex
    folder = _uploads(call.bucket) / upload_id
    folder.mkdir(parents=True)
    facts = {"key": call.key, "started": int(time.time()), "algorithm": algorithm, "metadata": asdict(metadata_from(call.headers))}
    _write_json(folder / "upload.json", facts)
    extra = [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", "COMPOSITE")] if algorithm else []
    pairs = [("Bucket", call.bucket.name), ("Key", call.key), ("UploadId", upload_id)]
    return xml_response(call, "InitiateMultipartUploadResult", pairs, extra)


def upload_part(call: Call) -> HttpResponse:
    """UploadPart."""
    folder, _ = _upload(call)
    number = _part_number(call)
    file = call.bucket.new_file()
    try:
        received = receive(call.request, file)
        _keep_part(folder, number, file, received.etag, received.checksums)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file)
    checksums = [(f"x-amz-checksum-{name.lower()}", value) for name, value in received.checksums.items()]
    return call.answer(200, [("ETag", f'"{received.etag}"'), *checksums])


def upload_part_copy(call: Call) -> HttpResponse:
    """UploadPartCopy, of an object or a range of one."""
    folder, _ = _upload(call)
    number = _part_number(call)
    bucket, key = parse_copy_source(call.headers["x-amz-copy-source"])
    source, content = Bucket(call.home, bucket).open(key)
    file, md5 = call.bucket.new_file(), hashlib.md5(usedforsecurity=False)
    try:
        with content:
            check_copy_source(call.headers, source)
            first, last = _copied_range(call, source.size)
            with open(file, "xb") as target:
                for chunk in read_file(content, first, last - first + 1):
                    md5.update(chunk)
                    target.write(chunk)
        _keep_part(folder, number, file, md5.hexdigest(), {})
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file)
    return xml_response(call, "CopyPartResult", [("LastModified", iso_time(int(time.time()))), ("ETag", f'"{md5.hexdigest()}"')])


def _copied_range(call: Call, size: int) -> tuple[int, int]:
    wanted = call.headers.get("x-amz-copy-source-range")
    extent = byte_range(wanted, size) if wanted else (0, size - 1)
    if extent is None:
        raise InvalidRequestError(f"x-amz-copy-source-range is bytes=first-last, not {wanted!r}")
    return extent


def complete(call: Call) -> HttpResponse:
    """CompleteMultipartUpload."""
    folder, facts = _upload(call)
    parts = _chosen_parts(folder, call.request.body)
    etag = hashlib.md5(b"".join(bytes.fromhex(part["etag"]) for part in parts), usedforsecurity=False).hexdigest() + f"-{len(parts)}"
    checksums = _composite(facts["algorithm"], parts)
    metadata = replace(
        _metadata(facts), etag=etag, parts=tuple(part["size"] for part in parts), checksums=checksums, checksum_type="COMPOSITE"
    )
    file = call.bucket.new_file()
    try:
        _join(file, (folder / f"{part['number']:05}" for part in parts))
        with call.bucket.lock(call.key):
            check_write(call.headers, call.key, call.bucket.find_or_none(call.key))
            call.bucket.put(call.key, file, metadata, exclusive=call.headers.get("if-none-match") == "*")
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file)
    shutil.rmtree(folder)
    pairs = [
        ("Location", f"/{call.bucket.name}/{call.key}"),
        ("Bucket", call.bucket.name),
        ("Key", call.key),
        ("ETag", f'"{etag}"'),
        *((f"Checksum{name}", value) for name, value in checksums.items()),
        ("ChecksumType", "COMPOSITE" if checksums else None),
    ]
    return xml_response(call, "CompleteMultipartUploadResult", pairs)


def abort(call: Call) -> HttpResponse:
    """AbortMultipartUpload: its parts are gone."""
    folder, _ = _upload(call)
    shutil.rmtree(folder)
    return call.answer(204)


def list_parts(call: Call) -> HttpResponse:
    """ListParts."""
    folder, facts = _upload(call)
    marker, limit = int(call.query.get("part-number-marker", "0")), min(int(call.query.get("max-parts", "1000")), 1000)
    parts = [part for part in _parts(folder) if part["number"] > marker]
    page = parts[:limit]
    pairs: list[tuple[str, Any]] = [
        ("Bucket", call.bucket.name),
        ("Key", call.key),
        ("UploadId", call.query["uploadId"]),
        ("PartNumberMarker", marker),
        ("NextPartNumberMarker", page[-1]["number"] if page else 0),
        ("MaxParts", limit),
        ("IsTruncated", len(parts) > limit),
        ("ChecksumAlgorithm", facts["algorithm"] or None),
    ]
    for part in page:
        element = [
            ("PartNumber", part["number"]),
            ("LastModified", iso_time(part["modified"])),
            ("ETag", f'"{part["etag"]}"'),
            ("Size", part["size"]),
        ]
        pairs.append(("Part", element + [(f"Checksum{name}", value) for name, value in part["checksums"].items()]))
    return xml_response(call, "ListPartsResult", pairs)


def list_uploads(call: Call) -> HttpResponse:
    """ListMultipartUploads, in one page."""
    prefix, encoding = call.query.get("prefix", ""), call.query.get("encoding-type")
    found = sorted((facts["key"], facts["started"], name) for name, facts in uploads(call.bucket) if facts["key"].startswith(prefix))
    pairs: list[tuple[str, Any]] = [("Bucket", call.bucket.name), ("Prefix", prefix), ("MaxUploads", 1000), ("IsTruncated", False)]
    for key, started, name in found:
        pairs.append(("Upload", [("Key", url_encoded(key, encoding)), ("UploadId", name), ("Initiated", iso_time(started))]))
    return xml_response(call, "ListMultipartUploadsResult", pairs)


def has_uploads(bucket: Bucket) -> bool:
    """Is any upload under way?"""
    return next(uploads(bucket), None) is not None


def _uploads(bucket: Bucket) -> Path:
    return bucket.private / "uploads"


def abort_upload(bucket: Bucket, upload_id: str) -> None:
    """Its parts are gone; does nothing when it was completed meanwhile."""
    shutil.rmtree(_uploads(bucket) / upload_id, ignore_errors=True)


def uploads(bucket: Bucket) -> Iterator[tuple[str, dict[str, Any]]]:
    """Uploads under way: id, and what is known of each (`key`, `started` …)."""
    if _uploads(bucket).is_dir():
        for folder in _uploads(bucket).iterdir():
            with contextlib.suppress(FileNotFoundError):  # completed meanwhile
                yield folder.name, json.loads((folder / "upload.json").read_text("utf-8"))


def _upload(call: Call) -> tuple[Path, dict[str, Any]]:
    upload_id = call.query["uploadId"]
    folder = _uploads(call.bucket) / upload_id
    if not _ID.fullmatch(upload_id):
        raise NoSuchUploadError(upload_id)
    try:
        facts = json.loads((folder / "upload.json").read_text("utf-8"))
    except FileNotFoundError as error:
        raise NoSuchUploadError(upload_id) from error
    if facts["key"] != call.key:
        raise NoSuchUploadError(upload_id)
    return folder, facts


def _part_number(call: Call) -> int:
    value = call.query["partNumber"]
    if not value.isdigit() or not 1 <= int(value) <= _MOST_PARTS:
        raise AwsError("InvalidArgument", f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive")
    return int(value)


def _keep_part(folder: Path, number: int, file: str, etag: str, checksums: Mapping[str, str]) -> None:
    """Its record is written last: a part without one was not uploaded."""
    record = folder / f"{number:05}.json"
    record.unlink(missing_ok=True)
    size = os.stat(file).st_size
    try:
        os.replace(file, folder / f"{number:05}")
    except FileNotFoundError as error:
        raise NoSuchUploadError(folder.name) from error
    _write_json(record, {"number": number, "etag": etag, "size": size, "checksums": dict(checksums), "modified": int(time.time())})


def _parts(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("[0-9]*.json"))]


def _chosen_parts(folder: Path, body: bytes) -> list[dict[str, Any]]:
    """The parts that the body lists, in its order, which must be ascending."""
    there = {part["number"]: part for part in _parts(folder)}
    chosen: list[dict[str, Any]] = []
    for element in children(parse(body, "CompleteMultipartUpload"), "Part"):
        number, etag = int(child_text(element, "PartNumber") or 0), (child_text(element, "ETag") or "").strip('"')
        if chosen and number <= chosen[-1]["number"]:
            raise InvalidPartOrderError
        part = there.get(number)
        told = {name: child_text(element, f"Checksum{name}") for name in (part or {}).get("checksums", {})}
        if part is None or part["etag"] != etag or any(value and value != part["checksums"][name] for name, value in told.items()):
            raise InvalidPartError(number)
        chosen.append(part)
    if not chosen:
        raise MalformedXmlError("an upload is completed with at least one part")
    for part in chosen[:-1]:
        if part["size"] < _SMALLEST:
            raise EntityTooSmallError(part["number"], part["size"])
    return chosen


def _composite(algorithm: str, parts: list[dict[str, Any]]) -> dict[str, str]:
    """The checksum of the parts' checksums, as S3 forms it."""
    if not algorithm or any(algorithm not in part["checksums"] for part in parts):
        return {}
    digest = checksum_of(algorithm)
    for part in parts:
        digest.update(base64.b64decode(part["checksums"][algorithm]))
    return {algorithm: f"{base64.b64encode(digest.digest()).decode()}-{len(parts)}"}


def _join(file: str, parts: Iterator[Path]) -> None:
    """One file of all parts, copied inside the kernel."""
    with open(file, "xb", buffering=0) as target:
        for path in parts:
            with open(path, "rb", buffering=0) as source:
                while os.sendfile(target.fileno(), source.fileno(), None, 64 * CHUNK):
                    pass


def _metadata(facts: dict[str, Any]) -> ObjectMetadata:
    return ObjectMetadata(**{**facts["metadata"], "parts": ()})


def _write_json(path: Path, document: dict[str, Any]) -> None:
    temporary = path.with_name(f".{uuid.uuid4().hex}")
    try:
        temporary.write_text(json.dumps(document), "utf-8")
    except FileNotFoundError as error:
        raise NoSuchUploadError(path.parent.name) from error
    os.replace(temporary, path)


OPERATIONS: Mapping[str, Callable[[Call], HttpResponse]] = {
    "CreateMultipartUpload": create,
    "UploadPart": upload_part,
    "UploadPartCopy": upload_part_copy,
    "CompleteMultipartUpload": complete,
    "AbortMultipartUpload": abort,
    "ListParts": list_parts,
    "ListMultipartUploads": list_uploads,
}
