from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, Row, SparkSession

from etl_common.cleaning import clean
from etl_common.contracts import ParentKey, SourceColumn, SourceTable, spark_type
from etl_common.exceptions import ColumnTypeError, MissingColumnError, MissingReferenceError, ModelError

PART = SourceTable(
    "part",
    (
        SourceColumn("part_id", "bigint", required=True),
        SourceColumn("name"),
        SourceColumn("brand", required=True, pattern="Brand#[1-5][1-5]"),
        SourceColumn("nation_id", "int", codes="nation_id"),
        SourceColumn("size", "int", required=True),
        SourceColumn("price", "decimal(12,2)", required=True, above=0),
        SourceColumn("share", "decimal(5,2)", minimum=0, maximum=1),
        SourceColumn("sold_on", "date", not_future=True),
        SourceColumn("updated_at", "timestamp", required=True, not_future=True),
    ),
    natural_key=("part_id",),
    sequence="updated_at",
    blank_is_null=True,
)
GOOD = {
    "part_id": "7",
    "name": "  bolt ",
    "brand": "Brand#12",
    "nation_id": "3",
    "size": "10",
    "price": "9.50",
    "share": "0.10",
    "sold_on": "1998-06-15",
    "updated_at": "1998-06-15T23:59:59.999999Z",
}
READ = ", ".join(f"{name} string" for name in GOOD) + ", _origin string, _position int"
WINDOW_END = datetime(1998, 6, 16)
CODES = {"nation_id": [1, 2, 3]}


def cleaned(spark: SparkSession, *changes: dict[str, str | None], extra: str = "", values: tuple[Any, ...] = ()) -> list[Row]:
    rows = [(*(GOOD | change).values(), "part-001.csv", number, *values) for number, change in enumerate(changes, 1)]
    frame = spark.createDataFrame(rows, READ + extra)
    return frame.transform(clean(PART, window_end=WINDOW_END, codes=CODES)).orderBy("_position").collect()


def test_a_good_record_becomes_typed_columns(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(*GOOD.values(), "part-001.csv", 1)], READ)

    result = frame.transform(clean(PART, window_end=WINDOW_END, codes=CODES))

    at = datetime(1998, 6, 15, 23, 59, 59, 999999)
    expected: DataFrame = spark.createDataFrame(
        [(7, "bolt", "Brand#12", 3, 10, Decimal("9.50"), Decimal("0.10"), date(1998, 6, 15), at, "part-001.csv", 1, None, "7", None, None)],
        "part_id bigint, name string, brand string, nation_id int, size int, price decimal(12,2), share decimal(5,2), sold_on date, "
        "updated_at timestamp, _origin string, _position bigint, _raw string, _record_key string, _rule string, _reason string",
    )
    assert_df_equality(result, expected, ignore_nullable=True)


TOO_LATE = "is not before the end of the batch, 1998-06-16 00:00:00 UTC"
# What is wrong with a record -> the change that makes it so, the rule, the reason.
DEFECTS: dict[str, tuple[dict[str, str | None], str | None, str | None]] = {
    "empty_key": ({"part_id": ""}, "null_key", "part_id is missing"),
    "blank_key": ({"part_id": "  "}, "null_key", "part_id is missing"),
    "null_key": ({"part_id": None}, "null_key", "part_id is missing"),
    "text_for_a_number": ({"size": "ten"}, "bad_number", "size 'ten' is not int"),
    "fraction_for_an_integer": ({"size": "1.5"}, "bad_number", "size '1.5' is not int"),
    "exponent": ({"size": "1e3"}, "bad_number", "size '1e3' is not int"),
    "required_number_missing": ({"size": ""}, "bad_number", "size is missing"),
    "another_date_format": ({"sold_on": "15.06.1998"}, "bad_date", "sold_on '15.06.1998' is not date"),
    "no_such_day": ({"sold_on": "1998-02-30"}, "bad_date", "sold_on '1998-02-30' is not date"),
    "year_alone": ({"sold_on": "1998"}, "bad_date", "sold_on '1998' is not date"),
    "text_for_a_time": ({"updated_at": "yesterday"}, "bad_timestamp", "updated_at 'yesterday' is not timestamp"),
    "no_such_hour": ({"updated_at": "1998-06-15T25:00:00Z"}, "bad_timestamp", "updated_at '1998-06-15T25:00:00Z' is not timestamp"),
    "required_time_missing": ({"updated_at": None}, "bad_timestamp", "updated_at is missing"),
    "integer_overflow": ({"size": "99999999999"}, "out_of_range", "size '99999999999' does not fit int"),
    "decimal_overflow": ({"price": "99999999999.99"}, "out_of_range", "price '99999999999.99' does not fit decimal(12,2)"),
    "digits_would_be_lost": ({"price": "1.005"}, "out_of_range", "price '1.005' does not fit decimal(12,2)"),
    "zero_price": ({"price": "0"}, "out_of_range", "price '0' is not above 0"),
    "negative_price": ({"price": "-0.01"}, "out_of_range", "price '-0.01' is not above 0"),
    "above_the_maximum": ({"share": "1.01"}, "out_of_range", "share '1.01' is above 1"),
    "below_the_minimum": ({"share": "-0.01"}, "out_of_range", "share '-0.01' is below 0"),
    "at_the_end_of_the_window": (
        {"updated_at": "1998-06-16T00:00:00Z"},
        "future_date",
        f"updated_at '1998-06-16T00:00:00Z' {TOO_LATE}",
    ),
    "date_in_the_future": (
        {"sold_on": "1998-06-16"},
        "future_date",
        f"sold_on '1998-06-16' {TOO_LATE}",
    ),
    "code_not_in_the_list": ({"nation_id": "77"}, "unknown_code", "nation_id '77' is not a known nation_id"),
    "code_against_the_pattern": ({"brand": "Brand#16"}, "unknown_code", "brand 'Brand#16' is not a known brand"),
    "pattern_in_the_middle": ({"brand": "xBrand#11x"}, "unknown_code", "brand 'xBrand#11x' is not a known brand"),
    "required_code_missing": ({"brand": None}, "unknown_code", "brand is not a known brand"),
    "zeros_lose_nothing": ({"price": "1.500"}, None, None),
    "optional_values_may_be_missing": ({"share": None, "nation_id": None, "sold_on": ""}, None, None),
    "any_text": ({"name": "é漢😀"}, None, None),
}


