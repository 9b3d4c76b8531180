from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from etl_common.asof import daily_values, date_key, with_dimension_keys
from etl_common.exceptions import ConfigurationError, MissingColumnError
from etl_common.model import Column, Dimension, Role, Storage, Warehouse
from etl_common.surrogate_keys import python_surrogate_key

_ALL = Storage("all", (), "small")
STORE = Dimension(
    "dim_store",
    "Stores",
    (Column("store_id", "bigint", "number"),),
    _ALL,
    tracked=(Column("nation_id", "integer", "nation"),),
    inferred=True,
)
NATION = Dimension("dim_nation", "Nations", (Column("nation_id", "integer", "number"),), _ALL)
PROFILE = Dimension("dim_profile", "Codes", (Column("mode", "varchar(9)", "mode"), Column("priority", "varchar(9)", "priority")), _ALL)
DAY = Dimension("dim_date", "Days", (Column("date", "date", "day"),), _ALL, key_rule="calendar")
WAREHOUSE = Warehouse("test", "test", (DAY, STORE, NATION, PROFILE), ())
SOLD = Role("store_key", "dim_store", ("store_id",), as_of="sold_at", on_missing="infer")
BEGIN, JUNE, END = datetime(1900, 1, 1), datetime(2026, 6, 1), datetime(9999, 12, 31)


@pytest.fixture
def rows(spark: SparkSession) -> dict[str, DataFrame]:
    versions = [(11, 1, 7, BEGIN, JUNE), (12, 1, 8, JUNE, END), (21, 2, None, BEGIN, END), (-1, None, None, BEGIN, END)]
    return {
        "dim_store": spark.createDataFrame(
            versions, "store_key bigint, store_id bigint, nation_id int, effective_from timestamp, effective_to timestamp"
        ),
        "dim_nation": spark.createDataFrame([(70, 7), (80, 8), (-1, None)], "nation_key bigint, nation_id int"),
        "dim_profile": spark.createDataFrame(
            [(1, "AIR", "high"), (2, "AIR", None), (-1, None, None)], "profile_key bigint, mode string, priority string"
        ),
    }


def looked_up(frame: DataFrame, rows: dict[str, DataFrame], *roles: Role, **options: Any) -> DataFrame:
    return frame.transform(with_dimension_keys(roles, WAREHOUSE, rows, **options))


# Case -> store, instant of the sale, expected key.
SALES: dict[str, tuple[int | None, datetime, int]] = {
    "just before a version": (1, datetime(2026, 5, 31, 23, 59, 59, 999999), 11),
    "at the beginning of a version": (1, JUNE, 12),
    "before all time": (1, datetime(1890, 1, 1), python_surrogate_key(1)),
    "one version": (2, JUNE, 21),
    "no natural key": (None, JUNE, -1),
    "member to be inferred": (9, JUNE, python_surrogate_key(9)),
}


@pytest.mark.parametrize("broadcast", [True, False], ids=["broadcast", "shuffled"])
def test_a_fact_gets_the_version_that_held(spark: SparkSession, rows: dict[str, DataFrame], broadcast: bool) -> None:
    sold = spark.createDataFrame(
        [(name, store_id, at) for name, (store_id, at, _) in SALES.items()], "name string, store_id bigint, sold_at timestamp"
    )

    found = looked_up(sold, rows, SOLD, broadcast=broadcast)

    assert {row["name"]: row.store_key for row in found.collect()} == {name: key for name, (_, _, key) in SALES.items()}


