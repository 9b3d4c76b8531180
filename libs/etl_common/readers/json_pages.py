"""Landed pages of a JSON API as raw records. Values are kept as text until they are cleaned.

Spark reads JSON numbers into text columns as they are written, so no digit is lost on the way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from etl_common.exceptions import PageShapeError
from etl_common.http_pages import Page

__all__ = ["check_fields", "read_json_pages"]


def check_fields(page: Page, url: str, fields: Mapping[str, Any], *, records: str = "data") -> None:
    """Compare the fields of every record with those declared, nested lists of objects too.

    fields: name -> None, or the fields of the objects in a list. A field that is missing from one record
    only is that record's defect and is left to cleaning; one that is unknown, or missing from all, is
    drift. Raises PageShapeError.
    """
    _check(list(page.content[records]), fields, "", url, page.number)


def read_json_pages(spark: SparkSession, uri: str, record: T.StructType, *, records: str = "data") -> DataFrame:
    """Raw records of all `page-*.json` below uri.

    record: the record's type, with text for every value. Out: its fields, `_origin` string (page),
    `_position` bigint (record number in its page), `_raw` string null, `_ragged`, `_broken_encoding` false.
    """
    schema = T.StructType([T.StructField(records, T.ArrayType(record))])
    pages = (
        spark.read.schema(schema)
        .option("multiLine", "true")
        .option("mode", "FAILFAST")
        .option("recursiveFileLookup", "true")
        .option("pathGlobFilter", "page-*.json")
        .json(uri)
    )
    numbered = pages.select(F.col("_metadata.file_name").alias("_origin"), F.posexplode(records).alias("_index", "_record"))
    return numbered.select(
        "_record.*",
        "_origin",
        (F.col("_index").cast("bigint") + 1).alias("_position"),
        F.lit(None).cast("string").alias("_raw"),
        F.lit(False).alias("_ragged"),
        F.lit(False).alias("_broken_encoding"),
    )


def page_name(number: int) -> str:
    """Sorts as the pages came."""
    return f"page-{number:05d}.json"


def _check(found: Iterable[Any], fields: Mapping[str, Any], path: str, url: str, page: int) -> None:
    found = list(found)
    if not found:
        return
    seen = {name for record in found for name in record}
    if seen - fields.keys():
        raise PageShapeError(url, page, f"has unknown fields {_names(seen - fields.keys(), path)}; declare or drop them at the source")
    if fields.keys() - seen:
        raise PageShapeError(url, page, f"lacks the fields {_names(fields.keys() - seen, path)} in every record")
    for name, inner in fields.items():
        if inner is None:
            continue
        for record in found:
            if not isinstance(record.get(name, []), list):
                raise PageShapeError(url, page, f"has a {path}{name} that is no list: {json.dumps(record[name])[:100]}")
        items = [item for record in found for item in record.get(name, [])]
        for item in items:
            if not isinstance(item, dict):
                raise PageShapeError(url, page, f"has in {path}{name} what is no object: {json.dumps(item)[:100]}")
        _check(items, inner, f"{path}{name}.", url, page)


def _names(names: Iterable[str], path: str) -> str:
    return ", ".join(sorted(path + name for name in names))
