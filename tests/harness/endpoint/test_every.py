"""What is done again and again goes on after an error, says so, and ends; one schedule's target does not hold up another's."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest

from localaws.every import Every
from localaws.schedules import Schedule, Ticker
from waiting import wait_until


def test_a_turn_that_fails_is_told_once_and_others_follow(caplog: pytest.LogCaptureFixture) -> None:
    turns: list[int] = []

    def turn() -> None:
        turns.append(len(turns))
        if len(turns) in (1, 2, 3, 5):
            raise ValueError(f"no bucket {len(turns) > 3}")

    with caplog.at_level(logging.ERROR, "localaws"):
        every = Every("deliveries of a test", 0.01, turn)
        wait_until(lambda: len(turns) > 5)
        every.close()
    told = [record for record in caplog.records if "deliveries of a test" in record.getMessage()]
    assert [str(record.exc_info[1]) for record in told if record.exc_info] == ["no bucket False", "no bucket True"]


def test_after_its_end_there_is_no_further_turn_and_the_one_under_way_has_ended() -> None:
    begun, ended = threading.Event(), threading.Event()

    def turn() -> None:
        begun.set()
        ended.wait(0.2)
        ended.set()

    every = Every("one turn", 3600, turn, at_once=True)
    assert begun.wait(60)
    every.close()
    assert ended.is_set()
    assert "one turn" not in [thread.name for thread in threading.enumerate()]


def test_a_target_that_is_slow_does_not_hold_up_the_others() -> None:
    now, release, fired = datetime.now(UTC), threading.Event(), []
    at = f"at({now - timedelta(seconds=5):%Y-%m-%dT%H:%M:%S})"

    def fire(name: str, due: datetime) -> None:
        if name == "slow":
            release.wait(120)
        if name == "wrong":
            raise ValueError("no such target")
        fired.append((name, due))

    names = ("slow", "wrong", "quick")
    ticker = Ticker("slow targets", lambda: [Schedule(name, at, since=now - timedelta(minutes=1)) for name in names], fire)
    try:
        wait_until(lambda: fired)
        assert fired == [("quick", (now - timedelta(seconds=5)).replace(microsecond=0))]
    finally:
        release.set()
        ticker.close()
    wait_until(lambda: len(fired) == 2)
