"""The endpoint's S3 passes the conformance suite, and Spark and boto3 see the same objects."""

from __future__ import annotations

import socket
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_process import EndpointProcess

from conformance.object_storage import ObjectStorageConformance


class TestEndpointStorage(ObjectStorageConformance):
    @pytest.fixture
    def s3(self, endpoint: EndpointProcess) -> Any:
        self.home = endpoint.home
        return endpoint.client("s3")

    def folder_of(self, bucket: str) -> Path:
        return self.home / "s3" / bucket

    def test_versioning_is_refused_by_name_since_versions_are_not_kept(self, s3: Any, bucket: str) -> None:
        with pytest.raises(ClientError, match="older versions of objects would not be kept"):
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def test_an_object_operation_that_is_not_there_is_refused_by_name(self, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        with pytest.raises(ClientError, match="s3:PutObjectLegalHold is not provided by this endpoint"):
            s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "ON"})

    def test_a_checksum_that_nothing_here_computes_is_refused_by_name(self, s3: Any, bucket: str) -> None:
        with pytest.raises(ClientError, match="CRC64NVME is not provided"):
            s3.put_object(Bucket=bucket, Key="k", Body=b"x", ChecksumCRC64NVME="AAAAAAAAAAA=")

    def test_nothing_follows_an_answer_that_has_no_body(self, s3: Any, bucket: str) -> None:
        etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
        host, port = s3.meta.endpoint_url.removeprefix("http://").split(":")
        request = f"GET /{bucket}/k HTTP/1.1\r\nHost: {host}:{port}\r\nIf-None-Match: {etag}\r\nConnection: close\r\n\r\n"
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(request.encode())
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, rest = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 304 "), head
        assert rest == b""

    def test_objects_and_their_metadata_outlive_the_endpoint(self, own_endpoint: EndpointProcess) -> None:
        name = f"b-{uuid.uuid4().hex[:12]}"
        s3 = own_endpoint.client("s3")
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="k", Body=b"x", Metadata={"m": "1"})
        own_endpoint.kill()
        s3 = own_endpoint.start().client("s3")
        assert s3.head_object(Bucket=name, Key="k")["Metadata"] == {"m": "1"}
