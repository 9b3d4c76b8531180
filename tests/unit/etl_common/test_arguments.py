from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from etl_common.arguments import BatchArguments, JobArguments, parse_arguments
from etl_common.exceptions import ArgumentError


@dataclass(frozen=True)
class Arguments(JobArguments):
    count: int
    day: date
    strict: bool = False
    tables: tuple[str, ...] = ()
    workgroup: str | None = "wholesale"


def test_text_becomes_the_declared_types() -> None:
    parsed = parse_arguments(Arguments, {"count": "3", "day": "1998-06-15", "strict": "true", "tables": "part, supplier", "workgroup": ""})

    assert parsed == Arguments(3, date(1998, 6, 15), True, ("part", "supplier"), None)


def test_defaults_hold_for_what_is_not_given() -> None:
    assert parse_arguments(Arguments, {"count": "3", "day": "1998-06-15"}) == Arguments(3, date(1998, 6, 15))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"day": "1998-06-15"}, r"--count is missing: give --count", id="a_missing_one"),
        pytest.param({"count": "three", "day": "1998-06-15"}, r"--count is 'three': it must be a whole number", id="no_number"),
        pytest.param({"count": "3", "day": "15.06.1998"}, r"--day is '15.06.1998': it must be a date", id="no_date"),
        pytest.param({"count": "3", "day": "1998-06-15", "strict": "maybe"}, r"--strict is 'maybe'.*true or false", id="no_flag"),
    ],
)
def test_an_error_names_the_argument(given: dict[str, str], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        parse_arguments(Arguments, given)


def test_a_backfill_has_a_suffix() -> None:
    given = {"batch_id": "1998-06-15-late", "business_date": "1998-06-15"}

    assert parse_arguments(BatchArguments, given).batch_id == "1998-06-15-late"


@pytest.mark.parametrize("batch_id", ["1998-06-16", "june", "1998-06-15/../x"])
def test_a_batch_id_begins_with_the_business_date(batch_id: str) -> None:
    with pytest.raises(ArgumentError, match="--batch_id"):
        parse_arguments(BatchArguments, {"batch_id": batch_id, "business_date": "1998-06-15"})
