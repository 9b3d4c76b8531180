"""DynamicFrames beside DataFrames: the same work done both ways, in pairs, in one Spark session.

A machine that does other things makes both halves of a pair slow, so that the median of the pairs' ratios means something where a median
of seconds does not. Which half comes first alternates. Processor seconds count the JVM and its Python workers.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.meter import Meter, Usage
from localaws.engines.spark_home import java_home
from localaws.glue.class_names import remember_class_names

__all__ = ["AIM", "FramePairs", "frames_markdown", "measure_frames"]

AIM = 1.15
"""At most so much longer than on DataFrames may a chain take that is all expressions."""
_MAPPINGS = [
    ("order_id", "long", "order_key", "long"), ("customer", "string", "customer_id", "int"), ("quantity", "int", "quantity", "long"),
    ("price", "double", "unit_price", "decimal(12,2)"), ("note", "string", "note", "string"), ("day", "date", "order_date", "string"),
    ("status", "string", "status", "string"),
]  # fmt: skip
Make = Callable[[], Any]
"""A DataFrame that nothing was read of yet."""


@dataclass(frozen=True)
class FramePairs:
    """One thing done both ways, again and again: (on DynamicFrames, on DataFrames) of each pair."""

    what: str
    pairs: tuple[tuple[Usage, Usage], ...]

    def seconds(self, side: int) -> float:
        """Median of one side."""
        return statistics.median(pair[side].seconds for pair in self.pairs)

    @property
    def ratio(self) -> float:
        """Median of the pairs' ratios of seconds."""
        return statistics.median(dynamic.seconds / plain.seconds for dynamic, plain in self.pairs)

    @property
    def cpu_ratio(self) -> float:
        """The same of processor seconds: a pair's are few, so of all pairs together."""
        return sum(dynamic.cpu_seconds for dynamic, _ in self.pairs) / max(sum(plain.cpu_seconds for _, plain in self.pairs), 0.01)


def measure_frames(folder: Path, rows: int, pairs: int, cores: int) -> Iterator[FramePairs]:
    """One line after the other; the first is held to AIM. Works in a session of its own and below `folder`, both gone at the end."""
    with _session(cores) as spark, Meter(lambda: [], every=60) as meter:
        try:
            source = _rows(spark, folder / "rows", rows)
            for what, dynamic, plain, share in _works(spark, source):
                yield FramePairs(what, tuple(_pairs(meter, dynamic, plain, max(3, round(pairs * share)))))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _session(cores: int) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["PYSPARK_PYTHON"] = sys.executable
    remember_class_names()  # as every run of a job does
    settings = {
        "spark.ui.enabled": "false", "spark.driver.memory": "1g", "spark.sql.session.timeZone": "UTC", "spark.log.level": "ERROR",
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.showConsoleProgress": "false",
    }  # fmt: skip
    builder = SparkSession.builder.master(f"local[{cores}]").appName("bench")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def _rows(spark: Any, folder: Path, rows: int) -> Any:
    """Flat rows of seven columns, in files of Parquet."""
    columns = (
        "id AS order_id", "cast(id % 1000 AS string) AS customer", "cast(id * 7 % 100 AS int) AS quantity", "id % 977 * 1.25D AS price",
        "concat('note ', id) AS note", "date_add(date'2026-01-01', cast(id % 365 AS int)) AS day", "'open' AS status",
    )  # fmt: skip
    spark.range(rows).selectExpr(*columns).write.parquet(f"file:{folder}")
    return spark.read.parquet(f"file:{folder}")


def _works(spark: Any, source: Any) -> Iterator[tuple[str, Make, Make, float]]:
    """(what, on a DynamicFrame, on a DataFrame, share of the pairs that it is worth)."""
    from pyspark.sql import functions as F

    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame
    from awsglue.transforms import ApplyMapping, DropFields, Filter, Map

    glue = GlueContext(spark)

    def chain() -> Any:
        mapped = ApplyMapping.apply(DynamicFrame.fromDF(source, glue, "rows"), _MAPPINGS)
        kept = DropFields.apply(mapped, ["note", "status"])
        return Filter.apply(kept, lambda r: r["quantity"] > 50 and r["customer_id"] < 500).toDF()

    def plain_chain() -> Any:
        mapped = source.select(*[F.col(name).cast(kind).alias(target) for name, _, target, kind in _MAPPINGS])
        return mapped.drop("note", "status").where((F.col("quantity") > 50) & (F.col("customer_id") < 500))

    is_even = F.udf(lambda note: len(note) % 2 == 0, "boolean")
    total = F.udf(lambda quantity, price: quantity * price, "double")
    few = source.select("order_id", "quantity", "price", "note")

    def dynamic(rows: Any) -> Any:
        return DynamicFrame.fromDF(rows, glue, "rows")

    yield "ApplyMapping, DropFields, Filter by comparisons, toDF", chain, plain_chain, 1.0
    yield (
        "Filter by a function that runs in Python, beside a Python UDF",
        lambda: Filter.apply(dynamic(few), lambda r: len(r["note"]) % 2 == 0).toDF(),
        lambda: few.where(is_even("note")),
        0.2,
    )
    yield (
        "Map by a function, beside a Python UDF",
        lambda: Map.apply(dynamic(few), lambda r: {**r, "total": r["quantity"] * r["price"]}).toDF(),
        lambda: few.withColumn("total", total("quantity", "price")),
        0.2,
    )


def _pairs(meter: Meter, dynamic: Make, plain: Make, number: int) -> Iterator[tuple[Usage, Usage]]:
    for _ in range(min(6, number)):  # compiled before it counts
        _run(meter, dynamic), _run(meter, plain)
    for turn in range(number):
        if turn % 2:
            first = _run(meter, dynamic)
            yield first, _run(meter, plain)
        else:
            second = _run(meter, plain)
            yield _run(meter, dynamic), second


def _run(meter: Meter, make: Make) -> Usage:
    """From a frame that is there to the last row; nothing is written."""
    found: list[Usage] = []
    with meter.stage(found.append):
        make().write.format("noop").mode("overwrite").save()
    return found[0]


def frames_markdown(found: Sequence[FramePairs], where: str, command: str) -> str:
    """The results as a table for docs/benchmarks.md."""
    lines = [
        f"Command: `{command}`\n\nMachine: {where}\n",
        "| work | pairs | DynamicFrame | DataFrame | ratio | ratio of processor seconds |",
    ]
    lines.append("|---|---:|---:|---:|---:|---:|")
    lines += [
        f"| {one.what} | {len(one.pairs)} | {one.seconds(0):.2f} s | {one.seconds(1):.2f} s | {one.ratio:.2f} | {one.cpu_ratio:.2f} |"
        for one in found
    ]
    return "\n".join(lines) + "\n"
