"""Files that Terraform reads say what the local engines take: of dms/ and crawlers/, each is used, and names only what there is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from deployment.jobs import CHECKOUT
from localaws.crawler.s3_target import options_of
from localaws.dms.endpoints import SOURCES, TARGETS
from localaws.dms.settings.s3_settings import S3Settings
from localaws.dms.settings.table_mappings import TableMappings
from localaws.dms.settings.task_settings import TaskSettings

PLATFORM = "\n".join(file.read_text("utf-8") for file in (CHECKOUT / "terraform" / "platform").glob("*.tf"))
SECRETS = dict(re.findall(r'^ +(\w+) += \{ name = "(wholesale/\w+)"', PLATFORM, re.MULTILINE))
CRAWLERS = sorted((CHECKOUT / "crawlers").glob("*.json"))


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CHECKOUT / name).read_text("utf-8"))
    return found


def test_every_file_of_dms_is_read_by_the_platform() -> None:
    assert {file.name for file in (CHECKOUT / "dms").iterdir()} == set(re.findall(r"/dms/(\w+\.json)", PLATFORM))


def test_endpoints_and_tasks_name_what_the_deployment_has_and_the_engine_runs() -> None:
    settings, buckets = read("dms/endpoint_settings.json"), read("deployment/buckets.json")
    targets = settings["targets"]

    assert settings["source"]["engine_name"] in SOURCES
    assert {target["engine_name"] for target in targets.values()} <= set(TARGETS)
    assert {target["bucket"] for target in targets.values()} <= buckets.keys()
    assert {part["secret"] for part in (settings["source"], *targets.values()) if "secret" in part} <= SECRETS.keys()
    assert {task["target"] for task in settings["tasks"].values()} <= targets.keys()
    for target in targets.values():
        if target["engine_name"] == "s3":
            S3Settings.read({"BucketName": target["bucket"], "BucketFolder": target["folder"], "DataFormat": target["data_format"]})


def test_every_key_of_the_endpoint_settings_is_read_by_the_platform_and_there_are_no_others() -> None:
    settings = read("dms/endpoint_settings.json")
    replication = (CHECKOUT / "terraform" / "platform" / "replication.tf").read_text("utf-8")
    module = (CHECKOUT / "terraform" / "modules" / "dms" / "variables.tf").read_text("utf-8")
    tasks = module.partition('variable "tasks"')[2].partition("object({")[2].partition("})")[0]  # they are handed over whole

    assert set(re.findall(r"local\.replicated\.(\w+)", replication)) == settings.keys()
    assert set(re.findall(r"local\.replicated\.source\.(\w+)", replication)) == settings["source"].keys()
    assert set(re.findall(r"\btarget\.(\w+)", replication)) == {key for target in settings["targets"].values() for key in target}
    assert set(re.findall(r"^ +(\w+) += ", tasks, re.MULTILINE)) == {key for task in settings["tasks"].values() for key in task}


def test_mappings_and_settings_of_tasks_are_ones_that_the_engine_takes() -> None:
    TableMappings.parse((CHECKOUT / "dms" / "table_mappings.json").read_text("utf-8"))
    TaskSettings.parse((CHECKOUT / "dms" / "task_settings.json").read_text("utf-8"))


def test_the_platforms_secrets_are_those_that_are_filled_here() -> None:
    filled = re.findall(r'"(wholesale/\w+)": ', (CHECKOUT / "harness" / "localaws" / "bootstrap.py").read_text("utf-8"))

    assert sorted(SECRETS.values()) == sorted(filled)


@pytest.mark.parametrize("file", CRAWLERS, ids=lambda file: file.stem)
def test_a_crawler_names_a_database_and_buckets_that_there_are_and_options_that_are_done_here(file: Any) -> None:
    crawler, catalog, buckets = json.loads(file.read_text("utf-8")), read("deployment/catalog.json"), read("deployment/buckets.json")

    assert crawler["database"] in catalog["databases"]
    assert {target["bucket"] for target in crawler["s3_targets"]} <= buckets.keys()
    options_of(json.dumps(crawler["configuration"]))
    pipeline = read("deployment/pipeline.json")["crawl"]["crawlers"]
    assert "schedule" in crawler or file.stem in pipeline, "nothing starts it"


def test_jobs_functions_and_sql_that_the_platform_deploys_are_all_that_there_are() -> None:
    access = re.findall(r"^    (\w+) += \{ read = ", PLATFORM, re.MULTILINE)
    functions = re.findall(r"^    ([a-z-]+) = \{\n      description = ", PLATFORM, re.MULTILINE)

    assert sorted(access) == sorted(read("deployment/jobs.json"))
    handlers = sorted(file.parent.name for file in (CHECKOUT / "lambdas").glob("*/handler.py"))
    assert sorted(name.replace("-", "_") for name in functions) == handlers
    assert 'fileset(var.folder, "sql/redshift/**/*.sql")' in PLATFORM
