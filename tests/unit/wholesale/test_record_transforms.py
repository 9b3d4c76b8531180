from __future__ import annotations

from datetime import datetime
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from etl_common.frames import instant
from wholesale.sources import CURRENCY_RECORD, RATE_RECORD, SHIPMENT_DOCUMENT, SOURCES
from wholesale.transforms import records
from wholesale.warehouse import WAREHOUSE


def test_a_document_becomes_one_record_for_each_scan_numbered_as_served(spark: SparkSession) -> None:
    def scan(name: str) -> tuple[str, ...]:
        return (name, "in_transit", "1998-06-15T10:00:00Z", "Lima")

    documents = [
        (
            "SH-1",
            "1",
            "2",
            "Swift",
            "t",
            [("P-1", "1.0", [scan("a"), scan("b")]), ("P-2", None, [scan("c")]), ("P-3", None, [])],
            "page-1",
            1,
        ),
        ("SH-2", "1", "3", "Swift", "t", [], "page-1", 2),
        ("SH-3", "1", "4", "Swift", "t", [("P-4", None, [scan("d")])], "page-1", 3),
        ("SH-4", "1", "5", "Swift", "t", [("P-5", None, [scan("e")])], "page-2", 1),
    ]
    schema = T.StructType([*SHIPMENT_DOCUMENT, T.StructField("_origin", T.StringType()), T.StructField("_position", T.LongType())])

    found = records.scans(spark.createDataFrame(documents, schema)).orderBy("_origin", "_position").collect()

    assert [(row.scan_id, row.package_id, row["_origin"], row["_position"]) for row in found] == [
        ("a", "P-1", "page-1", 1),
        ("b", "P-1", "page-1", 2),
        ("c", "P-2", "page-1", 3),
        ("d", "P-4", "page-1", 4),
        ("e", "P-5", "page-2", 1),
    ]
    assert set(SOURCES["shipments"].column_names) <= set(found[0].asDict())


def test_rates_have_the_contracts_names(spark: SparkSession) -> None:
    pages = spark.createDataFrame([("PEN", "1998-06-15", "0.3", "t")], RATE_RECORD)

    assert records.rates(pages).columns == list(SOURCES["rates"].column_names)


def test_of_a_currency_the_last_state_wins(spark: SparkSession) -> None:
    listed = [("PEN", "Old Sol", "1998-01-01T00:00:00Z"), ("PEN", "Sol", "1998-06-01T00:00:00Z"), ("USD", "Dollar", "1998-01-01T00:00:00Z")]

    found = records.currencies(spark.createDataFrame(listed, CURRENCY_RECORD), batch_id="b1").orderBy("currency_code").collect()

    assert [(row.currency_code, row.currency_name, row.batch_id) for row in found] == [("PEN", "Sol", "b1"), ("USD", "Dollar", "b1")]


def test_a_nation_has_its_regions_name(spark: SparkSession) -> None:
    nation = spark.createDataFrame([(17, "PERU", 1, "PEN")], "nation_id int, name string, region_id int, currency_code string")
    region = spark.createDataFrame([(1, "AMERICA")], "region_id int, name string")

    (row,) = records.nations(nation, region, batch_id="b1").collect()

    assert tuple(row) == (17, "PERU", 1, "AMERICA", "PEN", "b1")


def test_the_story_of_a_customer_that_vanishes_and_returns(spark: SparkSession) -> None:
    schema = WAREHOUSE.lake_table("customer_change").schema

    def change(customer_id: int, at: datetime, deleted: bool) -> tuple[Any, ...]:
        values = {"customer_id": customer_id, "updated_at": at, "is_deleted": deleted, "batch_id": "b"}
        return tuple(values.get(name) for name in schema.names)

    def deletes(changes: list[tuple[Any, ...]], present: list[int], end: datetime) -> list[tuple[Any, ...]]:
        keys = spark.createDataFrame([(key,) for key in present], "customer_id bigint")
        found = records.deleted_customers(spark.createDataFrame(changes, schema), keys, window_end=instant(end), batch_id="b9")
        assert found.schema.names == schema.names
        return [(row.customer_id, row.updated_at, row.is_deleted, row.batch_id) for row in found.collect()]

    seventeenth, eighteenth = datetime(1998, 6, 17), datetime(1998, 6, 18)
    changes = [change(1, datetime(1998, 6, 1), False), change(2, datetime(1998, 6, 1), False)]
    assert deletes(changes, present=[1, 2], end=seventeenth) == []
    assert deletes(changes, present=[2], end=seventeenth) == [(1, seventeenth, True, "b9")]

    changes.append(change(1, seventeenth, True))
    assert deletes(changes, present=[2], end=eighteenth) == []

    changes.append(change(1, datetime(1998, 6, 17, 10), False))
    assert deletes(changes, present=[1, 2], end=eighteenth) == []
    assert sorted(deletes(changes, present=[], end=eighteenth)) == [(1, eighteenth, True, "b9"), (2, eighteenth, True, "b9")]
