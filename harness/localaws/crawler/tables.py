"""What a crawl found as the catalog's table and partition inputs: serializer, location, columns, parameters."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localaws.crawler.files import FileFacts
from localaws.crawler.folders import Partition, Unit, key_names
from localaws.crawler.schemas import Schema, render

__all__ = ["Found", "found_table", "table_name"]

_HIVE = "org.apache.hadoop.hive"
_TEXT_IN, _TEXT_OUT = "org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat"
_FORMATS: Mapping[str, tuple[str, str, str]] = {
    "csv": (_TEXT_IN, _TEXT_OUT, f"{_HIVE}.serde2.lazy.LazySimpleSerDe"),
    "json": (_TEXT_IN, _TEXT_OUT, "org.openx.data.jsonserde.JsonSerDe"),
    "parquet": (
        f"{_HIVE}.ql.io.parquet.MapredParquetInputFormat",
        f"{_HIVE}.ql.io.parquet.MapredParquetOutputFormat",
        f"{_HIVE}.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (f"{_HIVE}.ql.io.orc.OrcInputFormat", f"{_HIVE}.ql.io.orc.OrcOutputFormat", f"{_HIVE}.ql.io.orc.OrcSerde"),
    "avro": (
        f"{_HIVE}.ql.io.avro.AvroContainerInputFormat",
        f"{_HIVE}.ql.io.avro.AvroContainerOutputFormat",
        f"{_HIVE}.serde2.avro.AvroSerDe",
    ),
    "UNKNOWN": (_TEXT_IN, _TEXT_OUT, ""),
}
"""Input format, output format and serializer of each classification."""
_CSV_SERDES = {"OpenCSVSerDe": f"{_HIVE}.serde2.OpenCSVSerde", "LazySimpleSerDe": f"{_HIVE}.serde2.lazy.LazySimpleSerDe"}
_NOT_OF_TABLES = ("serde", "quote", "jsonPath")
_LONGEST_NAME = 128


@dataclass(frozen=True)
class Found:
    """A table as the crawl would have it, and its partitions by their values."""

    table: dict[str, Any]
    partitions: Mapping[tuple[str, ...], dict[str, Any]]

    @property
    def name(self) -> str:
        name: str = self.table["Name"]
        return name


def table_name(prefix: str, path: str, taken: Sequence[str] = ()) -> str:
    """The catalog's name for what lies at `path`: its last part in lower case; a hash is added where that name is taken."""
    last = path.rstrip("/").rsplit("/", 1)[-1]
    name = (prefix + re.sub(r"[^A-Za-z0-9_]", "_", last)).lower()[:_LONGEST_NAME]
    if name in taken:
        digest = hashlib.md5(path.encode(), usedforsecurity=False).hexdigest()
        name = f"{name[: _LONGEST_NAME - 33]}_{digest}"
    return name


def found_table(unit: Unit, base: str, name: str, crawler: str, inherit: bool) -> Found:
    """The inputs of CreateTable and CreatePartition.

    Args:
        base: the include path, `s3://bucket/prefix/`.
        inherit: partitions take the table's columns (`InheritFromTable`).
    """
    schema, first = unit.schema, unit.partitions[0].files[0]
    parameters = _parameters(unit.files, crawler)
    descriptor = _descriptor(first, schema, _location(unit, base), parameters)
    keys = key_names(unit.keys, schema)
    table = {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        "StorageDescriptor": descriptor,
    }
    partitions = {part.values: _partition(part, base, schema if inherit else part.schema, crawler) for part in unit.partitions if keys}
    return Found(table, partitions)


def _partition(partition: Partition, base: str, schema: Schema, crawler: str) -> dict[str, Any]:
    parameters = _parameters(partition.files, crawler)
    location = f"{base}{partition.path}/"
    return {
        "Values": list(partition.values),
        "Parameters": parameters,
        "StorageDescriptor": _descriptor(partition.files[0], schema, location, parameters),
    }


def _location(unit: Unit, base: str) -> str:
    if unit.is_file:
        bucket = base.removeprefix("s3://").split("/", 1)[0]
        return f"s3://{bucket}/{unit.path}"
    return f"{base}{unit.path}/" if unit.path else base


def _descriptor(first: FileFacts, schema: Schema, location: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    reads, writes, serde = _FORMATS[first.classification]
    details = dict(first.details)
    named = {"SerializationLibrary": _CSV_SERDES.get(details.get("serde", ""), serde)} if serde else {}
    return {
        "Columns": [{"Name": column, "Type": render(kind)} for column, kind in schema.items()],
        "Location": location,
        "InputFormat": reads,
        "OutputFormat": writes,
        "Compressed": first.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": {**named, "Parameters": _serde_parameters(first, schema, details)},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": dict(parameters),
        "StoredAsSubDirectories": False,
    }


def _serde_parameters(first: FileFacts, schema: Schema, details: Mapping[str, str]) -> dict[str, str]:
    if first.classification == "json":
        return {"paths": ",".join(sorted(schema))}
    if first.classification == "csv":
        if details.get("serde") == "OpenCSVSerDe":
            return {"separatorChar": details["delimiter"], "quoteChar": details["quote"], "serialization.format": "1"}
        return {"field.delim": details["delimiter"]}
    if first.classification == "avro":
        return {"avro.schema.literal": details["avro.schema.literal"], "serialization.format": "1"}
    return {"serialization.format": "1"} if first.classification in ("parquet", "orc") else {}


def _parameters(files: Sequence[FileFacts], crawler: str) -> dict[str, str]:
    size, records = sum(file.size for file in files), sum(file.records for file in files)
    first = files[0]
    details = {name: value for name, value in first.details if name not in _NOT_OF_TABLES}
    return {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": crawler,
        "averageRecordSize": str(size // records if records else 0),
        "classification": first.classification,
        "compressionType": first.compression,
        "objectCount": str(len(files)),
        "recordCount": str(records),
        "sizeKey": str(size),
        "typeOfData": "file",
        **details,
    }
