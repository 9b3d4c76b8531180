"""Which source a connection type is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from awsglue._core.records import Records, Stage
from awsglue._storage import dynamodb, jdbc, s3_source
from awsglue._storage.options import FILES, JDBC, LAKE, STREAMS, known_connection
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["read"]


def read(
    spark: SparkSession,
    connection_type: str,
    options: Mapping[str, Any],
    format: str | None,
    format_options: Mapping[str, Any],
    context: str = "",
    predicate: str = "",
    as_data_frame: bool = False,
) -> Records:
    """Records of a source. A predicate is SQL over the fields (Glue takes one for catalog tables only, where it prunes partitions)."""
    known_connection("create from_options", connection_type)
    if connection_type in STREAMS:
        raise NotSupportedError(f"a DynamicFrame of {connection_type!r}", "Use create_data_frame.from_options and forEachBatch.")
    if connection_type in JDBC:
        records = jdbc.read(spark, connection_type, options, context)
    elif connection_type == "dynamodb":
        records = dynamodb.read(spark, options, context)
    else:
        chosen = connection_type if connection_type not in FILES else format
        if connection_type in (*LAKE, "parquet", "orc") and format not in (None, connection_type):
            raise BadOptionError("create from_options", f"connection_type {connection_type!r} with format {format!r}", [connection_type])
        records = s3_source.read_s3(spark, options, chosen, format_options, context, as_data_frame)
    return (
        records.then(lambda frame: frame.where(predicate), Stage("push_down_predicate"), on_resolved=True) if predicate.strip() else records
    )
