"""S3 as the router sees it: objects here, buckets and their configuration in moto, and the two held together."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from localaws.api_models import Target
from localaws.control_plane import ControlPlane
from localaws.errors import NotExecutedError, NotProvidedError
from localaws.http import HttpRequest, HttpResponse
from localaws.s3.calls import Call
from localaws.s3.exceptions import BucketNotEmptyError, ExpiredError
from localaws.s3.lifecycle import answer_lifecycle
from localaws.s3.listing import has_objects
from localaws.s3.multipart import has_uploads
from localaws.s3.notifications import announce
from localaws.s3.operations import OPERATIONS
from localaws.s3.store import Bucket
from localaws.s3.xml import child_text, children, parse
from localaws.spark_settings import write_mounts

__all__ = ["ObjectStorage", "restore_folders"]

_LIFECYCLE = (
    "PutBucketLifecycleConfiguration", "GetBucketLifecycleConfiguration", "PutBucketLifecycle", "GetBucketLifecycle",
    "DeleteBucketLifecycle",
)  # fmt: skip
"""A request for the rules is the same under their former names."""


class ObjectStorage:
    """The service."""

    def __init__(self, home: Path, control_plane: ControlPlane) -> None:
        self.home, self.control_plane = home, control_plane
        self._buckets: Mapping[str, Callable[[HttpRequest, Target], HttpResponse]] = {
            "CreateBucket": self._create_bucket,
            "DeleteBucket": self._delete_bucket,
            "PutBucketVersioning": self._put_versioning,
            **dict.fromkeys(_LIFECYCLE, self._lifecycle),
        }

    def respond(
        self, request: HttpRequest, target: Target, request_id: str, denial: Callable[[str], str | None] | None = None
    ) -> HttpResponse | None:
        """The answer, or None when the operation is moto's: a bucket's configuration. `denial`: see `Call`.

        Raises:
            NotProvidedError: an operation on objects that is not in the table; moto has its own objects, not these.
        """
        _check_expiry(request)
        operation = target.operation
        if operation is None:
            return None
        if operation in OPERATIONS:
            bucket = Bucket(self.home, target.labels["Bucket"])
            response = OPERATIONS[operation](Call(self.home, request, bucket, target.labels.get("Key", ""), request_id, denial))
            if response.status < 300:
                self._announce(operation, request, target)
            return response
        if operation in self._buckets:
            return self._buckets[operation](request, target)
        if target.object_level:
            raise NotProvidedError("s3", operation)
        return None

    def _announce(self, operation: str, request: HttpRequest, target: Target) -> None:
        """Tell whoever listens to the bucket."""
        bucket, names = target.labels["Bucket"], [target.labels.get("Key", "")]
        if operation == "DeleteObjects":
            operation, names = "DeleteObject", [child_text(each, "Key") or "" for each in children(parse(request.body, "Delete"), "Object")]
        for name in names:
            announce(self.home, operation, bucket, name, self.control_plane.client)

    def _create_bucket(self, request: HttpRequest, target: Target) -> HttpResponse:
        response = self.control_plane.forward(request, target)
        if response.status < 300:
            (self.home / "s3" / target.labels["Bucket"]).mkdir(parents=True, exist_ok=True)
            write_mounts(self.home)
        return response

    def _delete_bucket(self, request: HttpRequest, target: Target) -> HttpResponse:
        name = target.labels["Bucket"]
        bucket = Bucket(self.home, name)
        if has_objects(bucket) or has_uploads(bucket):
            raise BucketNotEmptyError(name)
        response = self.control_plane.forward(request, target)
        if response.status < 300:
            shutil.rmtree(bucket.folder)
            shutil.rmtree(bucket.private, ignore_errors=True)
            write_mounts(self.home)
        return response

    def _lifecycle(self, request: HttpRequest, target: Target) -> HttpResponse:
        return answer_lifecycle(Bucket(self.home, target.labels["Bucket"]), request, target, self.control_plane.forward)

    def _put_versioning(self, request: HttpRequest, target: Target) -> HttpResponse:
        if b">Enabled<" in request.body:
            raise NotExecutedError("s3", "PutBucketVersioning with Status=Enabled", "older versions of objects would not be kept")
        return self.control_plane.forward(request, target)


def restore_folders(home: Path, control_plane: ControlPlane) -> None:
    """After a replay: every bucket that moto has gets its folder."""
    for bucket in control_plane.client("s3").list_buckets()["Buckets"]:
        (home / "s3" / bucket["Name"]).mkdir(parents=True, exist_ok=True)


def _check_expiry(request: HttpRequest) -> None:
    """Presigned URLs end. Signatures are not verified: this endpoint has no secrets to verify them with.

    Raises:
        ExpiredError: the URL's time is over.
    """
    query = request.query
    if "X-Amz-Expires" in query and "X-Amz-Date" in query:
        signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        if time.time() > signed + int(query["X-Amz-Expires"]):
            raise ExpiredError
    elif "Expires" in query and "AWSAccessKeyId" in query and time.time() > int(query["Expires"]):
        raise ExpiredError
