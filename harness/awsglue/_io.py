"""Reading and writing of storage for `GlueContext`: which connection types, formats and options there are, as tables.

Options are the API's ("Data format options for inputs and outputs in AWS Glue for Spark"); what is not in a table here
is refused by name, since an ignored option would be a silent difference from Glue.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["CATALOG", "read_catalog", "read_options", "table_name_of", "write_catalog", "write_options"]

# Spark's name of the catalog that is the Glue Data Catalog, as in the vendor's pages on Iceberg.
CATALOG = "glue_catalog"

_S3 = ("s3", "file", "parquet", "orc")
_JDBC = {"mysql": "com.mysql.cj.jdbc.Driver", "postgresql": "org.postgresql.Driver"}
_LATER = ("dynamodb", "kafka", "kinesis", "redshift", "oracle", "sqlserver", "marketplace.spark", "custom.jdbc", "iceberg", "delta", "hudi")
_FORMATS = ("csv", "json", "parquet", "orc")
_LATER_FORMATS = ("avro", "xml", "grokLog", "ion", "glueparquet", "hudi", "delta", "iceberg")
# Options that change how fast Glue reads or writes, not what it reads or writes.
_IGNORABLE = {"groupFiles", "groupSize", "useS3ListImplementation", "optimizePerformance", "useGlueParquetWriter"}

Translator = Callable[[Any], str]


def _flag(value: Any) -> str:
    return "true" if str(value).lower() == "true" else "false"


# API option -> (Spark option, translation of the value).
_CSV: Mapping[str, tuple[str, Translator]] = {
    "separator": ("sep", str),
    "quoteChar": ("quote", lambda v: "" if str(v) == "-1" else str(v)),
    "escaper": ("escape", str),
    "multiLine": ("multiLine", _flag),
    "withHeader": ("header", _flag),
    "writeHeader": ("header", _flag),
    "quoteEscape": ("escape", str),
}
_JSON: Mapping[str, tuple[str, Translator]] = {"multiLine": ("multiLine", _flag), "multiline": ("multiLine", _flag)}
_NONE: Mapping[str, tuple[str, Translator]] = {"compression": ("compression", str)}
_FORMAT_OPTIONS = {"csv": _CSV, "json": _JSON, "parquet": _NONE, "orc": _NONE}


def read_options(
    spark: SparkSession, connection_type: str, connection_options: Mapping[str, Any], format: str | None, format_options: Mapping[str, Any]
) -> DataFrame:
    """Frame of an S3 path or a JDBC table. Raises NotSupportedError or BadOptionError naming the type, format or option."""
    if connection_type in _JDBC:
        return _read_jdbc(spark, connection_type, connection_options)
    chosen = _checked_format("create from_options", connection_type, format)
    paths, recurse, exclusions = _paths(connection_options)
    reader = spark.read.format(chosen).option("recursiveFileLookup", str(recurse).lower())
    for name, value in _translated(chosen, format_options).items():
        reader = reader.option(name, value)
    if chosen == "csv" and "escape" not in _translated(chosen, format_options):
        reader = reader.option("escape", '"')  # the API doubles quotes by default, Spark escapes them
    if exclusions:
        raise NotSupportedError("connection option 'exclusions'", "Give the paths that are wanted.")
    frame = reader.load(paths)
    if chosen == "csv" and _translated(chosen, format_options).get("header") != "true":
        frame = frame.select(*[F.col(name).alias(f"col{index}") for index, name in enumerate(frame.columns)])
    return frame


def write_options(
    frame: DataFrame,
    connection_type: str,
    connection_options: Mapping[str, Any],
    format: str | None,
    format_options: Mapping[str, Any],
) -> None:
    """Appends the frame below an S3 path, as Glue's sinks do, or to a JDBC table."""
    if connection_type in _JDBC:
        _write_jdbc(frame, connection_type, connection_options)
        return
    chosen = _checked_format("write from_options", connection_type, format)
    unknown = set(connection_options) - {"path", "partitionKeys", "compression", "mode"}
    if unknown:
        raise NotSupportedError(f"write option {sorted(unknown)[0]!r}")
    if "path" not in connection_options:
        raise BadOptionError("write from_options", "connection_options lacks 'path'", ["path", "partitionKeys"])
    writer = frame.write.format(chosen).mode("append")
    if connection_options.get("partitionKeys"):
        writer = writer.partitionBy(*connection_options["partitionKeys"])
    options = _translated(chosen, format_options)
    if chosen == "csv":
        options = {"header": "true", "escape": '"', **options}  # the API writes a header unless writeHeader is false
    if connection_options.get("compression"):
        options["compression"] = str(connection_options["compression"])
    writer.options(**options).save(connection_options["path"])