def test_a_record_is_refused_by_the_rule_it_breaks(spark: SparkSession) -> None:
    rows = cleaned(spark, *(change for change, _, _ in DEFECTS.values()))

    found = {name: (row["_rule"], row["_reason"]) for name, row in zip(DEFECTS, rows, strict=True)}
    assert found == {name: (rule, reason) for name, (_, rule, reason) in DEFECTS.items()}


def test_the_first_rule_in_the_contracts_order_names_the_record(spark: SparkSession) -> None:
    everything = {"part_id": "", "sold_on": "x", "size": "99999999999", "updated_at": "1999-01-01T00:00:00Z", "brand": "?"}
    fixed = [everything]
    for column, value in [
        ("part_id", "7"),
        ("sold_on", "1998-01-01"),
        ("size", "1"),
        ("updated_at", GOOD["updated_at"]),
        ("brand", "Brand#11"),
    ]:
        fixed.append(fixed[-1] | {column: value})

    rows = cleaned(spark, *fixed)

    assert [row["_rule"] for row in rows] == ["null_key", "bad_date", "out_of_range", "future_date", "unknown_code", None]


@pytest.mark.parametrize(("flags", "rule"), [((True, True), "ragged_row"), ((False, True), "broken_encoding"), ((False, None), None)])
def test_the_readers_marks_come_before_all_rules(spark: SparkSession, flags: tuple[bool, bool | None], rule: str | None) -> None:
    (row,) = cleaned(spark, {"part_id": "7" if rule is None else None}, extra=", _ragged boolean, _broken_encoding boolean", values=flags)

    assert row["_rule"] == rule


def test_a_refused_record_is_kept_as_it_was_read_and_an_accepted_one_is_not(spark: SparkSession) -> None:
    refused, good = cleaned(spark, {"size": "ten"}, {})
    (line,) = cleaned(spark, {"size": "ten"}, extra=", _raw string", values=("7,bolt,…",))

    assert json.loads(refused["_raw"]) == GOOD | {"size": "ten", "name": "bolt"}
    assert good["_raw"] is None
    assert line["_raw"] == "7,bolt,…"


def test_typed_records_are_checked_without_text(spark: SparkSession) -> None:
    table = SourceTable(
        "line",
        (
            SourceColumn("id", "bigint", required=True),
            SourceColumn("quantity", "decimal(8,2)", above=0),
            SourceColumn("gone", "boolean", required=True),
            SourceColumn("note"),
        ),
        natural_key=("id",),
    )
    rows = [
        (Decimal(5), Decimal("12345678.00"), 0, " kept "),
        (Decimal(6), Decimal("0.125"), 1, ""),
        (Decimal(7), Decimal("1.5"), 1, None),
        (Decimal("18446744073709551615"), Decimal("1.5"), 1, None),
        (None, Decimal("1.5"), 1, None),
        (Decimal(8), None, None, None),
    ]
    schema = "id decimal(20,0), quantity decimal(15,4), gone int, note string"
    numbered = [(*row, "line", number) for number, row in enumerate(rows)]
    frame = spark.createDataFrame(numbered, schema + ", _origin string, _position int")

    found = frame.transform(clean(table, window_end=WINDOW_END)).orderBy("_position").collect()

    assert [row["_rule"] for row in found] == ["out_of_range", "out_of_range", None, "out_of_range", "null_key", "bad_number"]
    assert (found[2]["id"], found[2]["quantity"], found[2]["gone"]) == (7, Decimal("1.50"), True)
    assert [row["note"] for row in found[:2]] == [" kept ", ""]


