"""What is turned into another form and back is what it was: random types and records, a frame of many records an example.

The short form takes the same few examples each time, the long one (`make soak`) many new ones.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import types as T

from awsglue._core.model import without_marks
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame

LENGTHS = [pytest.param(5, id="short"), pytest.param(60, marks=pytest.mark.soak, id="long")]
NAMES = ("a", "b", "c", "d")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
SIMPLE: list[tuple[T.DataType, st.SearchStrategy[Any]]] = [
    (T.BooleanType(), st.booleans()),
    (T.ByteType(), st.integers(-(2**7), 2**7 - 1)),
    (T.ShortType(), st.integers(-(2**15), 2**15 - 1)),
    (T.IntegerType(), st.integers(-(2**31), 2**31 - 1)),
    (T.LongType(), st.integers(-(2**63), 2**63 - 1)),
    (T.DoubleType(), st.floats(allow_nan=False)),
    (T.DecimalType(12, 3), st.decimals(-(10**8), 10**8, places=3)),
    (T.StringType(), TEXTS),
    (T.BinaryType(), st.binary(max_size=6).map(bytearray)),
    (T.DateType(), st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1))),
    (T.TimestampType(), st.datetimes(datetime.datetime(1970, 1, 2), datetime.datetime(2100, 1, 1))),
]
Case = tuple[T.StructType, list[dict[str, Any]]]


def each_example(length: int, cases: st.SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """Runs the check for `length` examples; the short form's are always the same, so that it cannot fail by chance."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    is_short = length < 10
    phases = [Phase.generate] if is_short else list(Phase)
    prepared = settings(max_examples=length, deadline=None, derandomize=is_short, database=None, phases=phases, suppress_health_check=slow)
    prepared(given(cases)(lambda case: check(case)))()  # noqa: PLW0108 hypothesis reads its signature


def kinds(depth: int, with_maps: bool = True) -> st.SearchStrategy[T.DataType]:
    simple = st.sampled_from([kind for kind, _ in SIMPLE])
    if depth == 0:
        return simple
    below = kinds(depth - 1, with_maps)
    nested = [below.map(T.ArrayType), structs(below)]
    maps = [below.map(lambda kind: T.MapType(T.StringType(), kind))] if with_maps else []
    return st.one_of(simple, *nested, *maps)


def structs(below: st.SearchStrategy[T.DataType]) -> st.SearchStrategy[T.StructType]:
    fields = st.lists(below, min_size=1, max_size=len(NAMES))
    return fields.map(lambda found: T.StructType([T.StructField(name, kind) for name, kind in zip(NAMES, found, strict=False)]))


def values(kind: T.DataType) -> st.SearchStrategy[Any]:
    if isinstance(kind, T.StructType):
        some: st.SearchStrategy[Any] = st.fixed_dictionaries({field.name: values(field.dataType) for field in kind.fields})
    elif isinstance(kind, T.ArrayType):
        some = st.lists(values(kind.elementType), max_size=3)
    elif isinstance(kind, T.MapType):
        some = st.dictionaries(TEXTS, values(kind.valueType), max_size=3)
    else:
        some = next(strategy for one, strategy in SIMPLE if one == kind)
    return st.none() | some


def frames(with_maps: bool = True) -> st.SearchStrategy[Case]:
    """A type, and records of it in which anything may be null."""

    def with_records(schema: T.StructType) -> st.SearchStrategy[Case]:
        record = st.fixed_dictionaries({field.name: values(field.dataType) for field in schema.fields})
        return st.tuples(st.just(schema), st.lists(record, min_size=1, max_size=12))

    return structs(kinds(2, with_maps)).flatmap(with_records)


def frame_of(glue: GlueContext, case: Case) -> DynamicFrame:
    numbered = T.StructType([T.StructField("n", T.IntegerType()), *case[0].fields])
    rows = [{"n": number, **record} for number, record in enumerate(case[1])]
    return DynamicFrame.fromDF(glue.spark_session.createDataFrame(rows, numbered), glue, "frame")


def rows_of(frame: DynamicFrame) -> list[dict[str, Any]]:
    found = sorted((row.asDict(recursive=True) for row in frame.toDF().collect()), key=lambda row: row["n"])
    return [{name: value for name, value in row.items() if name != "n"} for row in found]


def shown(frame: DynamicFrame) -> list[dict[str, Any]]:
    """Records as `show` prints them, by their number."""
    found = [json.loads(without_marks(text)) for text in frame._records.resolved.toJSON().collect()]
    return sorted(found, key=lambda row: int(row["n"]))


