"""Formats that carry their schema: parquet, orc, avro, and the tables of lakes. Spark reads and writes them; their jars must be there."""

from __future__ import annotations

import os
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.model import MARK, type_name
from awsglue._core.paths import Path
from awsglue._core.records import Records
from awsglue._core.tree import rewrite
from awsglue._storage.options import checked
from awsglue._storage.request import FileRequest
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["read", "read_lake", "require"]

_CLASSES = {
    "avro": ("org.apache.spark.sql.avro.AvroFileFormat", "org.apache.spark:spark-avro_2.12"),
    "iceberg": ("org.apache.iceberg.spark.source.IcebergSource", "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12"),
    "delta": ("io.delta.sql.DeltaSparkSessionExtension", "io.delta:delta-spark_2.12"),
    "hudi": ("org.apache.hudi.DefaultSource", "org.apache.hudi:hudi-spark3.5-bundle_2.12"),
    "kafka": ("org.apache.spark.sql.kafka010.KafkaSourceProvider", "org.apache.spark:spark-sql-kafka-0-10_2.12"),
    "mysql": ("com.mysql.cj.jdbc.Driver", "com.mysql:mysql-connector-j"),
    "postgresql": ("org.postgresql.Driver", "org.postgresql:postgresql"),
}
_SESSION_CATALOG = "spark.sql.catalog.spark_catalog"
_EXTENSIONS = {
    "delta": {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        _SESSION_CATALOG: "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    },
    "hudi": {"spark.serializer": "org.apache.spark.serializer.KryoSerializer"},
}
"""What AWS's pages on the lake formats have a job set, without which they fail or lose data."""
_OPTIONS = ("compression", "mergeSchema", "version", "attachFilename", "compressionType")


def require(spark: SparkSession, name: str) -> None:
    """Raises NotSupportedError, naming the jar, when the JVM does not have what a format or connection needs."""
    wanted, coordinate = _CLASSES[name]
    jvm: Any = spark._jvm
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    try:
        loader.loadClass(wanted)
    except Exception as error:
        fix = f"Give the job --datalake-formats {name}." if name in _EXTENSIONS else "Give it with --extra-jars."
        raise NotSupportedError(f"{name!r} without its jar ({coordinate})", fix) from error
    missing = [f"--conf {key}={value}" for key, value in _EXTENSIONS.get(name, {}).items() if value not in str(spark.conf.get(key, ""))]
    if missing:
        raise NotSupportedError(f"{name!r} in a session without its settings", f"As on Glue, give the job {' '.join(missing)}")


def read(format: str, request: FileRequest) -> Records:
    """Records of files that carry their schema, with the folders `name=value` below the paths as columns."""
    options = checked(f"{format} format", request.options, _OPTIONS)
    format = "parquet" if format == "glueparquet" else format
    if format == "avro":
        require(request.spark, "avro")
    reader = request.spark.read.format(format)
    if "mergeSchema" in options:
        reader = reader.option("mergeSchema", str(options["mergeSchema"]).lower())
    frame = _loaded(reader, request)
    if format == "avro" and not request.as_data_frame:
        frame = rewrite(frame, _union_as_choice, _element_as_choice)
    if options.get("attachFilename"):
        frame = frame.withColumn(str(options["attachFilename"]), F.input_file_name())
    return Records.of(frame)


def _union_as_choice(path: Path, data_type: T.DataType, column: Column) -> list[tuple[str, Column]] | None:
    """A union of Avro, which Spark reads as a struct of `member0`, `member1`…, is a choice. One of several records stays a struct."""
    if not isinstance(data_type, T.StructType) or not data_type.fields:
        return None
    by_kind = {type_name(field.dataType): field for field in data_type.fields}
    if [field.name for field in data_type.fields] != [f"member{place}" for place in range(len(data_type.fields))]:
        return None
    if len(by_kind) < len(data_type.fields):
        return None
    parts = [column.getField(by_kind[kind].name).alias(MARK + kind) for kind in sorted(by_kind)]
    return [(path[-1], F.when(column.isNotNull(), F.struct(*parts)))]


def _element_as_choice(path: Path, data_type: T.DataType, column: Column) -> Column | None:
    return next((choice for _, choice in _union_as_choice(path, data_type, column) or []), None)


def _loaded(reader: Any, request: FileRequest) -> DataFrame:
    """Folders are read as columns below one base at a time, which is all that Spark takes."""
    frames = []
    for base in dict.fromkeys(request.bases):
        below = [path for path in request.paths if _is_below(path, base)]
        if below:
            frames.append(reader.option("basePath", base.rstrip("/")).load(below) if _is_folder(below, base) else reader.load(below))
    if not frames:
        frames = [reader.load(request.paths)]
    result = frames[0]
    for frame in frames[1:]:
        result = result.unionByName(frame, allowMissingColumns=True)
    return result


def _is_below(path: str, base: str) -> bool:
    """Whether the file lies below the base. Hadoop writes `file:/a` where the caller wrote `file:///a` or `/a`."""
    bare = [text.split(":", 1)[-1].replace("//", "/").rstrip("/") for text in (path, base)]
    return bare[0] == bare[1] or os.path.commonpath(bare) == bare[1] or "*" in base


def _is_folder(paths: list[str], base: str) -> bool:
    return "*" not in base and not any(
        path.rstrip("/").endswith(base.rstrip("/").rsplit("/", 1)[-1]) and "." in base[-8:] for path in paths
    )


def read_lake(spark: SparkSession, format: str, path: str | None, options: dict[str, Any]) -> Records:
    """Records of a lake's table, by its path or its name. Raises NotSupportedError without the format's jar."""
    require(spark, format)
    if not path:
        raise BadOptionError(f"{format} format", "no path", ["connection_options with path or paths"])
    try:
        return Records.of(spark.read.format(format).options(**{name: str(value) for name, value in options.items()}).load(path))
    except AnalysisException as error:
        raise BadOptionError(
            f"{format} format", f"{path} is no table that can be read: {str(error).splitlines()[0]}", ["an existing table"]
        ) from error
