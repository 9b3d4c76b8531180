"""Tables as a principal sees them: in the answers of Glue, and in the catalog that a query of Athena reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localaws.api_models import Target
from localaws.http import HttpResponse
from localaws.lakeformation.exceptions import InsufficientPermissionsError
from localaws.lakeformation.lake import Lake, Sight

__all__ = ["WHOLE", "answer_seen", "limited"]

WHOLE = "WholeTable"
"""Under this name a limited table has the table that it was made of, and under `Sight` what is seen: for whoever reads its files."""
_ONE = ("GetTable", "GetTableVersion", "GetUnfilteredTableMetadata")
_MANY = ("GetTables", "SearchTables")
_PARTS = ("GetPartition", "GetPartitions", "BatchGetPartition", "GetTableVersions", "GetColumnStatisticsForTable", "GetPartitionIndexes")


def limited(table: Mapping[str, Any], sight: Sight) -> dict[str, Any]:
    """The table with the columns that may be selected."""
    descriptor = dict(table.get("StorageDescriptor") or {})
    descriptor["Columns"] = _seen(descriptor.get("Columns"), sight)
    return {**table, "StorageDescriptor": descriptor, "PartitionKeys": _seen(table.get("PartitionKeys"), sight)}


def answer_seen(lake: Lake, target: Target, response: HttpResponse) -> HttpResponse:
    """An answer of Glue without what the caller does not see.

    Raises:
        InsufficientPermissionsError: a table that the caller has no grant on was asked for.
    """
    if target.operation not in _ONE + _MANY or response.status >= 300 or not isinstance(response.body, bytes):
        return response
    answer = json.loads(response.body)
    if target.operation in _MANY:
        seen = [(table, lake.sight(table)) for table in answer.get("TableList") or []]
        answer["TableList"] = [table if sight is None else limited(table, sight) for table, sight in seen if sight is None or sight.exists]
    else:
        place = answer.get("TableVersion") or answer
        table = place["Table"]
        sight = lake.sight(table)
        if sight is None:
            return response
        if not sight.exists:
            raise InsufficientPermissionsError("Describe", table["Name"])
        place["Table"] = limited(table, sight)
    body = json.dumps(answer).encode()
    headers = [pair for pair in response.headers if pair[0].lower() != "content-length"]
    return HttpResponse(response.status, headers, body)


def _seen(columns: Any, sight: Sight) -> list[Any]:
    return [column for column in columns or [] if str(column["Name"]).lower() in sight.columns]
