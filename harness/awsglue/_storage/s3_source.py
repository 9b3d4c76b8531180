"""Reading files below paths: options checked, files listed, those of earlier runs left out, the rest read by the format's module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from awsglue._core.records import Records, Stage
from awsglue._storage import columnar_formats, csv_format, grok_format, json_format, xml_format
from awsglue._storage.files import File, bounded, list_files, without
from awsglue._storage.options import LAKE, checked, is_true, json_list, known_format
from awsglue._storage.request import FileRequest
from awsglue.exceptions import BadOptionError
from awsglue.job import current_bookmarks

__all__ = ["CONNECTION_OPTIONS", "listed", "read_files", "read_s3"]

CONNECTION_OPTIONS = ("path", "paths", "recurse", "exclusions", "boundedFiles", "boundedSize", "compressionType", "compression",
                      "excludeStorageClasses", "mergeSchema", "additionalOptions")  # fmt: skip
_READERS: Mapping[str, Callable[[FileRequest], Records]] = {
    "csv": csv_format.read,
    "json": json_format.read,
    "jsonlines": json_format.read,
    "xml": xml_format.read,
    "grokLog": grok_format.read,
    "parquet": partial(columnar_formats.read, "parquet"),
    "glueparquet": partial(columnar_formats.read, "parquet"),
    "orc": partial(columnar_formats.read, "orc"),
    "avro": partial(columnar_formats.read, "avro"),
}
_PARTITIONED = ("parquet", "glueparquet", "orc", "avro")


def read_s3(
    spark: SparkSession,
    connection_options: Mapping[str, Any],
    format: str | None,
    format_options: Mapping[str, Any],
    context: str = "",
    as_data_frame: bool = False,
) -> Records:
    """Records of the files below `paths`. Raises BadOptionError or SourceError naming what is wrong and what there is."""
    chosen = known_format("create from_options", format)
    if chosen in LAKE:
        paths = _paths(connection_options)
        rest = {name: value for name, value in connection_options.items() if name not in ("path", "paths")}
        return columnar_formats.read_lake(spark, chosen, paths[0], {**rest, **format_options})
    options = checked("connection_options of s3", connection_options, CONNECTION_OPTIONS)
    paths = _paths(options)
    files = listed(spark, paths, options, chosen)
    given = dict(format_options)
    if "mergeSchema" in options:
        given["mergeSchema"] = options["mergeSchema"]
    return read_files(spark, files, paths, chosen, given, options, context, as_data_frame=as_data_frame)


def _paths(options: Mapping[str, Any]) -> list[str]:
    given = options.get("paths", options.get("path"))
    if not given:
        raise BadOptionError("create from_options", "connection_options lacks 'paths'", sorted(CONNECTION_OPTIONS))
    return [given] if isinstance(given, str) else [str(path) for path in given]


def listed(spark: SparkSession, paths: Sequence[str], options: Mapping[str, Any], format: str) -> list[File]:
    """Files below the paths that no exclusion matches."""
    files = list_files(spark, paths, is_true(options.get("recurse", False)), partitions=format in _PARTITIONED)
    return without(files, json_list("exclusions", options.get("exclusions")), paths)


def read_files(
    spark: SparkSession,
    files: Sequence[File],
    bases: Sequence[str],
    format: str,
    format_options: Mapping[str, Any],
    options: Mapping[str, Any],
    context: str,
    declared: T.StructType | None = None,
    as_data_frame: bool = False,
) -> Records:
    """Records of files: those that the job's earlier runs did not read, as many as asked for. None to read gives an empty frame."""
    bookmarks = current_bookmarks()
    new = bounded(bookmarks.new_files(context, files), options.get("boundedFiles"), options.get("boundedSize"))
    bookmarks.note_files(context, new)
    readable = [file for file in new if file.size]
    if not readable:
        return Records.of(spark.createDataFrame([], declared or T.StructType([])), (Stage(context or "source"),))
    request = FileRequest(spark, readable, bases, format_options, declared, as_data_frame, context)
    return _READERS[format](request)
