"""The objects a COPY names: a prefix or a manifest in the local object storage, whose objects are plain files, perhaps compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.exceptions import LoadError

__all__ = ["BROKEN", "SourceObject", "find_objects", "opened"]

BROKEN = (gzip.BadGzipFile, EOFError, OSError, pa.ArrowInvalid, zlib.error)
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One object and the file that holds it."""

    uri: str
    path: Path


def find_objects(storage: Path, command: CopyCommand) -> list[SourceObject]:
    """The objects to load, in the order of their keys; empty ones hold nothing. `storage` is the folder of buckets.

    Raises:
        LoadError: the bucket, the prefix or a mandatory entry of the manifest does not exist.
    """
    if not (storage / command.bucket).is_dir():
        raise LoadError(command.name, f"S3ServiceException: The specified bucket does not exist: {command.bucket}")
    if command.manifest:
        return _from_manifest(storage, command)
    found = _under(storage, command.bucket, command.key)
    if not found:
        raise LoadError(command.name, f"The specified S3 prefix '{command.key}' does not exist in bucket {command.bucket}")
    return [source for source in found if source.path.stat().st_size > 0]


def opened(command: CopyCommand, source: SourceObject) -> io.BufferedReader:
    """The object's content, decompressed as it is read; one of `BROKEN` is raised where it cannot be."""
    if command.compression == "GZIP":
        raw: Any = gzip.GzipFile(source.path, "rb")
    elif command.compression == "BZIP2":
        raw = bz2.BZ2File(source.path, "rb")
    elif command.compression == "ZSTD":
        raw = pa.CompressedInputStream(pa.OSFile(str(source.path)), "zstd")
    else:
        raw = io.FileIO(source.path)
    return io.BufferedReader(raw, _BUFFER)


def _under(storage: Path, bucket: str, prefix: str) -> list[SourceObject]:
    """Keys that begin with the prefix; names that begin with _ or . are no data: Spark's markers, and drafts."""
    root = storage / bucket
    folder = root / prefix.rpartition("/")[0]
    if not folder.is_dir():
        return []
    files = [path for path in folder.rglob("*") if path.is_file()]
    keys = sorted((path.relative_to(root).as_posix(), path) for path in files)
    return [
        SourceObject(f"s3://{bucket}/{key}", path) for key, path in keys if key.startswith(prefix) and not path.name.startswith((".", "_"))
    ]


def _from_manifest(storage: Path, command: CopyCommand) -> list[SourceObject]:
    uri = f"s3://{command.bucket}/{command.key}"
    if not (storage / command.bucket / command.key).is_file():
        raise LoadError(command.name, "COPY with MANIFEST parameter requires full path of an S3 object", file=uri)
    try:
        document = json.loads((storage / command.bucket / command.key).read_text(encoding="utf-8"))
        entries = [
            (str(entry["url"]), bool(entry.get("mandatory", False)), entry.get("meta", {}).get("content_length"))
            for entry in document["entries"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LoadError(
            command.name, f"The manifest {uri} cannot be read: {error!r}. It is {{'entries': [{{'url', 'mandatory'}}]}}"
        ) from error
    objects = []
    for url, mandatory, length in entries:
        path = storage / url.removeprefix("s3://")
        if not url.startswith("s3://") or (mandatory and not path.is_file()):
            raise LoadError(command.name, f"Problem reading manifest file - S3ServiceException: {url} does not exist", file=uri)
        if path.is_file():
            if length is not None and length != path.stat().st_size:
                raise LoadError(
                    command.name, f"The manifest says content_length {length}, the file has {path.stat().st_size} bytes", file=url
                )
            objects.append(SourceObject(url, path))
    if not objects:
        raise LoadError(command.name, "No file of the manifest exists", file=uri)
    return objects
