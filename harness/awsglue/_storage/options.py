"""Options of connections and formats, as tables: which there are, and which change speed only and are taken without effect."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from awsglue.exceptions import BadOptionError, NotSupportedError

__all__ = ["CONNECTIONS", "FORMATS", "checked", "is_true", "json_list", "known_connection", "known_format"]

# How fast Glue reads or writes, not what ("Connection types and options for ETL in AWS Glue for Spark").
WITHOUT_EFFECT = frozenset({
    "groupFiles", "groupSize", "useS3ListImplementation", "optimizePerformance", "useGlueParquetWriter", "maxBand", "maxFilesInBand",
    "isFailFast", "blockSize", "pageSize", "enablePartitioningForSampleQuery", "bulkSize", "numPartitions", "callSite", "useFrameName",
    "accumulator_size", "fetchsize", "batchsize", "inferSchema",
})  # fmt: skip
FILES = ("s3", "file")
LAKE = ("iceberg", "delta", "hudi")
JDBC = ("mysql", "postgresql", "redshift")
STREAMS = ("kafka", "kinesis")
REFUSED = {
    "oracle": "Its driver is not among the jars of this runtime.",
    "sqlserver": "Its driver is not among the jars of this runtime.",
    "mongodb": "No server of it runs here.",
    "documentdb": "No server of it runs here.",
    "opensearch": "No server of it runs here.",
    "snowflake": "It is a service outside AWS.",
    "bigquery": "It is a service outside AWS.",
    "custom.jdbc": "Connectors of your own run on Glue only.",
    "custom.spark": "Connectors of your own run on Glue only.",
    "custom.athena": "Connectors of your own run on Glue only.",
    "marketplace.jdbc": "Connectors of the marketplace run on Glue only.",
    "marketplace.spark": "Connectors of the marketplace run on Glue only.",
    "marketplace.athena": "Connectors of the marketplace run on Glue only.",
}
CONNECTIONS = (*FILES, "parquet", "orc", *LAKE, *JDBC, "dynamodb", *STREAMS)
FORMATS = ("csv", "json", "jsonlines", "parquet", "glueparquet", "orc", "avro", "xml", "grokLog", *LAKE)


def known_connection(where: str, connection_type: str) -> str:
    """The connection type. Raises NotSupportedError for one that only Glue has, BadOptionError for one that nobody has."""
    if connection_type in REFUSED:
        raise NotSupportedError(f"connection_type {connection_type!r}", REFUSED[connection_type])
    if connection_type not in CONNECTIONS:
        raise BadOptionError(where, f"connection_type {connection_type!r} is not known", (*CONNECTIONS, *REFUSED))
    return connection_type


def known_format(where: str, format: str | None) -> str:
    """The format. Raises NotSupportedError for ion, BadOptionError for one that there is not or none at all."""
    if format == "ion":
        raise NotSupportedError("format 'ion'", "Convert it to JSON.")
    if format not in FORMATS:
        raise BadOptionError(where, f"format {format!r} is not known", (*FORMATS, "ion"))
    return format


def checked(what: str, given: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The options without those that have no effect. Raises BadOptionError naming one that there is not."""
    unknown = [name for name in given if name not in known and name not in WITHOUT_EFFECT]
    if unknown:
        raise BadOptionError(what, f"no option {unknown[0]!r}", known)
    return {name: value for name, value in given.items() if name in known}


def is_true(value: Any) -> bool:
    """Of a flag as scripts give it: True, "true", "True"."""
    return str(value).lower() == "true"


def json_list(where: str, value: Any) -> list[str]:
    """A list, or a JSON text of one."""
    if not value:
        return []
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise BadOptionError(where, f"{value!r} is no JSON list ({error})", ['a text such as ["**.pdf"]']) from error
    return [str(item) for item in ([parsed] if isinstance(parsed, str) else parsed)]
