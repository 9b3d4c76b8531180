"""What the runtime's tests share: a catalog for them (moto's own server on loopback), and which of them hold with this runtime only.

Where the harness is not (`make test-glue-image` runs these tests on the vendor's library in its image), modules in LOCAL are not even
imported, and single tests that are marked `local` are left out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from awsglue.context import GlueContext
from awsglue.job import Job

LOCAL = {
    "test_catalog": "the catalog is an emulated one, the errors are this runtime's",
    "test_context": "Spark SQL's own reader and the errors are this runtime's",
    "test_data_quality": "the image has no awsgluedq",
    "test_databases": "the databases are engines of the harness",
    "test_files": "local files as objects, bookmarks and errors of this runtime",
    "test_kafka": "the broker is a program of the harness",
    "test_kinesis": "streams come by files, from an emulated Kinesis",
    "test_machine_learning": "refused here, a service on Glue",
    "test_quality_rules": "the image has no awsgluedq",
    "test_refused_tools": "refused here, tools of the service on Glue",
    "test_resolved_options": "compares with the vendor's library itself",
    "test_round_trips": "looks at the records' encoding",
    "test_session_catalog": "the catalog is an emulated one",
    "test_small_calls": "the errors are this runtime's, what a sink leaves is on local disk",
    "test_support_page": "about a page of this runtime",
    "test_surface": "compares with the vendor's library itself",
    "test_types_of_values": "looks at the records' encoding",
    "test_visual_jobs": "the image has no gs_* modules",
}
"""Modules whose tests hold with this runtime only -> why."""
_HAS_HARNESS = importlib.util.find_spec("localaws") is not None


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without the harness a module that needs it cannot even be imported."""
    return True if not _HAS_HARNESS and collection_path.stem in LOCAL else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what holds with this runtime only."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.stem in LOCAL:
            item.add_marker(pytest.mark.local(LOCAL[item.path.stem]))


@pytest.fixture(autouse=True)
def _shows_what_it_says(request: pytest.FixtureRequest) -> Iterator[None]:
    """Of a test that `surface.yaml` names: fails when it did not call what it is said to show."""
    if not _HAS_HARNESS:
        yield
        return
    from conformance.surface_watch import Registry, Watch, names

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

    from empty_account import empty_account

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
    from awsglue._storage.bookmarks import Bookmarks
    from localaws.glue.bookmark_store import FOLDER

    monkeypatch.setenv(FOLDER, str(tmp_path / "bookmarks"))
    monkeypatch.setattr(Job, "_name", None)
    monkeypatch.setattr(Job, "_bookmarks", Bookmarks())

    def begin(run: str, option: str = "job-bookmark-enable", **more: str) -> Job:
        job = Job(GlueContext())
        job.init("nightly", {"job_bookmark_option": option, "JOB_RUN_ID": run, **more})
        return job

    return begin
