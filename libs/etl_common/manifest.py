"""Commit 1: the landing manifest. What a batch received, written once, after the data.

An extraction exists when its manifest does. Its data files lie in a folder of the attempt, so that
what a killed attempt left behind is never read. A later run of the batch, or a rebuild of all layers
above, finds the manifest and reads landing instead of asking the source again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from botocore.exceptions import ClientError

from etl_common.exceptions import LandingError

__all__ = ["LandedFile", "Landing", "LandingManifest"]

MANIFEST = "manifest.json"
_EXISTS = {"PreconditionFailed", "ConditionalRequestConflict", "412"}


@dataclass(frozen=True)
class LandedFile:
    """One received file: its name below the batch's folder, data records, stored bytes and their SHA-256."""

    name: str
    rows: int | None
    bytes: int
    sha256: str | None = None


@dataclass(frozen=True)
class LandingManifest:
    """The record of one extraction. low, high: watermarks of an incremental one, as ISO 8601 text."""

    table: str
    batch_id: str
    business_date: str
    files: tuple[LandedFile, ...]
    low: str | None = None
    high: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(file.rows or 0 for file in self.files)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, text: bytes, where: str) -> LandingManifest:
        """Raises LandingError when the text is not a manifest."""
        try:
            content = json.loads(text)
            files = tuple(LandedFile(f["name"], f.get("rows"), f["bytes"], f.get("sha256")) for f in content["files"])
            return cls(
                content["table"], content["batch_id"], content["business_date"], files,
                content.get("low"), content.get("high"), content.get("details") or {},
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LandingError(where, f"is not a manifest ({error!r})", "have the sender write it again, last of all files") from error


@dataclass(frozen=True)
class Landing:
    """The landing folders of one source system: `<system>/<table>/ingestion_date=…/batch_id=…/`."""

    s3: Any
    bucket: str
    system: str

    def prefix(self, table: str, batch_id: str, business_date: date) -> str:
        return f"{self.system}/{table}/ingestion_date={business_date.isoformat()}/batch_id={batch_id}/"

    def uri(self, table: str, batch_id: str, business_date: date, name: str = "") -> str:
        return f"s3://{self.bucket}/{self.prefix(table, batch_id, business_date)}{name}"

    def read(self, table: str, batch_id: str, business_date: date) -> LandingManifest | None:
        """The batch's manifest, or None when the batch has not been extracted.

        Raises LandingError when it is of another table or batch than its folder says.
        """
        return self._manifest(self.prefix(table, batch_id, business_date) + MANIFEST, table, batch_id)

    def require(self, table: str, batch_id: str, business_date: date) -> LandingManifest:
        """As `read`. Raises LandingError when there is none."""
        found = self.read(table, batch_id, business_date)
        if found is None:
            where = self.uri(table, batch_id, business_date, MANIFEST)
            raise LandingError(where, "does not exist", "deliver files, then the manifest, or correct --batch_id and --business_date")
        return found

    def commit(self, manifest: LandingManifest) -> LandingManifest:
        """Write the manifest, once. Of two attempts the first wins, and its manifest is returned."""
        business_date = date.fromisoformat(manifest.business_date)
        key = self.prefix(manifest.table, manifest.batch_id, business_date) + MANIFEST
        try:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=manifest.to_json(), ContentType="application/json", IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _EXISTS:
                raise
        return self.require(manifest.table, manifest.batch_id, business_date)

    def history(self, table: str) -> Iterator[LandingManifest]:
        """Every committed extraction of the table, by folder name."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self.system}/{table}/")
        for page in pages:
            for item in page.get("Contents", ()):
                if item["Key"].endswith("/" + MANIFEST):
                    found = self._manifest(item["Key"], table, None)
                    if found is not None:
                        yield found

    def high_watermark(self, table: str, *, other_than: str) -> str | None:
        """The newest high-water mark that an extraction of another batch committed, as ISO 8601 text."""
        return max((m.high for m in self.history(table) if m.high and m.batch_id != other_than), default=None)

    def _manifest(self, key: str, table: str, batch_id: str | None) -> LandingManifest | None:
        where = f"s3://{self.bucket}/{key}"
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise
        found = LandingManifest.from_json(body, where)
        if found.table != table or (batch_id is not None and found.batch_id != batch_id):
            raise LandingError(where, f"is of table {found.table}, batch {found.batch_id}", "have the sender put it into its own folder")
        return found
