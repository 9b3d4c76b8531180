"""What S3 knows of an object beside its bytes, kept next to the files and not in them.

A record belongs to one state of a file (inode, size, time of change), which is part of its name: it is written before the
file gets its place, so that an object never appears without its metadata, and when somebody else (Spark) replaces the file,
the record no longer applies. A file without a record is an object all the same: its ETag is then derived from its state and
has the form of a multipart upload's, which no client takes for an MD5.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import uuid
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

__all__ = ["MetadataStore", "ObjectMetadata", "without_record"]

DEFAULT_CONTENT_TYPE = "binary/octet-stream"


@dataclass(frozen=True)
class ObjectMetadata:
    """Of one object."""

    etag: str
    content_type: str = DEFAULT_CONTENT_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    """System headers that come back as they were sent: cache-control, content-encoding …"""
    user: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    checksum_type: str = "FULL_OBJECT"
    parts: tuple[int, ...] = ()
    """Sizes of the parts it was uploaded in."""


def without_record(status: os.stat_result) -> ObjectMetadata:
    """What can be said of a file that has no record."""
    state = f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"
    return ObjectMetadata(etag=hashlib.md5(state.encode(), usedforsecurity=False).hexdigest() + "-1")


class MetadataStore:
    """Records of the objects of one bucket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "objects"

    def read(self, key: str, status: os.stat_result) -> ObjectMetadata | None:
        """The record of `key` in this state of its file; None when there is none."""
        try:
            with open(self._path(key, status), "rb") as file:
                document = json.load(file)
        except FileNotFoundError:
            return None
        document["parts"] = tuple(document["parts"])
        return ObjectMetadata(**document)

    def write(self, key: str, status: os.stat_result, metadata: ObjectMetadata) -> None:
        """Keep the record of the file that is, or is about to become, the object."""
        path = self._path(key, status)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = f"{path}.{uuid.uuid4().hex}"
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(asdict(metadata), file, separators=(",", ":"))
        os.replace(temporary, path)

    def forget(self, key: str, status: os.stat_result | None) -> None:
        """Drop the record of a state that is no more."""
        if status is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(key, status))

    def carry(self, key: str, status: os.stat_result, copy: os.stat_result) -> None:
        """Make the record of a file that of its copy. A folder has one when it is an object of its own."""
        try:
            os.replace(self._path(key, status), self._path(key, copy))
        except FileNotFoundError:
            if not key.endswith("/"):
                self.write(key, copy, without_record(status))

    def with_tags(self, key: str, status: os.stat_result, tags: dict[str, str]) -> None:
        """Replace the tags of an object."""
        self.write(key, status, replace(self.read(key, status) or without_record(status), tags=tags))

    def _path(self, key: str, status: os.stat_result) -> str:
        name = hashlib.sha1(key.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
        return f"{self.folder}/{name[:2]}/{name[2:]}.{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"
