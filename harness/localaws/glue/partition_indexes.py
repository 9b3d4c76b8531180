"""Partition indexes of tables ("Working with partition indexes", Glue Developer Guide): kept and told. They are ready at once, since a
lookup here needs none to be quick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.glue.exceptions import AlreadyExistsError, EntityNotFoundError, InvalidInputError, ResourceLimitError
from localaws.glue.table_facts import change_facts, facts_of, table_of
from localaws.operation import Handler, Request

__all__ = ["OPERATIONS", "create_index", "create_table", "delete_index", "get_indexes"]

_KIND = "partition-indexes"
_MOST = 3


def create_table(request: Request) -> dict[str, Any]:
    """CreateTable, whose `PartitionIndexes` moto would forget."""
    parameters = dict(request.parameters)
    indexes = parameters.pop("PartitionIndexes", None) or []
    given = parameters.get("TableInput", {})
    keys = [key["Name"] for key in given.get("PartitionKeys") or []]
    checked: dict[str, Any] = {}
    for index in indexes:
        _add(checked, index, keys)
    request.control_plane("glue").create_table(**parameters)
    if checked:
        named = {"DatabaseName": parameters["DatabaseName"], "Name": given["Name"]}
        table = request.control_plane("glue").get_table(**named)["Table"]
        change_facts(request, table, _KIND, lambda facts: facts.update(checked))
    return {}


def create_index(request: Request) -> dict[str, Any]:
    """CreatePartitionIndex.

    Raises:
        InvalidInputError: a key is no partition key, or the index names none.
        AlreadyExistsError: there is one of that name, or one of those keys.
        ResourceLimitError: the table has three.
    """
    table, index = table_of(request), request.parameters.get("PartitionIndex") or {}
    keys = [key["Name"] for key in table.get("PartitionKeys") or []]
    change_facts(request, table, _KIND, lambda facts: _add(facts, index, keys))
    return {}


def delete_index(request: Request) -> dict[str, Any]:
    """DeletePartitionIndex."""
    table, name = table_of(request), request.parameters.get("IndexName", "")

    def drop(facts: dict[str, Any]) -> None:
        if facts.pop(name, None) is None:
            raise EntityNotFoundError(f"Index {name} was not found on the table {table['Name']}.")

    change_facts(request, table, _KIND, drop)
    return {}


def get_indexes(request: Request) -> dict[str, Any]:
    """GetPartitionIndexes."""
    table = table_of(request)
    types = {key["Name"]: key.get("Type", "") for key in table.get("PartitionKeys") or []}
    return {
        "PartitionIndexDescriptorList": [
            {"IndexName": name, "IndexStatus": "ACTIVE", "Keys": [{"Name": key, "Type": types.get(key, "")} for key in keys]}
            for name, keys in sorted(facts_of(request, table, _KIND).items())
        ]
    }


def _add(facts: dict[str, Any], index: Mapping[str, Any], partition_keys: list[str]) -> None:
    name, keys = index.get("IndexName", ""), index.get("Keys") or []
    if not name or not keys:
        raise InvalidInputError("A partition index needs IndexName and Keys.")
    if unknown := [key for key in keys if key not in partition_keys]:
        raise InvalidInputError(f"The keys {', '.join(unknown)} of the index {name} are not partition keys of the table.")
    if name in facts or keys in facts.values():
        raise AlreadyExistsError(f"There is an index {name}, or one of the keys {', '.join(keys)}, on the table already.")
    if len(facts) == _MOST:
        raise ResourceLimitError(f"A table has at most {_MOST} partition indexes.")
    facts[name] = list(keys)


OPERATIONS: Mapping[str, Handler] = {
    "CreatePartitionIndex": create_index,
    "CreateTable": create_table,
    "DeletePartitionIndex": delete_index,
    "GetPartitionIndexes": get_indexes,
}
