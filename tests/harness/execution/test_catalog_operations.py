"""Search, partition indexes and column statistics of the Glue catalog."""

from __future__ import annotations

import decimal
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from endpoint_process import EndpointProcess
from pyarrow import parquet

ROLE = "arn:aws:iam::123456789012:role/r"
PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}


@pytest.fixture
def glue(endpoint: EndpointProcess) -> Any:
    return endpoint.client("glue")


@pytest.fixture
def database(glue: Any) -> str:
    name = f"d_{uuid.uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": name})
    return name


def create(glue: Any, database: str, name: str, **settings: Any) -> None:
    storage = {"Columns": [{"Name": "id", "Type": "bigint", "Comment": "of the order"}], "Location": "s3://b/t/"}
    keys = [{"Name": "year", "Type": "int"}, {"Name": "month", "Type": "string"}]
    indexes = settings.pop("PartitionIndexes", [])
    table = {"Name": name, "PartitionKeys": keys, "StorageDescriptor": storage, **settings}
    glue.create_table(DatabaseName=database, TableInput=table, **({"PartitionIndexes": indexes} if indexes else {}))


@pytest.fixture
def tables(glue: Any, database: str) -> str:
    create(glue, database, "customer-link", Description="who buys", Parameters={"classification": "csv", "layer": "landing"})
    create(glue, database, "xxlinkyy", Owner="ann", Parameters={"classification": "parquet"})
    create(glue, database, "orders", Description="of customers")
    return database


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"SearchText": "buys"}, ["customer-link"]),
        ({"SearchText": "CUSTOMER"}, ["customer-link", "orders"]),
        ({"SearchText": '"orders"'}, ["orders"]),
        ({"SearchText": '"order"'}, []),
        ({"SearchText": "of the order"}, ["customer-link", "orders", "xxlinkyy"]),
        ({"Filters": [{"Key": "Name", "Value": "link"}]}, ["customer-link"]),
        ({"Filters": [{"Key": "classification", "Value": "parquet"}]}, ["xxlinkyy"]),
        ({"Filters": [{"Key": "Owner", "Value": "ann"}, {"Key": "Name", "Value": "orders"}]}, []),
        ({"Filters": [{"Key": "CreateTime", "Value": "2020-01-01", "Comparator": "LESS_THAN"}]}, []),
        (
            {"Filters": [{"Key": "CreateTime", "Value": "2020-01-01", "Comparator": "GREATER_THAN"}]},
            ["customer-link", "orders", "xxlinkyy"],
        ),
        ({"SortCriteria": [{"FieldName": "Name", "Sort": "DESC"}]}, ["xxlinkyy", "orders", "customer-link"]),
    ],
    ids=str,
)
def test_tables_are_searched(glue: Any, tables: str, asked: dict[str, Any], names: list[str]) -> None:
    filters = [*asked.get("Filters", []), {"Key": "DatabaseName", "Value": tables}]
    found = [table["Name"] for table in glue.search_tables(**{**asked, "Filters": filters})["TableList"]]

    assert (found if "SortCriteria" in asked else sorted(found)) == names


def test_a_search_has_pages(glue: Any, tables: str) -> None:
    filters = [{"Key": "DatabaseName", "Value": tables}]
    first = glue.search_tables(Filters=filters, MaxResults=2)
    second = glue.search_tables(Filters=filters, MaxResults=2, NextToken=first["NextToken"])

    assert (len(first["TableList"]), len(second["TableList"])) == (2, 1)
    assert "NextToken" not in second
    with pytest.raises(glue.exceptions.InvalidInputException, match="NextToken"):
        glue.search_tables(NextToken="elsewhere")
    with pytest.raises(glue.exceptions.InvalidInputException, match="is no time"):
        glue.search_tables(Filters=[{"Key": "CreateTime", "Value": "soon", "Comparator": "EQUALS"}])


