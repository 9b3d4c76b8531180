"""Files between the engine and a COPY: Parquet in the endpoint's bucket, which Redshift reads by columns and without parsing texts."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from localaws.dms.exceptions import TargetError, TargetLostError

__all__ = ["DEFAULT_BUCKET", "Staging", "storage_errors"]

DEFAULT_BUCKET = "dms-staging"
"""Where an endpoint names none: DMS makes a bucket of its own too."""


@contextmanager
def storage_errors() -> Iterator[None]:
    """botocore's errors as this package's: those of the network apart, because the task tries again after them."""
    try:
        yield
    except (ConnectionError, HTTPClientError) as error:
        raise TargetLostError(f"S3 does not answer: {error}. The task tries again.") from error
    except ClientError as error:
        raise TargetError(f"S3 refuses: {error}") from error


class Staging:
    """A folder of a bucket. Each use has a prefix of its own, so that tasks and restarts never meet."""

    def __init__(self, client: Any, bucket: str, folder: str) -> None:
        self._client, self.bucket, self._folder = client, bucket, folder.strip("/")

    @contextmanager
    def prefix(self) -> Iterator[str]:
        """A new prefix; what lies below it is deleted at the end."""
        prefix = "/".join(part for part in (self._folder, uuid.uuid4().hex, "") if part)
        try:
            yield prefix
        finally:
            with storage_errors():
                found = self._client.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
                if found:
                    self._client.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": item["Key"]} for item in found]})

    def put(self, prefix: str, name: str, rows: pa.Table) -> str:
        """One file; its URI."""
        body = io.BytesIO()
        # Neither compressed nor by dictionary: it is read once, nearby, and writing it should cost little.
        pq.write_table(rows, body, compression="none", use_dictionary=False, write_statistics=False)
        key = f"{prefix}{name}.parquet"
        with storage_errors():
            self._client.put_object(Bucket=self.bucket, Key=key, Body=body.getvalue())
        return f"s3://{self.bucket}/{key}"
