"""What is kept about a table beside moto's catalog: partition indexes, column statistics. It goes with its table.

A table that was deleted and made again is another one, which its time of creation shows: facts of the former one are not told of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localaws.operation import Request
from localaws.records import Records

__all__ = ["change_facts", "facts_of", "table_of"]


def table_of(request: Request) -> dict[str, Any]:
    """The table that a request names. Raises moto's EntityNotFoundException."""
    parameters = request.parameters
    names = {"DatabaseName": parameters.get("DatabaseName", ""), "Name": parameters.get("TableName", "")}
    table: dict[str, Any] = request.control_plane("glue").get_table(**names)["Table"]
    return table


def facts_of(request: Request, table: dict[str, Any], kind: str) -> dict[str, Any]:
    """The facts of one kind, empty when there are none."""
    found = _records(request, kind).get(_name(request, table)) or {}
    return dict(found["facts"]) if found.get("created") == _created(table) else {}


def change_facts(request: Request, table: dict[str, Any], kind: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Let `change` alter them, as one step."""
    records = _records(request, kind)
    with records.lock:
        facts = facts_of(request, table, kind)
        change(facts)
        records.put(_name(request, table), {"created": _created(table), "facts": facts})


_kinds: dict[Any, Records] = {}


def _records(request: Request, kind: str) -> Records:
    folder = request.home / kind
    return _kinds.setdefault(folder, Records(folder))


def _name(request: Request, table: dict[str, Any]) -> str:
    return f"{request.region}/{table['DatabaseName']}/{table['Name']}"


def _created(table: dict[str, Any]) -> str:
    return str(table["CreateTime"])
