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

__all__ = ["DEFAULT_BUCKET", "StagedFiles", "Staging", "storage_errors"]

_MOST_AT_ONCE = 1000
"""Objects that S3 deletes in one call."""
DEFAULT_BUCKET = "dms-staging"
"""Where an endpoint names none: DMS makes a bucket of its own too."""


@contextmanager
def storage_errors(service: str = "S3") -> Iterator[None]:
    """botocore's errors as this package's: those of the network apart, because the task tries again after them."""
    try:
        yield
    except (ConnectionError, HTTPClientError) as error:
        raise TargetLostError(f"{service} does not answer: {error}. The task tries again.") from error
    except ClientError as error:
        raise TargetError(f"{service} refuses: {error}") from error


class Staging:
    """A folder of a bucket. Each use has a prefix of its own, so that tasks and restarts never meet."""

    def __init__(self, client: Any, bucket: str, folder: str) -> None:
        self._client, self._bucket, self._folder = client, bucket, folder.strip("/")

    @contextmanager
    def files(self) -> Iterator[StagedFiles]:
        """A new prefix; what was put below it is deleted at the end."""
        files = StagedFiles(self._client, self._bucket, "/".join(part for part in (self._folder, uuid.uuid4().hex, "") if part))
        try:
            yield files
        finally:
            files.delete()


class StagedFiles:
    """Files of one use, below one prefix."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._keys: list[str] = []

    @property
    def uri(self) -> str:
        """The prefix, for COPY."""
        return f"s3://{self._bucket}/{self._prefix}"

    def put(self, rows: pa.Table) -> None:
        """One file more."""
        body = io.BytesIO()
        # Neither compressed nor by dictionary: it is read once, nearby, and writing it should cost little.
        pq.write_table(rows, body, compression="none", use_dictionary=False, write_statistics=False)
        key = f"{self._prefix}{len(self._keys):06d}.parquet"
        self._keys.append(key)  # first: what a lost answer hides may be there
        with storage_errors():
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body.getvalue())

    def delete(self) -> None:
        """Every file that was put."""
        with storage_errors():
            for first in range(0, len(self._keys), _MOST_AT_ONCE):
                keys = [{"Key": key} for key in self._keys[first : first + _MOST_AT_ONCE]]
                self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})
