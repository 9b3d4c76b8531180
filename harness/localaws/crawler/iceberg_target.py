"""An Iceberg target crawled: tables are found by their metadata folder and registered with the newest metadata file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localaws.crawler.exceptions import CrawlError
from localaws.crawler.globs import is_excluded
from localaws.crawler.schemas import Array, Map, Struct, Type, render
from localaws.crawler.tables import Found, table_name
from localaws.s3.exceptions import NoSuchBucketError
from localaws.s3.listing import keys
from localaws.s3.store import Bucket

__all__ = ["find_iceberg_tables", "iceberg_type"]

_METADATA = re.compile(r"(?P<table>.+)/metadata/(?:v(?P<v>\d+)|(?P<number>\d+)-[0-9a-f-]+)\.metadata\.json")
_DEPTH = 10
_TYPES: Mapping[str, str] = {
    "boolean": "boolean", "int": "int", "long": "bigint", "float": "float", "double": "double", "date": "date", "time": "string",
    "timestamp": "timestamp", "timestamptz": "timestamp", "string": "string", "uuid": "string", "binary": "binary",
}  # fmt: skip


def find_iceberg_tables(home: Path, target: Mapping[str, Any], crawler: str, prefix: str) -> list[Found]:
    """The Iceberg tables below the paths of the target, each with the metadata file that it has now.

    Raises:
        CrawlError: a bucket is missing.
    """
    found, depth = [], int(target.get("MaximumTraversalDepth") or _DEPTH)
    for path in target.get("Paths") or []:
        bucket_name, _, folder = str(path).removeprefix("s3://").rstrip("/").partition("/")
        try:
            bucket = Bucket(home, bucket_name)
        except NoSuchBucketError as error:
            raise CrawlError(f"The target {path}: there is no bucket {bucket_name}.") from error
        newest: dict[str, tuple[int, str]] = {}
        for key in keys(bucket, folder + "/" if folder else ""):
            matched = _METADATA.fullmatch(key)
            below = key[len(folder) :].strip("/")
            if matched and below.count("/") <= depth + 1 and not is_excluded(below, target.get("Exclusions") or []):
                number = int(matched["v"] or matched["number"])
                newest[matched["table"]] = max(newest.get(matched["table"], (-1, "")), (number, key))
        found += [_table(bucket, table, key, crawler, prefix) for table, (_, key) in sorted(newest.items())]
    return found


def _table(bucket: Bucket, path: str, metadata_key: str, crawler: str, prefix: str) -> Found:
    location = f"s3://{bucket.name}/{metadata_key}"
    try:
        metadata = json.loads((bucket.folder / metadata_key).read_bytes())
        schema = next(each for each in metadata["schemas"] if each["schema-id"] == metadata["current-schema-id"])
    except (ValueError, KeyError, StopIteration) as error:
        raise CrawlError(f"{location} is no Iceberg metadata: {error}") from error
    columns = [
        {
            "Name": field["name"],
            "Type": render(iceberg_type(field["type"])),
            "Parameters": {
                "iceberg.field.id": str(field["id"]),
                "iceberg.field.optional": str(not field["required"]).lower(),
                "iceberg.field.current": "true",
            },
        }
        for field in schema["fields"]
    ]
    table = {
        "Name": table_name(prefix, path),
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"table_type": "ICEBERG", "metadata_location": location, "UPDATED_BY_CRAWLER": crawler},
        "PartitionKeys": [],
        "StorageDescriptor": {"Columns": columns, "Location": metadata["location"]},
    }
    return Found(table, {})


def iceberg_type(kind: Any) -> Type:
    """The catalog's type of an Iceberg type as metadata writes it."""
    if isinstance(kind, str):
        if kind.startswith("decimal"):
            return kind.replace(" ", "")
        return "binary" if kind.startswith("fixed") else _TYPES.get(kind, "string")
    if kind["type"] == "list":
        return Array(iceberg_type(kind["element"]))
    if kind["type"] == "map":
        return Map(iceberg_type(kind["key"]), iceberg_type(kind["value"]))
    return Struct(tuple((field["name"], iceberg_type(field["type"])) for field in kind["fields"]))
