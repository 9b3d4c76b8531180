"""Tables of the Glue Data Catalog, read through the Glue API (boto3), so that the same calls work on AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.casts import cast
from awsglue._core.type_strings import parse_type
from awsglue._storage.options import STREAMS
from awsglue.exceptions import BadOptionError, NotSupportedError, SourceError

__all__ = ["CATALOG", "Partition", "Table", "column_types", "find_table", "glue_client", "partitions_of", "spark_name"]

CATALOG = "glue_catalog"
"""Spark's name of the catalog that is the Glue Data Catalog, as in the vendor's pages on Iceberg."""
_BY_INPUT_FORMAT = {"parquet": "parquet", "orc": "orc", "avro": "avro"}
_BY_SERDE = {"json": "json", "opencsv": "csv", "lazysimple": "csv", "parquet": "parquet", "orc": "orc", "avro": "avro", "grok": "grokLog"}


@dataclass(frozen=True)
class Partition:
    """A partition: the values of the table's partition keys as texts, and where its files are."""

    values: tuple[str, ...]
    location: str


@dataclass(frozen=True)
class Table:
    """A table of the catalog, as `GetTable` describes it."""

    database: str
    name: str
    raw: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, str]:
        return {**self.raw.get("Parameters", {}), **{}}

    @property
    def storage(self) -> Mapping[str, Any]:
        return dict(self.raw.get("StorageDescriptor") or {})

    @property
    def location(self) -> str:
        return str(self.storage.get("Location") or "")

    @property
    def described(self) -> dict[str, str]:
        """Parameters of the table and of where it is stored: a stream's are among either."""
        return {**self.parameters, **(self.storage.get("Parameters") or {})}

    @property
    def stream(self) -> str:
        """`kafka` or `kinesis`; nothing for any other table."""
        kind = self.described.get("typeOfData", "").lower()
        return kind if kind in STREAMS else ""

    @property
    def is_iceberg(self) -> bool:
        return self.parameters.get("table_type", "").upper() == "ICEBERG"

    @property
    def lake(self) -> str:
        """`iceberg`, `delta` or `hudi`, as Spark, Athena and crawlers mark such a table; nothing for any other."""
        if self.is_iceberg:
            return "iceberg"
        marks = [self.parameters.get(name, "").lower() for name in ("table_type", "spark.sql.sources.provider", "classification")]
        return next((mark for mark in marks if mark in ("delta", "hudi")), "")

    @property
    def lake_path(self) -> str:
        """Where a lake's table lies: Spark keeps it among the SerDe's parameters, and Hive's location is a placeholder then."""
        return str(((self.storage.get("SerdeInfo") or {}).get("Parameters") or {}).get("path") or self.location)

    @property
    def columns(self) -> T.StructType:
        return _schema(self.storage.get("Columns") or [], f"{self.database}.{self.name}")

    @property
    def partition_keys(self) -> T.StructType:
        return _schema(self.raw.get("PartitionKeys") or [], f"{self.database}.{self.name}")

    @property
    def format(self) -> str:
        """Format of its files. Raises SourceError when nothing says which."""
        classification = (self.storage.get("Parameters") or {}).get("classification") or self.parameters.get("classification", "")
        if classification:
            return {"groklog": "grokLog", "grok": "grokLog"}.get(classification.lower(), classification.lower())
        serde = str((self.storage.get("SerdeInfo") or {}).get("SerializationLibrary", "")).lower()
        text = serde + str(self.storage.get("InputFormat", "")).lower()
        for mark, format in {**_BY_SERDE, **_BY_INPUT_FORMAT}.items():
            if mark in text:
                return format
        what = f"Table {self.database}.{self.name}"
        raise SourceError(what, "neither a classification nor a SerDe says its format", "Set the table's parameter 'classification'")

    @property
    def format_options(self) -> dict[str, Any]:
        """Options of the format that the SerDe and the table's parameters give."""
        serde = (self.storage.get("SerdeInfo") or {}).get("Parameters") or {}
        parameters = {**self.parameters, **serde}
        if self.format == "csv":
            options = {
                "separator": parameters.get("separatorChar") or parameters.get("field.delim") or parameters.get("delimiter") or ",",
                "withHeader": False,
                "skipFirst": parameters.get("skip.header.line.count", "0") not in ("0", ""),
            }
            return options | ({"quoteChar": parameters["quoteChar"]} if parameters.get("quoteChar") else {})
        if self.format == "xml":
            return {"rowTag": parameters.get("rowTag") or parameters.get("xml.rowTag")}
        if self.format == "grokLog":
            return {"logFormat": parameters.get("input.format", ""), "customPatterns": parameters.get("input.grokCustomPatterns", "")}
        return {"jsonPath": parameters["jsonPath"]} if self.format == "json" and parameters.get("jsonPath") else {}


