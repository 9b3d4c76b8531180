"""docs/adding-a-dimension.md, executed: its blocks as they stand, then everything that is said to follow."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from etl_common.columns import names
from etl_common.ddl import redshift_files
from etl_common.dictionary import data_dictionary
from etl_common.dimensions import unknown_member
from etl_common.model import Warehouse
from etl_common.quality import SparkEngine, evaluate, model_rulesets
from wholesale.warehouse import WAREHOUSE

PAGE = Path(__file__).parents[3] / "docs" / "adding-a-dimension.md"


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """The names that the page's blocks define, run one after the other."""
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3, "one declaration, one transform, one test"
    namespace: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), namespace)
    return namespace


@pytest.fixture(scope="module")
def grown(written: dict[str, Any]) -> Warehouse:
    return replace(WAREHOUSE, dimensions=(*WAREHOUSE.dimensions, written["CARRIER"]))


def test_the_page_s_test_passes(written: dict[str, Any], spark: SparkSession) -> None:
    tests = [value for name, value in written.items() if name.startswith("test_")]

    assert len(tests) == 1
    tests[0](spark)


def test_the_page_s_test_can_fail(written: dict[str, Any], spark: SparkSession) -> None:
    broken = written | {"dim_carrier": lambda scans: written["dim_carrier"](scans.where("shipment_id <> 's2'"))}
    source = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)[2]
    exec(compile(source, PAGE.name, "exec"), broken)

    with pytest.raises(Exception, match="Swift"):
        broken["test_a_carrier_is_known_from_its_first_scan"](spark)


def test_the_files_that_follow_are_added_and_the_tables_there_keep_their_text(grown: Warehouse) -> None:
    before, after = redshift_files(WAREHOUSE), redshift_files(grown)

    assert sorted(path for path in after if "carrier" in path) == [
        "20_tables/08_dim_carrier.sql",
        "30_staging/dim_carrier.sql",
        "50_unknown_members/dim_carrier.sql",
    ]
    assert {text for path, text in before.items() if "maintenance" not in path} < set(after.values())
    assert "### dim_carrier" in data_dictionary(grown)


def test_the_lake_table_and_the_unknown_member_follow(grown: Warehouse) -> None:
    carrier = grown.dimension("dim_carrier")

    assert names(grown.lake_table("dim_carrier").columns) == ("carrier_key", "carrier", "first_scan_at", "shipments", "batch_id")
    assert carrier.unknown_member == {"carrier_key": -1, "carrier": None, "first_scan_at": None, "shipments": None}


def test_the_quality_rules_follow_and_hold_for_what_the_transform_gives(
    written: dict[str, Any], grown: Warehouse, spark: SparkSession
) -> None:
    scans = spark.createDataFrame(
        [("s1", "Swift", datetime(1998, 6, 15)), ("s2", "Slow", datetime(1998, 6, 16))], "shipment_id string, carrier string, at timestamp"
    )
    rows = written["dim_carrier"](scans).transform(unknown_member(written["CARRIER"]))
    ruleset = next(ruleset for ruleset in model_rulesets(grown) if ruleset.table == "dim_carrier")

    good = evaluate(spark, {"dim_carrier": rows}, [ruleset], engine=SparkEngine())
    twice = evaluate(spark, {"dim_carrier": rows.union(rows)}, [ruleset], engine=SparkEngine())

    assert good.passed
    assert {result.rule for result in twice.failed} == {"unique_surrogate_key", "unique_natural_key"}
