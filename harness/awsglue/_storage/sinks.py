"""Writing: one function for each kind of connection, all appending, as Glue's sinks do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.paths import quoted
from awsglue._core.tree import rewrite
from awsglue._storage import columnar_formats, csv_format, dynamodb, jdbc, kafka, kinesis
from awsglue._storage.options import FILES, JDBC, LAKE, checked, known_connection, known_format
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["S3_OPTIONS", "partition_keys_of", "write", "write_files"]

S3_OPTIONS = ("path", "partitionKeys", "compression", "enableUpdateCatalog", "updateBehavior", "mode", "compressionType", "catalogId")
_WRITABLE = {
    "csv": "csv",
    "json": "json",
    "jsonlines": "json",
    "parquet": "parquet",
    "glueparquet": "parquet",
    "orc": "orc",
    "avro": "avro",
}
_NESTED = T.StructType | T.ArrayType | T.MapType


def write(
    frame: DataFrame, connection_type: str, options: Mapping[str, Any], format: str | None, format_options: Mapping[str, Any]
) -> None:
    """Writes the frame. Raises NotSupportedError or BadOptionError naming what cannot be, with what can."""
    known_connection("write from_options", connection_type)
    if connection_type in JDBC:
        jdbc.write(_storable(frame, connection_type), connection_type, options)
    elif connection_type == "dynamodb":
        dynamodb.write(frame, options)
    elif connection_type == "kinesis":
        kinesis.write(_storable(frame, "json"), options)
    elif connection_type == "kafka":
        kafka.write(_storable(frame, "json"), options)
    elif connection_type in (*FILES, "parquet", "orc", *LAKE):
        chosen = connection_type if connection_type not in FILES else known_format("write from_options", format)
        write_files(frame, options, chosen, format_options)
    else:
        raise NotSupportedError(f"writing to connection_type {connection_type!r}", "Read from it, or write files.")


def write_files(frame: DataFrame, options: Mapping[str, Any], format: str, format_options: Mapping[str, Any]) -> None:
    """Appends files below `path`. A frame without records writes nothing."""
    if format in LAKE:
        _write_lake(frame, format, options)
        return
    if format not in _WRITABLE:
        raise NotSupportedError(f"writing format {format!r}", f"Formats that are written: {', '.join(_WRITABLE)}.")
    given = checked("connection_options of s3", options, S3_OPTIONS)
    if not given.get("path"):
        raise BadOptionError("write from_options", "connection_options lacks 'path'", S3_OPTIONS)
    keys = partition_keys_of(given)
    missing = [key for key in keys if key not in frame.columns]
    if missing and frame.columns:
        raise BadOptionError("partitionKeys", f"no field {', '.join(missing)}", frame.columns)
    stored = _storable(frame, format)
    if not stored.columns or not stored.take(1):
        return
    writer = stored.write.format(_WRITABLE[format]).mode("append").options(**_writer_options(format, given, format_options))
    if format == "avro":
        columnar_formats.require(frame.sparkSession, "avro")
    (writer.partitionBy(*keys) if keys else writer).save(str(given["path"]))


def partition_keys_of(options: Mapping[str, Any]) -> list[str]:
    """partitionKeys as a list; one name does too."""
    keys = options.get("partitionKeys") or []
    return [keys] if isinstance(keys, str) else [str(key) for key in keys]


def _writer_options(format: str, given: Mapping[str, Any], format_options: Mapping[str, Any]) -> dict[str, str]:
    if format == "csv":
        translated = csv_format.write_options(dict(format_options))
    else:
        known = ("compression", "version", "multiLine", "multiline", "ignoreNullFields")
        wanted = checked(f"{format} format", format_options, known)
        translated = {name: str(value) for name, value in wanted.items() if name in ("compression", "ignoreNullFields")}
    compression = given.get("compression") or given.get("compressionType")
    if compression:
        translated["compression"] = str(compression)
    return translated


def _storable(frame: DataFrame, format: str) -> DataFrame:
    """The frame without fields that hold nothing (no format has a type for them). Raises BadOptionError for what the format cannot hold."""
    bare = rewrite(frame, lambda _, data_type, __: [] if isinstance(data_type, T.NullType) else None)
    if format in ("csv", *JDBC):
        nested = [field.name for field in bare.schema.fields if isinstance(field.dataType, _NESTED)]
        if nested:
            fix = ["flat fields: relationalize, unnest, or resolveChoice first"]
            raise BadOptionError(f"Writing {format}", f"{', '.join(nested)} is nested or still a choice", fix)
    if format in ("parquet", "glueparquet", "orc"):
        return bare
    return bare.select(*[_text_of_binary(field, format) for field in bare.schema.fields])


def _text_of_binary(field: T.StructField, format: str) -> Any:
    column = F.col(quoted(field.name))
    return F.base64(column).alias(field.name) if format == "csv" and isinstance(field.dataType, T.BinaryType) else column


def _write_lake(frame: DataFrame, format: str, options: Mapping[str, Any]) -> None:
    columnar_formats.require(frame.sparkSession, format)
    path = options.get("path")
    rest = {name: str(value) for name, value in options.items() if name not in ("path", "partitionKeys", "mode")}
    writer = frame.write.format(format).mode(str(options.get("mode", "append"))).options(**rest)
    keys: Sequence[str] = partition_keys_of(options)
    (writer.partitionBy(*keys) if keys else writer).save(path)
