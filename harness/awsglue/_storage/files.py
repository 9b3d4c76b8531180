"""Files below paths, listed by Hadoop's file system, so that s3:// and file: are the same here and on Glue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from awsglue.exceptions import SourceError

__all__ = ["File", "bounded", "glob_expression", "list_files", "without"]


@dataclass(frozen=True, order=True)
class File:
    """A file: when it was last changed (milliseconds since 1970), its path, its bytes."""

    modified: int
    path: str
    size: int


def list_files(spark: SparkSession, paths: Iterable[str], recurse: bool, partitions: bool = False) -> list[File]:
    """Files at or below the paths, oldest first, without those whose name begins with `_` or `.`.

    recurse: also in sub-folders. partitions: also in sub-folders called `name=value`. A path may hold wildcards.
    Raises SourceError naming a path that is not there, with what there is beside it.
    """
    jvm: Any = spark._jvm
    hadoop = jvm.org.apache.hadoop.fs
    configuration = spark._jsc.hadoopConfiguration()  # type: ignore[attr-defined]
    found: dict[str, File] = {}
    for path in paths:
        at = hadoop.Path(path)
        system = at.getFileSystem(configuration)
        matches = system.globStatus(at)
        if not matches:
            raise SourceError(f"Path {path}", _what_there_is(system, at), "Correct it, or write something there first")
        for status in matches:
            _collect(system, status, recurse, partitions, found, top=True)
    return sorted(found.values())


def _collect(system: Any, status: Any, recurse: bool, partitions: bool, found: dict[str, File], top: bool) -> None:
    name = status.getPath().getName()
    if not top and name.startswith(("_", ".")):
        return
    if status.isFile():
        path = status.getPath().toString()
        found[path] = File(status.getModificationTime(), path, status.getLen())
    elif top or recurse or (partitions and "=" in name):
        for inner in system.listStatus(status.getPath()):
            _collect(system, inner, recurse, partitions, found, top=False)


def _what_there_is(system: Any, path: Any) -> str:
    above = path.getParent()
    while above is not None and not system.exists(above):
        above = above.getParent()
    if above is None:
        return "there is no such path"
    names = sorted(status.getPath().getName() for status in system.listStatus(above))
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return f"there is no such path. {above.toString()} has: {shown or 'nothing'}"


def without(files: Sequence[File], exclusions: Sequence[str], bases: Iterable[str]) -> list[File]:
    """The files that no exclusion matches: globs of whole paths, or of paths below one of the bases, as of crawlers."""
    expressions = [re.compile(glob_expression(glob)) for glob in exclusions]
    prefixes = [re.sub(r"^\w+:/*", "", base).rstrip("/") + "/" for base in bases]

    def names(path: str) -> Iterable[str]:
        bare = re.sub(r"^\w+:/*", "", path)
        yield path
        yield bare
        yield from (bare[len(prefix) :] for prefix in prefixes if bare.startswith(prefix))

    return [file for file in files if not any(one.fullmatch(name) for one in expressions for name in names(file.path))]


def glob_expression(glob: str) -> str:
    """Regular expression of a glob: `*` within a folder, `**` across folders, `?`, `[a-c]`, `{a,b}` ("Include and exclude patterns").

    >>> glob_expression("**.pdf"), glob_expression("a/*.{csv,txt}")
    ('.*\\\\.pdf', 'a/[^/]*\\\\.(?:csv|txt)')
    """
    parts = re.split(r"(\*\*/?|\*|\?|\[[^\]]+\]|\{|\}|,)", glob)
    depth, out = 0, []
    for part in parts:
        if part == "**/":
            out.append("(?:.*/)?")
        elif part in ("**", "*", "?"):
            out.append({"**": ".*", "*": "[^/]*", "?": "[^/]"}[part])
        elif part in ("{", "}"):
            depth += 1 if part == "{" else -1
            out.append("(?:" if part == "{" else ")")
        elif part == "," and depth:
            out.append("|")
        elif part.startswith("[") and part.endswith("]"):
            out.append(part.replace("[!", "[^"))
        else:
            out.append(re.escape(part))
    return "".join(out)


def bounded(files: Sequence[File], most_files: Any = None, most_bytes: Any = None) -> list[File]:
    """The oldest files up to a number and a sum of bytes; at least one when there is any."""
    kept: list[File] = []
    total = 0
    for file in sorted(files):
        total += file.size
        if most_files is not None and len(kept) >= int(most_files):
            break
        if most_bytes is not None and kept and total > int(most_bytes):
            break
        kept.append(file)
    return kept
