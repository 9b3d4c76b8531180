"""The objects a COPY names: a prefix or a manifest in the local object storage, whose objects are plain files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from localaws.redshift.copy.command import CopyCommand
from localaws.redshift.exceptions import LoadError

__all__ = ["SourceObject", "find_objects"]


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One object and the file that holds it."""

    uri: str
    path: Path


def find_objects(storage: Path, command: CopyCommand) -> list[SourceObject]:
    """The objects to load, in the order of their keys. `storage` is the folder of buckets.

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
    return found


def _under(storage: Path, bucket: str, prefix: str) -> list[SourceObject]:
    """Keys that begin with the prefix. Empty marker objects and names that begin with _ or . are not data for a load from Spark."""
    root = storage / bucket
    folder = root / prefix.rpartition("/")[0]
    if not folder.is_dir():
        return []
    files = [path for path in folder.rglob("*") if path.is_file()]
    keys = sorted((path.relative_to(root).as_posix(), path) for path in files)
    return [
        SourceObject(f"s3://{bucket}/{key}", path)
        for key, path in keys
        if key.startswith(prefix) and not path.name.startswith((".", "_")) and path.stat().st_size > 0
    ]


def _from_manifest(storage: Path, command: CopyCommand) -> list[SourceObject]:
    uri = f"s3://{command.bucket}/{command.key}"
    try:
        document = json.loads((storage / command.bucket / command.key).read_text(encoding="utf-8"))
        entries = [(str(entry["url"]), bool(entry.get("mandatory", False))) for entry in document["entries"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoadError(
            command.name, f"The manifest {uri} cannot be read: {error!r}. It is {{'entries': [{{'url', 'mandatory'}}]}}"
        ) from error
    objects = []
    for url, mandatory in entries:
        path = storage / url.removeprefix("s3://")
        if not url.startswith("s3://") or (mandatory and not path.is_file()):
            raise LoadError(command.name, f"Problem reading manifest file - S3ServiceException: {url} does not exist", file=uri)
        if path.is_file():
            objects.append(SourceObject(url, path))
    if not objects:
        raise LoadError(command.name, "No file of the manifest exists", file=uri)
    return objects
