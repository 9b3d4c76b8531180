"""Extractions: what a source answers goes to landing as it is, and the manifest commits it.

Data is written into a folder of the attempt. Only the manifest makes it count, so a killed attempt
leaves files that nobody reads (maintenance removes them).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from etl_common.http_pages import JsonApi, Page, Paginator
from etl_common.manifest import LandedFile, Landing, LandingManifest
from etl_common.objects import list_objects
from etl_common.readers.json_pages import check_fields, page_name
from etl_common.watermarks import Window

__all__ = ["Extraction"]


@dataclass(frozen=True)
class Extraction:
    """Extractions of one batch into the landing folders of one source system."""

    landing: Landing
    batch_id: str
    business_date: date

    def frame(self, table: str, read: Callable[[], DataFrame], window: Window | None = None) -> LandingManifest:
        """Land a frame as Parquet. read: called only when the batch has not been extracted before."""
        earlier = self.landing.read(table, self.batch_id, self.business_date)
        if earlier is not None:
            return earlier
        folder = f"attempt-{uuid4().hex}/"
        frame = read()
        frame.write.parquet(self.landing.uri(table, self.batch_id, self.business_date, folder))
        prefix = self.landing.prefix(table, self.batch_id, self.business_date)
        landed = frame.sparkSession.read.schema(frame.schema)  # given, or Spark starts a job to find it out
        rows = landed.parquet(self.landing.uri(table, self.batch_id, self.business_date, folder)).count()
        found = [item for item in list_objects(self.landing.s3, self.landing.bucket, prefix + folder) if item["Key"].endswith(".parquet")]
        files = tuple(LandedFile(item["Key"].removeprefix(prefix), None, item["Size"]) for item in found)
        details = {"rows": rows, "schema": frame.schema.json()}
        low, high = (None, None) if window is None else (_iso(window.low), _iso(window.high or window.low))
        return self.landing.commit(self._manifest(table, files, details, low, high))

    def pages(
        self, feed: str, api: JsonApi, path: str, paginator: Paginator, parameters: Mapping[str, str], fields: Mapping[str, Any]
    ) -> LandingManifest:
        """Land every page of a feed as received. Nothing is committed when a page is missing or of another shape."""
        earlier = self.landing.read(feed, self.batch_id, self.business_date)
        if earlier is not None:
            return earlier
        folder = f"attempt-{uuid4().hex}/"
        files = tuple(self._land_page(feed, folder, page, path, fields) for page in api.pages(path, paginator, parameters))
        return self.landing.commit(self._manifest(feed, files, {"rows": sum(file.rows or 0 for file in files)}))

    def read_frame(self, spark: SparkSession, manifest: LandingManifest) -> DataFrame:
        """The landed Parquet files that the manifest names, and no others."""
        uris = [self.landing.uri(manifest.table, self.batch_id, self.business_date, file.name) for file in manifest.files]
        reader = spark.read
        if "schema" in manifest.details:
            reader = reader.schema(T.StructType.fromJson(json.loads(manifest.details["schema"])))
        return reader.parquet(*uris)

    def folder(self, manifest: LandingManifest) -> str:
        """The URI of the attempt's folder."""
        name = manifest.files[0].name.rsplit("/", 1)[0] + "/" if manifest.files else ""
        return self.landing.uri(manifest.table, self.batch_id, self.business_date, name)

    def _land_page(self, feed: str, folder: str, page: Page, path: str, fields: Mapping[str, Any]) -> LandedFile:
        check_fields(page, path, fields)
        name = folder + page_name(page.number)
        key = self.landing.prefix(feed, self.batch_id, self.business_date) + name
        self.landing.s3.put_object(Bucket=self.landing.bucket, Key=key, Body=page.body, ContentType="application/json")
        return LandedFile(name, page.records, len(page.body), hashlib.sha256(page.body).hexdigest())

    def _manifest(
        self, table: str, files: tuple[LandedFile, ...], details: Mapping[str, Any], low: str | None = None, high: str | None = None
    ) -> LandingManifest:
        return LandingManifest(table, self.batch_id, self.business_date.isoformat(), files, low, high, details)


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="microseconds")