def test_a_typed_value_that_would_lose_digits_or_its_time_is_refused(spark: SparkSession) -> None:
    types = {"id": "bigint", "size": "int", "price": "decimal(8,2)", "day": "date"}
    table = SourceTable("typed", tuple(SourceColumn(name, type_) for name, type_ in types.items()), natural_key=("id",))
    midnight, noon = datetime(1998, 6, 15), datetime(1998, 6, 15, 12)
    two = Decimal("2.0")
    rows = [(1, two, 0.25, midnight), (2, Decimal("2.5"), 0.25, midnight), (3, two, 0.125, midnight), (4, None, None, noon)]
    numbered = [(*row, "typed", number) for number, row in enumerate(rows)]
    frame = spark.createDataFrame(numbered, "id bigint, size decimal(6,1), price double, day timestamp, _origin string, _position int")

    found = frame.transform(clean(table, window_end=WINDOW_END)).orderBy("_position").collect()

    assert [(row["_rule"], row["_reason"]) for row in found] == [
        (None, None),
        ("out_of_range", "size '2.5' does not fit int"),
        ("out_of_range", "price '0.125' does not fit decimal(8,2)"),
        ("bad_date", "day '1998-06-15 12:00:00' is not date"),
    ]
    assert (found[0]["size"], found[0]["price"], found[0]["day"]) == (2, Decimal("0.25"), date(1998, 6, 15))


@pytest.mark.parametrize("type_", ["date", "binary", "array<int>"])
def test_a_type_that_no_number_can_be_made_of_is_refused_by_name(spark: SparkSession, type_: str) -> None:
    table = SourceTable("typed", (SourceColumn("id", "bigint"),), natural_key=("id",))
    frame = spark.createDataFrame([], f"id {type_}, _origin string, _position int")

    with pytest.raises(ColumnTypeError, match=f"typed.id came as {type_}, and its contract says bigint"):
        frame.transform(clean(table, window_end=WINDOW_END))


def test_the_record_key_is_as_read_with_missing_parts_empty(spark: SparkSession) -> None:
    table = SourceTable("pair", (SourceColumn("a", "int"), SourceColumn("b", "int")), natural_key=("a", "b"), blank_is_null=True)
    frame = spark.createDataFrame(
        [("1", "x", "f", 1), ("5", None, "f", 2), (None, "", "f", 3)], "a string, b string, _origin string, _position int"
    )

    rows = frame.transform(clean(table, window_end=WINDOW_END)).orderBy("_position").collect()

    assert [row["_record_key"] for row in rows] == ["1|x", "5|", None]


def test_an_aware_end_of_the_window_counts_in_utc(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(*GOOD.values(), "part-001.csv", 1)], READ)

    (row,) = frame.transform(clean(PART, window_end=datetime(1998, 6, 16, tzinfo=UTC), codes=CODES)).collect()

    assert row["_rule"] is None


def test_a_list_of_codes_that_was_not_given_is_an_error(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(*GOOD.values(), "f", 1)], READ)

    with pytest.raises(MissingReferenceError, match="part is checked against the codes 'nation_id', which was not given. Given: colour"):
        frame.transform(clean(PART, window_end=WINDOW_END, codes={"colour": []}))


def test_a_missing_column_is_an_error(spark: SparkSession) -> None:
    with pytest.raises(MissingColumnError, match=r"clean\(part\) needs the columns .*size"):
        spark.createDataFrame([("1", "f", 1)], "part_id string, _origin string, _position int").transform(
            clean(PART, window_end=WINDOW_END, codes=CODES)
        )


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        pytest.param(lambda: spark_type("float"), "type 'float' is not one of string, int", id="unknown_type"),
        pytest.param(lambda: SourceColumn("name", minimum=1), "column name of type string has bounds", id="bounds_of_text"),
        pytest.param(lambda: SourceColumn("size", "int", not_future=True), "cannot lie in the future", id="future_number"),
        pytest.param(lambda: SourceTable("t", (SourceColumn("a"),), natural_key=("b",)), "has no column b", id="key_without_column"),
        pytest.param(
            lambda: SourceTable("t", (SourceColumn("a"),), ("a",), parents=(ParentKey("p", ("z",)),)),
            "has no column z",
            id="parent_without_column",
        ),
        pytest.param(lambda: SourceTable("t", (SourceColumn("a"),), natural_key=()), "has no natural key", id="no_key"),
        pytest.param(
            lambda: SourceTable("t", (SourceColumn("a"),), ("a",), duplicates="newest_wins"),
            "has no sequence",
            id="newest_without_sequence",
        ),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(declare: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        declare()
