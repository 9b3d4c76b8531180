"""Steps of a job at the same time."""

from __future__ import annotations

import threading
import time

import pytest
from pyspark.sql import SparkSession

from etl_common.parallel import together


def test_steps_run_at_the_same_time_and_answer_in_their_order(spark: SparkSession) -> None:
    meet = threading.Barrier(3, timeout=30)

    def step(name: str) -> str:
        meet.wait()
        return name

    assert together(lambda: step("a"), lambda: step("b"), lambda: step("c")) == ["a", "b", "c"]


def test_every_step_has_ended_when_the_first_failure_in_their_order_is_raised(spark: SparkSession) -> None:
    ended = []

    def fail(name: str, after: float) -> None:
        time.sleep(after)
        ended.append(name)
        raise ValueError(name)

    with pytest.raises(ValueError, match="^slow$"):
        together(lambda: fail("slow", 0.2), lambda: fail("quick", 0), lambda: ended.append("whole"))

    assert sorted(ended) == ["quick", "slow", "whole"]


def test_the_queries_of_the_steps_carry_the_caller_s_properties(spark: SparkSession) -> None:
    context = spark.sparkContext
    context.setLocalProperty("etl.run", "r1")
    try:
        found = together(*[lambda: (spark.range(5).count(), context.getLocalProperty("etl.run"))] * 2)
    finally:
        context.setLocalProperty("etl.run", None)

    assert found == [(5, "r1"), (5, "r1")]
