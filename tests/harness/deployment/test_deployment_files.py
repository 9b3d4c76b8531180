"""The deployment's data files say what the code says, and nothing else does."""

from __future__ import annotations

import json

import fastavro
import pytest

from awsgluedq.dqdl import parse
from deployment.jobs import CHECKOUT, JOBS_FILE, describe_jobs, job_module, jobs_json
from deployment.rulesets import RULESETS_FOLDER, rulesets
from deployment.schemas import SCHEMAS_FOLDER, schemas
from wholesale.sources import SOURCES

JOBS = describe_jobs()
PIPELINE = json.loads((CHECKOUT / "deployment" / "pipeline.json").read_text("utf-8"))
BUCKETS = json.loads((CHECKOUT / "deployment" / "buckets.json").read_text("utf-8"))
BRANCHES = [branch for step in PIPELINE["steps"] for branch in step["branches"]]


def test_jobs_json_is_fresh() -> None:
    assert JOBS_FILE.read_text("utf-8") == jobs_json(), "run ./etl deployment"


def test_rulesets_are_fresh_and_each_is_one_that_glue_would_take() -> None:
    found = {file: file.read_text("utf-8") for file in RULESETS_FOLDER.iterdir()}

    assert found == rulesets(), "run ./etl deployment"
    assert {file.stem: len(parse(text).rules) for file, text in found.items()} == {
        file.stem: text.count("\n") - 2 for file, text in found.items()
    }
    catalog = json.loads((CHECKOUT / "deployment" / "catalog.json").read_text("utf-8"))
    assert {file.stem.split(".")[0] for file in found} <= set(catalog["databases"])


def test_schemas_are_fresh_and_each_is_one_that_avro_takes() -> None:
    found = {file: file.read_text("utf-8") for file in SCHEMAS_FOLDER.iterdir()}

    assert found == schemas(), "run ./etl deployment"
    assert {file.stem for file in found} == set(SOURCES)
    for file, text in found.items():
        fields = fastavro.parse_schema(json.loads(text))["fields"]
        assert [field["name"] for field in fields] == list(SOURCES[file.stem].column_names)
    balance = json.loads(found[SCHEMAS_FOLDER / "customer.avsc"])["fields"][5]
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}
    assert balance == {"name": "account_balance", "type": ["null", decimal], "default": None}


def test_every_script_is_a_job_and_every_job_a_script() -> None:
    assert {f"glue_jobs/{path.name}" for path in (CHECKOUT / "glue_jobs").glob("*.py")} == {job["script"] for job in JOBS.values()}


@pytest.mark.parametrize("name", JOBS)
def test_a_job_has_main_and_says_what_it_reads_and_writes(name: str) -> None:
    module = job_module(CHECKOUT / JOBS[name]["script"])

    assert callable(module.main)
    assert all(f"\n{part}" in module.__doc__ for part in ("Reads ", "Writes ", "Arguments "))


@pytest.mark.parametrize("name", JOBS)
def test_default_buckets_are_those_of_the_deployment(name: str) -> None:
    for argument, value in JOBS[name]["arguments"].items():
        if argument.endswith("_bucket"):
            assert value == BUCKETS[argument.removeprefix("--").removesuffix("_bucket")]["name"]


def test_the_pipeline_runs_jobs_that_exist_with_arguments_that_they_have() -> None:
    for branch in BRANCHES:
        parameters = JOBS[branch["job"]]["parameters"]
        assert {name.removeprefix("--") for name in branch.get("arguments", {})} <= parameters.keys()
        required = {name for name, facts in parameters.items() if facts["required"]}
        assert required == (set(PIPELINE["arguments"]) if branch.get("batch", True) else set())


def test_every_job_but_upkeep_is_in_the_pipeline() -> None:
    assert JOBS.keys() - {branch["job"] for branch in BRANCHES} == {"maintenance"}
