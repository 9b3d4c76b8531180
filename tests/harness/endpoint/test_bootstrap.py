"""The deployment is applied, and applied again, to an endpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from endpoint_process import CHECKOUT, EndpointProcess

from localaws.bootstrap import apply
from localaws.bootstrap_catalog import schemas

SECRETS = {"wholesale/rds": {"host": "127.0.0.1", "port": 3306}}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The deployment's buckets and catalog, and one job."""
    (tmp_path / "deployment").mkdir()
    for name in ("buckets.json", "catalog.json"):
        (tmp_path / "deployment" / name).write_text((CHECKOUT / "deployment" / name).read_text())
    jobs = {"ingest": {"script": "glue_jobs/ingest.py", "description": "d", "arguments": {"--database": "curated"}}}
    (tmp_path / "deployment" / "jobs.json").write_text(json.dumps(jobs))
    (tmp_path / "glue_jobs").mkdir()
    (tmp_path / "glue_jobs" / "ingest.py").write_text("print(1)\n")
    return tmp_path


def test_everything_is_there_after_the_first_time_and_nothing_changes_after_the_second(
    own_endpoint: EndpointProcess, checkout: Path
) -> None:
    made = apply(own_endpoint.url, SECRETS, checkout)
    assert {"bucket wholesale-landing", "database curated", "table etl-state", "secret wholesale/rds", "job ingest"} <= set(made)
    assert apply(own_endpoint.url, SECRETS, checkout) == []
    job = own_endpoint.client("glue").get_job(JobName="ingest")["Job"]
    assert job["Command"]["ScriptLocation"] == "s3://wholesale-scripts/glue_jobs/ingest.py"
    assert job["DefaultArguments"] == {"--database": "curated"}
    body = own_endpoint.client("s3").get_object(Bucket="wholesale-scripts", Key="glue_jobs/ingest.py")["Body"].read()
    assert body == b"print(1)\n"


def test_what_changed_is_applied_and_nothing_else(own_endpoint: EndpointProcess, checkout: Path) -> None:
    apply(own_endpoint.url, SECRETS, checkout)
    (checkout / "glue_jobs" / "ingest.py").write_text("print(2)\n")
    jobs = json.loads((checkout / "deployment" / "jobs.json").read_text())
    jobs["ingest"]["arguments"]["--database"] = "other"
    (checkout / "deployment" / "jobs.json").write_text(json.dumps(jobs))
    changed = apply(own_endpoint.url, {"wholesale/rds": {"host": "127.0.0.1", "port": 3307}}, checkout)
    assert changed == ["script s3://wholesale-scripts/glue_jobs/ingest.py", "secret wholesale/rds", "job ingest"]
    value = own_endpoint.client("secretsmanager").get_secret_value(SecretId="wholesale/rds")["SecretString"]
    assert json.loads(value)["port"] == 3307
    assert own_endpoint.client("glue").get_job(JobName="ingest")["Job"]["DefaultArguments"] == {"--database": "other"}


def test_a_schema_that_grew_is_a_new_version_and_one_that_cannot_read_what_was_sent_is_refused(
    own_endpoint: EndpointProcess, tmp_path: Path
) -> None:
    glue, registry = own_endpoint.client("glue"), {"name": "sources", "description": "d", "compatibility": "BACKWARD"}
    key, added = {"name": "id", "type": "long"}, {"name": "n", "type": ["null", "string"], "default": None}

    def written(*fields: object) -> Path:
        (tmp_path / "orders.avsc").write_text(json.dumps({"type": "record", "name": "orders", "fields": fields}))
        return tmp_path

    assert schemas(glue, registry, written(key)) == ["registry sources", "schema orders"]
    assert schemas(glue, registry, written(key)) == []
    assert schemas(glue, registry, written(key, added)) == ["schema orders"]
    with pytest.raises(ValueError, match="orders.avsc is not BACKWARD compatible with what sources has"):
        schemas(glue, registry, written(key, {"name": "amount", "type": "double"}))
    newest = glue.get_schema_version(
        SchemaId={"RegistryName": "sources", "SchemaName": "orders"}, SchemaVersionNumber={"LatestVersion": True}
    )
    assert newest["VersionNumber"] == 2
    assert json.loads(newest["SchemaDefinition"])["fields"] == [key, added]
