"""How queries on few rows are planned."""

from __future__ import annotations

import contextlib

from pyspark.sql import SparkSession

from etl_common.frames import planned_for_few_rows

ADAPTIVE, PARTS = "spark.sql.adaptive.enabled", "spark.sql.shuffle.partitions"


def test_settings_hold_in_the_block_and_are_what_they_were_after_it(spark: SparkSession) -> None:
    cores = spark.sparkContext.defaultParallelism
    before = {ADAPTIVE: "true", PARTS: str(cores + 7)}
    own = {name: spark.conf.get(name) for name in before}
    try:
        for name, value in before.items():
            spark.conf.set(name, value)

        with contextlib.suppress(ZeroDivisionError), planned_for_few_rows(spark):
            assert {name: spark.conf.get(name) for name in before} == {ADAPTIVE: "false", PARTS: str(cores)}
            1 / 0  # noqa: B018

        assert {name: spark.conf.get(name) for name in before} == before
    finally:
        for name, kept in own.items():
            spark.conf.set(name, str(kept))


def test_fewer_parts_than_cores_stay_as_they_are(spark: SparkSession) -> None:
    own = str(spark.conf.get(PARTS))
    spark.conf.set(PARTS, "1")
    try:
        with planned_for_few_rows(spark):
            assert spark.conf.get(PARTS) == "1"
    finally:
        spark.conf.set(PARTS, own)
