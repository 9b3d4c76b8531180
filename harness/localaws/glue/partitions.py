"""GetPartitions: by expression, in pages and in segments, none of which moto's honours for every type."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from localaws.glue.catalog import table_of_moto
from localaws.glue.exceptions import InvalidInputError
from localaws.glue.paging import page
from localaws.glue.partition_expressions import partition_filter
from localaws.operation import Handler, Request

__all__ = ["OPERATIONS", "get_partitions"]

_MOST = 1000


def get_partitions(request: Request) -> dict[str, Any]:
    """GetPartitions. A partition belongs to the segment that its values' checksum gives, so that segments are disjoint and complete.

    Raises:
        EntityNotFoundError: there is no such table or database.
        InvalidInputError: the expression, the segment or the token is none.
    """
    given = request.parameters
    table = table_of_moto(request.region, given.get("DatabaseName", ""), given.get("TableName", ""))
    found = list(table.partitions.values())
    if expression := given.get("Expression"):
        wanted = partition_filter(expression, table.as_dict().get("PartitionKeys") or [])
        found = [each for each in found if wanted(each.values)]
    if segment := given.get("Segment"):
        number, total = int(segment["SegmentNumber"]), int(segment["TotalSegments"])
        if not 0 <= number < total <= 10:
            raise InvalidInputError(f"The segment {number} of {total} is none: there are at most 10, counted from 0.")
        found = [each for each in found if zlib.crc32("\0".join(each.values).encode()) % total == number]
    answer = page(request, "Partitions", found, _MOST, most=_MOST)
    return {**answer, "Partitions": [_told(each, bool(given.get("ExcludeColumnSchema"))) for each in answer["Partitions"]]}


def _told(partition: Any, without_columns: bool) -> dict[str, Any]:
    told = dict(partition.as_dict())
    told["CreationTime"] = told["CreationTime"].replace(tzinfo=UTC)
    if without_columns and "StorageDescriptor" in told:
        told["StorageDescriptor"] = {name: value for name, value in told["StorageDescriptor"].items() if name != "Columns"}
    return told


OPERATIONS: Mapping[str, Handler] = {"GetPartitions": get_partitions}
