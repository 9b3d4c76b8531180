"""The story of members: after each step the whole expected table."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest
from chispa import assert_df_equality
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from etl_common.changes import apply_changes
from etl_common.exceptions import ConfigurationError, MissingColumnError

RECORDS = "id int, city string, phone string, at timestamp, removed boolean"
VERSIONS = "id int, city string, phone string, effective_from timestamp, effective_to timestamp, is_current boolean, is_deleted boolean"
BEGIN, END = datetime(1900, 1, 1), datetime(9999, 12, 31)
Record = tuple[int, str | None, str | None, datetime, bool]


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 8, 0, 0, number)


def versions_of(spark: SparkSession, records: list[Record], **options: Any) -> DataFrame:
    settings_ = {"apply_as_deletes": F.col("removed"), "track_history": ["city"]} | options
    versions = spark.createDataFrame(records, RECORDS).transform(apply_changes(keys=["id"], sequence_by="at", **settings_))
    return versions.drop("removed")


def assert_versions(spark: SparkSession, records: list[Record], expected: list[tuple[Any, ...]], **options: Any) -> None:
    found = versions_of(spark, records, **options)
    assert_df_equality(found, spark.createDataFrame(expected, VERSIONS), ignore_row_order=True, ignore_nullable=True)


def test_the_story_of_a_member(spark: SparkSession) -> None:
    records: list[Record] = [(1, "Rome", "11", day(3), False)]
    assert_versions(spark, records, [(1, "Rome", "11", BEGIN, END, True, False)])

    # update of the tracked attribute: a version; of the Type 1 attribute: every version has the last
    records.append((1, "Oslo", "22", day(5), False))
    assert_versions(spark, records, [(1, "Rome", "22", BEGIN, day(5), False, False), (1, "Oslo", "22", day(5), END, True, False)])

    # a change that changes nothing tracked makes no version
    records.append((1, "Oslo", "33", day(6), False))
    assert_versions(spark, records, [(1, "Rome", "33", BEGIN, day(5), False, False), (1, "Oslo", "33", day(5), END, True, False)])

    # a delete keeps what the member had, whatever the record says
    records.append((1, None, None, day(8), True))
    deleted = [
        (1, "Rome", "33", BEGIN, day(5), False, False),
        (1, "Oslo", "33", day(5), day(8), False, False),
        (1, "Oslo", "33", day(8), END, True, True),
    ]
    assert_versions(spark, records, deleted)

    # a second delete of what is deleted changes nothing, and neither does a rerun
    records.append((1, None, None, day(9), True))
    assert_versions(spark, records, deleted)
    assert_versions(spark, records, deleted)

    # re-insert with the attributes it had: a version, since it lives again
    records.append((1, "Oslo", "44", day(10), False))
    assert_versions(
        spark,
        records,
        [
            (1, "Rome", "44", BEGIN, day(5), False, False),
            (1, "Oslo", "44", day(5), day(8), False, False),
            (1, "Oslo", "44", day(8), day(10), False, True),
            (1, "Oslo", "44", day(10), END, True, False),
        ],
    )

    # late: between two known versions, splitting an interval
    records.append((1, "Bern", "00", day(4), False))
    assert_versions(
        spark,
        records,
        [
            (1, "Rome", "44", BEGIN, day(4), False, False),
            (1, "Bern", "44", day(4), day(5), False, False),
            (1, "Oslo", "44", day(5), day(8), False, False),
            (1, "Oslo", "44", day(8), day(10), False, True),
            (1, "Oslo", "44", day(10), END, True, False),
        ],
    )


def test_a_late_record_equal_to_its_successor_moves_the_version(spark: SparkSession) -> None:
    records = [(1, "Rome", "1", day(1), False), (1, "Oslo", "2", day(9), False), (1, "Oslo", "0", day(4), False)]

    assert_versions(spark, records, [(1, "Rome", "2", BEGIN, day(4), False, False), (1, "Oslo", "2", day(4), END, True, False)])


def test_a_late_record_before_the_first_becomes_the_first_version(spark: SparkSession) -> None:
    records = [(1, "Oslo", "2", day(9), False), (1, "Rome", "1", day(2), False)]

    assert_versions(spark, records, [(1, "Rome", "2", BEGIN, day(9), False, False), (1, "Oslo", "2", day(9), END, True, False)])


def test_several_changes_in_a_batch_out_of_order_all_count(spark: SparkSession) -> None:
    records = [(1, "C", "3", day(3), False), (2, "X", "9", day(7), False), (1, "A", "1", day(1), False), (1, "B", "2", day(2), False)]

    assert_versions(
        spark,
        records,
        [
            (1, "A", "3", BEGIN, day(2), False, False),
            (1, "B", "3", day(2), day(3), False, False),
            (1, "C", "3", day(3), END, True, False),
            (2, "X", "9", BEGIN, END, True, False),
        ],
    )


def test_a_change_and_its_reversal_make_three_versions(spark: SparkSession) -> None:
    records = [(1, "A", "1", day(1), False), (1, "B", "1", day(2), False), (1, "A", "1", day(3), False)]

    assert [row.city for row in versions_of(spark, records).orderBy("effective_from").collect()] == ["A", "B", "A"]


def test_null_is_a_value_of_its_own(spark: SparkSession) -> None:
    records = [(1, None, "1", day(1), False), (1, None, "1", day(2), False), (1, "A", "1", day(3), False)]

    assert_versions(spark, records, [(1, None, "1", BEGIN, day(3), False, False), (1, "A", "1", day(3), END, True, False)])


def test_a_delete_without_records_before_it_makes_no_member(spark: SparkSession) -> None:
    records = [(1, None, None, day(1), True), (2, None, None, day(1), True), (2, "A", "1", day(2), False)]

    assert_versions(spark, records, [(2, "A", "1", BEGIN, END, True, False)])


def test_a_tie_is_decided_by_content_not_by_arrival(spark: SparkSession) -> None:
    tie: list[Record] = [(1, "B", "2", day(2), False), (1, "C", "1", day(2), False), (1, "A", "0", day(1), False)]
    expected = [(1, "A", "1", BEGIN, day(2), False, False), (1, "C", "1", day(2), END, True, False)]

    assert_versions(spark, tie, expected)
    assert_versions(spark, tie[::-1], expected)


def test_null_updates_are_ignored_on_request(spark: SparkSession) -> None:
    records = [(1, "A", "1", day(1), False), (1, None, "2", day(2), False), (1, "B", None, day(3), False)]

    assert_versions(
        spark, records, [(1, "A", "2", BEGIN, day(3), False, False), (1, "B", "2", day(3), END, True, False)], ignore_null_updates=True
    )


def test_type_1_keeps_the_last_state_of_the_living(spark: SparkSession) -> None:
    records = [
        (1, "A", "1", day(2), False),
        (1, "Z", "0", day(1), False),
        (2, "B", "2", day(1), False),
        (2, None, None, day(3), True),
    ]

    assert_versions(spark, records, [(1, "A", "1", BEGIN, END, True, False)], stored_as_scd_type=1)


def test_without_a_list_every_attribute_is_tracked(spark: SparkSession) -> None:
    records = [(1, "A", "1", day(1), False), (1, "A", "2", day(2), False)]

    assert_versions(
        spark,
        records,
        [(1, "A", "1", BEGIN, day(2), False, False), (1, "A", "2", day(2), END, True, False)],
        track_history=["city", "phone"],
    )
    frame = spark.createDataFrame(records, RECORDS).drop("removed")
    assert frame.transform(apply_changes(keys=["id"], sequence_by="at")).count() == 2


def test_an_unknown_storage_type_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="stored_as_scd_type=3"):
        apply_changes(keys=["id"], sequence_by="at", stored_as_scd_type=3)  # type: ignore[arg-type]


def test_a_missing_column_is_named(spark: SparkSession) -> None:
    with pytest.raises(MissingColumnError, match="needs the columns at, which"):
        spark.createDataFrame([(1,)], "id int").transform(apply_changes(keys=["id"], sequence_by="at"))


RECORD_SETS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["A", "B", None]), st.sampled_from(["1", "2"]), st.integers(1, 9).map(day), st.booleans()),
    min_size=1,
    max_size=25,
    unique_by=lambda record: (record[0], record[3]),
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORD_SETS, seed=st.integers(0, 99))
def test_versions_depend_on_the_set_of_records_and_agree_with_a_plain_loop(
    spark_session: SparkSession, records: list[Record], seed: int
) -> None:
    shuffled = [*records, *records[:3]]  # some come twice
    random.Random(seed).shuffle(shuffled)

    found = versions_of(spark_session, shuffled).orderBy("id", "effective_from").collect()

    assert [tuple(row) for row in found] == plain_versions(records)


def plain_versions(records: list[Record]) -> list[tuple[Any, ...]]:
    """The contract's words as a loop."""
    versions: list[tuple[Any, ...]] = []
    for member in sorted({record[0] for record in records}):
        told: list[tuple[str | None, str | None, datetime, bool]] = []
        for _, city, phone, at, removed in sorted((r for r in records if r[0] == member), key=lambda r: r[3]):
            if removed and not told:
                continue
            told.append((*((told[-1][:2]) if removed else (city, phone)), at, removed))
        starts = [
            state for number, state in enumerate(told) if number == 0 or (state[0], state[3]) != (told[number - 1][0], told[number - 1][3])
        ]
        for number, (city, _, at, removed) in enumerate(starts):
            ends = starts[number + 1][2] if number + 1 < len(starts) else END
            versions.append((member, city, told[-1][1], BEGIN if number == 0 else at, ends, ends == END, removed))
    return versions
