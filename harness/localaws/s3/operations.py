"""The table of S3's operations on objects. They stream, so their handlers have a shape of their own (`Call -> HttpResponse`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from localaws.http import HttpResponse
from localaws.s3 import buckets, multipart, objects
from localaws.s3.calls import Call

__all__ = ["OPERATIONS"]

OPERATIONS: Mapping[str, Callable[[Call], HttpResponse]] = {**objects.OPERATIONS, **buckets.OPERATIONS, **multipart.OPERATIONS}
