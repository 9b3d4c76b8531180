from __future__ import annotations

from datetime import date, datetime

import pytest

from simulator import SimulatorConfig, batches, late_batch
from simulator.exceptions import SimulatorConfigError


def test_batches_follow_each_other_day_by_day() -> None:
    assert [(b.batch_id, b.first_day, b.window_end) for b in batches(SimulatorConfig())] == [
        ("1998-06-15", date(1998, 6, 15), datetime(1998, 6, 16)),
        ("1998-06-16", date(1998, 6, 16), datetime(1998, 6, 17)),
        ("1998-06-17", date(1998, 6, 17), datetime(1998, 6, 18)),
    ]


def test_a_later_batch_of_several_days_reveals_all_of_them() -> None:
    found = batches(SimulatorConfig(days_per_batch=5, batches=2))

    assert [(b.first_day, b.business_date) for b in found] == [
        (date(1998, 6, 15), date(1998, 6, 15)),
        (date(1998, 6, 16), date(1998, 6, 20)),
    ]


def test_the_backfill_is_of_the_first_date_and_comes_last() -> None:
    late = late_batch(SimulatorConfig())

    assert (late.batch_id, late.number, late.window_end, late.is_late) == ("1998-06-15-late", 4, datetime(1998, 6, 16), True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"scale": 0.001}, "at least 0.01", id="too_small"),
        pytest.param({"batches": 0}, "at least 1", id="no_batch"),
        pytest.param({"days_per_batch": 0}, "at least 1", id="no_day"),
        pytest.param({"change_share": 0.5}, "from 0 to 0.2", id="too_many_changes"),
        pytest.param({"dirt_share": -1}, "from 0 to 0.05", id="negative_dirt"),
        pytest.param({"batches": 60}, "fewer batches", id="beyond_the_last_order"),
        pytest.param({"first_business_date": date(1992, 3, 1)}, "begin after its first year", id="before_any_history"),
    ],
)
def test_what_the_data_cannot_give_is_refused_by_name(values: dict, message: str) -> None:
    with pytest.raises(SimulatorConfigError, match=message):
        SimulatorConfig(**values)
