"""A bucket and a key, and the file that holds the object."""

from __future__ import annotations

import os
import re
from pathlib import Path

from localaws.s3.exceptions import NoSuchBucketError, UnsupportedKeyError

__all__ = ["bucket_folder", "is_hidden", "object_path"]

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.\-_]{1,253}[a-z0-9]", re.IGNORECASE)
_SEGMENT_BYTES = 255
_KEY_BYTES = 1024


def bucket_folder(storage: Path, bucket: str) -> Path:
    """The folder of a bucket that exists.

    Raises:
        NoSuchBucketError: it does not.
    """
    folder = storage / bucket
    if not _BUCKET.fullmatch(bucket) or ".." in bucket or not folder.is_dir():
        raise NoSuchBucketError(bucket)
    return folder


def object_path(folder: Path, key: str) -> str:
    """The file of `key` (a folder, with a slash at its end, for a key that ends with one).

    Raises:
        UnsupportedKeyError: S3 takes the key, and a file system cannot.
    """
    try:
        encoded = key.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnsupportedKeyError(key.encode("utf-8", "backslashreplace").decode(), "it is not UTF-8") from error
    if not key or len(encoded) > _KEY_BYTES:
        raise UnsupportedKeyError(key, f"a key has 1 to {_KEY_BYTES} bytes")
    if b"\0" in encoded:
        raise UnsupportedKeyError(key, "it contains NUL")
    segments = (key[:-1] if key.endswith("/") else key).split("/")
    for segment in segments:
        if segment in ("", ".", ".."):
            raise UnsupportedKeyError(key, "a part between slashes is empty, '.' or '..'")
        if len(segment.encode()) > _SEGMENT_BYTES:
            raise UnsupportedKeyError(key, f"a part between slashes has more than {_SEGMENT_BYTES} bytes")
    if is_hidden(segments[-1]):
        raise UnsupportedKeyError(key, "names like '.x.crc' are Hadoop's checksum files, which are no objects")
    return os.path.join(folder, key)


def is_hidden(name: str) -> bool:
    """Is a file of this name Hadoop's own and no object?"""
    return name.startswith(".") and name.endswith(".crc")