def test_a_later_role_looks_up_by_what_an_earlier_one_brought(spark: SparkSession, rows: dict[str, DataFrame]) -> None:
    sold = spark.createDataFrame([(1, BEGIN), (1, JUNE), (2, JUNE), (None, JUNE)], "store_id bigint, sold_at timestamp")
    nation = Role("nation_key", "dim_nation", ("store_nation_id",))

    found = looked_up(sold, rows, SOLD, nation, bring={"store_key": {"nation_id": "store_nation_id"}})

    assert_df_equality(
        found,
        spark.createDataFrame(
            [(1, BEGIN, 11, 7, 70), (1, JUNE, 12, 8, 80), (2, JUNE, 21, None, -1), (None, JUNE, -1, None, -1)],
            "store_id bigint, sold_at timestamp, store_key bigint, store_nation_id int, nation_key bigint",
        ),
        ignore_nullable=True,
        ignore_column_order=True,
        ignore_row_order=True,
    )


def test_a_natural_key_of_several_columns_may_have_null_parts(spark: SparkSession, rows: dict[str, DataFrame]) -> None:
    frame = spark.createDataFrame([("AIR", "high"), ("AIR", None), (None, None), ("SEA", "low")], "mode string, priority string")

    found = looked_up(frame, rows, Role("profile_key", "dim_profile", ("mode", "priority")))

    assert {(row["mode"], row.priority): row.profile_key for row in found.collect()} == {
        ("AIR", "high"): 1,
        ("AIR", None): 2,
        (None, None): -1,
        ("SEA", "low"): -1,
    }


def test_a_member_that_must_be_there_and_is_not_stops_the_batch_by_name(spark: SparkSession, rows: dict[str, DataFrame]) -> None:
    role = Role("profile_key", "dim_profile", ("mode", "priority"), on_missing="error")
    known = spark.createDataFrame([("AIR", "high"), (None, None)], "mode string, priority string")
    unknown = spark.createDataFrame([("SEA", None)], "mode string, priority string")

    assert looked_up(known, rows, role).count() == 2
    with pytest.raises(Exception, match=r"profile_key: dim_profile has no member for mode, priority = SEA\|null"):
        looked_up(unknown, rows, role).collect()


def test_dates_need_no_lookup(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(date(1998, 6, 5),), (None,)], "sold_on date")

    assert [row.day_key for row in looked_up(frame, {}, Role("day_key", "dim_date", ("sold_on",))).collect()] == [19980605, -1]
    assert frame.select(date_key(F.col("sold_on")).alias("k")).schema["k"].dataType.simpleString() == "int"


def test_a_dimension_that_was_not_given_is_an_error(spark: SparkSession) -> None:
    sold = spark.createDataFrame([(1, JUNE)], "store_id bigint, sold_at timestamp")

    with pytest.raises(ConfigurationError, match="store_key is looked up in dim_store, whose rows were not given"):
        looked_up(sold, {}, SOLD)


def test_a_missing_column_is_an_error(spark: SparkSession, rows: dict[str, DataFrame]) -> None:
    with pytest.raises(MissingColumnError, match="sold_at"):
        looked_up(spark.createDataFrame([(1,)], "store_id bigint"), rows, SOLD)


def test_a_value_holds_until_the_next_one_and_the_last_until_the_end(spark: SparkSession) -> None:
    published = [
        ("EUR", date(2026, 1, 2), Decimal("1.10")),  # a Friday
        ("EUR", date(2026, 1, 5), Decimal("1.20")),
        ("GBP", date(2026, 1, 6), Decimal("1.30")),
        ("GBP", date(2026, 1, 9), Decimal("9.99")),  # after the end
    ]
    schema = "currency string, day date, rate decimal(10,2)"

    held = spark.createDataFrame(published, schema).transform(
        daily_values(keys=["currency"], day="day", value="rate", until=date(2026, 1, 7))
    )

    days = (
        [("EUR", day, "1.10") for day in (2, 3, 4)] + [("EUR", day, "1.20") for day in (5, 6, 7)] + [("GBP", day, "1.30") for day in (6, 7)]
    )
    expected = spark.createDataFrame([(code, date(2026, 1, day), Decimal(rate)) for code, day, rate in days], schema)
    assert_df_equality(held, expected, ignore_row_order=True, ignore_nullable=True)
