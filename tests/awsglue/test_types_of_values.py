"""The type that many values show together is the one that merging the type of each gives, whatever they are."""

from __future__ import annotations

import datetime
import decimal
import random
from typing import Any

import pytest
from pyspark.sql import types as T

from awsglue._core.model import choice_of, merge_all
from awsglue._core.values import type_of, type_of_all

HINTS: list[T.DataType | None] = [
    None, T.LongType(), T.ByteType(), T.ShortType(), T.DoubleType(), T.FloatType(), T.DecimalType(10, 2), T.TimestampNTZType(),
    T.ArrayType(T.LongType()), T.MapType(T.StringType(), T.LongType()),
    T.StructType([T.StructField("a", T.LongType()), T.StructField("b", T.FloatType())]),
    choice_of([T.LongType(), T.StringType()]), choice_of([T.ByteType(), T.DecimalType(5, 1)]),
    choice_of([T.MapType(T.StringType(), T.LongType()), T.StructType([T.StructField("a", T.FloatType())])]),
]  # fmt: skip
WHOLE = [0, 5, -5, 127, 128, -128, -129, 300, 70_000, 2**31, -(2**40), 2**64]
SIMPLE = ["x", 1.5, True, None, b"a", datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1), *map(decimal.Decimal, ("1.5", "7", "1E+3"))]


def value_of(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(5 if depth < 3 else 3)
    if kind < 3:
        return chance.choice(WHOLE if kind else SIMPLE)
    inner = [value_of(chance, depth + 1) for _ in range(chance.randrange(4))]
    return inner if kind == 3 else dict(zip(chance.sample("abcd", len(inner)), inner, strict=True))


@pytest.mark.parametrize("hint", HINTS, ids=[hint.simpleString() if hint else "none" for hint in HINTS])
def test_the_type_of_many_values_is_that_of_each_merged(hint: T.DataType | None) -> None:
    chance = random.Random(17)
    kinds = (WHOLE, SIMPLE, None)
    for turn in range(600):
        of = kinds[turn % 3]
        values = [chance.choice(of) if of else value_of(chance) for _ in range(chance.randrange(6))]

        assert type_of_all(values, hint) == merge_all(type_of(value, hint) for value in values), values
