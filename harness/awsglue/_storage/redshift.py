"""Redshift through its Data API ("Redshift connections"): rows that are written go to S3 and are loaded by COPY in one transaction with
the pre- and postactions; rows that are read are unloaded to S3 by UNLOAD, as Parquet.

The cluster is the first label of the address (`jdbc:redshift://<cluster>.….redshift.amazonaws.com:5439/<database>`), a workgroup where the
address is one of Redshift Serverless.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.paths import quoted
from awsglue._core.records import Records, Stage
from awsglue._core.type_strings import parse_type
from awsglue.exceptions import BadOptionError, SourceError
from localaws.redshift.exceptions import StatementSyntaxError
from localaws.redshift.lexer import plain_text, significant, split_statements, tokenize

__all__ = ["ddl_type", "first_row", "read", "target_of", "write"]

_ADDRESS = re.compile(r"^jdbc:redshift(?::iam)?://(?P<host>[^:/]+)(?::\d+)?/(?P<database>[^?;]+)")
_TYPES: Mapping[type[T.DataType], str] = {
    T.BooleanType: "BOOLEAN", T.ByteType: "SMALLINT", T.ShortType: "SMALLINT", T.IntegerType: "INTEGER", T.LongType: "BIGINT",
    T.FloatType: "REAL", T.DoubleType: "DOUBLE PRECISION", T.StringType: "VARCHAR(65535)", T.DateType: "DATE", T.TimestampType: "TIMESTAMP",
    T.TimestampNTZType: "TIMESTAMP", T.BinaryType: "VARBYTE",
}  # fmt: skip
_TRANSACTION = ("BEGIN", "END", "COMMIT", "BEGINTRANSACTION", "ENDTRANSACTION", "COMMITTRANSACTION", "STARTTRANSACTION")
_OF_RESULT = {"int2": "short", "int4": "int", "int8": "long", "float4": "float", "float8": "double", "bool": "boolean", "date": "date",
              "timestamp": "timestamp", "timestamptz": "timestamp"}  # fmt: skip


def target_of(options: Mapping[str, Any]) -> dict[str, str]:
    """What the Data API needs to find the warehouse. Raises BadOptionError for an address that is none of Redshift."""
    match = _ADDRESS.match(str(options.get("url", "")))
    if match is None:
        raise BadOptionError(
            "redshift", f"{options.get('url')!r} is no address", ["jdbc:redshift://cluster.….redshift.amazonaws.com:5439/database"]
        )
    host, database = match["host"], str(options.get("database") or match["database"])
    name = host.split(".")[0]
    if ".redshift-serverless." in host:
        return {"WorkgroupName": name, "Database": database}
    return {"ClusterIdentifier": name, "Database": database, "DbUser": str(options.get("DbUser") or options.get("user") or "awsuser")}


def read(spark: SparkSession, options: Mapping[str, Any], context: str = "") -> Records:
    """Rows of a table or query, unloaded below redshiftTmpDir, typed as the warehouse says."""
    what = f"({query}) AS glue_rows" if (query := _query(options)) else str(options["dbtable"])
    folder, role = _folder(options), _role(options)
    client, target = _client(), target_of(options)
    described = client.get_statement_result(Id=_run(client, target, [f"SELECT * FROM {what} LIMIT 0"]))
    schema = T.StructType([T.StructField(one["name"], _type_of_result(one)) for one in described["ColumnMetadata"]])
    select = f"SELECT * FROM {what}".replace("'", "''")
    extra = f" {options['extraunloadoptions']}" if options.get("extraunloadoptions") else ""
    _run(client, target, [f"UNLOAD ('{select}') TO '{folder}part_' {role} FORMAT AS PARQUET{extra}"])
    return Records.of(_unloaded(spark, folder, schema), (Stage(context or "redshift"),))


def first_row(options: Mapping[str, Any], query: str) -> list[Any] | None:
    """The first row of a small query as Python has it (moments and decimals as texts); None when there is none."""
    client = _client()
    rows = client.get_statement_result(Id=_run(client, target_of(options), [query]))["Records"]
    return [None if cell.get("isNull") else next(iter(cell.values())) for cell in rows[0]] if rows else None


def _query(options: Mapping[str, Any]) -> str:
    return str(options.get("query") or options.get("sampleQuery") or "")


def _unloaded(spark: SparkSession, folder: str, schema: T.StructType) -> DataFrame:
    """What UNLOAD wrote: no file at all where there were no rows."""
    try:
        frame = spark.read.parquet(folder)
    except AnalysisException as error:
        if error.getErrorClass() not in ("PATH_NOT_FOUND", "UNABLE_TO_INFER_SCHEMA"):
            raise
        return spark.createDataFrame([], schema)
    return frame.toDF(*schema.names).select(*[F.col(quoted(field.name)).cast(field.dataType).alias(field.name) for field in schema.fields])


def _type_of_result(column: Mapping[str, Any]) -> T.DataType:
    name = str(column["typeName"])
    if name == "numeric":
        return T.DecimalType(int(column.get("precision") or 38), int(column.get("scale") or 0))
    return parse_type(_OF_RESULT.get(name, "string")) or T.StringType()


def _folder(options: Mapping[str, Any]) -> str:
    """A folder of its own below the temporary one. Raises BadOptionError when there is none."""
    folder = str(options.get("redshiftTmpDir") or options.get("redshift_tmp_dir") or "")
    if not folder:
        raise BadOptionError(
            "redshift", "no redshiftTmpDir", ["redshiftTmpDir: an s3:// folder for the rows (redshift_tmp_dir of the call)"]
        )
    return f"{folder.rstrip('/')}/{uuid4()}/"


def _role(options: Mapping[str, Any]) -> str:
    role = str(options.get("aws_iam_role") or "default")
    return "IAM_ROLE default" if role == "default" else f"IAM_ROLE '{role}'"


def write(frame: DataFrame, options: Mapping[str, Any]) -> None:
    """Loads the rows into a table, which is made when it is not there: preactions, COPY and postactions are one transaction."""
    staging = _folder(options)
    table, client = str(options["dbtable"]), _client()
    columns = ", ".join(f'"{field.name}" {ddl_type(field.dataType, field.name)}' for field in frame.schema.fields)
    statements = [*_statements(options.get("preactions")), f"CREATE TABLE IF NOT EXISTS {table} ({columns})"]
    if frame.take(1):
        frame.write.parquet(staging)
        names = ", ".join(f'"{name}"' for name in frame.columns)
        extra = f" {options['extracopyoptions']}" if options.get("extracopyoptions") else ""
        statements.append(f"COPY {table} ({names}) FROM '{staging}' {_role(options)} FORMAT AS PARQUET{extra}")
    _run(client, target_of(options), [*statements, *_statements(options.get("postactions"))])


def ddl_type(data_type: T.DataType, name: str) -> str:
    """Redshift's type of a column. Raises BadOptionError for a nested one."""
    if isinstance(data_type, T.DecimalType):
        return f"DECIMAL({data_type.precision},{data_type.scale})"
    if type(data_type) not in _TYPES:
        raise BadOptionError("redshift", f"column {name} is {data_type.simpleString()}", ["flat types: relationalize, or unnest first"])
    return _TYPES[type(data_type)]


