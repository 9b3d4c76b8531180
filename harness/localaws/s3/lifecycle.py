"""Lifecycle rules as they were given: moto forgets some of what they say (the sizes of objects), and a rule without its size deletes
more than it was meant to.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from botocore.parsers import create_parser

from localaws.api_models import Target, service_model
from localaws.http import HttpRequest, HttpResponse
from localaws.s3.store import Bucket
from localaws.s3.xml import children, parse

__all__ = ["answer_lifecycle", "kept_configuration"]

_FILE = "lifecycle.xml"
_SIZES = ("ObjectSizeGreaterThan", "ObjectSizeLessThan")


def answer_lifecycle(bucket: Bucket, request: HttpRequest, target: Target, forward: Callable[..., HttpResponse]) -> HttpResponse:
    """Put, Get and DeleteBucketLifecycleConfiguration: moto's answer, and the rules kept whole beside it."""
    path = bucket.private / _FILE
    operation = target.operation or ""
    if operation.startswith("Get"):
        text = path.read_bytes() if path.exists() else b""
        if any(name.encode() in text for name in _SIZES):
            return HttpResponse(200, [("Content-Type", "application/xml")], text)
        return forward(request, target)
    response = forward(request, target)
    if response.status < 300 and operation.startswith("Put"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_with_names(request.body))
    elif response.status < 300:
        path.unlink(missing_ok=True)
    return response


def kept_configuration(bucket: Bucket) -> dict[str, Any] | None:
    """The rules, as boto3 gives them; None where none were kept here."""
    path = bucket.private / _FILE
    if not path.exists():
        return None
    shape = service_model("s3").operation_model("GetBucketLifecycleConfiguration").output_shape
    answer = {"body": path.read_bytes(), "headers": {}, "status_code": 200}
    parsed: dict[str, Any] = create_parser("rest-xml").parse(answer, shape)
    return parsed


def _with_names(body: bytes) -> bytes:
    """S3 names a rule that has no name."""
    root = parse(body, "LifecycleConfiguration")
    for rule in children(root, "Rule"):
        if rule.find("ID") is None:
            name = ElementTree.Element("ID")
            name.text = str(uuid.uuid4())
            rule.insert(0, name)
    root.set("xmlns", "http://s3.amazonaws.com/doc/2006-03-01/")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root)
