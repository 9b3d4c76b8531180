"""Uploads to the local endpoint's S3 by boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from localaws.engines.endpoint import EndpointEngine
from localaws.home import Home
from simulator import landed_batches, upload_csv
from simulator.exceptions import LoadError

D1, D2 = "1998-06-15", "1998-06-16"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    engine = EndpointEngine(Home(tmp_path_factory.mktemp("home")))
    engine.start()
    yield boto3.client("s3", endpoint_url=engine.endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    engine.stop()


@pytest.fixture
def bucket(s3: Any, request: pytest.FixtureRequest) -> str:
    name = request.node.name.replace("_", "-")[:60].strip("-")
    s3.create_bucket(Bucket=name)
    return name


def keys(s3: Any, bucket: str) -> list[str]:
    return [entry["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket) for entry in page.get("Contents", [])]


def test_the_files_of_a_batch_land_byte_for_byte(s3: Any, bucket: str, sources: Path) -> None:
    written = upload_csv(sources, D2, s3, bucket)

    assert sorted(written) == sorted(keys(s3, bucket))
    prefix = f"csv/part/ingestion_date={D2}/batch_id={D2}/"
    manifest = json.loads(s3.get_object(Bucket=bucket, Key=f"{prefix}manifest.json")["Body"].read())
    for entry in manifest["files"]:
        assert (
            s3.get_object(Bucket=bucket, Key=prefix + entry["name"])["Body"].read()
            == (sources / "csv" / D2 / "part" / entry["name"]).read_bytes()
        )
    assert landed_batches(sources, s3, bucket) == {D2}


def test_the_manifest_is_written_last(s3: Any, bucket: str, sources: Path) -> None:
    written = upload_csv(sources, D1, s3, bucket)

    for table in ("part", "supplier", "partsupp"):
        assert [key for key in written if f"/{table}/" in key][-1].endswith("manifest.json")


def test_an_upload_again_writes_nothing_and_a_broken_off_one_is_finished(s3: Any, bucket: str, sources: Path) -> None:
    upload_csv(sources, D2, s3, bucket)
    prefix = f"csv/supplier/ingestion_date={D2}/batch_id={D2}/"
    for name in ("manifest.json", "supplier-001.csv"):
        s3.delete_object(Bucket=bucket, Key=prefix + name)

    assert landed_batches(sources, s3, bucket) == set()
    assert [key.removeprefix(prefix) for key in upload_csv(sources, D2, s3, bucket)] == [
        "supplier-001.csv",
        "supplier-002.csv.gz",
        "manifest.json",
    ]
    assert upload_csv(sources, D2, s3, bucket) == []


def test_another_delivery_is_never_overwritten(s3: Any, bucket: str, sources: Path) -> None:
    s3.put_object(Bucket=bucket, Key=f"csv/part/ingestion_date={D2}/batch_id={D2}/manifest.json", Body=b"{}")

    with pytest.raises(LoadError, match="of another delivery"):
        upload_csv(sources, D2, s3, bucket)


def test_a_missing_bucket_and_an_unknown_batch_are_named(s3: Any, bucket: str, sources: Path) -> None:
    with pytest.raises(LoadError, match="There is no bucket not-there"):
        upload_csv(sources, D2, s3, "not-there")
    with pytest.raises(LoadError, match="it has 1998-06-15"):
        upload_csv(sources, "2001-01-01", s3, bucket)
