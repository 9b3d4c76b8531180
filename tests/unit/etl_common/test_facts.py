from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from etl_common.facts import days_between, exact_decimal, milestone, snapshots_at, with_rows_of


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("1.00005", "1.0001", id="half_is_rounded_up"),
        pytest.param("-1.00005", "-1.0001", id="away_from_zero_below_it"),
        pytest.param("1.00004999", "1.0000", id="less_than_half_is_rounded_down"),
        pytest.param("99999999999999.99994999", "99999999999999.9999", id="largest"),
        pytest.param(None, None, id="null"),
    ],
)
def test_amounts_are_rounded_half_away_from_zero(spark: SparkSession, value: str | None, expected: str | None) -> None:
    frame = spark.createDataFrame([(None if value is None else Decimal(value),)], "value decimal(38,12)")

    (row,) = frame.select(exact_decimal(F.col("value"), 18, 4, name="amount").alias("amount")).collect()

    assert row.amount == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize("value", ["99999999999999.99995", "-99999999999999.99995", "123456789012345"])
def test_an_amount_that_does_not_fit_is_an_error_and_not_null(spark: SparkSession, value: str) -> None:
    frame = spark.createDataFrame([(Decimal(value),)], "value decimal(38,12)")

    with pytest.raises(Exception, match=r"amount: -?\d+\.\d+ does not fit decimal\(18,4\)"):
        frame.select(exact_decimal(F.col("value"), 18, 4, name="amount")).collect()


@pytest.mark.parametrize(
    ("shipped", "received", "expected"),
    [(None, None, "ordered"), ("2026-01-02", None, "shipped"), ("2026-01-02", "2026-01-05", "received"), (None, "2026-01-05", "received")],
)
def test_the_status_is_the_furthest_milestone(spark: SparkSession, shipped: str | None, received: str | None, expected: str) -> None:
    frame = spark.createDataFrame([(shipped, received)], "shipped string, received string")

    (row,) = frame.select(
        milestone(("received", "received"), ("shipped", "shipped"), otherwise="ordered").alias("status"),
        days_between("received", "shipped").alias("days"),
    ).collect()

    assert row.status == expected
    assert row.days == (3 if shipped and received else None)


STOCK = "part int, at timestamp, quantity int"


def test_the_story_of_a_periodic_snapshot(spark: SparkSession) -> None:
    monday, tuesday, wednesday = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
    snapshot = snapshots_at([tuesday, monday, wednesday], keys=["part"], sequence_by="at")

    def stock(*records: tuple[int, datetime, int]) -> set[tuple[int, date, int]]:
        found = spark.createDataFrame(list(records), STOCK).transform(snapshot).collect()
        assert all(row.snapshot_at == datetime.combine(row.snapshot_date, datetime.max.time()) for row in found)
        return {(row.part, row.snapshot_date, row.quantity) for row in found}

    first = [(1, datetime(2026, 2, 1), 10), (1, datetime(2026, 3, 3), 20), (2, datetime(2026, 3, 4, 23, 59, 59, 999999), 5)]
    assert stock(*first) == {(1, monday, 10), (1, tuesday, 20), (1, wednesday, 20), (2, wednesday, 5)}

    # a record that comes late restates the days from its time on, until the next one
    late = (1, datetime(2026, 3, 2, 23, 59, 59, 999999), 15)
    assert stock(*first, late) == {(1, monday, 15), (1, tuesday, 20), (1, wednesday, 20), (2, wednesday, 5)}


def test_no_days_have_no_snapshots(spark: SparkSession) -> None:
    records = spark.createDataFrame([(1, datetime(2026, 2, 1), 10)], STOCK)

    assert records.transform(snapshots_at([], keys=["part"], sequence_by="at")).count() == 0


def test_rows_of_the_affected_keys_are_kept_once(spark: SparkSession) -> None:
    facts = spark.createDataFrame([(1, "a"), (2, "b"), (3, "c")], "id int, value string")
    keys = spark.createDataFrame([(1,), (1,), (3,), (9,)], "id int")

    assert [row.id for row in facts.transform(with_rows_of(keys, on=["id"])).orderBy("id").collect()] == [1, 3]
    assert facts.transform(with_rows_of(None, on=["id"])).count() == 3
