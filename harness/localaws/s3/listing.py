"""Listings in S3's order: keys by their UTF-8 bytes, which is not the order of a walk through folders.

`a-b` comes before `a/b` (0x2D before 0x2F), so a folder is sorted as its name with a slash. Folders that the prefix or the
start excludes are not opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from localaws.s3.keys import is_hidden
from localaws.s3.store import Bucket, StoredObject

__all__ = ["Listing", "has_objects", "keys", "list_objects"]


@dataclass
class Listing:
    """One page: objects and common prefixes, and the last name on it when there are more."""

    objects: list[StoredObject]
    prefixes: list[str]
    last: str | None


@dataclass
class _Cursor:
    """Where a walk has got to; whoever walks may move it forward, and what lies behind it is not opened."""

    position: bytes

    def skip(self, group: str) -> None:
        """Go on behind every key that begins with `group`: no UTF-8 has the byte 0xFF."""
        self.position = _encoded(group) + b"\xff"


def keys(bucket: Bucket, prefix: str = "", after: str = "") -> Iterator[str]:
    """Keys with `prefix` that sort after `after`, in order."""
    return _walk(bucket, _base(prefix), _encoded(prefix), _Cursor(_encoded(after)))


def _base(prefix: str) -> str:
    folder = prefix.rpartition("/")[0]
    safe = all(part not in ("", ".", "..") and "\0" not in part for part in folder.split("/"))
    return folder + "/" if folder and safe else ""


def _walk(bucket: Bucket, base: str, prefix: bytes, cursor: _Cursor) -> Iterator[str]:
    if base and _encoded(base) == prefix and prefix > cursor.position and bucket.is_marker(base):
        yield base
    for name, is_folder in _entries(os.path.join(bucket.folder, base)):
        key = base + name
        encoded = os.fsencode(key)
        if is_folder:
            encoded += b"/"
            if not (encoded.startswith(prefix) or prefix.startswith(encoded)):
                continue
            if cursor.position > encoded and not cursor.position.startswith(encoded):
                continue
            if encoded.startswith(prefix) and encoded > cursor.position and bucket.is_marker(key + "/"):
                yield key + "/"
            if not cursor.position.startswith(encoded + b"\xff"):
                yield from _walk(bucket, key + "/", prefix, cursor)
        elif encoded.startswith(prefix) and encoded > cursor.position:
            yield key


def _entries(folder: str) -> list[tuple[str, bool]]:
    """Names in a folder as S3 sorts them, and which are folders."""
    try:
        with os.scandir(folder) as found:
            entries = [(entry.name, entry.is_dir()) for entry in found if not is_hidden(entry.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(entries, key=lambda entry: os.fsencode(entry[0]) + (b"/" if entry[1] else b""))


def list_objects(bucket: Bucket, prefix: str, delimiter: str, after: str, limit: int) -> Listing:
    """One page of at most `limit` objects and common prefixes after the name `after` (a key, or a common prefix)."""
    page = Listing([], [], None)
    cursor = _Cursor(_encoded(after))
    last = ""
    for key in _walk(bucket, _base(prefix), _encoded(prefix), cursor):
        group = _group(key, prefix, delimiter)
        if group is not None and after.startswith(group):
            cursor.skip(group)
            continue
        found = bucket.find_or_none(key) if group is None else None
        if group is None and found is None:
            continue  # deleted since its folder was read
        if len(page.objects) + len(page.prefixes) >= limit:
            page.last = last
            break
        if found is not None:
            page.objects.append(found)
            last = key
        elif group is not None:
            page.prefixes.append(group)
            cursor.skip(group)
            last = group
    return page


def _group(key: str, prefix: str, delimiter: str) -> str | None:
    """The common prefix that stands for `key`, if any."""
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def has_objects(bucket: Bucket) -> bool:
    """Is there any object?"""
    return next(keys(bucket), None) is not None
