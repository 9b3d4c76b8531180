"""An object's bytes and what is said of them are of one state, whoever replaces it meanwhile."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from localaws.s3.exceptions import NoSuchKeyError
from localaws.s3.metadata import ObjectMetadata
from localaws.s3.store import Bucket

_REPLACED = 1000


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    (tmp_path / "s3" / "states").mkdir(parents=True)
    return Bucket(tmp_path, "states")


def _put(bucket: Bucket, content: bytes) -> None:
    file = bucket.new_file()
    Path(file).write_bytes(content)
    bucket.put("k", file, ObjectMetadata(etag=hashlib.md5(content, usedforsecurity=False).hexdigest()))


def test_bytes_and_etag_belong_together_while_files_of_one_size_take_each_others_inodes(bucket: Bucket) -> None:
    _put(bucket, b"0000000")
    done = threading.Event()

    def replace() -> None:
        for number in range(_REPLACED):
            _put(bucket, b"%07d" % number)
        done.set()

    writer = threading.Thread(target=replace)
    writer.start()
    seen: set[bytes] = set()
    while not done.is_set():
        found, file = bucket.open("k")
        with file:
            content = file.read()
        assert found.metadata.etag == hashlib.md5(content, usedforsecurity=False).hexdigest()
        assert bucket.find("k").metadata.etag[-2:] != "-1", "an object that was put has the ETag of a file without a record"
        seen.add(content)
    writer.join()
    assert len(seen) > 10


def test_a_reader_of_an_object_that_comes_and_goes_has_it_whole_or_not_at_all(bucket: Bucket) -> None:
    done = threading.Event()

    def come_and_go() -> None:
        for number in range(_REPLACED // 4):
            _put(bucket, b"%07d" % number)
            bucket.delete("k")
        done.set()

    writer = threading.Thread(target=come_and_go)
    writer.start()
    seen = 0
    while not done.is_set():
        try:
            found, file = bucket.open("k")
        except NoSuchKeyError:
            continue
        with file:
            assert found.metadata.etag == hashlib.md5(file.read(), usedforsecurity=False).hexdigest()
        seen += 1
    writer.join()
    assert seen > 0
