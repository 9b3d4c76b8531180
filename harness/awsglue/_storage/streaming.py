"""Streams: Kafka by Spark's source (`kafka`), Kinesis by files (`kinesis`), what their records hold, and batches of any streaming frame."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.records import Records, Stage
from awsglue._operations.unboxing import unbox
from awsglue._storage import columnar_formats, kafka, kinesis
from awsglue._storage.catalog import Table
from awsglue._storage.kinesis_spool import failure_of
from awsglue._storage.options import is_true
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["INFERRED", "for_each_batch", "milliseconds", "of_table", "opened", "read_stream", "with_ingestion_time"]

_LOG = logging.getLogger("awsglue")
_UNITS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
_GRANULARITIES = ("year", "month", "day", "hour", "minute")
INFERRED = "$json$data_infer_schema$_temporary$"
"""The column of a stream whose records' fields are found batch by batch, as Glue names it."""
_STAMP = "__src_timestamp"


def read_stream(spark: SparkSession, connection_type: str, options: Mapping[str, Any]) -> DataFrame:
    """Streaming frame of a topic or stream: the records' fields where `classification` and `schema` say them; one text column that
    DynamicFrame.fromDF opens with `inferSchema`; else the source's own columns.

    Raises NotSupportedError for Kafka without its jar.
    """
    if connection_type == "kinesis":
        frame, text, given = kinesis.read(spark, options)
        return _fields(frame, F.col("data"), text, given, F.col("approximateArrivalTimestamp"))
    frame = kafka.read(spark, options)
    headers = [F.col(name) for name in frame.columns if name == kafka.HEADERS]
    return _fields(frame, F.col("value"), F.col("value").cast("string"), options, F.col("timestamp"), headers)


def of_table(table: Table, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Kind and options of a stream that a table of the catalog describes; None for any other table."""
    found, kind = table.described, table.stream
    if not kind:
        return None
    if table.storage.get("SchemaReference") and not (given.get("avroSchema") or given.get("schema")):
        where = f"the schema of {table.database}.{table.name} in the Glue Schema Registry"
        raise NotSupportedError(where, "Give the table columns, or the source avroSchema or schema.")
    names = ("streamARN", "streamName", "topicName", "connectionName", "bootstrap.servers", "startingPosition", "startingOffsets",
             "startingTimestamp", "security.protocol", "classification", "delimiter", "avroSchema", "schema", "inferSchema")  # fmt: skip
    described = {name: found[name] for name in names if name in found}
    if "startingTimestamp" in given or "startingOffsets" in given:  # one of them is in place of the other
        described = {name: value for name, value in described.items() if name not in ("startingTimestamp", "startingOffsets")}
    return kind, {"schema": table.columns, **described, **given}


def _fields(
    frame: DataFrame, binary: Column, text: Column, options: Mapping[str, Any], arrived: Column, more: Sequence[Column] = ()
) -> DataFrame:
    """The records' fields as columns, `more` columns, and when each arrived where `addRecordTimestamp` asks for it."""
    kind = str(options.get("classification", "json")).lower()
    stamp = [*more, *([arrived.alias(_STAMP)] if is_true(options.get("addRecordTimestamp", False)) else [])]
    if is_true(options.get("inferSchema", False)):
        return frame.select(text.alias(INFERRED), *stamp)
    # The older name of two; a table's columns are no schema of Avro's.
    avro = options.get("avroSchema") or (options.get("schema") if kind == "avro" and isinstance(options.get("schema"), str) else None)
    if avro:
        columnar_formats.require(frame.sparkSession, "avro")
        from pyspark.sql.avro.functions import from_avro

        return _opened(frame.select(from_avro(binary, str(avro)).alias("record"), *stamp))
    if not options.get("schema"):
        return frame
    schema = schema_of(options["schema"])
    if kind == "csv":
        parsed = F.from_csv(text, ", ".join(f"`{one.name}` {one.dataType.simpleString()}" for one in schema.fields), _separated(options))
    elif kind == "json":
        parsed = F.from_json(text, schema)
    else:
        raise NotSupportedError(f"classification {kind!r} of a stream", "Possible: json, csv, avro with its schema as Avro's JSON.")
    return _opened(frame.select(parsed.alias("record"), *stamp))


def _opened(frame: DataFrame) -> DataFrame:
    return frame.select("record.*", *[name for name in frame.columns if name != "record"])


def _separated(options: Mapping[str, Any]) -> dict[str, str]:
    return {"sep": str(options.get("delimiter") or ",")}


def schema_of(given: Any) -> T.StructType:
    """Schema of a stream's records: a StructType, or a text such as "`id` INT, `name` STRING"."""
    return given if isinstance(given, T.StructType) else T._parse_datatype_string(str(given))  # type: ignore[return-value]


def opened(records: Records) -> Records:
    """Records whose text is in the one column of `inferSchema`, with the fields that the text shows."""
    rest = [f"`{name}`" for name in records.resolved.columns if name != INFERRED]
    parsed = unbox(records, f"`{INFERRED}`", "json", {}, Stage("fromDF"))
    return parsed.then(lambda frame: frame.select(f"`{INFERRED}`.*", *rest), Stage("fromDF"))


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
            if (broken := failure_of(frame)) is not None:
                raise broken
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