def test_partition_indexes_are_kept_until_their_table_goes(glue: Any, database: str) -> None:
    create(glue, database, "t", PartitionIndexes=[{"IndexName": "both", "Keys": ["year", "month"]}])
    names = {"DatabaseName": database, "TableName": "t"}
    glue.create_partition_index(**names, PartitionIndex={"IndexName": "by_month", "Keys": ["month"]})

    found = glue.get_partition_indexes(**names)["PartitionIndexDescriptorList"]
    assert [(each["IndexName"], [key["Name"] for key in each["Keys"]], each["IndexStatus"]) for each in found] == [
        ("both", ["year", "month"], "ACTIVE"),
        ("by_month", ["month"], "ACTIVE"),
    ]
    assert found[0]["Keys"][0]["Type"] == "int"
    with pytest.raises(glue.exceptions.AlreadyExistsException):
        glue.create_partition_index(**names, PartitionIndex={"IndexName": "again", "Keys": ["month"]})
    with pytest.raises(glue.exceptions.InvalidInputException, match="id of the index wrong are not partition keys"):
        glue.create_partition_index(**names, PartitionIndex={"IndexName": "wrong", "Keys": ["id"]})
    glue.create_partition_index(**names, PartitionIndex={"IndexName": "by_year", "Keys": ["year"]})
    with pytest.raises(glue.exceptions.ResourceNumberLimitExceededException):
        glue.create_partition_index(**names, PartitionIndex={"IndexName": "fourth", "Keys": ["month", "year"]})
    glue.delete_partition_index(**names, IndexName="by_year")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.delete_partition_index(**names, IndexName="by_year")

    glue.delete_table(DatabaseName=database, Name="t")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_partition_indexes(**names)
    create(glue, database, "t")
    assert glue.get_partition_indexes(**names)["PartitionIndexDescriptorList"] == []


def test_column_statistics_are_given_told_and_dropped(glue: Any, database: str) -> None:
    create(glue, database, "t")
    names = {"DatabaseName": database, "TableName": "t"}
    data = {
        "Type": "LONG",
        "LongColumnStatisticsData": {"MinimumValue": 1, "MaximumValue": 9, "NumberOfNulls": 0, "NumberOfDistinctValues": 5},
    }
    given = {"ColumnName": "id", "ColumnType": "bigint", "AnalyzedTime": datetime(2026, 1, 1, tzinfo=UTC), "StatisticsData": data}

    answer = glue.update_column_statistics_for_table(**names, ColumnStatisticsList=[given, {**given, "ColumnName": "absent"}])
    assert [error["ColumnStatistics"]["ColumnName"] for error in answer["Errors"]] == ["absent"]
    answer = glue.get_column_statistics_for_table(**names, ColumnNames=["id", "year"])
    assert [each["StatisticsData"] for each in answer["ColumnStatisticsList"]] == [data]
    assert answer["ColumnStatisticsList"][0]["AnalyzedTime"] == given["AnalyzedTime"]
    assert [(each["ColumnName"], each["Error"]["ErrorCode"]) for each in answer["Errors"]] == [("year", "EntityNotFoundException")]

    glue.create_partition(**names, PartitionInput={"Values": ["2026", "01"]})
    of_one = {**names, "PartitionValues": ["2026", "01"]}
    glue.update_column_statistics_for_partition(**of_one, ColumnStatisticsList=[given])
    glue.delete_column_statistics_for_table(**names, ColumnName="id")
    assert len(glue.get_column_statistics_for_partition(**of_one, ColumnNames=["id"])["ColumnStatisticsList"]) == 1
    assert glue.get_column_statistics_for_table(**names, ColumnNames=["id"])["ColumnStatisticsList"] == []
    glue.delete_column_statistics_for_partition(**of_one, ColumnName="id")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.delete_column_statistics_for_partition(**of_one, ColumnName="id")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_column_statistics_for_partition(**{**of_one, "PartitionValues": ["1999", "01"]}, ColumnNames=["id"])


