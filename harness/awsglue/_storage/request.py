"""What a format's reader is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from awsglue._storage.files import File

__all__ = ["FileRequest"]


@dataclass(frozen=True)
class FileRequest:
    """Files to read and how.

    bases: the paths asked for, below which partition folders are read as columns. declared: the catalog's types, where it has them.
    as_data_frame: the caller wants what Spark's own reader gives (no choices, empty text as null).
    """

    spark: SparkSession
    files: Sequence[File]
    bases: Sequence[str]
    options: Mapping[str, Any] = field(default_factory=dict)
    declared: T.StructType | None = None
    as_data_frame: bool = False
    context: str = ""

    @property
    def paths(self) -> list[str]:
        return [file.path for file in self.files]