def read_catalog(spark: SparkSession, database: str, table_name: str, push_down_predicate: str = "") -> DataFrame:
    """Frame of an Iceberg table of the catalog. A table of another kind is refused by name."""
    frame = spark.table(table_name_of(database, table_name))
    return frame.where(push_down_predicate) if push_down_predicate else frame


def write_catalog(frame: DataFrame, database: str, table_name: str) -> None:
    """Appends the frame to an Iceberg table of the catalog."""
    frame.writeTo(table_name_of(database, table_name)).append()


def table_name_of(database: str | None, table_name: str | None) -> str:
    """Name of a catalog's table for Spark SQL, quoted."""
    if not database or not table_name:
        given = f"database={database!r}, table_name={table_name!r}: both are needed"
        raise BadOptionError("from_catalog", given, ["database", "table_name"])
    return ".".join(f"`{part.replace('`', '``')}`" for part in (CATALOG, database, table_name))


def _checked_format(where: str, connection_type: str, format: str | None) -> str:
    if connection_type in _LATER:
        raise NotSupportedError(f"connection_type {connection_type!r}")
    if connection_type not in _S3:
        raise BadOptionError(where, f"connection_type {connection_type!r} is not known", (*_S3, *_JDBC, *_LATER))
    chosen = connection_type if connection_type in ("parquet", "orc") else format
    if chosen in _LATER_FORMATS:
        raise NotSupportedError(f"format {chosen!r}")
    if chosen not in _FORMATS:
        raise BadOptionError(where, f"format {chosen!r} is not known", (*_FORMATS, *_LATER_FORMATS))
    return chosen


def _paths(connection_options: Mapping[str, Any]) -> tuple[list[str], bool, Any]:
    known = {"path", "paths", "recurse", "exclusions", *_IGNORABLE}
    unknown = set(connection_options) - known
    if unknown:
        raise NotSupportedError(f"connection option {sorted(unknown)[0]!r}")
    given = connection_options.get("paths", connection_options.get("path"))
    if not given:
        raise BadOptionError("create from_options", "connection_options lacks 'paths'", sorted(known))
    paths = [given] if isinstance(given, str) else list(given)
    exclusions = connection_options.get("exclusions")
    exclusions = json.loads(exclusions) if isinstance(exclusions, str) and exclusions else exclusions
    return paths, _flag(connection_options.get("recurse", False)) == "true", exclusions


def _translated(chosen: str, format_options: Mapping[str, Any]) -> dict[str, str]:
    table = _FORMAT_OPTIONS[chosen]
    options = {name: value for name, value in format_options.items() if name not in _IGNORABLE}
    unknown = set(options) - set(table)
    if unknown:
        raise NotSupportedError(f"{chosen} format option {sorted(unknown)[0]!r}", f"Supported: {', '.join(sorted(table))}.")
    return {table[name][0]: table[name][1](value) for name, value in options.items()}


def _jdbc_options(connection_type: str, connection_options: Mapping[str, Any]) -> dict[str, str]:
    needed = ("url", "user", "password", "dbtable")
    missing = [name for name in needed if name not in connection_options]
    if missing:
        raise BadOptionError(connection_type, f"connection_options lacks {', '.join(missing)}", needed)
    unknown = set(connection_options) - set(needed)
    if unknown:
        raise NotSupportedError(f"{connection_type} connection option {sorted(unknown)[0]!r}")
    return {"driver": _JDBC[connection_type], **{name: str(connection_options[name]) for name in needed}}


def _read_jdbc(spark: SparkSession, connection_type: str, connection_options: Mapping[str, Any]) -> DataFrame:
    return spark.read.format("jdbc").options(**_jdbc_options(connection_type, connection_options)).load()


def _write_jdbc(frame: DataFrame, connection_type: str, connection_options: Mapping[str, Any]) -> None:
    frame.write.format("jdbc").options(**_jdbc_options(connection_type, connection_options)).mode("append").save()
