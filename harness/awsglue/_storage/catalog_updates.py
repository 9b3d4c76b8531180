"""Writing to tables of the catalog, and keeping the catalog up to what was written ("Updating the schema and adding new partitions").

`UPDATE_IN_DATABASE` makes the table when it is not there and adds columns to it; `LOG` leaves the columns as they are. Both add
partitions that are new.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.type_strings import written_type
from awsglue._storage import sinks
from awsglue._storage.catalog import Table, find_table, glue_client, spark_name
from awsglue._storage.options import checked, is_true
from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["BEHAVIOURS", "descriptor", "update_catalog", "write_catalog"]

_LOG = logging.getLogger("awsglue")
BEHAVIOURS = ("UPDATE_IN_DATABASE", "LOG")
_OPTIONS = ("enableUpdateCatalog", "updateBehavior", "partitionKeys", "path", "compression", "preactions", "postactions", "aws_iam_role",
            "extracopyoptions", "database", "dbtable")  # fmt: skip
_STREAM_OPTIONS = {
    "kafka": ("topicName", "connectionName", "bootstrap.servers", "security.protocol", "classification"),
    "kinesis": ("streamARN", "streamName"),
}
"""What a table says of where the records of its stream go."""
_HADOOP = "org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_STORAGE: Mapping[str, tuple[str, str, str]] = {
    "csv": (*_HADOOP, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
    "json": (*_HADOOP, "org.openx.data.jsonserde.JsonSerDe"),
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
    "avro": (
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
}
# As Spark describes what Hive cannot read: the table's place is among the SerDe's parameters.
_DELTA = (
    "org.apache.hadoop.mapred.SequenceFileInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
)


def write_catalog(
    frame: DataFrame,
    database: str | None,
    table_name: str | None,
    options: Mapping[str, Any],
    catalog_id: str | None = None,
    redshift_tmp_dir: str = "",
) -> None:
    """Appends the frame to a table of the catalog, wherever that lies."""
    table = find_table(database, table_name, catalog_id)
    if table.lake in ("delta", "hudi"):
        keys = [key.name for key in table.partition_keys.fields] or sinks.partition_keys_of(options)
        sinks.write_files(frame, {**options, "path": table.lake_path, "partitionKeys": keys}, table.lake, {})
        return
    if table.stream:
        _write_stream(frame, table, options)
        return
    given = checked("additional_options", options, _OPTIONS)
    if table.is_iceberg:
        frame.writeTo(spark_name(table.database, table.name)).append()
        return
    if table.format in ("mysql", "postgresql", "redshift"):
        from awsglue._storage.connections import connection_options

        parts = table.location.split(".")
        target = {"dbtable": ".".join(parts[-2:]) if len(parts) > 2 else parts[-1]}
        temporary = {"redshiftTmpDir": redshift_tmp_dir} if redshift_tmp_dir else {}
        passed = {name: value for name, value in given.items() if name not in ("enableUpdateCatalog", "updateBehavior", "partitionKeys")}
        sinks.write(
            frame,
            table.format,
            {**connection_options(table.parameters.get("connectionName", "")), **target, **temporary, **passed},
            None,
            {},
        )
        return
    if table.format == "dynamodb":
        sinks.write(frame, "dynamodb", {"dynamodb.output.tableName": table.location.rpartition("/")[2] or table.name}, None, {})
        return
    keys = [key.name for key in table.partition_keys.fields] or sinks.partition_keys_of(given)
    format_options: dict[str, Any] = {}
    if table.format == "csv":
        format_options = {"separator": table.format_options["separator"], "writeHeader": table.format_options["skipFirst"]}
    passed = {"path": table.location, "partitionKeys": keys, **({"compression": given["compression"]} if "compression" in given else {})}
    sinks.write_files(frame, passed, table.format, format_options)
    if is_true(given.get("enableUpdateCatalog", False)):
        update_catalog(
            frame, table.database, table.name, table.location, table.format, keys, str(given.get("updateBehavior", "LOG")), catalog_id
        )


def _write_stream(frame: DataFrame, table: Table, options: Mapping[str, Any]) -> None:
    described = table.described
    form = described.get("classification", "json").lower()
    if form != "json":
        raise NotSupportedError(f"writing {form!r} to the stream of {table.database}.{table.name}", "Possible: json.")
    said = {name: described[name] for name in _STREAM_OPTIONS[table.stream] if name in described}
    sinks.write(frame, table.stream, {**said, **options}, None, {})


def update_catalog(
    frame: DataFrame,
    database: str,
    table_name: str,
    location: str,
    format: str,
    keys: Sequence[str],
    behaviour: str = "UPDATE_IN_DATABASE",
    catalog_id: str | None = None,
) -> None:
    """Makes or updates the table for what was written, and adds its new partitions. Raises BadOptionError for a format without tables."""
    if behaviour not in BEHAVIOURS:
        raise BadOptionError("updateBehavior", f"{behaviour!r}", BEHAVIOURS)
    kind = {"glueparquet": "parquet", "jsonlines": "json"}.get(format, format)
    if kind not in _STORAGE:
        raise BadOptionError("enableUpdateCatalog", f"format {format!r} makes no table", _STORAGE)
    client, extra = glue_client(), {"CatalogId": catalog_id} if catalog_id else {}
    columns = [field for field in frame.schema.fields if field.name not in keys and not isinstance(field.dataType, T.NullType)]
    try:
        raw = client.get_table(DatabaseName=database, Name=table_name, **extra)["Table"]
    except client.exceptions.EntityNotFoundException:
        _create(client, extra, database, table_name, location, kind, columns, [f for f in frame.schema.fields if f.name in keys])
    else:
        _update(client, extra, Table(database, table_name, raw), columns, behaviour)
    if keys and frame.columns:
        _add_partitions(client, extra, frame, database, table_name, location, keys)


def descriptor(location: str, kind: str, columns: Sequence[T.StructField], separator: str = ",", header: bool = True) -> dict[str, Any]:
    """StorageDescriptor of files of a format (and, of CSV, as they are written). Raises BadOptionError for a format without tables."""
    if kind not in (*_STORAGE, "delta"):
        raise BadOptionError("a table of the catalog", f"format {kind!r} makes no table", (*_STORAGE, "delta"))
    input_format, output_format, serde = _STORAGE.get(kind, _DELTA)
    skipped = {"skip.header.line.count": "1"} if kind == "csv" and header else {}
    parameters = {"field.delim": separator, **skipped} if kind == "csv" else {"serialization.format": "1"}
    if kind == "delta":
        parameters["path"] = location
    return {
        "Columns": [{"Name": field.name.lower(), "Type": written_type(field.dataType)} for field in columns],
        "Location": location.rstrip("/") + "/", "InputFormat": input_format, "OutputFormat": output_format, "Compressed": False,
        "NumberOfBuckets": -1, "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters}, "StoredAsSubDirectories": False,
        "Parameters": {"classification": kind, **skipped},
    }  # fmt: skip


def _create(
    client: Any, extra: dict[str, str], database: str, name: str, location: str, kind: str, columns: Sequence[T.StructField],
    keys: Sequence[T.StructField],
) -> None:  # fmt: skip
    table = {
        "Name": name.lower(), "TableType": "EXTERNAL_TABLE", "StorageDescriptor": descriptor(location, kind, columns),
        "PartitionKeys": [{"Name": key.name.lower(), "Type": written_type(key.dataType)} for key in keys],
        "Parameters": {"classification": kind, "EXTERNAL": "TRUE"},
    }  # fmt: skip
    client.create_table(DatabaseName=database, TableInput=table, **extra)


def _update(client: Any, extra: dict[str, str], table: Table, columns: Sequence[T.StructField], behaviour: str) -> None:
    known = {one["Name"].lower() for one in table.storage.get("Columns", [])}
    new = [{"Name": field.name.lower(), "Type": written_type(field.dataType)} for field in columns if field.name.lower() not in known]
    if not new:
        return
    if behaviour == "LOG":
        _LOG.warning("%s.%s lacks %s: updateBehavior is LOG", table.database, table.name, ", ".join(one["Name"] for one in new))
        return
    accepted = ("Name", "Description", "Owner", "Retention", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")
    changed = {name: table.raw[name] for name in accepted if name in table.raw}
    changed["StorageDescriptor"] = {**table.storage, "Columns": [*table.storage.get("Columns", []), *new]}
    client.update_table(DatabaseName=table.database, TableInput=changed, **extra)


def _add_partitions(
    client: Any, extra: dict[str, str], frame: DataFrame, database: str, name: str, location: str, keys: Sequence[str]
) -> None:
    table = client.get_table(DatabaseName=database, Name=name, **extra)["Table"]
    pages = client.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name, **extra)
    there = {tuple(one["Values"]) for page in pages for one in page["Partitions"]}
    # Spark's writer puts rows with an empty text where those with a null are.
    filled = [F.nullif(F.col(f"`{key}`").cast("string"), F.lit("")) for key in keys]
    texts = frame.select(*[F.coalesce(text, F.lit("__HIVE_DEFAULT_PARTITION__")) for text in filled]).distinct()
    new = sorted({tuple(str(value) for value in row) for row in texts.collect()} - there)
    inputs = []
    for values in new:
        folders = "/".join(f"{key}={_folder_name(value)}" for key, value in zip(keys, values, strict=True))
        descriptor = {**table["StorageDescriptor"], "Location": f"{location.rstrip('/')}/{folders}/"}
        inputs.append({"Values": list(values), "StorageDescriptor": descriptor})
    for start in range(0, len(inputs), 100):
        client.batch_create_partition(DatabaseName=database, TableName=name, PartitionInputList=inputs[start : start + 100], **extra)


def _folder_name(value: str) -> str:
    """The value as Spark writes it into a folder's name."""
    return re.sub(r"[\x00-\x1f\x7f\"#%'*/:=?\\{\[\]^]", lambda match: f"%{ord(match[0]):02X}", value)