def _schema(columns: Sequence[Mapping[str, Any]], where: str) -> T.StructType:
    return T.StructType([T.StructField(one["Name"], parse_type(one.get("Type") or "string", where) or T.StringType()) for one in columns])


def glue_client() -> Any:
    """boto3's client of Glue; the endpoint and credentials are those of the environment."""
    import boto3

    return boto3.client("glue")


def find_table(database: str | None, name: str | None, catalog_id: str | None = None) -> Table:
    """A table. Raises BadOptionError naming the tables (or databases) that there are, when there is none of the name."""
    if not database or not name:
        raise BadOptionError("from_catalog", f"database={database!r}, table_name={name!r}: both are needed", ["database", "table_name"])
    client, extra = glue_client(), {"CatalogId": catalog_id} if catalog_id else {}
    try:
        return Table(database, name, client.get_table(DatabaseName=database, Name=name, **extra)["Table"])
    except client.exceptions.EntityNotFoundException:
        databases = [one["Name"] for page in client.get_paginator("get_databases").paginate(**extra) for one in page["DatabaseList"]]
        if database not in databases:
            raise BadOptionError("from_catalog", f"no database {database} in the catalog", databases or ["(none)"]) from None
        pages = client.get_paginator("get_tables").paginate(DatabaseName=database, **extra)
        tables = [one["Name"] for page in pages for one in page["TableList"]]
        raise BadOptionError("from_catalog", f"no table {name} in database {database}", tables or ["(none)"]) from None


def column_types(database: str, name: str, catalog_id: str | None = None) -> dict[str, T.DataType]:
    """Types of a table's columns, partition keys among them."""
    table = find_table(database, name, catalog_id)
    return {field.name: field.dataType for field in (*table.columns.fields, *table.partition_keys.fields)}


def spark_name(database: str, name: str) -> str:
    """Name of a catalog's table for Spark SQL, quoted."""
    return ".".join(f"`{part.replace('`', '``')}`" for part in (CATALOG, database, name))


def partitions_of(spark: SparkSession, table: Table, predicate: str = "", server_predicate: str = "") -> list[Partition]:
    """Partitions of a table that a predicate over the partition keys allows.

    predicate: SQL, evaluated here over the listed partitions (push_down_predicate). server_predicate: evaluated by the catalog.
    Raises BadOptionError when the predicate names anything but partition keys.
    """
    keys = table.partition_keys
    extra = {"Expression": server_predicate} if server_predicate else {}
    pages = glue_client().get_paginator("get_partitions").paginate(DatabaseName=table.database, TableName=table.name, **extra)
    found = [
        Partition(tuple(one["Values"]), str(one.get("StorageDescriptor", {}).get("Location") or table.location))
        for page in pages
        for one in page["Partitions"]
    ]
    if not predicate.strip() or not found:
        return found
    return [found[index] for index in _matching(spark, table, keys, found, predicate)]


def _matching(spark: SparkSession, table: Table, keys: T.StructType, found: Sequence[Partition], predicate: str) -> list[int]:
    from pyspark.errors import AnalysisException, ParseException

    texts = T.StructType([T.StructField("@index", T.LongType()), *(T.StructField(key.name, T.StringType()) for key in keys.fields)])
    frame = spark.createDataFrame([(index, *map(_value, one.values)) for index, one in enumerate(found)], texts)
    typed = frame.select("@index", *[cast(F.col(f"`{key.name}`"), T.StringType(), key.dataType).alias(key.name) for key in keys.fields])
    try:
        return [row[0] for row in typed.where(predicate).select("@index").collect()]
    except (AnalysisException, ParseException) as error:
        first = str(error).splitlines()[0]
        raise BadOptionError(
            f"push_down_predicate of {table.database}.{table.name}", f"{predicate!r} does not fit: {first}", keys.names
        ) from error


def _value(text: str) -> str | None:
    """A partition's value as its rows have it."""
    return None if text == "__HIVE_DEFAULT_PARTITION__" else unquote(text)


def with_partition_columns(frame: DataFrame, keys: T.StructType, partition: Partition) -> DataFrame:
    """The frame and the partition's values as columns of their types. Raises NotSupportedError when they do not match the keys."""
    if len(keys.fields) != len(partition.values):
        raise NotSupportedError(
            f"a partition of {len(partition.values)} values in a table of {len(keys.fields)} keys", "Crawl the table again."
        )
    gone = {key.name.lower() for key in keys.fields}
    kept = [f"`{name}`" for name in frame.columns if name.lower() not in gone]
    values = [
        cast(F.lit(_value(value)), T.StringType(), key.dataType).alias(key.name)
        for key, value in zip(keys.fields, partition.values, strict=True)
    ]
    return frame.select(*kept, *values)
