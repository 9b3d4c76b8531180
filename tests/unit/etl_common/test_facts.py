from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from etl_common.facts import days_between, exact_decimal, milestone, snapshots_at, with_rows_of

# Case -> amount, as stored.
AMOUNTS: dict[str, tuple[str | None, str | None]] = {
    "half is rounded up": ("1.00005", "1.0001"),
    "away from zero below it": ("-1.00005", "-1.0001"),
    "less than half is rounded down": ("1.00004999", "1.0000"),
    "largest": ("99999999999999.99994999", "99999999999999.9999"),
    "null": (None, None),
}


def test_amounts_are_rounded_half_away_from_zero(spark: SparkSession) -> None:
    given = [(name, None if value is None else Decimal(value)) for name, (value, _) in AMOUNTS.items()]
    frame = spark.createDataFrame(given, "case string, value decimal(38,12)")

    rows = frame.select("case", exact_decimal(F.col("value"), 18, 4, name="amount").alias("amount")).collect()

    assert {row.case: row.amount and str(row.amount) for row in rows} == {name: stored for name, (_, stored) in AMOUNTS.items()}


@pytest.mark.parametrize("value", ["99999999999999.99995", "-99999999999999.99995", "123456789012345"])
def test_an_amount_that_does_not_fit_is_an_error_and_not_null(spark: SparkSession, value: str) -> None:
    frame = spark.createDataFrame([(Decimal(value),)], "value decimal(38,12)")

    with pytest.raises(Exception, match=r"amount: -?\d+\.\d+ does not fit decimal\(18,4\)"):
        frame.select(exact_decimal(F.col("value"), 18, 4, name="amount")).collect()


def test_the_status_is_the_furthest_milestone(spark: SparkSession) -> None:
    told = [(None, None), ("2026-01-02", None), ("2026-01-02", "2026-01-05"), (None, "2026-01-05")]
    frame = spark.createDataFrame(told, "shipped string, received string")

    rows = frame.select(
        milestone(("received", "received"), ("shipped", "shipped"), otherwise="ordered").alias("status"),
        days_between("received", "shipped").alias("days"),
    ).collect()

    assert [tuple(row) for row in rows] == [("ordered", None), ("shipped", None), ("received", 3), ("received", None)]


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
