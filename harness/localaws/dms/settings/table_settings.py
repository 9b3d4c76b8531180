"""Rules of type table-settings: how one table is loaded in parallel (DMS guide, "Table and collection settings rules and operations")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from localaws.dms.exceptions import SettingsError
from localaws.dms.settings.reading import Reader

__all__ = ["ParallelLoad", "parallel_load"]

_MEMBERS = ("rule-type", "rule-id", "rule-name", "object-locator", "parallel-load", "lob-settings")
_TYPES = ("partitions-auto", "partitions-list", "ranges", "none")
_MOST_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class ParallelLoad:
    """The segments of one table: all its partitions, those in `partitions`, or rows between `boundaries` of `columns`."""

    schema: str
    table: str
    type: str
    partitions: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    boundaries: tuple[tuple[str, ...], ...] = ()
    path: str = ""


def parallel_load(rule: Reader) -> ParallelLoad:
    """The rule, read.

    Raises:
        SettingsError: it is for several tables, not done by this engine, or incomplete.
    """
    rule.only(_MEMBERS)
    locator, given = rule.child("object-locator"), rule.child("parallel-load")
    locator.only(("schema-name", "table-name"))
    schema, table = locator.text("schema-name"), locator.text("table-name")
    if "%" in schema + table:
        raise SettingsError(f"{locator.path}.table-name", "exact schema and table names are required in a table-settings rule")
    if rule.has("lob-settings"):
        raise SettingsError(f"{rule.path}.lob-settings", "LOBs of one table are not limited apart: set the task's LobMaxSize")
    if given.value.get("type") == "subpartitions-auto" or given.has("subpartitions"):
        raise SettingsError(f"{given.path}.type", "DMS takes subpartitions of Oracle only")
    given.only(("type", "partitions", "columns", "boundaries"))
    kind = given.one_of("type", _TYPES)
    members = {"partitions-list": ("partitions",), "ranges": ("columns", "boundaries")}.get(kind, ())
    for member in ("partitions", "columns", "boundaries"):
        if member in members and not isinstance(given.value.get(member), list | tuple):
            raise SettingsError(f"{given.path}.{member}", "a list was expected")
        if member not in members and given.has(member):
            raise SettingsError(f"{given.path}.{member}", f"the type {kind} has none")
    partitions, columns = (_texts(given, member) for member in ("partitions", "columns"))
    boundaries = tuple(_boundary(given, number, row, len(columns)) for number, row in enumerate(given.value.get("boundaries") or ()))
    if len(columns) > _MOST_COLUMNS:
        raise SettingsError(f"{given.path}.columns", f"there may be {_MOST_COLUMNS} at most")
    if kind != "partitions-auto" and not (partitions or (columns and boundaries)) and kind != "none":
        raise SettingsError(f"{given.path}.{members[0]}", "it is empty")
    return ParallelLoad(schema, table, kind, partitions, columns, boundaries, given.path)


def _texts(given: Reader, member: str) -> tuple[str, ...]:
    values = given.value.get(member) or ()
    if not all(isinstance(value, str) for value in values):
        raise SettingsError(f"{given.path}.{member}", "a list of names was expected")
    return tuple(values)


def _boundary(given: Reader, number: int, row: Any, count: int) -> tuple[str, ...]:
    if not isinstance(row, list) or len(row) != count or not all(isinstance(value, str | int | float) for value in row):
        raise SettingsError(f"{given.path}.boundaries[{number}]", f"a list of {count} values was expected, one for each column")
    return tuple(str(value) for value in row)