def _statements(text: Any) -> list[str]:
    """Statements of a text. Those that begin and end a transaction are left out: all of a load is one. Raises BadOptionError."""
    try:
        parts = split_statements(str(text or ""))
    except StatementSyntaxError as error:
        raise BadOptionError("redshift", f"preactions or postactions: {error}", ["statements with a semicolon between them"]) from error
    return [part for part in parts if plain_text(significant(tokenize(part))).upper() not in _TRANSACTION]


def _client() -> Any:
    import boto3

    return boto3.client("redshift-data")


def _run(client: Any, target: Mapping[str, str], statements: list[str]) -> str:
    """Runs the statements as one transaction and waits. Raises SourceError with the warehouse's own reason."""
    if len(statements) == 1:
        started = client.execute_statement(**target, Sql=statements[0])
    else:
        started = client.batch_execute_statement(**target, Sqls=statements)
    pause = 0.05
    while True:
        state = client.describe_statement(Id=started["Id"])
        if state["Status"] == "FINISHED":
            return str(started["Id"])
        if state["Status"] in ("FAILED", "ABORTED"):
            fix = "Nothing of it was kept: the statements are one transaction. They were: " + "; ".join(statements)
            raise SourceError("Redshift", str(state.get("Error", state["Status"])), fix)
        time.sleep(pause)
        pause = min(2.0, pause * 2)
