"""SearchTables: text, filters, order, pages (SearchTables and PropertyPredicate in the Glue Web API reference).

Text is found in names, descriptions, owners, comments, parameters and the database's name; in quotes it has to be the whole value. A
filter of a text property takes tokens: `link` finds `customer-link` and not `xxlinkyy`. Comparators are for times.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from localaws.glue.exceptions import InvalidInputError
from localaws.glue.paging import page
from localaws.operation import Handler, Request

__all__ = ["OPERATIONS", "search_tables"]

_TEXTS = ("Name", "DatabaseName", "Description", "Owner", "TableType")
_TIMES = ("CreateTime", "UpdateTime", "LastAccessTime", "LastAnalyzedTime")
_COMPARATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQUALS": operator.eq,
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_EQUALS": operator.ge,
    "LESS_THAN": operator.lt,
    "LESS_THAN_EQUALS": operator.le,
}


def search_tables(request: Request) -> dict[str, Any]:
    """The tables of all databases that match everything that is asked."""
    parameters = request.parameters
    found = list(_tables(request.control_plane("glue")))
    if text := parameters.get("SearchText"):
        found = [table for table in found if _has_text(table, text)]
    for each in parameters.get("Filters") or []:
        found = [table for table in found if _matches(table, each)]
    for order in parameters.get("SortCriteria") or []:
        field = _field(order.get("FieldName", ""))
        found.sort(key=lambda table: str(table.get(field, "")), reverse=order.get("Sort") == "DESC")
    return page(request, "TableList", found)


def _tables(glue: Any) -> Iterator[dict[str, Any]]:
    for databases in glue.get_paginator("get_databases").paginate():
        for database in databases["DatabaseList"]:
            for tables in glue.get_paginator("get_tables").paginate(DatabaseName=database["Name"]):
                yield from tables["TableList"]


def _values(table: Mapping[str, Any]) -> Iterator[str]:
    for name in _TEXTS:
        yield str(table.get(name) or "")
    columns = [*(table.get("StorageDescriptor") or {}).get("Columns", []), *table.get("PartitionKeys", [])]
    for column in columns:
        yield column["Name"]
        yield column.get("Comment") or ""
    for key, value in (table.get("Parameters") or {}).items():
        yield from (key, str(value))


def _has_text(table: Mapping[str, Any], text: str) -> bool:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1] in set(_values(table))
    return any(text.lower() in value.lower() for value in _values(table))


def _matches(table: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    key, value = str(asked.get("Key", "")), str(asked.get("Value", ""))
    field = _field(key)
    if field in _TIMES:
        if field not in table:
            return False
        compare = _COMPARATORS.get(asked.get("Comparator") or "EQUALS")
        if compare is None:
            raise InvalidInputError(f"The comparator {asked.get('Comparator')!r} of the filter of {key} is unknown.")
        return compare(table[field].astimezone(UTC), _time(key, value))
    had = table.get(field) if field in _TEXTS else (table.get("Parameters") or {}).get(key)
    return had is not None and (str(had).lower() == value.lower() or value.lower() in re.split(r"[^0-9a-z]+", str(had).lower()))


def _field(key: str) -> str:
    """The property as GetTable spells it; anything else is a parameter of the table."""
    return next((name for name in (*_TEXTS, *_TIMES) if name.lower() == key.replace("_", "").lower()), key)


def _time(key: str, value: str) -> datetime:
    try:
        moment = datetime.fromtimestamp(float(value), UTC) if re.fullmatch(r"[\d.]+", value) else datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidInputError(f"The value {value!r} of the filter of {key} is no time: {error}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


OPERATIONS: Mapping[str, Handler] = {"SearchTables": search_tables}
