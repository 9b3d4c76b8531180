"""The wholesale dimensions: what is particular to them; histories are told in etl_common's tests."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from etl_common.surrogate_keys import python_surrogate_key
from wholesale.sources import SOURCES
from wholesale.transforms import dimensions
from wholesale.warehouse import WAREHOUSE

BEGIN, END = datetime(1900, 1, 1), datetime(9999, 12, 31)
MAY, JUNE = datetime(1998, 5, 1), datetime(1998, 6, 1)
KINGDOM, PERU = (23, "UNITED KINGDOM", 3, "EUROPE", "GBP", "b"), (17, "PERU", 1, "AMERICA", "PEN", "b")


def frame(spark: SparkSession, table: str, *rows: tuple[Any, ...]) -> DataFrame:
    return spark.createDataFrame(list(rows), WAREHOUSE.lake_table(table).schema)


def assert_dimension(found: DataFrame, name: str, *rows: tuple[Any, ...]) -> None:
    expected = found.sparkSession.createDataFrame(list(rows), WAREHOUSE.dimension(name).schema)
    assert_df_equality(found, expected, ignore_nullable=True, ignore_row_order=True, ignore_metadata=True)


@pytest.fixture
def nations(spark: SparkSession) -> DataFrame:
    return frame(spark, "nation", KINGDOM, PERU)


def test_a_customer_moves_is_deleted_and_another_is_inferred(spark: SparkSession, nations: DataFrame) -> None:
    balance = Decimal("5.00")
    changes = frame(
        spark,
        "customer_change",
        (12, "Ann", "Elm 1", 17, "1", balance, "BUILDING", "old", MAY, False, "b1"),
        (12, "Anna", "Oak 2", 23, "2", balance, "BUILDING", "new", JUNE, False, "b2"),
        (12, None, None, None, None, None, None, None, datetime(1998, 6, 17), True, "b3"),
    )
    named = spark.createDataFrame([(12,), (99,), (None,)], "customer_id bigint")

    latest = ("Anna", "2", balance, "new")
    assert_dimension(
        dimensions.dim_customer(changes, nations, named),
        "dim_customer",
        (python_surrogate_key(12), 12, "Elm 1", 17, "BUILDING", *latest, "PERU     2", BEGIN, JUNE, False, False, False),
        (
            python_surrogate_key(12, effective_from=JUNE),
            12,
            "Oak 2",
            23,
            "BUILDING",
            *latest,
            "UNITED KI2",
            JUNE,
            datetime(1998, 6, 17),
            False,
            False,
            False,
        ),
        (
            python_surrogate_key(12, effective_from=datetime(1998, 6, 17)),
            12,
            "Oak 2",
            23,
            "BUILDING",
            *latest,
            "UNITED KI2",
            datetime(1998, 6, 17),
            END,
            True,
            False,
            True,
        ),
        (python_surrogate_key(99), 99, None, None, None, None, None, None, None, None, BEGIN, END, True, True, False),
    )


def test_a_part_has_the_benchmarks_levels_and_the_colour_of_its_name(spark: SparkSession) -> None:
    changes = frame(
        spark,
        "part_change",
        (7, "navy blue", "Manufacturer#3", "Brand#34", "TIN", 5, "BAG", Decimal("9.90"), "x", MAY, "b1"),
        (40, "rose", "Manufacturer#1", "Brand#11", "TIN", 5, "BAG", Decimal("9.90"), None, MAY, "b1"),
    )

    assert_dimension(
        dimensions.dim_part(changes, spark.createDataFrame([], "part_id bigint")),
        "dim_part",
        (
            python_surrogate_key(7),
            7,
            "TIN",
            5,
            "BAG",
            Decimal("9.90"),
            "MFGR#3",
            "MFGR#34",
            "MFGR#348",
            "navy blue",
            "x",
            "navy",
            BEGIN,
            END,
            True,
            False,
            False,
        ),
        (
            python_surrogate_key(40),
            40,
            "TIN",
            5,
            "BAG",
            Decimal("9.90"),
            "MFGR#1",
            "MFGR#11",
            "MFGR#111",
            "rose",
            None,
            "rose",
            BEGIN,
            END,
            True,
            False,
            False,
        ),
    )


def test_a_suppliers_city_follows_the_nation_of_each_version(spark: SparkSession, nations: DataFrame) -> None:
    changes = frame(
        spark,
        "supplier_change",
        (5, "Sam", "Elm 1", 17, "1", Decimal("1.00"), None, MAY, "b1"),
        (5, "Sam", "Elm 1", 23, "1", Decimal("1.00"), None, JUNE, "b1"),
    )

    found = dimensions.dim_supplier(changes, nations, spark.createDataFrame([], "supplier_id bigint")).orderBy("effective_from").collect()

    assert [row.city for row in found] == ["PERU     5", "UNITED KI5"]


def test_geography_and_currency_are_the_nations(spark: SparkSession, nations: DataFrame) -> None:
    listed = frame(spark, "currency", ("GBP", "Pound", MAY, "b"), ("XXX", "Nobody's", MAY, "b"))

    assert_dimension(
        dimensions.dim_geography(nations),
        "dim_geography",
        (python_surrogate_key(23), 23, "UNITED KINGDOM", "EUROPE", "GBP"),
        (python_surrogate_key(17), 17, "PERU", "AMERICA", "PEN"),
    )
    assert_dimension(
        dimensions.dim_currency(nations, listed),
        "dim_currency",
        (python_surrogate_key("GBP"), "GBP", "Pound"),
        (python_surrogate_key("PEN"), "PEN", None),
    )


def test_a_combination_that_occurred_once_stays_in_the_profile(spark: SparkSession) -> None:
    schema = "priority string, ship_mode string, ship_instructions string"
    lines = spark.createDataFrame([("1-URGENT", "AIR", None), ("1-URGENT", "AIR", None), (None, None, None)], schema)
    known = spark.createDataFrame([("5-LOW", "SHIP", "NONE")], schema)

    assert_dimension(
        dimensions.dim_order_profile(lines, known),
        "dim_order_profile",
        (python_surrogate_key("1-URGENT", "AIR", None), "1-URGENT", "AIR", None),
        (python_surrogate_key("5-LOW", "SHIP", "NONE"), "5-LOW", "SHIP", "NONE"),
    )


def test_the_calendar_has_eight_years(spark: SparkSession) -> None:
    rows = dimensions.dim_date(spark)

    assert (rows.count(), rows.schema.names) == (2922, WAREHOUSE.dimension("dim_date").schema.names)


def test_curated_tables_have_the_columns_of_the_contracts() -> None:
    from wholesale.sources import CURATED_TABLES

    for source, table in CURATED_TABLES.items():
        lake = WAREHOUSE.lake_table(table).schema
        accepted = {field.name: field.dataType for field in SOURCES[source].schema}
        kept = {
            field.name: field.dataType
            for field in lake
            if field.name not in ("batch_id", *(["is_deleted"] if source == "customer" else []))
        }
        assert kept == accepted, source
