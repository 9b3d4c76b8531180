"""Tables as a principal sees them: in the answers of Glue, and in the catalog that a query of Athena reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ParamValidationError

from localaws.api_models import Target
from localaws.http import HttpRequest, HttpResponse
from localaws.lakeformation.exceptions import InsufficientPermissionsError
from localaws.lakeformation.lake import Lake, Sight
from localaws.parameters import parameters_of

__all__ = ["WHOLE", "Part", "answer_seen", "limited", "part_of"]

WHOLE = "WholeTable"
"""Under this name a limited table has the table that it was made of, and under `Sight` what is seen: for whoever reads its files."""
_ONE = ("GetTable", "GetTableVersion", "GetUnfilteredTableMetadata")
_MANY = ("GetTables", "SearchTables")
_PARTS = (
    "GetPartition", "GetPartitions", "BatchGetPartition", "GetTableVersions", "GetColumnStatisticsForTable",
    "GetColumnStatisticsForPartition", "GetPartitionIndexes",
)  # fmt: skip
Part = tuple[Mapping[str, Any], Sight]
"""The table whose parts a call asks for, and what is seen of it."""


def limited(table: Mapping[str, Any], sight: Sight) -> dict[str, Any]:
    """The table with the columns that may be selected."""
    descriptor = dict(table.get("StorageDescriptor") or {})
    descriptor["Columns"] = _seen(descriptor.get("Columns"), sight)
    return {**table, "StorageDescriptor": descriptor, "PartitionKeys": _seen(table.get("PartitionKeys"), sight)}


def part_of(lake: Lake, target: Target, request: HttpRequest, glue: Any) -> Part | None:
    """For a call that asks for partitions, versions, statistics or indexes: of which table, and what is seen of that.

    None for other calls, and where nothing is hidden. It is asked before the call is made, so that no error tells what a hidden table has.

    Args:
        glue: a client that sees everything.

    Raises:
        InsufficientPermissionsError: the caller has no grant on the table.
    """
    if target.operation not in _PARTS:
        return None
    asked = parameters_of(request, target)
    try:
        table = glue.get_table(DatabaseName=asked["DatabaseName"], Name=asked["TableName"])["Table"]
    except (KeyError, ParamValidationError, glue.exceptions.EntityNotFoundException):
        return None  # Glue says what is wrong with that
    sight = lake.sight(table)
    if sight is None:
        return None
    if not sight.exists:
        raise InsufficientPermissionsError("Describe", table["Name"])
    return table, sight


def answer_seen(lake: Lake, target: Target, response: HttpResponse, part: Part | None = None) -> HttpResponse:
    """An answer of Glue without what the caller does not see; `part` is what `part_of` found.

    Raises:
        InsufficientPermissionsError: a table that the caller has no grant on was asked for.
    """
    if (target.operation not in _ONE + _MANY and part is None) or response.status >= 300 or not isinstance(response.body, bytes):
        return response
    answer = json.loads(response.body)
    if part is not None:
        _limit_parts(answer, *part)
    elif target.operation in _MANY:
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


def _limit_parts(answer: dict[str, Any], table: Mapping[str, Any], sight: Sight) -> None:
    """Versions, partitions, statistics and indexes with the columns that may be selected."""
    for version in answer.get("TableVersions") or []:
        version["Table"] = limited(version["Table"], sight)
    shown = [str(key["Name"]).lower() in sight.columns for key in table.get("PartitionKeys") or []]
    for partition in [*(answer.get("Partitions") or []), *([answer["Partition"]] if "Partition" in answer else [])]:
        descriptor = partition.get("StorageDescriptor") or {}
        if "Columns" in descriptor:
            descriptor["Columns"] = _seen(descriptor["Columns"], sight)
        partition["Values"] = [value for value, is_shown in zip(partition["Values"], shown, strict=False) if is_shown]
    if "ColumnStatisticsList" in answer:
        # Statistics are of all rows: who sees some of them only would learn of the others.
        known = sight.columns if sight.rows is None else frozenset()
        hidden = [each["ColumnName"] for each in answer["ColumnStatisticsList"] if each["ColumnName"].lower() not in known]
        answer["ColumnStatisticsList"] = [each for each in answer["ColumnStatisticsList"] if each["ColumnName"] not in hidden]
        errors = [(name, InsufficientPermissionsError("Select", name)) for name in hidden]
        answer["Errors"] = [
            *(answer.get("Errors") or []),
            *({"ColumnName": name, "Error": {"ErrorCode": error.code, "ErrorMessage": error.message}} for name, error in errors),
        ]
    for index in answer.get("PartitionIndexDescriptorList") or []:
        index["Keys"] = _seen(index["Keys"], sight)


def _seen(columns: Any, sight: Sight) -> list[Any]:
    return [column for column in columns or [] if str(column["Name"]).lower() in sight.columns]
