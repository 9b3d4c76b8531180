"""What every object storage must do, by boto3. A test class inherits `ObjectStorageConformance` and gives the fixture `s3`.

Two things beside S3's own behaviour are asked for where objects are files: `folder_of(bucket)` is the folder that holds
them, and what is put there by hand is an object too.
"""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import urllib.error
import urllib.request
import uuid
import zlib
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

MIB = 1 << 20


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


class ObjectStorageConformance:
    """The operations on objects, one by one."""

    def folder_of(self, bucket: str) -> Path:
        raise NotImplementedError

    @pytest.fixture
    def bucket(self, s3: Any) -> str:
        name = f"b-{uuid.uuid4().hex[:12]}"
        s3.create_bucket(Bucket=name)
        return name

    # one object

    def test_an_object_comes_back_as_it_was_put(self, s3: Any, bucket: str) -> None:
        put = s3.put_object(Bucket=bucket, Key="a/b.txt", Body=b"hello", ContentType="text/plain", CacheControl="no-cache",
                            Metadata={"batch_id": "1", "batch-id": "2"})  # fmt: skip
        got = s3.get_object(Bucket=bucket, Key="a/b.txt")
        assert got["Body"].read() == b"hello"
        assert put["ETag"] == got["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
        assert (got["ContentType"], got["CacheControl"], got["ContentLength"]) == ("text/plain", "no-cache", 5)
        assert got["Metadata"] == {"batch_id": "1", "batch-id": "2"}

    def test_an_empty_object_is_an_object(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="empty", Body=b"")
        assert s3.get_object(Bucket=bucket, Key="empty")["Body"].read() == b""
        assert s3.head_object(Bucket=bucket, Key="empty")["ContentLength"] == 0

    def test_an_object_is_replaced_with_all_its_metadata(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"one", ContentType="text/plain", Metadata={"a": "1"})
        s3.put_object(Bucket=bucket, Key="k", Body=b"two")
        got = s3.get_object(Bucket=bucket, Key="k")
        assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (b"two", {}, "binary/octet-stream")

    @pytest.mark.parametrize("key", ["ü/ñ 日本.txt", "a b+c%d&e=f?g#h", "x'\"<>;:@$,!*()", "trailing.", "-", "a\\b"])
    def test_a_key_may_hold_any_character(self, s3: Any, bucket: str, key: str) -> None:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x"
        assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]

    def test_what_is_not_there_is_said_so(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="folder/k", Body=b"x")
        for key in ("missing", "folder", "folder/", "folder/k/below"):
            with pytest.raises(ClientError) as error:
                s3.get_object(Bucket=bucket, Key=key)
            assert code_of(error) == "NoSuchKey"
        with pytest.raises(ClientError) as error:
            s3.head_object(Bucket=bucket, Key="missing")
        assert code_of(error) == "404"
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket="no-such-bucket-here", Key="k")
        assert code_of(error) == "NoSuchBucket"

    def test_a_delete_leaves_nothing_and_needs_nothing(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="deep/er/k", Body=b"x")
        s3.delete_object(Bucket=bucket, Key="deep/er/k")
        s3.delete_object(Bucket=bucket, Key="deep/er/k")
        assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
        assert list(self.folder_of(bucket).iterdir()) == []

    def test_many_are_deleted_in_one_call(self, s3: Any, bucket: str) -> None:
        for number in range(5):
            s3.put_object(Bucket=bucket, Key=f"k&{number}", Body=b"x")
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"k&{number}"} for number in (0, 1, 9)]})
        assert [entry["Key"] for entry in answer["Deleted"]] == ["k&0", "k&1", "k&9"]
        assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k&2", "k&3", "k&4"]

    def test_a_folder_marker_is_an_object(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="folder/", Body=b"")
        s3.put_object(Bucket=bucket, Key="folder/k", Body=b"x")
        assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["folder/", "folder/k"]
        s3.delete_object(Bucket=bucket, Key="folder/k")
        assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix="folder/")["Contents"]] == ["folder/"]
        s3.delete_object(Bucket=bucket, Key="folder/")
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    # integrity

    def test_a_wrong_digest_is_refused_and_nothing_is_stored(self, s3: Any, bucket: str) -> None:
        wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ContentMD5=wrong)
        assert code_of(error) == "BadDigest"
        crc = base64.b64encode(zlib.crc32(b"other").to_bytes(4, "big")).decode()
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumCRC32=crc)
        assert code_of(error) == "BadDigest"
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    @pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
    def test_a_checksum_is_kept_and_given_back(self, s3: Any, bucket: str, algorithm: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
        assert f"Checksum{algorithm}" in s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
        attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ObjectSize", "ETag"])
        assert attributes["ObjectSize"] == 5
        assert f"Checksum{algorithm}" in attributes["Checksum"]

    def test_a_body_in_chunks_with_a_trailing_checksum_is_taken_apart(self, s3: Any, bucket: str) -> None:
        crc = base64.b64encode(zlib.crc32(b"hello world").to_bytes(4, "big")).decode()
        for told, status in ((crc, 200), (base64.b64encode(b"nope").decode(), 400)):
            body = f"6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:{told}\r\n\r\n".encode()
            url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": f"chunked-{status}"})
            headers = {
                "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                "x-amz-trailer": "x-amz-checksum-crc32",
                "x-amz-decoded-content-length": "11",
                "Content-Encoding": "aws-chunked",
            }
            assert _put(url, body, headers) == status
        got = s3.get_object(Bucket=bucket, Key="chunked-200")
        assert got["Body"].read() == b"hello world"
        assert "ContentEncoding" not in got
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1

    def test_a_body_that_ends_early_is_no_object(self, s3: Any, bucket: str) -> None:
        url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "cut"})
        headers = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "11"}
        assert _put(url, b"ff\r\nhello", headers) == 400
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    # parts of objects, and conditions

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [("bytes=0-2", b"012"), ("bytes=7-", b"789"), ("bytes=-3", b"789"), ("bytes=8-99", b"89"), ("bytes=-99", b"0123456789")],
    )
    def test_a_range_is_given(self, s3: Any, bucket: str, wanted: str, expected: bytes) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
        got = s3.get_object(Bucket=bucket, Key="k", Range=wanted)
        assert got["Body"].read() == expected
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert got["ContentRange"].endswith("/10")

    def test_a_range_behind_the_end_is_refused(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-")
        assert code_of(error) == "InvalidRange"

    def test_conditions_of_a_read_are_honoured(self, s3: Any, bucket: str) -> None:
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
        modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
        assert s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)["ETag"] == etag
        for conditions, status in (({"IfNoneMatch": etag}, 304), ({"IfModifiedSince": modified}, 304), ({"IfMatch": '"other"'}, 412)):
            with pytest.raises(ClientError) as error:
                s3.get_object(Bucket=bucket, Key="k", **conditions)
            assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status

    def test_a_write_may_ask_that_nothing_is_there(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"first", IfNoneMatch="*")
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key="k", Body=b"second", IfNoneMatch="*")
        assert code_of(error) == "PreconditionFailed"
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"

    def test_of_many_such_writes_at_once_one_wins(self, s3: Any, bucket: str) -> None:
        won: list[int] = []

        def write(number: int) -> None:
            try:
                s3.put_object(Bucket=bucket, Key="lock", Body=str(number).encode(), IfNoneMatch="*")
                won.append(number)
            except ClientError as error:
                assert error.response["Error"]["Code"] == "PreconditionFailed"  # noqa: PT017 - in a thread

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [str(number).encode() for number in won] == [s3.get_object(Bucket=bucket, Key="lock")["Body"].read()]

    def test_a_reader_sees_the_old_object_or_the_new_one_whole(self, s3: Any, bucket: str) -> None:
        bodies = [bytes([letter]) * (3 * MIB) for letter in b"ab"]
        s3.put_object(Bucket=bucket, Key="k", Body=bodies[0])
        stop = threading.Event()

        def replace() -> None:
            for turn in range(12):
                s3.put_object(Bucket=bucket, Key="k", Body=bodies[turn % 2])
            stop.set()

        thread = threading.Thread(target=replace)
        thread.start()
        seen = 0
        while not stop.is_set():
            assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() in bodies
            seen += 1
        thread.join()
        assert seen > 0

    # listing

    def test_keys_are_listed_in_the_order_of_their_bytes(self, s3: Any, bucket: str) -> None:
        keys = ["a", "a-b", "a.b", "b/c", "b/c-d/e", "b/c/d", "b0", "B", "é", "z", "𐀀"]
        keys = [key for key in keys if key not in ("b/c",)] + ["a b"]
        for key in keys:
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
        assert listed == sorted(keys, key=str.encode)

    @pytest.mark.parametrize("page_size", [1, 2, 3, 1000])
    def test_a_listing_in_pages_is_the_listing(self, s3: Any, bucket: str, page_size: int) -> None:
        keys = ["a/1", "a/2", "a-1", "b", "c/d/1", "c/d/2", "c/e", "d"]
        for key in keys:
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        for operation in ("list_objects_v2", "list_objects"):
            pages = s3.get_paginator(operation).paginate(Bucket=bucket, PaginationConfig={"PageSize": page_size})
            assert [entry["Key"] for page in pages for entry in page.get("Contents", [])] == sorted(keys)
            grouped = list(s3.get_paginator(operation).paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": page_size}))
            assert [entry["Key"] for page in grouped for entry in page.get("Contents", [])] == ["a-1", "b", "d"]
            assert [entry["Prefix"] for page in grouped for entry in page.get("CommonPrefixes", [])] == ["a/", "c/"]

    @pytest.mark.parametrize(
        ("asked", "keys", "prefixes"),
        [
            ({"Prefix": "c/"}, ["c/d/1", "c/e"], []),
            ({"Prefix": "c"}, ["c/d/1", "c/e"], []),
            ({"Prefix": "c/", "Delimiter": "/"}, ["c/e"], ["c/d/"]),
            ({"Prefix": "c/d", "Delimiter": "/"}, [], ["c/d/"]),
            ({"Delimiter": "-"}, ["b", "c/d/1", "c/e"], ["a-"]),
            ({"StartAfter": "b"}, ["c/d/1", "c/e"], []),
            ({"StartAfter": "c/d/1"}, ["c/e"], []),
            ({"Prefix": "nothing"}, [], []),
            ({"Prefix": "/"}, [], []),
            ({"Prefix": "../"}, [], []),
        ],
        ids=lambda value: str(value) if isinstance(value, dict) else "",
    )
    def test_prefix_delimiter_and_start_choose(
        self, s3: Any, bucket: str, asked: dict[str, str], keys: list[str], prefixes: list[str]
    ) -> None:
        for key in ("a-1", "a-2", "b", "c/d/1", "c/e"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        answer = s3.list_objects_v2(Bucket=bucket, **asked)
        assert [entry["Key"] for entry in answer.get("Contents", [])] == keys
        assert [entry["Prefix"] for entry in answer.get("CommonPrefixes", [])] == prefixes

    # copies, tags, uploads

    def test_a_copy_takes_metadata_along_or_replaces_it(self, s3: Any, bucket: str) -> None:
        source = {"Bucket": bucket, "Key": "ü a"}
        s3.put_object(Bucket=bucket, Key="ü a", Body=b"x", Metadata={"m": "1"}, Tagging="t=1")
        s3.copy_object(Bucket=bucket, Key="same", CopySource=source)
        s3.copy_object(Bucket=bucket, Key="other", CopySource=source, Metadata={"n": "2"}, MetadataDirective="REPLACE")
        assert s3.head_object(Bucket=bucket, Key="same")["Metadata"] == {"m": "1"}
        assert s3.head_object(Bucket=bucket, Key="other")["Metadata"] == {"n": "2"}
        assert s3.get_object_tagging(Bucket=bucket, Key="same")["TagSet"] == [{"Key": "t", "Value": "1"}]
        with pytest.raises(ClientError) as error:
            s3.copy_object(Bucket=bucket, Key="ü a", CopySource=source)
        assert code_of(error) == "InvalidRequest"

    def test_tags_are_put_read_and_deleted(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        tags = [{"Key": "a&b", "Value": "1"}, {"Key": "c", "Value": ""}]
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})
        assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags
        s3.delete_object_tagging(Bucket=bucket, Key="k")
        assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []

    def test_an_upload_in_parts_becomes_one_object_when_it_is_complete(self, s3: Any, bucket: str) -> None:
        upload = s3.create_multipart_upload(Bucket=bucket, Key="big", Metadata={"m": "1"})["UploadId"]
        first, second = b"a" * (5 * MIB), b"b" * 100
        s3.put_object(Bucket=bucket, Key="source", Body=second)
        one = s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=1, Body=first)["ETag"]
        two = s3.upload_part_copy(Bucket=bucket, Key="big", UploadId=upload, PartNumber=3, CopySource=f"{bucket}/source")
        assert s3.list_objects_v2(Bucket=bucket, Prefix="big")["KeyCount"] == 0
        assert [part["PartNumber"] for part in s3.list_parts(Bucket=bucket, Key="big", UploadId=upload)["Parts"]] == [1, 3]
        assert [entry["Key"] for entry in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["big"]
        parts = [{"PartNumber": 1, "ETag": one}, {"PartNumber": 3, "ETag": two["CopyPartResult"]["ETag"]}]
        done = s3.complete_multipart_upload(Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
        got = s3.get_object(Bucket=bucket, Key="big")
        assert got["Body"].read() == first + second
        assert got["ETag"] == done["ETag"]
        assert got["ETag"].endswith('-2"')
        assert got["Metadata"] == {"m": "1"}
        assert s3.get_object(Bucket=bucket, Key="big", PartNumber=2)["Body"].read() == second
        assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)

    def test_an_upload_with_wrong_parts_is_refused_and_can_be_aborted(self, s3: Any, bucket: str) -> None:
        upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
        tags = [s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=b"x")["ETag"] for number in (1, 2)]
        for parts, expected in (
            ([{"PartNumber": 1, "ETag": tags[0]}, {"PartNumber": 2, "ETag": tags[1]}], "EntityTooSmall"),
            ([{"PartNumber": 2, "ETag": tags[1]}, {"PartNumber": 1, "ETag": tags[0]}], "InvalidPartOrder"),
            ([{"PartNumber": 7, "ETag": tags[0]}], "InvalidPart"),
            ([{"PartNumber": 1, "ETag": '"0123"'}], "InvalidPart"),
        ):
            with pytest.raises(ClientError) as error:
                s3.complete_multipart_upload(Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
            assert code_of(error) == expected
        s3.abort_multipart_upload(Bucket=bucket, Key="big", UploadId=upload)
        with pytest.raises(ClientError) as error:
            s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=1, Body=b"x")
        assert code_of(error) == "NoSuchUpload"

    def test_large_files_go_up_and_down(self, s3: Any, bucket: str) -> None:
        body = b"".join(number.to_bytes(4, "big") for number in range(6 * MIB))
        s3.upload_fileobj(io.BytesIO(body), bucket, "large")
        target = io.BytesIO()
        s3.download_fileobj(bucket, "large", target)
        assert target.getvalue() == body

    def test_a_presigned_url_works_until_it_ends(self, s3: Any, bucket: str) -> None:
        url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "p q"}, ExpiresIn=60)
        assert _put(url, b"by url", {}) == 200
        url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "p q"}, ExpiresIn=60)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
            assert answer.read() == b"by url"
        url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "late"}, ExpiresIn=-1)
        assert _put(url, b"x", {}) == 403

    # buckets

    def test_a_bucket_with_objects_is_not_deleted(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")
        with pytest.raises(ClientError) as error:
            s3.delete_bucket(Bucket=bucket)
        assert code_of(error) == "BucketNotEmpty"
        s3.delete_object(Bucket=bucket, Key="a/b")
        s3.delete_bucket(Bucket=bucket)
        assert not self.folder_of(bucket).exists()
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        assert code_of(error) == "NoSuchBucket"

    # objects are files

    @pytest.mark.parametrize(
        "key", ["a/../b", "../b", "/a", "a//b", "a/./b", ".", "nul\0", "x" * 256, "a/.part.crc"], ids=lambda key: repr(key[:12])
    )
    def test_a_key_that_no_file_can_have_is_refused_by_name(self, s3: Any, bucket: str, key: str) -> None:
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        assert code_of(error) == "UnsupportedKey"
        assert list(self.folder_of(bucket).iterdir()) == []

    def test_a_key_that_is_the_prefix_of_another_is_refused_by_name(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")
        s3.put_object(Bucket=bucket, Key="f", Body=b"x")
        for key in ("a", "f/g"):
            with pytest.raises(ClientError) as error:
                s3.put_object(Bucket=bucket, Key=key, Body=b"y")
            assert code_of(error) == "UnsupportedKey"
        assert s3.get_object(Bucket=bucket, Key="f")["Body"].read() == b"x"

    def test_a_file_put_by_hand_is_an_object(self, s3: Any, bucket: str) -> None:
        folder = self.folder_of(bucket) / "t" / "day=1"
        folder.mkdir(parents=True)
        (folder / "part-0.parquet").write_bytes(b"0123456789")
        (folder / ".part-0.parquet.crc").write_bytes(b"crc")
        (self.folder_of(bucket) / "empty" / "folder").mkdir(parents=True)
        [entry] = s3.list_objects_v2(Bucket=bucket)["Contents"]
        assert (entry["Key"], entry["Size"]) == ("t/day=1/part-0.parquet", 10)
        got = s3.get_object(Bucket=bucket, Key=entry["Key"], Range="bytes=2-3", IfMatch=entry["ETag"])
        assert got["Body"].read() == b"23"

    def test_a_file_that_somebody_replaced_has_lost_its_metadata(self, s3: Any, bucket: str) -> None:
        before = s3.put_object(Bucket=bucket, Key="k", Body=b"one", Metadata={"m": "1"})["ETag"]
        path = self.folder_of(bucket) / "k"
        assert path.read_bytes() == b"one"
        path.unlink()
        path.write_bytes(b"two")
        got = s3.get_object(Bucket=bucket, Key="k")
        assert (got["Body"].read(), got["Metadata"]) == (b"two", {})
        assert got["ETag"] != before


def _put(url: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, data=body, method="PUT", headers=headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
