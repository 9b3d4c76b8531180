"""The modules that visual jobs import: each transform against the cases of `visual_jobs/`, on frames of both kinds."""

from __future__ import annotations

import datetime
import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from localaws.home import CHECKOUT

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "visual_jobs" / "transforms.yaml").read_text("utf-8"))
MODULES = sorted(file.stem for file in (CHECKOUT / "harness").glob("gs_*.py"))


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    for name in MODULES:
        importlib.import_module(name)


def call(frame: Any, case: dict[str, Any]) -> Any:
    ((method, arguments),) = case["call"].items()
    return getattr(frame, method)(**arguments)


@pytest.mark.parametrize("case", CASES, ids=[f"{next(iter(case['call']))}-{number}" for number, case in enumerate(CASES)])
def test_a_transform_gives_what_its_case_says(plain_glue: GlueContext, case: dict[str, Any]) -> None:
    frame = plain_glue.spark_session.sql(case["from"])
    dynamic = DynamicFrame.fromDF(frame, plain_glue, "visual")
    if "raises" in case:
        with pytest.raises(ValueError, match=case["raises"].replace("(", r"\(")):
            call(dynamic, case)
        return

    of_frame, of_dynamic = call(frame, case), call(dynamic, case)

    assert isinstance(of_dynamic, DynamicFrame)
    assert of_dynamic.name == "visual"
    assert [json.loads(text) for text in of_frame.toJSON().collect()] == case["gives"]
    assert of_dynamic.toDF().schema == of_frame.schema


def test_identifiers_and_times_are_new_for_each_call(plain_glue: GlueContext) -> None:
    frame: Any = DynamicFrame.fromDF(plain_glue.spark_session.range(2).toDF("n"), plain_glue, "visual")

    rows = frame.gs_uuid(colName="id").gs_now(colName="at").gs_now(colName="day", dateFormat="%Y%m%d").toDF().collect()

    assert len({row["id"] for row in rows}) == 2
    assert isinstance(rows[0]["at"], datetime.datetime)
    assert rows[0]["day"] == f"{rows[0]['at']:%Y%m%d}"
    assert frame.gs_repartition(numPartitionsStr="3").getNumPartitions() == 3


def test_every_module_has_a_case() -> None:
    assert set(MODULES) - {next(iter(case["call"])) for case in CASES} == {"gs_now", "gs_uuid"}
