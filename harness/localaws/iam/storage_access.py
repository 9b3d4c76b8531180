"""Which actions on which buckets and objects a request to S3 is, with the condition keys of S3 ("Actions, resources, and condition keys
for Amazon S3", Service Authorization Reference).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from localaws.api_models import Target
from localaws.http import HttpRequest
from localaws.iam.back_ends import bucket_of, key_arn
from localaws.iam.contexts import Keys
from localaws.iam.evaluation import Access
from localaws.s3.store import Bucket, StoredObject

__all__ = ["object_arn", "storage_accesses"]

_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "CompleteMultipartUpload": ("PutObject",), "CopyObject": ("PutObject",), "CreateMultipartUpload": ("PutObject",),
    "UploadPart": ("PutObject",), "UploadPartCopy": ("PutObject",), "HeadObject": ("GetObject",), "SelectObjectContent": ("GetObject",),
    "GetObjectAttributes": ("GetObject", "GetObjectAttributes"), "HeadBucket": ("ListBucket",), "ListObjects": ("ListBucket",),
    "ListObjectsV2": ("ListBucket",), "ListObjectVersions": ("ListBucketVersions",), "ListParts": ("ListMultipartUploadParts",),
    "ListMultipartUploads": ("ListBucketMultipartUploads",), "ListBuckets": ("ListAllMyBuckets",),
    "GetBucketEncryption": ("GetEncryptionConfiguration",), "PutBucketEncryption": ("PutEncryptionConfiguration",),
    "DeleteBucketEncryption": ("PutEncryptionConfiguration",), "DeleteBucketLifecycle": ("PutLifecycleConfiguration",),
    "GetBucketLifecycleConfiguration": ("GetLifecycleConfiguration",), "GetBucketLifecycle": ("GetLifecycleConfiguration",),
    "PutBucketLifecycleConfiguration": ("PutLifecycleConfiguration",), "PutBucketLifecycle": ("PutLifecycleConfiguration",),
    "GetBucketCors": ("GetBucketCORS",), "PutBucketCors": ("PutBucketCORS",), "DeleteBucketCors": ("PutBucketCORS",),
    "GetBucketNotificationConfiguration": ("GetBucketNotification",), "PutBucketNotificationConfiguration": ("PutBucketNotification",),
    "GetPublicAccessBlock": ("GetBucketPublicAccessBlock",), "PutPublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "DeletePublicAccessBlock": ("PutBucketPublicAccessBlock",), "GetBucketReplication": ("GetReplicationConfiguration",),
    "PutBucketReplication": ("PutReplicationConfiguration",), "DeleteBucketReplication": ("PutReplicationConfiguration",),
    "DeleteBucketTagging": ("PutBucketTagging",), "DeleteBucketOwnershipControls": ("PutBucketOwnershipControls",),
    "GetBucketAccelerateConfiguration": ("GetAccelerateConfiguration",),
    "PutBucketAccelerateConfiguration": ("PutAccelerateConfiguration",),
    "GetObjectLockConfiguration": ("GetBucketObjectLockConfiguration",),
    "PutObjectLockConfiguration": ("PutBucketObjectLockConfiguration",),
}  # fmt: skip
"""Where an operation is not the action of its name; of the account's bucket settings the rest have their names."""
_OF_VERSIONS = frozenset({"GetObject", "DeleteObject", "GetObjectAcl", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"})
_HEADER_KEYS = (
    "x-amz-acl", "x-amz-content-sha256", "x-amz-copy-source", "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-metadata-directive",
    "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class", "x-amz-object-ownership",
)  # fmt: skip
_QUERY_KEYS = (("prefix", "s3:prefix"), ("delimiter", "s3:delimiter"), ("max-keys", "s3:max-keys"), ("versionId", "s3:versionid"))


def object_arn(bucket: str, key: str = "") -> str:
    """`arn:aws:s3:::bucket/key`"""
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def storage_accesses(home: Path, request: HttpRequest, target: Target, common: Keys) -> list[Access]:
    """What a request to S3 wants to do. DeleteObjects is asked key by key, by whoever answers it."""
    operation, bucket = target.operation or "", target.labels.get("Bucket", "")
    if operation == "DeleteObjects":
        return []
    context = common | _request_keys(request)
    if not bucket:
        return [Access(f"s3:{name}", "*", context) for name in _named(operation, request)]
    key = target.labels.get("Key", "")
    stored = Bucket(home, bucket).find_or_none(key) if key and bucket_of(bucket) is not None else None
    if stored is not None:
        context |= {f"s3:existingobjecttag/{name.lower()}": value for name, value in stored.metadata.tags.items()}
    found = [Access(f"s3:{name}", object_arn(bucket, key), context) for name in _named(operation, request)]
    if operation in ("CopyObject", "UploadPartCopy") and (source := request.header("x-amz-copy-source")):
        found += _source(home, source, common)
    return found + _keys(bucket, found, stored, request, common, target.region)


def _named(operation: str, request: HttpRequest) -> tuple[str, ...]:
    names = _ACTIONS.get(operation, (operation,))
    if "versionId" in request.query and request.query["versionId"] != "null" and names[0] in _OF_VERSIONS:
        names = (names[0].replace("Object", "ObjectVersion"), *names[1:])
    if operation in ("PutObject", "CopyObject", "CreateMultipartUpload"):
        names += ("PutObjectTagging",) if request.header("x-amz-tagging") else ()
        names += ("PutObjectAcl",) if request.header("x-amz-acl") or request.header("x-amz-grant-read") else ()
    return names


def _source(home: Path, source: str, common: Keys) -> list[Access]:
    bucket, _, key = unquote(source.partition("?")[0]).removeprefix("/").partition("/")
    stored = Bucket(home, bucket).find_or_none(key) if bucket_of(bucket) is not None and key else None
    tags = stored.metadata.tags if stored is not None else {}
    context = common | {f"s3:existingobjecttag/{name.lower()}": value for name, value in tags.items()}
    return [Access("s3:GetObject", object_arn(bucket, key), context)]


def _request_keys(request: HttpRequest) -> Keys:
    found: Keys = {"s3:authtype": "REST-QUERY-STRING" if "X-Amz-Signature" in request.query else "REST-HEADER"}
    found |= {f"s3:{name}": request.header(name) for name in _HEADER_KEYS if request.header(name)}
    found |= {key: request.query[name] for name, key in _QUERY_KEYS if name in request.query}
    modern = "AWS4" in request.header("authorization") or "X-Amz-Signature" in request.query
    found["s3:signatureversion"] = "AWS4-HMAC-SHA256" if modern else "AWS"
    tags = dict(parse_qsl(request.header("x-amz-tagging"), keep_blank_values=True))
    found |= {f"s3:requestobjecttag/{name.lower()}": value for name, value in tags.items()}
    return found | ({"s3:requestobjecttagkeys": list(tags)} if tags else {})


def _keys(bucket: str, done: list[Access], stored: StoredObject | None, request: HttpRequest, common: Keys, region: str) -> list[Access]:
    """The key that an object is, or will be, encrypted with has to be allowed as well."""
    actions = {access.action for access in done if access.resource.startswith(f"arn:aws:s3:::{bucket}/")}
    header = "x-amz-server-side-encryption-aws-kms-key-id"
    found = []
    if actions & {"s3:GetObject", "s3:GetObjectVersion"} and stored is not None:
        kept = stored.metadata.headers
        found.append(("kms:Decrypt", kept.get(header) or (None if "x-amz-server-side-encryption" in kept else _default(bucket))))
    if "s3:PutObject" in actions:
        asked = request.header("x-amz-server-side-encryption")
        found.append(("kms:GenerateDataKey", request.header(header) or (None if asked == "AES256" else _default(bucket))))
    context = common | {"kms:viaservice": f"s3.{region}.amazonaws.com", "kms:encryptioncontext:aws:s3:arn": object_arn(bucket)}
    return [Access(action, key_arn(name, region), context) for action, name in found if name and "alias/aws/" not in name]


def _default(bucket: str) -> str | None:
    """The key of the bucket's own encryption; None where it is S3's."""
    encryption = getattr(bucket_of(bucket), "encryption", None) or {}
    rules = encryption.get("Rule") or []
    rule = rules[0] if isinstance(rules, list) and rules else rules
    return (rule or {}).get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
