"""Reading a table of the catalog: lake tables by Spark, files by their format with the catalog's types, databases by their connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from awsglue._core.records import Records, Stage, together
from awsglue._storage import dynamodb, jdbc
from awsglue._storage.bookmarks import Bookmarks
from awsglue._storage.catalog import Partition, Table, find_table, partitions_of, spark_name, with_partition_columns
from awsglue._storage.columnar_formats import read_lake
from awsglue._storage.connections import connection_options as connection_of
from awsglue._storage.files import File, bounded
from awsglue._storage.options import checked
from awsglue._storage.s3_source import listed, read_files
from awsglue.job import current_bookmarks

__all__ = ["read_catalog"]

_OPTIONS = ("boundedFiles", "boundedSize", "recurse", "exclusions", "catalogPartitionPredicate", "partitionPredicate", "mergeSchema",
            "excludeStorageClasses", "compressionType", "hashfield", "hashexpression", "hashpartitions", "jobBookmarkKeys",
            "jobBookmarkKeysSortOrder", "sampleQuery", "database", "dbtable", "useCatalogSchema", "withHeader", "separator", "quoteChar",
            "multiLine", "escaper", "skipFirst", "jsonPath", "rowTag", "attachFilename", "aws_iam_role")  # fmt: skip
_FORMAT = (
    "withHeader",
    "separator",
    "quoteChar",
    "multiLine",
    "escaper",
    "skipFirst",
    "jsonPath",
    "rowTag",
    "attachFilename",
    "mergeSchema",
)


def read_catalog(
    spark: SparkSession,
    database: str | None,
    table_name: str | None,
    predicate: str,
    options: Mapping[str, Any],
    context: str,
    catalog_id: str | None = None,
    redshift_tmp_dir: str = "",
) -> Records:
    """Records of a table. A predicate prunes partitions before any file is listed; of a lake table it is a filter."""
    table = find_table(database, table_name, catalog_id)
    if table.lake in ("delta", "hudi"):
        records = read_lake(spark, table.lake, table.lake_path, dict(options))
        return records.then(lambda frame: frame.where(predicate), Stage("predicate"), on_resolved=True) if predicate.strip() else records
    given = checked("additional_options", options, _OPTIONS)
    if table.is_iceberg:
        frame = spark.table(spark_name(table.database, table.name))
        return Records.of(frame.where(predicate) if predicate.strip() else frame)
    if table.format in ("mysql", "postgresql", "redshift"):
        return _read_database(spark, table, given, context, redshift_tmp_dir)
    if table.format == "dynamodb":
        return dynamodb.read(spark, {"dynamodb.input.tableName": table.location.rpartition("/")[2] or table.name})
    format_options = {**table.format_options, **{name: given.pop(name) for name in _FORMAT if name in given}}
    given.setdefault("recurse", True)
    if table.partition_keys.fields:
        return _read_partitions(spark, table, predicate or str(given.get("partitionPredicate", "")), given, format_options, context)
    files = listed(spark, [table.location], given, table.format)
    return read_files(spark, files, [table.location], table.format, format_options, given, context, declared=table.columns)


def _read_database(spark: SparkSession, table: Table, given: dict[str, Any], context: str, redshift_tmp_dir: str) -> Records:
    connection = table.parameters.get("connectionName", "")
    options = {**connection_of(connection), **given}
    parts = table.location.split(".")
    options.setdefault("dbtable", ".".join(parts[-2:]) if len(parts) > 2 else parts[-1])
    if redshift_tmp_dir:
        options["redshiftTmpDir"] = redshift_tmp_dir
    return jdbc.read(spark, table.format, options, context)


def _read_partitions(
    spark: SparkSession, table: Table, predicate: str, given: dict[str, Any], format_options: Mapping[str, Any], context: str
) -> Records:
    partitions = partitions_of(spark, table, predicate, str(given.get("catalogPartitionPredicate", "")))
    bookmarks = current_bookmarks()
    chosen = _files_by_partition(spark, table, partitions, given, bookmarks, context)
    parts: list[Records] = []
    for partition, files in chosen:
        read = read_files(spark, files, [partition.location], table.format, format_options, {}, "", declared=table.columns)
        bookmarks.note_files(context, files)
        keys = table.partition_keys
        parts.append(read.then(lambda frame, one=partition, keys=keys: with_partition_columns(frame, keys, one), Stage("partition")))  # type: ignore[misc]
    if not parts:
        empty = T.StructType([*table.columns.fields, *table.partition_keys.fields])
        return Records.of(spark.createDataFrame([], empty), (Stage(context or "source"),))
    if len(parts) == 1:
        return parts[0]
    return Records(lambda: together(*[part.encoded for part in parts]), tuple(stage for part in parts for stage in part.stages))


def _files_by_partition(
    spark: SparkSession, table: Table, partitions: list[Partition], given: Mapping[str, Any], bookmarks: Bookmarks, context: str
) -> list[tuple[Partition, list[File]]]:
    """New files of each partition; bounds count over all of them."""
    found = [(one, bookmarks.new_files(context, listed(spark, [one.location], given, table.format))) for one in partitions]
    kept = set(bounded([file for _, files in found for file in files], given.get("boundedFiles"), given.get("boundedSize")))
    return [(one, chosen) for one, files in found if (chosen := [file for file in files if file in kept])]
