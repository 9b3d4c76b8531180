"""Streams: Kafka by Spark's source, Kinesis by none that is public, and batches of any streaming frame ("forEachBatch")."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue._core.type_strings import parse_type
from awsglue._storage import columnar_formats
from awsglue._storage.options import is_true
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["for_each_batch", "milliseconds", "read_stream", "with_ingestion_time"]

_LOG = logging.getLogger("awsglue")
_UNITS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
_GRANULARITIES = ("year", "month", "day", "hour", "minute")
_OURS = ("connectionName", "topicName", "classification", "inferSchema", "typeOfData", "schema", "delimiter", "bootstrap.servers",
         "security.protocol", "addRecordTimestamp", "emitConsumerLagMetrics")  # fmt: skip


def read_stream(spark: SparkSession, connection_type: str, options: Mapping[str, Any]) -> DataFrame:
    """Streaming frame of a topic: the records' fields where `classification` is json and `schema` says them, else Kafka's own columns.

    Raises NotSupportedError for Kinesis, whose Spark source is Amazon's own, and for Kafka without its jar.
    """
    if connection_type == "kinesis":
        raise NotSupportedError(
            "connection_type 'kinesis'", "Its Spark source is in Amazon's JVM library only: test the batch function with files."
        )
    columnar_formats.require(spark, "kafka")
    reader = spark.readStream.format("kafka").option("kafka.bootstrap.servers", str(options.get("bootstrap.servers", "")))
    for name, value in options.items():
        if name not in _OURS:
            reader = reader.option(name, str(value))
    if options.get("topicName"):
        reader = reader.option("subscribe", str(options["topicName"]))
    frame = reader.load()
    text = F.col("value").cast("string")
    if options.get("schema"):
        schema: Any = parse_type(f"struct<{re.sub(r'`', '', str(options['schema'])).strip()}>".replace(" ", ":"))
        return frame.select(F.from_json(text, schema).alias("record")).select("record.*")
    return frame.select(text.alias("$json$data_infer_schema$_temporary$")) if is_true(options.get("inferSchema", False)) else frame


def for_each_batch(glue_ctx: Any, frame: DataFrame, function: Callable[[DataFrame, int], Any], options: Mapping[str, Any]) -> None:
    """Calls the function with each batch that has records, until the stream is stopped; a batch that fails is tried again.

    Raises what the function raised when the retries (3 unless `batchMaxRetries` says otherwise) are used up.
    """
    for name in ("windowSize", "checkpointLocation"):
        if name not in options:
            raise Exception(f"Missing {name} argument. forEachBatch needs windowSize (such as '100 seconds') and checkpointLocation.")
    retries = int(options.get("batchMaxRetries", 3))
    if not 0 <= retries <= 100:
        raise ValueError(f"Please specify the number of retries as an integer in the range of [0, 100]. It is {retries}.")
    persist = str(options.get("persistDataFrame", "true")).lower() != "false"
    level = getattr(StorageLevel, str(options.get("storageLevel", "MEMORY_AND_DISK")).upper())
    failed: list[int] = []

    def batch(data: DataFrame, number: int) -> None:
        if persist:
            data.persist(level)
        try:
            if data.take(1):
                function(data, number)
            failed.clear()
        finally:
            if persist:
                data.unpersist()

    query = frame.writeStream.foreachBatch(batch).option("checkpointLocation", str(options["checkpointLocation"]))
    query = query.trigger(processingTime=str(options["windowSize"]))
    while True:
        running = query.start()
        try:
            running.awaitTermination()
            return
        except Exception as error:
            failed.append(1)
            if len(failed) > retries or "CheckpointMetadataNotFound" in str(error):
                raise
            _LOG.warning("A batch failed, attempt %s of %s: %s", len(failed), retries, str(error).splitlines()[0])
            time.sleep(len(failed) if len(failed) < 3 else 5)
        finally:
            running.stop()


def milliseconds(window: Any) -> int:
    """Length of a window such as `10 seconds`. Raises ValueError for anything else."""
    match = (
        re.fullmatch(r"(\d+)\s+(millisecond|second|minute|hour)s?", str(window).strip(), re.IGNORECASE) if isinstance(window, str) else None
    )
    if match is None:
        raise ValueError(f"Received invalid window size {window!r}: write a number and seconds, minutes or hours")
    return int(match[1]) * _UNITS[match[2].lower()]


def with_ingestion_time(frame: DataFrame, granularity: str) -> DataFrame:
    """The frame and `ingest_year`, `ingest_month`… down to the granularity. Raises BadOptionError for one that there is not."""
    if granularity not in _GRANULARITIES[2:]:
        raise BadOptionError("add_ingestion_time_columns", f"time_granularity {granularity!r}", _GRANULARITIES[2:])
    now = F.current_timestamp()
    parts = {"year": F.year(now), "month": F.month(now), "day": F.dayofmonth(now), "hour": F.hour(now), "minute": F.minute(now)}
    for name in _GRANULARITIES[: _GRANULARITIES.index(granularity) + 1]:
        frame = frame.withColumn(f"ingest_{name}", parts[name])
    return frame
