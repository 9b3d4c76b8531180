from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from etl_common import surrogate_keys
from etl_common.exceptions import ConfigurationError, KeyCollisionError
from etl_common.surrogate_keys import assert_no_collision, python_surrogate_key, surrogate_key

MOMENTS = [datetime(1900, 1, 1), datetime(1998, 6, 15, 12, 30, 0, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)]
TEXTS = ["", "a", "bc", "ab", "c", "V1:a", "N", "é", "漢字", "😀", None]


def test_the_examples_of_the_documentation_hold() -> None:
    assert doctest.testmod(surrogate_keys).failed == 0


def test_spark_and_python_compute_the_same_keys(spark: SparkSession) -> None:
    rows = [(number, text, moment) for number in (0, -7, 2**62, None) for text in TEXTS for moment in MOMENTS]
    literal = [(number, text, f"{moment:%Y-%m-%d %H:%M:%S.%f}") for number, text, moment in rows]
    frame = spark.createDataFrame(literal, "number bigint, text string, written string").withColumn("moment", F.to_timestamp("written"))

    keys = frame.select(surrogate_key(F.col("number"), F.col("text"), effective_from=F.col("moment"))).collect()

    assert [key[0] for key in keys] == [python_surrogate_key(number, text, effective_from=moment) for number, text, moment in rows]


def test_a_key_is_positive_and_has_at_most_sixty_bits() -> None:
    keys = {python_surrogate_key(number) for number in range(2000)}

    assert len(keys) == 2000
    assert all(0 <= key < 2**60 for key in keys)


@given(st.lists(st.none() | st.text(max_size=5), min_size=1, max_size=3), st.lists(st.none() | st.text(max_size=5), min_size=1, max_size=3))
def test_different_natural_keys_have_different_keys(one: list[str | None], other: list[str | None]) -> None:
    assert (python_surrogate_key(*one) == python_surrogate_key(*other)) == (one == other)


def test_a_moment_with_a_time_zone_counts_in_utc() -> None:
    rome = datetime(2000, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))

    assert python_surrogate_key(1, effective_from=rome) == python_surrogate_key(1, effective_from=datetime(2000, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("part", [1.5, Decimal("1.0"), True, datetime(2000, 1, 1)], ids=["float", "decimal", "boolean", "timestamp"])
def test_parts_that_engines_write_differently_are_refused(part: object) -> None:
    with pytest.raises(ConfigurationError, match="natural keys are integers, text or dates"):
        python_surrogate_key(part)  # type: ignore[arg-type]


def test_a_key_needs_a_natural_key() -> None:
    with pytest.raises(ConfigurationError, match="at least one column"):
        surrogate_key()


def test_a_collision_names_the_table_and_both_members(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(5, 1), (5, 2), (6, 3)], "part_key bigint, part_id bigint")

    with pytest.raises(KeyCollisionError, match=r'dim_part: the surrogate key 5 belongs to \{"part_id":1\} and to \{"part_id":2\}'):
        assert_no_collision(frame, table="dim_part", key="part_key", members=("part_id",))


def test_no_collision_is_no_error(spark: SparkSession) -> None:
    assert_no_collision(
        spark.createDataFrame([(5, 1), (6, 2)], "part_key bigint, part_id bigint"), table="t", key="part_key", members=("part_id",)
    )
