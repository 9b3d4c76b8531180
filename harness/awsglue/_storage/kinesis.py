"""Kinesis as a stream ("Kinesis connections"): a thread of the script takes the shards' records, Spark reads what it has put down.

Amazon's Spark source is in no public registry. Here the records of a stream go, in the order of each shard, to files of a folder of the
job's own (`kinesis_spool`), and the streaming frame is Spark's own of these files: batches, offsets and checkpoints are Spark's, and a
batch that failed is read again from the same files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue._storage.kinesis_spool import Position, Spool
from awsglue._storage.options import checked
from awsglue.exceptions import BadOptionError, SourceError

__all__ = ["OPTIONS", "read"]

# Speed and retries of Amazon's source: taken without effect.
_PACE = ("maxFetchTimeInMs", "maxFetchRecordsPerShard", "maxRecordPerRead", "addIdleTimeBetweenReads", "idleTimeBetweenReadsInMs",
         "describeShardInterval", "numRetries", "retryIntervalMs", "maxRetryIntervalMs", "avoidEmptyBatches", "emitConsumerLagMetrics",
         "fanoutConsumerARN", "awsSTSRoleARN", "awsSTSSessionName", "endpointUrl", "typeOfData")  # fmt: skip
OPTIONS = ("streamARN", "streamName", "startingPosition", "classification", "inferSchema", "schema", "delimiter", "avroSchema",
           "addRecordTimestamp", *_PACE)  # fmt: skip
RAW = "data string, streamName string, partitionKey string, sequenceNumber string, approximateArrivalTimestamp timestamp"


def read(spark: SparkSession, given: Mapping[str, Any]) -> tuple[DataFrame, Column, Mapping[str, Any]]:
    """The streaming frame of a stream's records with `data` (binary) and what Kinesis says of each; the payload as text; the options.

    Raises BadOptionError for an option or position that there is not, SourceError naming the streams that there are.
    """
    options = checked("connection_options of kinesis", given, OPTIONS)
    arn = str(options.get("streamARN", ""))
    name = str(options.get("streamName") or arn.rpartition("/")[2])
    if not name:
        raise BadOptionError("kinesis", "connection_options lacks streamARN", OPTIONS)
    _require_stream(name)
    spool = Spool.of(name, _folder(name, options), position_of(options.get("startingPosition", "latest")))
    raw = spark.readStream.schema(RAW).option("cleanSource", "delete").json(f"file:{spool.folder}")
    frame = raw.withColumn("data", F.unbase64("data"))
    return frame, F.col("data").cast("string"), options


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
