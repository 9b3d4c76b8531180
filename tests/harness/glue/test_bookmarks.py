"""GetJobBookmark, ResetJobBookmark and `etl job bookmark` on the store that scripts commit to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from cli.job import job
from localaws.errors import AwsError
from localaws.glue import bookmarks
from localaws.glue.bookmark_store import BookmarkStore, UncommittedRunError
from localaws.operation import Request

FIRST, SECOND = {"s3://b/1.csv": 1}, {"s3://b/1.csv": 1, "s3://b/2.csv": 2}
RUNS = [
    {"run_id": "jr_1", "committed_at": "2026-01-01T00:00:00+00:00", "sources": {"orders": {"files": FIRST}}},
    {"run_id": "jr_2_attempt_1", "committed_at": "2026-01-02T00:00:00+00:00", "sources": {"orders": {"files": SECOND}}},
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With a job of two committed runs."""
    BookmarkStore.of_home(tmp_path).save({"job_name": "nightly", "version": 1, "runs": RUNS})
    return tmp_path


@pytest.fixture
def plane() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("glue", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def call(home: Path, operation: str, plane: Any = None, **parameters: Any) -> dict[str, Any]:
    request = Request("glue", operation, parameters, "us-east-1", "123456789012", home, "http://127.0.0.1:1", lambda _: plane)
    return bookmarks.OPERATIONS[operation](request)  # type: ignore[return-value]


def test_a_bookmark_is_what_the_last_committed_run_had_read(home: Path) -> None:
    entry = call(home, "GetJobBookmark", JobName="nightly")["JobBookmarkEntry"]

    assert json.loads(entry.pop("JobBookmark")) == RUNS[1]["sources"]
    assert entry == {"JobName": "nightly", "Version": 2, "Run": 2, "Attempt": 1, "RunId": "jr_2_attempt_1", "PreviousRunId": "jr_1"}
    earlier = call(home, "GetJobBookmark", JobName="nightly", RunId="jr_1")["JobBookmarkEntry"]
    assert (earlier["Run"], earlier["RunId"], json.loads(earlier["JobBookmark"])) == (1, "jr_1", RUNS[0]["sources"])
    assert "PreviousRunId" not in earlier


def test_a_reset_forgets_all_runs_or_those_after_one(home: Path) -> None:
    assert call(home, "ResetJobBookmark", JobName="nightly", RunId="jr_1")["JobBookmarkEntry"]["RunId"] == "jr_1"
    assert BookmarkStore.of_home(home).load("nightly")["runs"] == RUNS[:1]

    entry = call(home, "ResetJobBookmark", JobName="nightly")["JobBookmarkEntry"]

    assert entry == {"JobName": "nightly", "Version": 4, "Run": 0, "Attempt": 0, "JobBookmark": "{}"}
    assert call(home, "GetJobBookmark", JobName="nightly")["JobBookmarkEntry"] == entry


@pytest.mark.parametrize("operation", ["GetJobBookmark", "ResetJobBookmark"])
def test_a_job_or_run_without_a_bookmark_is_not_found(home: Path, operation: str) -> None:
    with pytest.raises(AwsError, match="EntityNotFoundException: Continuation for job other not found"):
        call(home, operation, JobName="other")
    with pytest.raises(AwsError, match=r"EntityNotFoundException: .*nightly has no committed run jr_9. It has: jr_1, jr_2_attempt_1"):
        call(home, operation, JobName="nightly", RunId="jr_9")


def test_a_deleted_jobs_bookmark_is_gone_with_it(home: Path, plane: Any) -> None:
    plane.create_job(Name="nightly", Role="arn:aws:iam::123456789012:role/glue", Command={"Name": "glueetl", "ScriptLocation": "s3://a/b.py"})

    assert call(home, "DeleteJob", plane, JobName="nightly") == {"JobName": "nightly"}

    assert plane.get_jobs()["Jobs"] == []
    with pytest.raises(AwsError, match="Continuation for job nightly not found"):
        call(home, "GetJobBookmark", JobName="nightly")


def test_the_command_line_shows_and_changes_the_same_store(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_HOME", str(home))

    def say(*words: str) -> Any:
        return CliRunner().invoke(job, ["bookmark", *words], env={"COLUMNS": "200"})

    assert "orders: 2 files" in say("show", "nightly").output
    assert "jr_2" not in say("rewind", "nightly", "jr_1").output
    assert call(home, "GetJobBookmark", JobName="nightly")["JobBookmarkEntry"]["RunId"] == "jr_1"
    refused = say("rewind", "nightly", "jr_7").exception
    assert isinstance(refused, UncommittedRunError)
    assert "jr_1" not in say("reset", "nightly").output
    assert BookmarkStore.of_home(home).load("nightly")["runs"] == []
