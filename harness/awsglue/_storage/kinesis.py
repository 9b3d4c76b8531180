"""Kinesis as a stream ("Kinesis connections"): a thread of the script takes the shards' records, Spark reads what it has put down.

Amazon's Spark source is in no public registry. Here the records of a stream go, in the order of each shard, to files of a folder of the
job's own (`kinesis_spool`), and the streaming frame is Spark's own of these files: batches, offsets and checkpoints are Spark's, and a
batch that failed is read again from the same files.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue._core.python_side import ship
from awsglue._storage.accounts import account_of
from awsglue._storage.kinesis_spool import Position, Spool
from awsglue._storage.options import checked
from awsglue.exceptions import BadOptionError, SourceError

__all__ = ["OPTIONS", "read", "write"]

ship(__name__)

# Speed and retries of Amazon's source: taken without effect.
_PACE = ("maxFetchTimeInMs", "maxFetchRecordsPerShard", "maxRecordPerRead", "addIdleTimeBetweenReads", "idleTimeBetweenReadsInMs",
         "describeShardInterval", "numRetries", "retryIntervalMs", "maxRetryIntervalMs", "avoidEmptyBatches", "emitConsumerLagMetrics",
         "fanoutConsumerARN", "awsSTSRoleARN", "awsSTSSessionName", "endpointUrl", "typeOfData")  # fmt: skip
OPTIONS = ("streamARN", "streamName", "startingPosition", "classification", "inferSchema", "schema", "delimiter", "avroSchema",
           "addRecordTimestamp", *_PACE)  # fmt: skip
_AT_ONCE = 500
"""Records that PutRecords takes."""
RAW = "data string, streamName string, partitionKey string, sequenceNumber string, approximateArrivalTimestamp timestamp"


def read(spark: SparkSession, given: Mapping[str, Any]) -> tuple[DataFrame, Column, Mapping[str, Any]]:
    """The streaming frame of a stream's records with `data` (binary) and what Kinesis says of each; the payload as text; the options.

    Raises BadOptionError for an option or position that there is not, SourceError naming the streams that there are.
    """
    options = checked("connection_options of kinesis", given, OPTIONS)
    name = _name(options)
    _require_stream(name)
    spool = Spool.of(name, _folder(name, options), position_of(options.get("startingPosition", "latest")))
    raw = spark.readStream.schema(RAW).option("cleanSource", "delete").json(f"file:{spool.folder}")
    frame = raw.withColumn("data", F.unbase64("data"))
    return frame, F.col("data").cast("string"), options


def write(frame: DataFrame, given: Mapping[str, Any]) -> None:
    """Puts each row into the stream as a JSON object, under `partitionKey` or a random key. Null fields are left out.

    Raises SourceError naming the streams that there are, or the reason why records were not taken.
    """
    options = checked("connection_options of kinesis", given, ("streamARN", "streamName", "partitionKey", *_PACE))
    name = _name(options)
    _require_stream(name)
    key, account = options.get("partitionKey"), account_of("kinesis")
    frame.select(F.to_json(F.struct("*")).alias("record")).foreachPartition(lambda rows: _put(account, name, key, rows))


def _put(account: Mapping[str, Any], name: str, key: str | None, rows: Iterator[Any]) -> None:
    import boto3

    client = boto3.client("kinesis", **account)
    while chunk := [{"Data": row.record.encode(), "PartitionKey": key or uuid4().hex} for row in islice(rows, _AT_ONCE)]:
        for pause in (0.2, 0.5, 1, 2, 5, None):
            results = client.put_records(StreamName=name, Records=chunk)["Records"]
            refused = [(record, result) for record, result in zip(chunk, results, strict=True) if result.get("ErrorCode")]
            chunk = [record for record, _ in refused]
            if not chunk:
                break
            if pause is None:
                raise SourceError(f"Kinesis stream {name}", f"{len(chunk)} records were refused", str(refused[0][1].get("ErrorMessage")))
            time.sleep(pause)


def _name(options: Mapping[str, Any]) -> str:
    name = str(options.get("streamName") or str(options.get("streamARN", "")).rpartition("/")[2])
    if not name:
        raise BadOptionError("kinesis", "connection_options lacks streamARN", OPTIONS)
    return name


def position_of(text: Any) -> Position:
    """Where reading begins: latest, trim_horizon (earliest), or a moment such as 2026-01-31T08:00:00Z."""
    lowered = str(text).strip().lower()
    if lowered == "latest":
        return Position("LATEST")
    if lowered in ("trim_horizon", "earliest"):
        return Position("TRIM_HORIZON")
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError:
        known = ["latest", "trim_horizon", "earliest", "2026-01-31T08:00:00Z"]
        raise BadOptionError("kinesis", f"startingPosition {text!r}", known) from None
    return Position("AT_TIMESTAMP", (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _require_stream(name: str) -> None:
    import boto3

    client = boto3.client("kinesis")
    try:
        client.describe_stream_summary(StreamName=name)
    except client.exceptions.ResourceNotFoundException:
        names = [one for page in client.get_paginator("list_streams").paginate() for one in page["StreamNames"]]
        raise SourceError(f"Kinesis stream {name}", "there is none of this name", f"There are: {', '.join(names) or 'none'}") from None


def _folder(name: str, options: Mapping[str, Any]) -> Path:
    """Of the job and the stream, so that the job's next run goes on where this one ended."""
    from awsglue.job import Job

    home = os.environ.get("ETL_HOME") or os.path.join(os.getcwd(), ".local")
    job = re.sub(r"[^\w.-]", "_", Job._name or "no-job")
    return Path(home).absolute() / "streams" / job / re.sub(r"[^\w.-]", "_", name)
