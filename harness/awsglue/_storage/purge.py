"""Purging and transition of files on S3, by path or by table ("purge_s3_path", "transition_table", GlueContext class)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pyspark.sql import SparkSession

from awsglue._storage.catalog import find_table, glue_client, partitions_of
from awsglue._storage.options import checked
from awsglue.exceptions import BadOptionError

__all__ = ["CLASSES", "purge_path", "purge_table", "transition_path", "transition_table"]

OPTIONS = ("retentionPeriod", "partitionPredicate", "excludeStorageClasses", "manifestFilePath", "accountId", "roleArn")
CLASSES = ("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR")
_WEEK = 168.0


def purge_path(path: str, options: Mapping[str, Any]) -> list[str]:
    """Deletes the objects below a path that are older than `retentionPeriod` hours (a week unless said). Gives what was deleted."""
    return _purge(path, checked("purge", options, OPTIONS))


def purge_table(spark: SparkSession, database: str, name: str, options: Mapping[str, Any], catalog_id: str | None) -> None:
    """The same below a table, or its partitions that the predicate allows; partitions without objects leave the catalog."""
    given = checked("purge", options, OPTIONS)
    table = find_table(database, name, catalog_id)
    if not table.partition_keys.fields:
        _purge(table.location, given)
        return
    for partition in partitions_of(spark, table, str(given.get("partitionPredicate", ""))):
        _purge(partition.location, given)
        if not any(True for _ in _objects(partition.location)):
            glue_client().delete_partition(DatabaseName=database, TableName=name, PartitionValues=list(partition.values))


def transition_path(path: str, storage_class: str, options: Mapping[str, Any]) -> None:
    """Gives the objects below a path another storage class. As on Glue, accountId and roleArn must be given."""
    given = checked("transition", options, OPTIONS)
    if storage_class not in CLASSES:
        raise BadOptionError("transition", f"no storage class {storage_class!r}", CLASSES)
    missing = [name for name in ("accountId", "roleArn") if not given.get(name)]
    if missing:
        raise BadOptionError("transition", f"options lack {', '.join(missing)}", OPTIONS)
    client, done = _s3(), []
    for bucket, one in _chosen(path, given):
        source = {"Bucket": bucket, "Key": one["Key"]}
        client.copy_object(Bucket=bucket, Key=one["Key"], CopySource=source, StorageClass=storage_class, MetadataDirective="COPY")
        now = client.head_object(Bucket=bucket, Key=one["Key"]).get("StorageClass", "STANDARD")
        if now != storage_class:
            raise BadOptionError("transition", f"s3://{bucket}/{one['Key']} stays {now}: the object store has no such class", [now])
        done.append(f"s3://{bucket}/{one['Key']}")
    _manifest(given, done)


def transition_table(
    spark: SparkSession, database: str, name: str, storage_class: str, options: Mapping[str, Any], catalog_id: str | None
) -> None:
    """The same below a table, or its partitions that the predicate allows."""
    table = find_table(database, name, catalog_id)
    locations = [table.location]
    if table.partition_keys.fields:
        locations = [one.location for one in partitions_of(spark, table, str(options.get("partitionPredicate", "")))]
    for location in locations:
        transition_path(location, storage_class, options)


def _purge(path: str, options: Mapping[str, Any]) -> list[str]:
    client, done = _s3(), []
    for bucket, one in _chosen(path, options):
        client.delete_object(Bucket=bucket, Key=one["Key"])
        done.append(f"s3://{bucket}/{one['Key']}")
    _manifest(options, done)
    return done


def _chosen(path: str, options: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Objects old enough and of no class that is left out."""
    limit = datetime.now(UTC) - timedelta(hours=float(options.get("retentionPeriod", _WEEK)))
    spared = set(options.get("excludeStorageClasses") or ())
    for bucket, one in list(_objects(path)):
        if one["LastModified"] <= limit and one.get("StorageClass", "STANDARD") not in spared:
            yield bucket, one


def _objects(path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    url = urlsplit(path)
    if url.scheme not in ("s3", "s3a", "s3n"):
        raise BadOptionError("purge and transition", f"{path!r} is not on S3", ["s3://bucket/prefix/"])
    prefix = url.path.lstrip("/")
    for page in _s3().get_paginator("list_objects_v2").paginate(Bucket=url.netloc, Prefix=prefix):
        yield from ((url.netloc, one) for one in page.get("Contents", []) if _is_below(one["Key"], prefix))


def _is_below(key: str, prefix: str) -> bool:
    """`data` is a folder: `data/a` is below it and `database/a` is not."""
    return not prefix or prefix.endswith("/") or key == prefix or key.startswith(prefix + "/")


def _manifest(options: Mapping[str, Any], done: Sequence[str]) -> None:
    target = str(options.get("manifestFilePath") or "")
    if not target:
        return
    url, text = urlsplit(target), io.StringIO()
    csv.writer(text).writerows([path] for path in done)
    for name, body in (("Success.csv", text.getvalue()), ("Failed.csv", "")):
        _s3().put_object(Bucket=url.netloc, Key=f"{url.path.strip('/')}/{name}", Body=body.encode())


def _s3() -> Any:
    import boto3

    return boto3.client("s3")
