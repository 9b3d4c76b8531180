"""Errors of object storage, under the codes that S3 gives them.

AwsError
├── NoSuchBucketError, NoSuchKeyError, NoSuchUploadError
├── PreconditionFailedError, InvalidRangeError, BadDigestError, InvalidRequestError, MalformedXmlError
├── InvalidPartError, InvalidPartOrderError, EntityTooSmallError, BucketNotEmptyError, ExpiredError
└── UnsupportedKeyError     ours: a key that S3 takes and a file system cannot hold
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = [
    "BadDigestError",
    "BucketNotEmptyError",
    "EntityTooSmallError",
    "ExpiredError",
    "InvalidPartError",
    "InvalidPartOrderError",
    "InvalidRangeError",
    "InvalidRequestError",
    "MalformedXmlError",
    "NoSuchBucketError",
    "NoSuchKeyError",
    "NoSuchUploadError",
    "NotModified",
    "PreconditionFailedError",
    "UnsupportedKeyError",
]


class NoSuchBucketError(AwsError):
    """There is no bucket of that name."""

    def __init__(self, bucket: str) -> None:
        super().__init__("NoSuchBucket", f"The specified bucket does not exist: {bucket}", 404)


class NoSuchKeyError(AwsError):
    """There is no object of that key."""

    def __init__(self, key: str) -> None:
        super().__init__("NoSuchKey", f"The specified key does not exist: {key}", 404)


class NoSuchUploadError(AwsError):
    """The multipart upload was completed or aborted, or never was."""

    def __init__(self, upload_id: str) -> None:
        super().__init__("NoSuchUpload", f"The specified multipart upload does not exist: {upload_id}", 404)


class PreconditionFailedError(AwsError):
    """An If-Match, If-None-Match or If-Unmodified-Since does not hold."""

    def __init__(self, condition: str) -> None:
        super().__init__("PreconditionFailed", f"At least one of the pre-conditions you specified did not hold: {condition}", 412)


class NotModified(AwsError):
    """The caller has the current object already."""

    def __init__(self) -> None:
        super().__init__("NotModified", "Not Modified", 304)


class InvalidRangeError(AwsError):
    """The range begins after the object's end."""

    def __init__(self, wanted: str, size: int) -> None:
        super().__init__("InvalidRange", f"The requested range is not satisfiable: {wanted} of {size} bytes", 416)


class BadDigestError(AwsError):
    """What arrived is not what the caller computed its digest from."""

    def __init__(self, kind: str, told: str, found: str) -> None:
        super().__init__("BadDigest", f"The {kind} you specified did not match what was received: told {told}, received {found}")


class InvalidRequestError(AwsError):
    """A parameter is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidRequest", message)


class MalformedXmlError(AwsError):
    """The body is not the document that the operation takes."""

    def __init__(self, detail: str) -> None:
        super().__init__("MalformedXML", f"The XML you provided was not well-formed or did not validate: {detail}")


class InvalidPartError(AwsError):
    """A part to complete with was not uploaded, or has another ETag."""

    def __init__(self, number: int) -> None:
        super().__init__("InvalidPart", f"Part {number} could not be found, or its entity tag is another one")


class InvalidPartOrderError(AwsError):
    """Parts are listed in another than ascending order."""

    def __init__(self) -> None:
        super().__init__("InvalidPartOrder", "The list of parts was not in ascending order")


class EntityTooSmallError(AwsError):
    """A part that is not the last has less than 5 MiB."""

    def __init__(self, number: int, size: int) -> None:
        super().__init__("EntityTooSmall", f"Part {number} has {size} bytes; every part but the last needs at least 5 MiB")


class BucketNotEmptyError(AwsError):
    """DeleteBucket of a bucket with objects."""

    def __init__(self, bucket: str) -> None:
        super().__init__("BucketNotEmpty", f"The bucket you tried to delete is not empty: {bucket}", 409)


class ExpiredError(AwsError):
    """A presigned URL is used after its time."""

    def __init__(self) -> None:
        super().__init__("AccessDenied", "Request has expired", 403)


class UnsupportedKeyError(AwsError):
    """Objects are files here, and no file can have this name."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__("UnsupportedKey", f"The key {key!r} cannot be stored by this endpoint, whose objects are plain files: {reason}.")
