"""A catalog for the tests of the runtime: moto's own server on loopback, which boto3 of this process and of its workers finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyspark.sql import SparkSession

from awsglue._storage.bookmarks import Bookmarks
from awsglue.context import GlueContext
from awsglue.job import Job
from conformance.surface_watch import Registry, Watch, names
from empty_account import empty_account
from localaws.glue.bookmark_store import FOLDER


@pytest.fixture(autouse=True)
def _shows_what_it_says(request: pytest.FixtureRequest) -> Iterator[None]:
    """Of a test that `surface.yaml` names: fails when it did not call what it is said to show."""
    wanted = Registry.read().shown_by(request.node.nodeid.rpartition("tests/awsglue/")[2])
    watchable = {name for name in wanted if names()[name] is not None}
    if not watchable:
        yield
        return
    with Watch(watchable) as watch:
        yield
    missing = sorted(watchable - watch.called)
    assert not missing, f"tests/awsglue/surface.yaml says that this test shows {', '.join(missing)}, and it did not call them"


@pytest.fixture(scope="module")
def aws(spark_session: SparkSession) -> Iterator[Any]:
    """boto3's `client` for an account with nothing in it."""
    import boto3

    workers = spark_session.sparkContext.environment
    with empty_account() as url, pytest.MonkeyPatch.context() as patch:
        settings = {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        for name, value in settings.items():
            patch.setenv(name, value)
            patch.setitem(workers, name, value)
        yield boto3.client


@pytest.fixture(scope="module")
def plain_glue(spark_session: SparkSession) -> GlueContext:
    """A context in the mode of errors that Glue 5.1 has."""
    return GlueContext(spark_session)


@pytest.fixture
def jobs(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Begins a run of the job `nightly` with bookmarks: `jobs("run_1")`; `.commit()` of what it gives ends it."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "bookmarks"))
    monkeypatch.setattr(Job, "_name", None)
    monkeypatch.setattr(Job, "_bookmarks", Bookmarks())

    def begin(run: str, option: str = "job-bookmark-enable", **more: str) -> Job:
        job = Job(GlueContext())
        job.init("nightly", {"job_bookmark_option": option, "JOB_RUN_ID": run, **more})
        return job

    return begin
