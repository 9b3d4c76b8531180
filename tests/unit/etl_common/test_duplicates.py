from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from etl_common.contracts import ParentKey, SourceColumn, SourceTable
from etl_common.duplicates import accepted, classify, counts, quarantined
from etl_common.exceptions import MissingReferenceError

COLUMNS = (SourceColumn("id", "int", required=True), SourceColumn("value"), SourceColumn("at", "date", required=True, not_future=True))
CHANGES = SourceTable("change", COLUMNS, ("id",), "at")
STATES = SourceTable("state", COLUMNS, ("id",), "at", duplicates="newest_wins")
EVENTS = SourceTable("event", COLUMNS, ("id",), duplicates="first_wins")
LINES = SourceTable("line", COLUMNS, ("id",), "at", parents=(ParentKey("orders", ("id",)),))
READ = "id string, value string, at string, _origin string, _position int"
CURATED = "id int, value string, at date"
WINDOW_END = datetime(2026, 3, 31)
BOTH_SIZES = pytest.mark.parametrize("small", [False, True], ids=["large_batch", "small_batch"])


def verdicts(table: SourceTable, records: DataFrame, **options: Any) -> list[tuple[int, str, str | None]]:
    found = records.transform(classify(table, window_end=WINDOW_END, **options)).orderBy("_origin", "_position").collect()
    return [(row["_position"], row["_verdict"], row["_rule"]) for row in found]


@BOTH_SIZES
def test_the_story_of_a_source_that_delivers_changes(spark: SparkSession, small: bool) -> None:
    first = spark.createDataFrame(
        [
            ("1", "a", "2026-03-01", "f2", 3),
            ("1", "b", "2026-03-01", "f1", 2),  # first by file name: accepted
            ("1", "b", "2026-03-01", "f3", 4),
            ("1", "c", "2026-03-02", "f3", 5),
            (None, "b", "2026-03-01", "f0", 1),  # breaks a rule: never came first
        ],
        READ,
    )
    assert verdicts(CHANGES, first, small=small) == [
        (1, "quarantined", "null_key"),
        (2, "accepted", None),
        (3, "quarantined", "conflicting_duplicate"),
        (4, "duplicate", None),
        (5, "accepted", None),
    ]

    known = spark.createDataFrame([(1, "b", date(2026, 3, 1)), (1, "c", date(2026, 3, 2))], CURATED)
    second = spark.createDataFrame(
        [
            ("1", "b", "2026-03-01", "f1", 1),
            ("1", "x", "2026-03-02", "f1", 2),
            ("1", "x", "2026-03-02", "f1", 3),  # as the one before, which was not accepted
            ("1", "d", "2026-02-01", "f1", 4),  # late, and new
            ("2", None, "2026-03-01", "f1", 5),
            ("2", None, "2026-03-01", "f1", 6),
        ],
        READ,
    )
    assert verdicts(CHANGES, second, existing=known, small=small) == [
        (1, "duplicate", None),
        (2, "quarantined", "conflicting_duplicate"),
        (3, "quarantined", "conflicting_duplicate"),
        (4, "accepted", None),
        (5, "accepted", None),
        (6, "duplicate", None),
    ]


@BOTH_SIZES
def test_of_states_only_newer_ones_are_accepted(spark: SparkSession, small: bool) -> None:
    known = spark.createDataFrame([(1, "a", date(2026, 3, 1)), (1, "b", date(2026, 3, 5)), (2, "c", date(2026, 3, 5))], CURATED)
    read = spark.createDataFrame(
        [
            ("1", "b", "2026-03-05", "t", 1),  # read again
            ("2", "old", "2026-03-04", "t", 2),
            ("3", "new", "2026-03-01", "t", 3),
            ("2x", "new", "2026-03-09", "t", 4),
        ],
        READ,
    )

    assert verdicts(STATES, read, existing=known, small=small) == [
        (1, "duplicate", None),
        (2, "duplicate", None),
        (3, "accepted", None),
        (4, "quarantined", "bad_number"),
    ]


@BOTH_SIZES
def test_of_events_the_first_wins_whatever_the_others_say(spark: SparkSession, small: bool) -> None:
    read = spark.createDataFrame(
        [
            ("1", "a", "2026-03-01", "f", 1),
            ("1", "b", "2026-03-02", "f", 2),
            ("2", "c", "2026-03-01", "f", 3),
            ("3", "d", "2026-03-01", "f", 4),
        ],
        READ,
    )
    known = spark.createDataFrame([(2, "z", date(2026, 1, 1))], CURATED)

    assert verdicts(EVENTS, read, existing=known, small=small) == [
        (1, "accepted", None),
        (2, "duplicate", None),
        (3, "duplicate", None),
        (4, "accepted", None),
    ]


@BOTH_SIZES
def test_an_orphan_is_refused_and_does_not_come_first(spark: SparkSession, small: bool) -> None:
    parents = {"orders": spark.createDataFrame([(1,), (1,), (None,)], "id int")}
    read = spark.createDataFrame(
        [
            ("1", "a", "2026-03-01", "f", 1),
            ("2", "a", "2026-03-01", "f", 2),
            ("2", "b", "2026-03-01", "f", 3),
            ("", "b", "2026-03-01", "f", 4),
        ],
        READ,
    )

    assert verdicts(LINES, read, parents=parents, small=small) == [
        (1, "accepted", None),
        (2, "quarantined", "orphan_key"),
        (3, "quarantined", "orphan_key"),
        (4, "quarantined", "null_key"),
    ]


def test_parents_that_were_not_given_are_an_error(spark: SparkSession) -> None:
    read = spark.createDataFrame([("1", "a", "2026-03-01", "f", 1)], READ)

    with pytest.raises(MissingReferenceError, match="line is checked against the parents 'orders'"):
        verdicts(LINES, read, parents={})


def test_accepted_refused_and_counted_records_add_up(spark: SparkSession) -> None:
    read = spark.createDataFrame(
        [
            ("1", "a", "2026-03-01", "f", 1),
            ("1", "b", "2026-03-01", "f", 2),
            ("1", "a", "2026-03-01", "f", 3),
            ("x", "a", "2026-03-01", "f", 4),
        ],
        READ,
    )
    classified = read.transform(classify(CHANGES, window_end=WINDOW_END))

    assert_df_equality(
        classified.transform(accepted(CHANGES, "2026-03-30")),
        spark.createDataFrame([(1, "a", date(2026, 3, 1), "2026-03-30")], CURATED + ", batch_id string"),
        ignore_nullable=True,
    )
    assert_df_equality(
        classified.transform(quarantined(CHANGES, "2026-03-30", date(2026, 3, 30))),
        spark.createDataFrame(
            [
                (
                    *("change", "2026-03-30", date(2026, 3, 30), "conflicting_duplicate"),
                    "an accepted record has the same id, at and other content",
                    "f",
                    2,
                    "1",
                    '{"id":1,"value":"b","at":"2026-03-01"}',
                ),
                (
                    *("change", "2026-03-30", date(2026, 3, 30), "bad_number"),
                    "id 'x' is not int",
                    "f",
                    4,
                    "x",
                    '{"id":"x","value":"a","at":"2026-03-01"}',
                ),
            ],
            "source string, batch_id string, business_date date, rule string, reason string, "
            "origin string, position bigint, record_key string, raw string",
        ),
        ignore_nullable=True,
        ignore_row_order=True,
    )
    assert {tuple(row) for row in counts(classified).collect()} == {
        ("accepted", None, 1),
        ("quarantined", "conflicting_duplicate", 1),
        ("quarantined", "bad_number", 1),
        ("duplicate", None, 1),
    }
