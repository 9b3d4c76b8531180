"""A disk that is full: a real one of a few megabytes where mounting is allowed, and a limit on file sizes everywhere."""

from __future__ import annotations

import base64
import os
import random
import re
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from integration.bad_input.small_warehouse import CsvFile, SmallWarehouse, batch_id, csv_text
from localaws.bootstrap import apply
from localaws.home import Home

RECORDS = 6000
MEGABYTE = 1024 * 1024
SPACE = r"SpaceError: There is no space left to write: .*({}).*Free space, or give the job more or larger workers, then run it again\."


def deliver_large(warehouse: SmallWarehouse, batch: str, first: int) -> None:
    """Parts of about a megabyte and a half that does not get smaller when it is compressed."""
    noise = random.Random(first)
    comments = [base64.b85encode(noise.randbytes(200)).decode() for _ in range(RECORDS)]
    parts = [
        (first + n, "rose plain", "Manufacturer#1", "Brand#11", "SMALL TIN", 7, "BOX", "1.00", comment, "1998-06-15T08:00:00.000000Z")
        for n, comment in enumerate(comments)
    ]
    warehouse.deliver("part", batch, CsvFile("part-001.csv", csv_text("part", *parts), RECORDS))
    warehouse.deliver_records("supplier", batch)
    warehouse.deliver_records("partsupp", batch)


def assert_all_there_once(warehouse: SmallWarehouse, batch: str) -> None:
    assert warehouse.counts("ingest_csv", batch)["part"] == (RECORDS, RECORDS, {}, 0)
    found = "select count(*), count(distinct part_id), sum(length(comment)) from {curated}.part_change"
    assert warehouse.sql(f"{found} where batch_id = '{batch_id(batch)}'") == [[RECORDS, RECORDS, RECORDS * 250]]


def test_a_driver_that_may_write_no_larger_file_says_so_and_the_next_run_loads_all(warehouse: SmallWarehouse) -> None:
    deliver_large(warehouse, "limit", 500_001)
    jvm = warehouse.stack.engines["spark"].gateway.jvm  # type: ignore[attr-defined]
    before = resource.prlimit(jvm, resource.RLIMIT_FSIZE)
    resource.prlimit(jvm, resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        error = warehouse.fail("ingest_csv", "limit")
    finally:
        resource.prlimit(jvm, resource.RLIMIT_FSIZE, before)

    assert re.match(SPACE.format("File too large"), error), error
    assert warehouse.sql(f"select * from {{curated}}.part_change where batch_id = '{batch_id('limit')}'") == []

    warehouse.succeed("ingest_csv", "limit")

    assert_all_there_once(warehouse, "limit")


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    if shutil.which("mount") is None:
        pytest.skip("a disk of its own needs the program mount")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a disk of its own needs the right to mount: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        _unmount(folder)


def _unmount(folder: Path, patience: float = 10) -> None:
    """The kernel holds what an ended process had mapped for a moment longer than the process."""
    deadline = time.monotonic() + patience
    while (ended := subprocess.run(["umount", str(folder)], capture_output=True, text=True, check=False)).returncode:
        assert time.monotonic() < deadline, ended.stderr
        time.sleep(0.1)


@contextmanager
def filled(folder: Path, left: int) -> Iterator[None]:
    """Nothing but `left` bytes are free below the folder."""
    ballast = folder / "ballast"
    free = os.statvfs(folder)
    size = free.f_bavail * free.f_frsize - left
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)
    try:
        yield
    finally:
        ballast.unlink()


@pytest.fixture
def on_small_disk(tmp_path: Path) -> Iterator[SmallWarehouse]:
    """Endpoint and driver only: parts need no other source."""
    with small_disk(tmp_path):
        small = SmallWarehouse(Home(tmp_path / "home"))
        with small.running(("spark",)):
            apply(small.endpoint_url, {})
            yield small


def test_a_full_disk_stops_a_batch_by_name_and_what_is_freed_lets_it_through(on_small_disk: SmallWarehouse) -> None:
    warehouse, disk = on_small_disk, on_small_disk.home.root.parent
    deliver_large(warehouse, "full", 1)

    with filled(disk, 0):
        with pytest.raises(ClientError, match="No space left on device"):
            warehouse.start("ingest_csv", "full")
        with pytest.raises(ClientError, match="No space left on device"):
            warehouse.client("s3").put_object(Bucket="wholesale-landing", Key="note.txt", Body=b"x" * 5000)
    assert warehouse.client("s3").list_objects_v2(Bucket="wholesale-landing", Prefix="note")["KeyCount"] == 0

    # With more and more space, writing stops later and later: in the shuffle, in the table's files, in its metadata.
    for left in (MEGABYTE // 4, MEGABYTE, 3 * MEGABYTE):
        with filled(disk, left):
            run = warehouse.run("ingest_csv", "full")
        if run.state == "SUCCEEDED":
            break
        assert re.match(SPACE.format("No space left on device"), run.error.removeprefix("etl_common.exceptions.")), run.error
        assert warehouse.sql("select count(*) from {curated}.part_change") in ([[0]], [[RECORDS]])

    warehouse.succeed("ingest_csv", "full")

    assert_all_there_once(warehouse, "full")
