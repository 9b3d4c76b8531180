"""The files of an UNLOAD, their names, and the manifest that lists them.

Files get their names when all are written, so that a failed UNLOAD leaves none behind.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from localaws.redshift.copy.unload_command import UnloadCommand
from localaws.s3.metadata import without_record
from localaws.s3.store import Bucket

__all__ = ["NO_VALUE", "Column", "UnloadFiles", "existing"]

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""Stands for NULL among the values of a partition."""

Column = tuple[str, int, int]
"""Name, PostgreSQL's type and its modifier."""
_SSE = "x-amz-server-side-encryption"
_ENDINGS = {"GZIP": ".gz", "BZIP2": ".bz2", "ZSTD": ".zst"}
# What a verbose manifest calls types; the guide's example has a text's length without a name, which is no JSON: `max_length` is ours.
_BASES = {
    16: "boolean", 20: "bigint", 21: "smallint", 23: "integer", 700: "real", 701: "double precision", 1042: "character",
    1043: "character varying", 1082: "date", 1083: "time without time zone", 1114: "timestamp without time zone",
    1184: "timestamp with time zone", 1266: "time with time zone", 1700: "numeric", 3802: "super", 17: "varbyte",
}  # fmt: skip


@dataclass
class UnloadFiles:
    """The files of one UNLOAD, under drafts' names until `finish`."""

    command: UnloadCommand
    storage: Path
    made: list[tuple[Path, Path]] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    folder: str = ""
    first: int = 0
    partitions: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    """Values and folder of each."""

    def enter(self, folder: str, values: tuple[str, ...]) -> None:
        """Files that follow are of a partition: below its folder, numbered anew."""
        self.folder, self.first = folder, len(self.made)
        self.partitions.append((values, folder))

    def next_path(self) -> Path:
        number = len(self.made) - self.first
        place = f"0000_part_{number:02d}" if self.command.parallel else f"{number:03d}"
        ending = self.command.extension or (
            (".parquet" if self.command.format == "PARQUET" else "") + _ENDINGS.get(self.command.compression, "")
        )
        if self.command.extension:
            ending = "." + self.command.extension.lstrip(".")
        final = self.storage / self.command.bucket / f"{self.command.key}{self.folder}{self.command.prefix}{place}{ending}"
        final.parent.mkdir(parents=True, exist_ok=True)
        draft = final.with_name(f".{final.name}.{self.run}")
        self.made.append((draft, final))
        self.counts.append(0)
        return draft

    def finish(self, columns: Sequence[Column]) -> None:
        """All of them at once, in the place of what was there where that is asked for."""
        if self.command.clean_path:
            drafts = {draft for draft, _ in self.made}
            for path in set(existing(self.storage, self.command)) - drafts:
                path.unlink()
        if "ENCRYPTED" in self.command.seen:
            self._keep_encryption()
        for draft, final in self.made:
            os.replace(draft, final)
        if self.command.manifest:
            self._write_manifest(columns)

    def _keep_encryption(self) -> None:
        """What HeadObject says of server-side encryption; its keys are S3's business, whose files lie here as they are."""
        key = self.command.kms_key
        headers = {_SSE: "aws:kms", f"{_SSE}-aws-kms-key-id": key} if key else {_SSE: "AES256"}
        bucket = Bucket(self.storage.parent, self.command.bucket)
        root = self.storage / self.command.bucket
        for draft, final in self.made:
            status = draft.stat()
            bucket.metadata.write(final.relative_to(root).as_posix(), status, replace(without_record(status), headers=headers))

    def give_up(self) -> None:
        for draft, _ in self.made:
            draft.unlink(missing_ok=True)

    def _write_manifest(self, columns: Sequence[Column]) -> None:
        root = self.storage / self.command.bucket
        entries = [
            {
                "url": f"s3://{self.command.bucket}/{final.relative_to(root).as_posix()}",
                "meta": {"content_length": final.stat().st_size, "record_count": count},
            }
            for (_, final), count in zip(self.made, self.counts, strict=True)
        ]
        document: dict[str, Any] = {"entries": entries}
        if self.command.verbose:
            total = sum(final.stat().st_size for _, final in self.made)
            document |= {
                "schema": {"elements": [{"name": name, "type": _type(kind, modifier)} for name, kind, modifier in columns]},
                "meta": {"content_length": total, "record_count": sum(self.counts)},
                "author": {"name": "Amazon Redshift", "version": "1.0.0"},
            }
        (root / f"{self.command.key}manifest").write_text(json.dumps(document), encoding="utf-8")


def existing(storage: Path, command: UnloadCommand) -> list[Path]:
    root = storage / command.bucket
    folder = root / command.key.rpartition("/")[0]
    if not folder.is_dir():
        return []
    return [path for path in folder.rglob("*") if path.is_file() and path.relative_to(root).as_posix().startswith(command.key)]


def _type(kind: int, modifier: int) -> dict[str, Any]:
    """A column's type as a verbose manifest has it."""
    found: dict[str, Any] = {"base": _BASES.get(kind, "character varying")}
    if kind in (1042, 1043) and modifier > 0:
        found["max_length"] = modifier - 4
    if kind == 1700 and modifier > 0:
        found |= {"precision": (modifier - 4) >> 16 & 65535, "scale": (modifier - 4) & 2047}
    return found
