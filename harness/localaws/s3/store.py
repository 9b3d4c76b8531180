"""Objects of one bucket as files: put in one step, read, copied, deleted.

A key with a slash at its end is S3's convention for an empty folder: it is kept as a folder with a record.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import threading
from pathlib import Path
from typing import BinaryIO

from localaws.s3.bodies import temporary_path
from localaws.s3.exceptions import NoSuchKeyError, PreconditionFailedError, UnsupportedKeyError
from localaws.s3.keys import bucket_folder, object_path
from localaws.s3.metadata import MetadataStore, ObjectMetadata, without_record

__all__ = ["Bucket", "StoredObject"]

_LOCKS = [threading.RLock() for _ in range(256)]
_MARKER = ".folder-markers"


class StoredObject:
    """An object in one state."""

    def __init__(self, key: str, path: str, status: os.stat_result, metadata: ObjectMetadata) -> None:
        self.key, self.path, self.status, self.metadata = key, path, status, metadata

    @property
    def size(self) -> int:
        return 0 if stat.S_ISDIR(self.status.st_mode) else self.status.st_size

    @property
    def modified(self) -> int:
        """Seconds since 1970; S3's times have no fractions."""
        return self.status.st_mtime_ns // 1_000_000_000


def _same_state(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_ino, one.st_size, one.st_mtime_ns) == (other.st_ino, other.st_size, other.st_mtime_ns)


class Bucket:
    """The objects of a bucket that exists."""

    def __init__(self, home: Path, name: str) -> None:
        self.name = name
        self.folder = bucket_folder(home / "s3", name)
        self.private = home / "s3-meta" / name
        self.metadata = MetadataStore(self.private)

    def lock(self, key: str) -> threading.RLock:
        """Held while an object is replaced, so that conditions and metadata concern one state."""
        return _LOCKS[hash((self.name, key)) % len(_LOCKS)]

    def new_file(self) -> str:
        """A name outside the bucket, on the same file system."""
        return temporary_path(str(self.private / "incoming"))

    def find(self, key: str) -> StoredObject:
        """The object of `key`.

        Raises:
            NoSuchKeyError: there is none.
        """
        path = self._path(key)
        while True:
            status = self._status(key, path)
            found = self._in_state(key, path, status)
            if found is not None:
                return found

    def open(self, key: str) -> tuple[StoredObject, BinaryIO]:
        """The object of `key` and its bytes, both of one state; whoever calls closes the file.

        The file is opened before its record is read: as long as it is open its inode, which the record's name has, is nobody else's.

        Raises:
            NoSuchKeyError: there is none.
        """
        if key.endswith("/"):
            return self.find(key), io.BytesIO()
        path = self._path(key)
        while True:
            try:
                file = open(path, "rb", buffering=0)  # noqa: SIM115 - handed over
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                raise NoSuchKeyError(key) from None
            found = self._in_state(key, path, os.fstat(file.fileno()))
            if found is not None:
                return found, file
            file.close()

    def _path(self, key: str) -> str:
        try:
            return object_path(self.folder, key)
        except UnsupportedKeyError as error:
            raise NoSuchKeyError(key) from error

    def _status(self, key: str, path: str) -> os.stat_result:
        try:
            status = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            raise NoSuchKeyError(key) from None
        if stat.S_ISDIR(status.st_mode) and not (key.endswith("/") and self._marker(key).exists()):
            raise NoSuchKeyError(key)
        return status

    def _in_state(self, key: str, path: str, status: os.stat_result) -> StoredObject | None:
        """The object in the state `status`; None when it was replaced, record and all, since that was read."""
        metadata = self.metadata.read(key, status)
        if metadata is None and not _same_state(status, self._status(key, path)):
            return None
        return StoredObject(key, path, status, metadata or without_record(status))

    def find_or_none(self, key: str) -> StoredObject | None:
        """The object of `key`, if there is one."""
        try:
            return self.find(key)
        except NoSuchKeyError:
            return None

    def put(self, key: str, file: str, metadata: ObjectMetadata, exclusive: bool = False) -> StoredObject:
        """Make `file`, which disappears, the object of `key`; whoever reads sees the old one or the new one, whole.

        With `exclusive` the object must not exist, not even by somebody else's hand in the same moment.

        Raises:
            PreconditionFailedError: it does.
            UnsupportedKeyError: a file system cannot hold both this key and another that exists.
        """
        path = object_path(self.folder, key)
        status = os.stat(file)
        with self.lock(key):
            before = self.find_or_none(key)
            if key.endswith("/"):
                return self._put_marker(key, path, file, status, metadata)
            self.metadata.write(key, status, metadata)
            self._place(key, file, path, exclusive)
            if before is not None and before.status.st_ino != status.st_ino:
                self.metadata.forget(key, before.status)
        return StoredObject(key, path, status, metadata)

    def _place(self, key: str, file: str, path: str, exclusive: bool) -> None:
        for attempt in range(100):
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                if exclusive:
                    os.link(file, path)
                    os.unlink(file)
                else:
                    os.replace(file, path)
                return
            except (NotADirectoryError, FileExistsError) as error:
                if exclusive and os.path.isfile(path):
                    raise PreconditionFailedError("If-None-Match") from error
                raise UnsupportedKeyError(key, "a part of it, before a slash, is the key of another object") from error
            except IsADirectoryError as error:
                if not self._remove_empty_tree(path):
                    raise UnsupportedKeyError(key, "it is also the prefix of other objects (a folder)") from error
            except FileNotFoundError:  # the folder was removed between the two steps, by a delete of its last object
                if attempt == 99:
                    raise

    def _put_marker(self, key: str, path: str, file: str, status: os.stat_result, metadata: ObjectMetadata) -> StoredObject:
        if status.st_size:
            raise UnsupportedKeyError(key, "it ends with a slash and the object is not empty")
        try:
            os.makedirs(path, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise UnsupportedKeyError(key, "a part of it, before a slash, is the key of another object") from error
        os.unlink(file)
        marker = self._marker(key)
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        status = os.stat(path)
        self.metadata.write(key, status, metadata)
        return StoredObject(key, path, status, metadata)

    def is_marker(self, key: str) -> bool:
        """Is `key`, which ends with a slash, an object of its own?"""
        return self._marker(key).exists()

    def _marker(self, key: str) -> Path:
        from hashlib import sha1

        return self.private / _MARKER / sha1(key.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()

    def delete(self, key: str) -> None:
        """Remove the object, if there is one, and the folders that held nothing else."""
        with self.lock(key):
            found = self.find_or_none(key)
            if found is None:
                return
            if key.endswith("/"):
                self._marker(key).unlink()
            else:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(found.path)
            self.metadata.forget(key, found.status)
        self._remove_empty_parents(found.path.rstrip("/") if key.endswith("/") else os.path.dirname(found.path))

    def _remove_empty_parents(self, folder: str) -> None:
        while folder != str(self.folder):
            key = os.path.relpath(folder, self.folder) + "/"
            if self.is_marker(key):
                return
            try:
                os.rmdir(folder)
            except OSError:
                return
            folder = os.path.dirname(folder)

    def _remove_empty_tree(self, path: str) -> bool:
        """Remove folders below `path` that hold no file; false when there is one."""
        for parent, _, files in os.walk(path, topdown=False):
            if files:
                return False
            with contextlib.suppress(OSError):
                os.rmdir(parent)
        return not os.path.exists(path)
