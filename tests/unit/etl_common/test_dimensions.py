"""Inferred and unknown members, and the marks that tell later jobs what a batch changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from etl_common.changes import apply_changes
from etl_common.dimensions import (
    changed_members,
    dimension_rows,
    members_to_build,
    replaced_members,
    unknown_member,
    with_change_marks,
    with_inferred_members,
)
from etl_common.model import Column, Dimension, Storage
from etl_common.surrogate_keys import python_surrogate_key

STORE = Dimension(
    name="dim_store",
    comment="Stores",
    natural_key=(Column("store_id", "bigint", "number"),),
    tracked=(Column("nation_id", "integer", "nation"), Column("street", "varchar(40)", "street")),
    type1=(Column("phone", "varchar(40)", "phone"),),
    inferred=True,
    storage=Storage("all", ("store_key",), "small"),
)
COLOUR = Dimension(
    name="dim_colour",
    comment="Colours",
    natural_key=(Column("colour", "varchar(9)", "name"),),
    storage=Storage("all", ("colour_key",), "small"),
)
RECORDS = "store_id bigint, nation_id int, street string, phone string, at timestamp"
ROWS = (
    "store_key bigint, store_id bigint, nation_id int, street string, phone string, effective_from timestamp, effective_to timestamp, "
    "is_current boolean, is_inferred boolean, is_deleted boolean"
)
MARKED = ROWS + ", repointed_in string, batch_id string"
BEGIN, END = datetime(1900, 1, 1), datetime(9999, 12, 31)
MAY, JUNE, JULY = datetime(2026, 5, 1), datetime(2026, 6, 1), datetime(2026, 7, 1)


def key(store_id: int, since: datetime = BEGIN) -> int:
    return python_surrogate_key(store_id, effective_from=since)


def stores(spark: SparkSession, records: list[tuple[Any, ...]], named: list[int | None]) -> DataFrame:
    referenced = spark.createDataFrame([(store_id,) for store_id in named], "store_id bigint")
    versions = spark.createDataFrame(records, RECORDS).transform(
        apply_changes(keys=["store_id"], sequence_by="at", track_history=["nation_id", "street"])
    )
    return versions.transform(with_inferred_members(keys=["store_id"], referenced=referenced)).transform(dimension_rows(STORE))


def assert_rows(found: DataFrame, rows: list[tuple[Any, ...]], schema: str) -> None:
    assert_df_equality(found, found.sparkSession.createDataFrame(rows, schema), ignore_nullable=True, ignore_row_order=True)


def test_an_inferred_member_keeps_its_key_when_its_records_come(spark: SparkSession) -> None:
    # load 1: a fact names store 5, of which nothing is known; null names nobody
    assert_rows(
        stores(spark, [(1, 7, "Elm", "11", MAY)], named=[1, 5, 5, None]),
        [
            (key(1), 1, 7, "Elm", "11", BEGIN, END, True, False, False),
            (key(5), 5, None, None, None, BEGIN, END, True, True, False),
        ],
        ROWS,
    )
    # load 2: two records of store 5; its first version has the key that the fact has
    assert_rows(
        stores(spark, [(1, 7, "Elm", "11", MAY), (5, 8, "Oak", "5", MAY), (5, 9, "Oak", "6", JUNE)], named=[1, 5]),
        [
            (key(1), 1, 7, "Elm", "11", BEGIN, END, True, False, False),
            (key(5), 5, 8, "Oak", "6", BEGIN, JUNE, False, False, False),
            (key(5, JUNE), 5, 9, "Oak", "6", JUNE, END, True, False, False),
        ],
        ROWS,
    )


def test_the_unknown_member_has_key_minus_one_and_no_attributes(spark: SparkSession) -> None:
    rows = stores(spark, [(1, 7, "Elm", "11", MAY)], named=[]).transform(unknown_member(STORE))

    assert_rows(rows.filter("store_key = -1"), [(-1, None, None, None, None, BEGIN, END, True, False, False)], ROWS)
    assert rows.count() == 2


def test_the_story_of_the_marks(spark: SparkSession) -> None:
    def batch(before: DataFrame | None, batch_id: str, *records: tuple[Any, ...], named: tuple[int, ...] = ()) -> DataFrame:
        marks = with_change_marks(STORE, before=before, batch_id=batch_id, repoints=("nation_id",))
        # As a batch finds it in the lake: without the plans of the batches before, which Spark would optimise again each time.
        return stores(spark, list(records), list(named)).transform(marks).localCheckpoint()

    first = (1, 7, "Elm", "11", MAY)
    one = batch(None, "b1", first, named=(5,))
    new, inferred = (key(1), 1, 7, "Elm", "11", BEGIN), (key(5), 5, None, None, None, BEGIN, END, True, True, False, "b1", "b1")
    assert_rows(one, [(*new, END, True, False, False, "b1", "b1"), inferred], MARKED)

    # the same again changes nothing
    assert_rows(batch(one, "b2", first, named=(5,)), [(*new, END, True, False, False, "b1", "b1"), inferred], MARKED)

    # a new version: only its own row concerns facts, though the row before it changed, too
    second = (1, 7, "Oak", "11", JULY)
    three = batch(one, "b3", first, second, named=(5,))
    assert_rows(
        three,
        [
            (*new, JULY, False, False, False, "b1", "b3"),
            (key(1, JULY), 1, 7, "Oak", "11", JULY, END, True, False, False, "b3", "b3"),
            inferred,
        ],
        MARKED,
    )
    assert_rows(three.transform(changed_members(STORE, batch_id="b3")), [(1, JULY)], "store_id bigint, changed_from timestamp")

    # a late record moves the version: facts from the new beginning on; Type 1 values are no fact's concern
    four = batch(three, "b4", first, second, (1, 7, "Oak", "99", JUNE), (5, 3, "Fir", "5", JUNE))
    assert_rows(
        four,
        [
            (*new, JUNE, False, False, False, "b1", "b4"),
            (key(1, JUNE), 1, 7, "Oak", "11", JUNE, END, True, False, False, "b4", "b4"),
            # the inferred member has its records now: the key stays, the nation that facts copy does not
            (key(5), 5, 3, "Fir", "5", BEGIN, END, True, False, False, "b4", "b4"),
        ],
        MARKED,
    )
    assert_rows(four.transform(changed_members(STORE, batch_id="b4")), [(1, JUNE), (5, BEGIN)], "store_id bigint, changed_from timestamp")


def test_a_dimension_without_history_has_one_mark(spark: SparkSession) -> None:
    def rows(*names: str) -> DataFrame:
        return spark.createDataFrame([(name,) for name in names], "colour string").transform(dimension_rows(COLOUR))

    one = rows("red").transform(with_change_marks(COLOUR, before=None, batch_id="b1"))
    two = rows("red", "blue").transform(with_change_marks(COLOUR, before=one, batch_id="b2"))

    assert_rows(
        two,
        [(python_surrogate_key("red"), "red", "b1"), (python_surrogate_key("blue"), "blue", "b2")],
        "colour_key bigint, colour string, batch_id string",
    )


def test_a_batch_builds_members_with_records_and_members_named_for_the_first_time(spark: SparkSession) -> None:
    before = stores(spark, [(1, 7, "Elm", "11", MAY), (2, 7, "Elm", "11", MAY)], named=[5]).transform(unknown_member(STORE))
    changed = spark.createDataFrame([(2,), (2,), (3,)], "store_id bigint")
    referenced = spark.createDataFrame([(1,), (5,), (6,), (6,), (None,)], "store_id bigint")

    members = members_to_build(STORE, changed=changed, referenced=referenced, before=before)

    assert sorted(row.store_id for row in members.collect()) == [2, 3, 6]


def test_replaced_members_lose_versions_that_are_gone_and_others_stay(spark: SparkSession) -> None:
    marks = with_change_marks(STORE, before=None, batch_id="b1")
    before = stores(spark, [(1, 7, "Elm", "1", MAY), (1, 7, "Oak", "1", JULY), (2, 7, "Elm", "2", MAY)], named=[]).transform(marks)
    rebuilt = stores(spark, [(1, 7, "Elm", "1", MAY)], named=[]).transform(marks)

    whole = rebuilt.transform(replaced_members(STORE, before=before))

    assert sorted((row.store_id, row.street) for row in whole.collect()) == [(1, "Elm"), (2, "Elm")]
