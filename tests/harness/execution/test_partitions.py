"""GetPartitions gives the partitions that an expression names, in pages, and in segments that lack and repeat none."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from endpoint_process import EndpointProcess

KEYS = {"s": "string", "n": "int", "b": "bigint", "d": "date", "t": "timestamp", "x": "decimal(9,2)", "v": "varchar(5)", "f": "double"}
ROWS = [
    ["a1", "1", "9", "2026-01-01", "2026-01-01 00:00:00", "1.50", "xa", "0.5"],
    ["b2", "10", "80", "2026-02-01", "2026-02-01 12:00:00", "10.00", "y", "2.5"],
    ["__HIVE_DEFAULT_PARTITION__", "2", "700", "2025-12-31", "2025-12-31 00:00:00", "-1", "it's", "-3"],
]


@pytest.fixture(scope="module")
def glue(endpoint: EndpointProcess) -> Any:
    return endpoint.client("glue")


@pytest.fixture(scope="module")
def table(glue: Any) -> dict[str, str]:
    database = f"d_{uuid.uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": database})
    keys = [{"Name": name, "Type": kind} for name, kind in KEYS.items()]
    glue.create_table(DatabaseName=database, TableInput={"Name": "t", "PartitionKeys": keys})
    storage = {"Columns": [{"Name": "c", "Type": "int"}], "Location": "s3://b/t/"}
    for row in ROWS:
        glue.create_partition(DatabaseName=database, TableName="t", PartitionInput={"Values": row, "StorageDescriptor": storage})
    return {"DatabaseName": database, "TableName": "t"}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("s = 'a1'", [1]),
        ("S <> 'a1'", [10]),
        ("n > 2", [10]),
        ("n = '10'", [10]),
        ("2 >= n", [1, 2]),
        ("b IN (9, 700)", [1, 2]),
        ("n NOT IN (1)", [2, 10]),
        ("n != 1", [2, 10]),
        ("NOT n = 1", [2, 10]),
        ("d >= '2026-01-01'", [1, 10]),
        ("d > DATE '2026-01-01'", [10]),
        ("d BETWEEN '2025-12-31' AND '2026-01-01'", [1, 2]),
        ("t < '2026-02-01 12:00:00'", [1, 2]),
        ("x = 1.5", [1]),
        ("x < 0 OR x > 9.99", [2, 10]),
        ("x = -1", [2]),
        ("v LIKE 'x_'", [1]),
        ("s LIKE '%2'", [10]),
        ("v = 'it''s'", [2]),
        ("s IS NULL", [2]),
        ("s IS NOT NULL", [1, 10]),
        ("(n = 1 OR n = 10) AND s = 'b2'", [10]),
        ("n = 2 OR s = 'a1'", [1, 2]),
        ("NOT (s = 'a1')", [10]),  # of null nothing is known
    ],
)
def test_an_expression_names_partitions(glue: Any, table: dict[str, str], expression: str, found: list[int]) -> None:
    partitions = glue.get_partitions(**table, Expression=expression)["Partitions"]

    assert sorted(int(partition["Values"][1]) for partition in partitions) == found


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("n =", "Unsupported expression"),
        ("nokey = 1", "'nokey' in the expression 'nokey = 1' is not a partition key"),
        ("lower(s) = 'a1'", "is not taken here"),
        ("n = 'many'", "'many' is no int"),
        ("f > 1", "Partition keys of the type double"),
        ("n = s", "is not taken here"),
        ("n", "is not taken here"),
    ],
)
def test_what_is_no_expression_is_refused(glue: Any, table: dict[str, str], expression: str, message: str) -> None:
    with pytest.raises(glue.exceptions.InvalidInputException, match=message):
        glue.get_partitions(**table, Expression=expression)


def test_pages_and_segments_are_disjoint_and_complete(glue: Any, table: dict[str, str]) -> None:
    first = glue.get_partitions(**table, MaxResults=2)
    second = glue.get_partitions(**table, MaxResults=2, NextToken=first["NextToken"])
    segments = [glue.get_partitions(**table, Segment={"SegmentNumber": n, "TotalSegments": 3})["Partitions"] for n in range(3)]

    assert (len(first["Partitions"]), len(second["Partitions"]), second.get("NextToken")) == (2, 1, None)
    everything = sorted(row for row in ROWS)
    assert sorted(each["Values"] for each in (*first["Partitions"], *second["Partitions"])) == everything
    assert sorted(each["Values"] for segment in segments for each in segment) == everything
    assert "Columns" not in glue.get_partitions(**table, ExcludeColumnSchema=True)["Partitions"][0]["StorageDescriptor"]
    assert first["Partitions"][0]["StorageDescriptor"]["Columns"] == [{"Name": "c", "Type": "int"}]
    alone = glue.get_partition(**table, PartitionValues=ROWS[0])["Partition"]["CreationTime"]
    assert abs(alone - first["Partitions"][0]["CreationTime"]) < timedelta(seconds=1)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_partitions(DatabaseName=table["DatabaseName"], TableName="absent")
