"""Kafka by Spark's own connector: topics as streaming frames, and frames as records of a topic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue._core.paths import quoted
from awsglue._storage import columnar_formats
from awsglue._storage.connections import kafka_settings
from awsglue._storage.options import is_true
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["HEADERS", "read", "write"]

HEADERS = "glue_streaming_kafka_headers"
"""The column of a record's headers where `includeHeaders` asks for it, as Glue names it."""
_PASSED = {
    "topicName": "subscribe", "subscribePattern": "subscribePattern", "assign": "assign", "startingOffsets": "startingOffsets",
    "maxOffsetsPerTrigger": "maxOffsetsPerTrigger", "minPartitions": "minPartitions", "includeHeaders": "includeHeaders",
    "failOnDataLoss": "failOnDataLoss", "pollTimeoutMs": "kafkaConsumer.pollTimeoutMs", "numRetries": "fetchOffset.numRetries",
    "retryIntervalMs": "fetchOffset.retryIntervalMs", "security.protocol": "kafka.security.protocol",
}  # fmt: skip
_TOPICS = ("topicName", "subscribePattern", "assign")
# About the records, which the caller sees to; measures of lag go nowhere here, and a stream has no end.
_NOT_SPARKS = ("connectionName", "bootstrap.servers", "startingTimestamp", "classification", "delimiter", "schema", "avroSchema",
               "inferSchema", "addRecordTimestamp", "emitConsumerLagMetrics", "typeOfData", "endingOffsets")  # fmt: skip
_WRITTEN = ("connectionName", "bootstrap.servers", "security.protocol", "topic", "topicName", "partition", "key", "classification",
            "typeOfData")  # fmt: skip


def read(spark: SparkSession, options: Mapping[str, Any]) -> DataFrame:
    """Streaming frame of topics with the connector's columns. Raises BadOptionError naming an option that there is not."""
    columnar_formats.require(spark, "kafka")
    unknown = [name for name in options if name not in (*_PASSED, *_NOT_SPARKS) and not name.startswith("kafka.")]
    if unknown:
        raise BadOptionError("kafka", f"no option {unknown[0]!r}", [*_PASSED, *_NOT_SPARKS, "kafka.…: of Kafka's consumer"])
    if len([name for name in _TOPICS if options.get(name)]) != 1:
        raise BadOptionError("kafka", "connection_options need exactly one of topicName, subscribePattern and assign", _TOPICS)
    if options.get("startingOffsets") and options.get("startingTimestamp"):
        raise BadOptionError("kafka", "connection_options has startingOffsets and startingTimestamp", ["one of the two"])
    reader = spark.readStream.format("kafka").options(**_servers(options))
    for name, value in options.items():
        if name in _PASSED or name.startswith("kafka."):
            reader = reader.option(_PASSED.get(name, name), str(value))
    if options.get("startingTimestamp"):
        reader = reader.option("startingTimestamp", _milliseconds(options["startingTimestamp"]))
        reader = reader.option("startingOffsetsByTimestampStrategy", "latest")
    frame = reader.load()
    if not is_true(options.get("includeHeaders", False)):
        return frame
    texts = F.transform("headers", lambda one: F.struct(one["key"].alias("key"), one["value"].cast("string").alias("value")))
    return frame.withColumn("headers", texts).withColumnRenamed("headers", HEADERS)


def write(frame: DataFrame, options: Mapping[str, Any]) -> None:
    """The records as JSON, each one of the topic; `key` names the field that is a record's key. Raises NotSupportedError for Avro."""
    columnar_formats.require(frame.sparkSession, "kafka")
    unknown = [name for name in options if name not in _WRITTEN and not name.startswith("kafka.")]
    if unknown:
        raise BadOptionError("kafka", f"no option {unknown[0]!r}", [*_WRITTEN, "kafka.…: of Kafka's producer"])
    kind, key = str(options.get("classification", "json")).lower(), options.get("key")
    topic = options.get("topic") or options.get("topicName")
    if kind != "json":
        raise NotSupportedError(f"writing {kind!r} to Kafka", "Possible: json.")
    if not topic:
        raise BadOptionError("kafka", "connection_options lacks 'topic'", _WRITTEN)
    if key and key not in frame.columns:
        raise BadOptionError("kafka", f"key {key!r} is no field", frame.columns)
    columns = [F.to_json(F.struct(*[F.col(quoted(name)) for name in frame.columns])).alias("value")]
    if key:
        columns.append(F.col(quoted(str(key))).cast("string").alias("key"))
    if options.get("partition") is not None:
        columns.append(F.lit(int(options["partition"])).alias("partition"))
    given = {name: str(value) for name, value in options.items() if name.startswith("kafka.")}
    protocol = {"kafka.security.protocol": str(options["security.protocol"])} if options.get("security.protocol") else {}
    frame.select(*columns).write.format("kafka").options(**_servers(options), **protocol, **given).option("topic", str(topic)).save()


def _servers(options: Mapping[str, Any]) -> dict[str, str]:
    if options.get("bootstrap.servers"):
        return {"kafka.bootstrap.servers": str(options["bootstrap.servers"])}
    return kafka_settings(str(options.get("connectionName", "")))


def _milliseconds(text: Any) -> str:
    """Of a moment such as 2026-01-31T08:00:00Z."""
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError:
        raise BadOptionError("kafka", f"startingTimestamp {text!r}", ["2026-01-31T08:00:00Z", "2026-01-31T08:00:00+02:00"]) from None
    return str(int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000))
