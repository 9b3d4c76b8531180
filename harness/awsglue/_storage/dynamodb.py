"""DynamoDB: a table's items as records and records as items, through boto3 ("DynamoDB connections")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from awsglue._core.python_side import Outcome, batches_of, frames_of, ship
from awsglue._core.records import Records, Stage
from awsglue._storage.accounts import account_of
from awsglue._storage.options import checked, is_true
from awsglue.exceptions import BadOptionError, SourceError

__all__ = ["READ_OPTIONS", "WRITE_OPTIONS", "read", "write"]

ship(__name__)
_ROLE = ("dynamodb.sts.roleArn", "dynamodb.sts.roleSessionName")  # roles are not assumed here: taken without effect
READ_OPTIONS = ("dynamodb.input.tableName", "dynamodb.throughput.read.percent", "dynamodb.splits", "dynamodb.export", "dynamodb.tableArn",
                "dynamodb.s3.bucket", "dynamodb.s3.prefix", "dynamodb.s3.bucketOwner", "dynamodb.simplifyDDBJson",
                "dynamodb.unnestDDBJson", "dynamodb.exportTime", *_ROLE)  # fmt: skip
WRITE_OPTIONS = (
    "dynamodb.output.tableName",
    "dynamodb.throughput.write.percent",
    "dynamodb.output.numParallelTasks",
    "dynamodb.output.retry",
    *_ROLE,
)


def read(spark: SparkSession, given: Mapping[str, Any], context: str = "") -> Records:
    """Records of a table's items, read in as many segments as `dynamodb.splits` says.

    With `dynamodb.export: ddb` the records are an export's: `Item`, its values in DynamoDB's type wrappers. Here they come from a scan;
    the export's bucket is taken and not written to. With `s3` they are those of an export that is there, in the bucket below the prefix.
    Raises BadOptionError or SourceError naming the table and those that there are.
    """
    options = checked("connection_options of dynamodb", given, READ_OPTIONS)
    exported = options.get("dynamodb.export")
    if exported not in (None, "ddb", "s3"):
        raise BadOptionError("dynamodb", f"dynamodb.export {exported!r}", ["ddb", "s3"])
    if exported == "s3":
        return _as_wanted(Records.of(_existing_export(spark, options), (Stage(context or "dynamodb"),)), options)
    table = str(options.get("dynamodb.input.tableName") or str(options.get("dynamodb.tableArn", "")).rpartition("/")[2])
    _check(table, "dynamodb.input.tableName" if not exported else "dynamodb.tableArn")
    splits, account = int(options.get("dynamodb.splits", 1)), account_of("dynamodb")
    as_export = exported == "ddb"

    def scan(_: int, rows: Iterator[dict[str, Any]]) -> Iterator[Outcome]:
        for row in rows:
            for items in _pages(account, table, int(row["id"]), splits):
                yield [{"Item": item} if as_export else {name: _plain(value) for name, value in item.items()} for item in items], []

    made: list[tuple[DataFrame, DataFrame]] = []

    def frame() -> DataFrame:
        if not made:
            made.append(frames_of(batches_of(spark.range(splits).repartition(splits), scan).persist()))
        return made[0][0]

    records = Records(frame, (Stage(context or "dynamodb"),))
    return _as_wanted(records, options) if as_export else records


def _existing_export(spark: SparkSession, options: Mapping[str, Any]) -> DataFrame:
    """Items of an export's files: `data/*.json.gz` somewhere below the prefix. Raises BadOptionError or SourceError when there are none."""
    bucket, prefix = options.get("dynamodb.s3.bucket"), str(options.get("dynamodb.s3.prefix", "")).strip("/")
    if not bucket:
        raise BadOptionError("dynamodb", "dynamodb.export 's3' without dynamodb.s3.bucket", READ_OPTIONS)
    folder = f"s3://{bucket}/{prefix}"
    try:
        frame = spark.read.option("recursiveFileLookup", "true").option("pathGlobFilter", "*.json.gz").json(folder)
    except AnalysisException as error:
        fix = "dynamodb.s3.prefix is the folder of an export"
        raise SourceError(f"DynamoDB export {folder}", str(error).splitlines()[0], fix) from error
    if "Item" not in frame.columns:
        fix = 'An export in DynamoDB JSON has files data/*.json.gz whose lines are {"Item": …}'
        raise SourceError(f"DynamoDB export {folder}", "there are no items below it", fix)
    return frame.select("Item")


def _as_wanted(records: Records, options: Mapping[str, Any]) -> Records:
    """An export's records, without the wrappers where an option asks for it."""
    from awsglue._operations.dynamodb_json import unnest_ddb_json

    for option, work in (("dynamodb.unnestDDBJson", unnest_ddb_json), ("dynamodb.simplifyDDBJson", _items_simplified)):
        if is_true(options.get(option, False)):
            return records.then(work, Stage(option), on_resolved=True)
    return records


def _items_simplified(frame: DataFrame) -> DataFrame:
    from awsglue._operations.dynamodb_json import simplify_ddb_json

    simple = simplify_ddb_json(frame)
    return simple.select("Item.*") if "Item" in simple.columns else simple


def _pages(account: Mapping[str, Any], table: str, segment: int, segments: int) -> Iterator[list[dict[str, Any]]]:
    import boto3

    pages = boto3.client("dynamodb", **account).get_paginator("scan").paginate(TableName=table, Segment=segment, TotalSegments=segments)
    yield from (page["Items"] for page in pages)


def _plain(value: Mapping[str, Any]) -> Any:
    """A value without its wrapper. Whole numbers are int, others decimal; sets are lists."""
    kind, inner = next(iter(value.items()))
    if kind == "N":
        return _number(inner)
    if kind == "M":
        return {name: _plain(item) for name, item in inner.items()}
    if kind == "L":
        return [_plain(item) for item in inner]
    if kind == "NS":
        return [_number(item) for item in inner]
    return None if kind == "NULL" else list(inner) if kind in ("SS", "BS") else inner


def _number(text: str) -> Any:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() and "." not in text and "E" not in text.upper() else number


def write(frame: DataFrame, given: Mapping[str, Any]) -> None:
    """Puts each record as an item; an item with the same key is replaced. Null fields are left out."""
    options = checked("connection_options of dynamodb", given, WRITE_OPTIONS)
    table = str(options.get("dynamodb.output.tableName", ""))
    _check(table, "dynamodb.output.tableName")
    account = account_of("dynamodb")
    frame.foreachPartition(lambda rows: _put(account, table, rows))


def _put(account: Mapping[str, Any], table: str, rows: Iterator[Any]) -> None:
    import boto3

    with boto3.resource("dynamodb", **account).Table(table).batch_writer() as batch:
        for row in rows:
            batch.put_item(Item=_item(row.asDict(recursive=True)))


def _item(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _item(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_item(inner) for inner in value]
    if isinstance(value, float):
        return Decimal(str(value))
    return str(value) if not isinstance(value, str | int | bool | bytes | bytearray | Decimal | type(None)) else value


def _check(table: str, option: str) -> None:
    import boto3

    if not table:
        raise BadOptionError("dynamodb", f"no {option}", [*READ_OPTIONS, *WRITE_OPTIONS])
    client = boto3.client("dynamodb")
    try:
        client.describe_table(TableName=table)
    except client.exceptions.ResourceNotFoundException as error:
        names = [name for page in client.get_paginator("list_tables").paginate() for name in page["TableNames"]]
        raise SourceError(
            f"DynamoDB table {table}", "there is none of this name", f"There are: {', '.join(sorted(names)) or 'none'}"
        ) from error
