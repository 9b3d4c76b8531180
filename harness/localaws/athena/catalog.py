"""The Glue catalog as queries see it: databases, tables, views, partitions; and where the files of a table are."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localaws.athena.exceptions import QueryFailure, not_supported
from localaws.lakeformation.lake import Lake
from localaws.lakeformation.tables import WHOLE, limited
from localaws.s3.exceptions import NoSuchBucketError
from localaws.s3.listing import keys
from localaws.s3.store import Bucket

__all__ = ["CATALOG", "Catalog", "File", "Partition", "storage_of", "view_text"]

CATALOG = "awsdatacatalog"
_VIEW = re.compile(r"/\* Presto View: ([A-Za-z0-9+/=]+) \*/")
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class File:
    """A file of a table: where it lies here, what it is called there, its size, and the values of its partition."""

    path: Path
    uri: str
    size: int
    values: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Partition:
    """A partition and its folder."""

    values: tuple[str | None, ...]
    location: str


class Catalog:
    """Reads the catalog for one query."""

    def __init__(self, glue: Any, home: Path, lake: Lake | None = None) -> None:
        """`lake` is what whoever asks sees of it; everything without one."""
        self.glue, self.home, self.lake = glue, home, lake

    def databases(self) -> list[str]:
        """Names, sorted."""
        pages = self.glue.get_paginator("get_databases").paginate()
        return sorted(database["Name"] for page in pages for database in page["DatabaseList"])

    def tables(self, database: str) -> list[dict[str, Any]]:
        """The tables and views of a database, by name."""
        try:
            pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=database)
            found = sorted((table for page in pages for table in page["TableList"]), key=lambda table: str(table["Name"]))
            return [seen for table in found if (seen := self._seen(table)) is not None]
        except ClientError as error:
            raise QueryFailure("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist") from error

    def find(self, database: str, name: str) -> dict[str, Any] | None:
        """The table or view, if there is one."""
        try:
            table: dict[str, Any] = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            return None
        seen = self._seen(table)
        if seen is None:
            words = "Insufficient permissions to execute the query. Principal does not have any privilege on specified resource"
            raise QueryFailure("PERMISSION_DENIED", f"{words}: {database}.{name}")
        return seen

    def _seen(self, table: dict[str, Any]) -> dict[str, Any] | None:
        """The table with the columns that whoever asks may select, the whole one beside them; None when nothing of it is seen."""
        sight = self.lake.sight(table) if self.lake is not None else None
        if sight is None:
            return table
        return {**limited(table, sight), WHOLE: table, "Sight": sight} if sight.exists else None

    def table(self, database: str, name: str, where: str = "") -> dict[str, Any]:
        """The table or view.

        Raises:
            QueryFailure: TABLE_NOT_FOUND; `where` is the place in the query (`line 1:15: `).
        """
        found = self.find(database, name)
        if found is None:
            raise QueryFailure("TABLE_NOT_FOUND", f"{where}Table '{CATALOG}.{database}.{name}' does not exist")
        return found

    def partitions(self, table: Mapping[str, Any]) -> list[Partition]:
        """The partitions of a table."""
        if table.get("Parameters", {}).get("projection.enabled", "false").lower() == "true":
            raise not_supported(f"Partition projection (projection.enabled of {table['Name']})")
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=table["DatabaseName"], TableName=table["Name"])
        return [
            Partition(
                tuple(None if value == _NULL_PARTITION else value for value in found["Values"]), found["StorageDescriptor"]["Location"]
            )
            for page in pages
            for found in page["Partitions"]
        ]

    def files(self, location: str, values: tuple[str | None, ...] = ()) -> list[File]:
        """The files below a location; names that begin with `_` or `.` are hidden, as in Hive."""
        bucket_name, prefix = storage_of(location)
        try:
            bucket = Bucket(self.home, bucket_name)
        except NoSuchBucketError as error:
            raise QueryFailure("HIVE_METASTORE_ERROR", f"The bucket of {location} does not exist.") from error
        folder = prefix if not prefix or prefix.endswith("/") else prefix + "/"
        found = list(keys(bucket, folder))
        if not found and prefix and not prefix.endswith("/") and bucket.find_or_none(prefix) is not None:
            found = [prefix]
        files = []
        for key in found:
            if key.endswith("/") or any(part.startswith(("_", ".")) for part in key[len(folder) :].split("/")):
                continue
            path = bucket.folder / key
            files.append(File(path, f"s3://{bucket_name}/{key}", path.stat().st_size, values))
        return [file for file in files if file.size]


def storage_of(location: str) -> tuple[str, str]:
    """Bucket and key of an s3:// location."""
    matched = re.fullmatch(r"s3[an]?://([^/]+)/?(.*)", location)
    if matched is None:
        raise QueryFailure("INVALID_TABLE_PROPERTY", f"{location!r} is no location in S3 (s3://bucket/folder/).")
    return matched[1], matched[2]


def view_text(table: Mapping[str, Any]) -> tuple[str, str] | None:
    """The SQL of a view and the database that its names are of; None for a table."""
    if table.get("TableType") != "VIRTUAL_VIEW":
        return None
    packed = _VIEW.fullmatch(str(table.get("ViewOriginalText", "")).strip())
    if packed is None:
        raise not_supported(f"The view {table['Name']}, which was not made by Athena,")
    document = json.loads(base64.b64decode(packed[1]))
    return document["originalSql"], document.get("schema") or table["DatabaseName"]