def test_a_run_computes_statistics_of_what_is_in_the_table(
    endpoint: EndpointProcess, glue: Any, database: str, wait_until: Callable[..., Any], tmp_path: Any
) -> None:
    rows = pa.table({
        "id": pa.array([1, 2, None, 2], pa.int64()), "price": pa.array([1.5, -2.0, 7.25, None]), "name": ["a", None, "long", ""],
        "amount": pa.array([decimal.Decimal("-1.50"), decimal.Decimal("300.25"), None, None], pa.decimal128(10, 2)),
        "open": [True, False, True, None], "at": pa.array([datetime(2026, 1, 2, 3), None, datetime(2025, 1, 1), None], pa.timestamp("us")),
        "tags": [["x"], [], None, ["y"]],
    })  # fmt: skip
    parquet.write_table(rows, tmp_path / "rows.parquet")
    s3, bucket = endpoint.client("s3"), f"b-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    s3.upload_file(str(tmp_path / "rows.parquet"), bucket, "t/rows.parquet")
    types = {"id": "bigint", "price": "double", "name": "string", "amount": "decimal(10,2)", "open": "boolean", "at": "timestamp",
             "tags": "array<string>"}  # fmt: skip
    storage = {"Columns": [{"Name": name, "Type": kind} for name, kind in types.items()], "Location": f"s3://{bucket}/t/", **PARQUET}
    glue.create_table(DatabaseName=database, TableInput={"Name": "t", "StorageDescriptor": storage, "TableType": "EXTERNAL_TABLE"})
    names = {"DatabaseName": database, "TableName": "t"}

    run = glue.start_column_statistics_task_run(**names, Role=ROLE)["ColumnStatisticsTaskRunId"]
    get = lambda: glue.get_column_statistics_task_run(ColumnStatisticsTaskRunId=run)["ColumnStatisticsTaskRun"]  # noqa: E731
    ended = wait_until(lambda: (found := get())["Status"] not in ("STARTING", "RUNNING") and found, 90)
    assert (ended["Status"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)

    found = glue.get_column_statistics_for_table(**names, ColumnNames=list(types))
    assert [error["ColumnName"] for error in found["Errors"]] == ["tags"]
    told = {each["ColumnName"]: next(v for k, v in each["StatisticsData"].items() if k != "Type") for each in found["ColumnStatisticsList"]}
    assert told == {
        "id": {"MinimumValue": 1, "MaximumValue": 2, "NumberOfNulls": 1, "NumberOfDistinctValues": 2},
        "price": {"MinimumValue": -2.0, "MaximumValue": 7.25, "NumberOfNulls": 1, "NumberOfDistinctValues": 3},
        "name": {"MaximumLength": 4, "AverageLength": pytest.approx(5 / 3), "NumberOfNulls": 1, "NumberOfDistinctValues": 3},
        "amount": {
            "MinimumValue": {"UnscaledValue": (-150).to_bytes(2, "big", signed=True), "Scale": 2},
            "MaximumValue": {"UnscaledValue": (30025).to_bytes(2, "big", signed=True), "Scale": 2},
            "NumberOfNulls": 2, "NumberOfDistinctValues": 2,
        },
        "open": {"NumberOfTrues": 2, "NumberOfFalses": 1, "NumberOfNulls": 1},
        "at": {"MinimumValue": datetime(2025, 1, 1, tzinfo=UTC), "MaximumValue": datetime(2026, 1, 2, 3, tzinfo=UTC), "NumberOfNulls": 2,
               "NumberOfDistinctValues": 2},
    }  # fmt: skip
    assert run in glue.list_column_statistics_task_runs()["ColumnStatisticsTaskRunIds"]
    assert [each["ColumnStatisticsTaskRunId"] for each in glue.get_column_statistics_task_runs(**names)["ColumnStatisticsTaskRuns"]] == [
        run
    ]


def test_a_run_that_cannot_read_its_table_fails_and_says_why(glue: Any, database: str, wait_until: Callable[..., Any]) -> None:
    create(glue, database, "t")
    names = {"DatabaseName": database, "TableName": "t"}
    glue.create_partition(**names, PartitionInput={"Values": ["2026", "01"], "StorageDescriptor": {"Location": "s3://no-such-bucket/x/"}})
    run = glue.start_column_statistics_task_run(**names, Role=ROLE)["ColumnStatisticsTaskRunId"]

    get = lambda: glue.get_column_statistics_task_run(ColumnStatisticsTaskRunId=run)["ColumnStatisticsTaskRun"]  # noqa: E731
    ended = wait_until(lambda: (found := get())["Status"] not in ("STARTING", "RUNNING") and found, 90)
    assert ended["Status"] == "FAILED"
    assert ended["ErrorMessage"]
    with pytest.raises(glue.exceptions.InvalidInputException, match="SampleSize"):
        glue.start_column_statistics_task_run(**names, Role=ROLE, SampleSize=10.0)
    with pytest.raises(glue.exceptions.InvalidInputException, match="no columns absent"):
        glue.start_column_statistics_task_run(**names, Role=ROLE, ColumnNameList=["absent"])
    with pytest.raises(glue.exceptions.ColumnStatisticsTaskNotRunningException):
        glue.stop_column_statistics_task_run(**names)