def bare(value: Any) -> Any:
    """A value without what is null: a struct of nulls and no struct are one thing to a flat table."""
    if isinstance(value, dict):
        kept = {name: inner for name, item in value.items() if (inner := bare(item)) is not None}
        return kept or None
    return [bare(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("length", LENGTHS)
def test_a_data_frame_comes_back_as_it_was(plain_glue: GlueContext, length: int) -> None:
    def check(case: Case) -> None:
        frame = frame_of(plain_glue, case)

        assert frame.drop_fields(["n"]).toDF().schema.simpleString() == case[0].simpleString()
        assert rows_of(frame) == case[1]
        assert [bare(row) for row in rows_of(frame.map(lambda record: record))] == [bare(row) for row in case[1]]

    each_example(length, frames(), check)


@pytest.mark.parametrize("length", LENGTHS)
def test_relationalised_frames_join_to_the_records(plain_glue: GlueContext, length: int) -> None:
    def check(case: Case) -> None:
        made = frame_of(plain_glue, case).relationalize("root", "")
        tables = {name: [row.asDict() for row in frame.toDF().collect()] for name, frame in made.items()}
        root = sorted(tables["root"], key=lambda row: int(row["n"]))

        assert [bare({f.name: rejoined(tables, row, f.name, f.dataType) for f in case[0].fields}) for row in root] == [
            bare(record) for record in case[1]
        ]

    each_example(length, frames(with_maps=False), check)


def rejoined(tables: dict[str, list[dict[str, Any]]], row: dict[str, Any], column: str, kind: T.DataType) -> Any:
    """The nested value that flat tables hold of a row."""
    if isinstance(kind, T.StructType):
        return {field.name: rejoined(tables, row, f"{column}.{field.name}", field.dataType) for field in kind.fields}
    if isinstance(kind, T.ArrayType):
        if row[column] is None:
            return None
        elements = sorted((one for one in tables[f"root_{column}"] if one["id"] == row[column]), key=lambda one: int(one["index"]))
        return [rejoined(tables, one, f"{column}.val", kind.elementType) for one in elements]
    return row[column]


@pytest.mark.parametrize("length", LENGTHS)
def test_what_was_unnested_is_nested_again_by_a_mapping(plain_glue: GlueContext, length: int) -> None:
    def check(case: Case) -> None:
        flat = frame_of(plain_glue, case).unnest()
        mappings = [(f"`{name}`", name) for name in flat.toDF().columns]

        again = flat.apply_mapping(mappings)

        assert again.drop_fields(["n"]).toDF().schema.simpleString() == case[0].simpleString()
        assert [bare(row) for row in rows_of(again)] == [bare(row) for row in case[1]]

    each_example(length, frames(), check)


@pytest.mark.parametrize("length", LENGTHS)
def test_a_choice_that_was_cast_is_none_and_a_second_cast_changes_nothing(plain_glue: GlueContext, length: int) -> None:
    mixed = st.lists(st.integers(-(2**31), 2**31 - 1) | st.sampled_from(["7", "x", "", "-12"]) | st.booleans(), min_size=1, max_size=12)

    def check(found: list[Any]) -> None:
        frame = of_values(plain_glue, [{"v": value} for value in found])
        once = frame.resolveChoice(specs=[("v", "cast:long")])
        wanted = [int(value) if not isinstance(value, str) or value.lstrip("-").isdigit() else None for value in found]

        assert [row.get("v") for row in rows_of(once)] == wanted
        assert [row.get("v") for row in rows_of(once.resolveChoice(specs=[("v", "cast:long")]))] == wanted
        assert [row.get("v") for row in shown(frame)] == found

    each_example(length, mixed, check)


def of_values(glue: GlueContext, records: list[dict[str, Any]]) -> DynamicFrame:
    """Frame whose types are those that the records show, choices included."""
    numbers = DynamicFrame.fromDF(glue.spark_session.range(len(records)), glue, "numbers")
    return numbers.map(lambda record: {"n": record["id"], **records[record["id"]]})


@pytest.mark.parametrize("length", LENGTHS)
def test_merging_is_what_dictionaries_do(plain_glue: GlueContext, length: int) -> None:
    records = st.lists(st.tuples(st.none() | st.integers(0, 4), st.sampled_from("xyz")), max_size=8)

    def check(case: tuple[list[Any], list[Any]]) -> None:
        source, stage = (
            DynamicFrame.fromDF(plain_glue.spark_session.createDataFrame(rows, "k int, v string"), plain_glue, "f") for rows in case
        )
        staged = {key for key, _ in case[1]}

        merged = source.mergeDynamicFrame(stage, ["k"])

        wanted = [*case[1], *(row for row in case[0] if row[0] not in staged)]
        assert sorted(map(tuple, merged.toDF().collect()), key=repr) == sorted(wanted, key=repr)

    each_example(length, st.tuples(records, records), check)


@pytest.mark.parametrize("length", LENGTHS)
def test_dynamodbs_json_is_simplified_as_boto3_reads_it(plain_glue: GlueContext, length: int) -> None:
    numbers = st.integers(-(10**9), 10**9).map(Decimal) | st.decimals(-1000, 1000, places=2)
    simple = st.one_of(st.none(), st.booleans(), numbers, TEXTS)
    nested = st.one_of(
        simple, st.lists(simple, max_size=3), st.fixed_dictionaries({"x": simple, "y": st.lists(numbers, max_size=2)}),
        st.sets(st.sampled_from(["p", "q", "r"]), min_size=1),
    )  # fmt: skip
    items = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, nested)), min_size=1, max_size=8)
    serialise, read = TypeSerializer().serialize, TypeDeserializer().deserialize

    def check(found: list[dict[str, Any]]) -> None:
        wrapped = [plain_json({name: in_order(serialise(value)) for name, value in item.items()}) for item in found]

        simplified = of_values(plain_glue, wrapped).simplify_ddb_json()

        wanted = [bare(plain_json({name: as_text(read(serialise(value))) for name, value in item.items()})) or {} for item in found]
        assert [bare({name: value for name, value in row.items() if name != "n"}) or {} for row in shown(simplified)] == wanted

    each_example(length, items, check)


def in_order(wrapped: dict[str, Any]) -> dict[str, Any]:
    """A set has no order: `plain_json` sorts what boto3 reads of it, too."""
    return {"SS": sorted(wrapped["SS"])} if "SS" in wrapped else wrapped


def plain_json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=sorted))


def as_text(value: Any) -> Any:
    """Numbers stay the texts that DynamoDB sends."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: as_text(item) for name, item in value.items()}
    return [as_text(item) for item in value] if isinstance(value, list) else value
