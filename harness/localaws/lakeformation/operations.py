"""Data cells filters, which moto lacks, and a note of tables that are taken from everybody. Source: Lake Formation API reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from localaws.lakeformation.exceptions import FilterExistsError, InvalidFilterError, NoFilterError
from localaws.lakeformation.lake import EVERYBODY, closed_tables, filters_of
from localaws.operation import Guard, Handler, Request

__all__ = ["GUARDS", "OPERATIONS"]


def create_data_cells_filter(request: Request) -> dict[str, Any]:
    """CreateDataCellsFilter.

    Raises:
        FilterExistsError: there is one of that name.
        InvalidFilterError: it names no columns, or its rows are no condition.
    """
    given = request.parameters.get("TableData") or {}
    key, records = _key(given), filters_of(request.home)
    with records.lock:
        if records.get(key) is not None:
            raise FilterExistsError(str(given.get("Name")))
        records.put(key, _checked(request, given))
    return {}


def update_data_cells_filter(request: Request) -> dict[str, Any]:
    """UpdateDataCellsFilter."""
    given = request.parameters.get("TableData") or {}
    _found(request, given)
    filters_of(request.home).put(_key(given), _checked(request, given))
    return {}


def get_data_cells_filter(request: Request) -> dict[str, Any]:
    """GetDataCellsFilter."""
    return {"DataCellsFilter": _found(request, request.parameters)}


def delete_data_cells_filter(request: Request) -> dict[str, Any]:
    """DeleteDataCellsFilter."""
    _found(request, request.parameters)
    filters_of(request.home).delete(_key(request.parameters))
    return {}


def list_data_cells_filter(request: Request) -> dict[str, Any]:
    """ListDataCellsFilter, of a table or of all."""
    table = request.parameters.get("Table") or {}
    wanted = {"DatabaseName": table.get("DatabaseName"), "TableName": table.get("Name")}
    asked = {name: value for name, value in wanted.items() if value}
    found = [each for each in filters_of(request.home).all() if all(each.get(name) == value for name, value in asked.items())]
    return {"DataCellsFilters": found}


def note_revocation(request: Request) -> None:
    """A table that is taken from `IAM_ALLOWED_PRINCIPALS` is Lake Formation's from then on, whatever the defaults for new tables are."""
    for table in _of_everybody(request):
        key = f"{table['DatabaseName']}/{table['Name']}"
        closed_tables(request.home).put(key, {"DatabaseName": table["DatabaseName"], "Name": table["Name"]})


def note_grant(request: Request) -> None:
    """And everybody's again when it is granted to them."""
    for table in _of_everybody(request):
        closed_tables(request.home).delete(f"{table['DatabaseName']}/{table['Name']}")


OPERATIONS: Mapping[str, Handler] = {
    "CreateDataCellsFilter": create_data_cells_filter,
    "DeleteDataCellsFilter": delete_data_cells_filter,
    "GetDataCellsFilter": get_data_cells_filter,
    "ListDataCellsFilter": list_data_cells_filter,
    "UpdateDataCellsFilter": update_data_cells_filter,
}
GUARDS: Mapping[str, Guard] = {
    "BatchGrantPermissions": note_grant,
    "BatchRevokePermissions": note_revocation,
    "GrantPermissions": note_grant,
    "RevokePermissions": note_revocation,
}


def _of_everybody(request: Request) -> Iterator[Mapping[str, Any]]:
    """The tables that a grant or revocation, or each of a batch, concerns for `IAM_ALLOWED_PRINCIPALS`."""
    batch = request.operation.startswith("Batch")
    for entry in (request.parameters.get("Entries") or []) if batch else [request.parameters]:
        principal = (entry.get("Principal") or {}).get("DataLakePrincipalIdentifier")
        table = (entry.get("Resource") or {}).get("Table") or {}
        if principal == EVERYBODY and table.get("Name"):
            yield table


def _key(given: Mapping[str, Any]) -> str:
    return f"{given.get('DatabaseName')}/{given.get('TableName')}/{given.get('Name')}"


def _found(request: Request, given: Mapping[str, Any]) -> dict[str, Any]:
    found = filters_of(request.home).get(_key(given))
    if found is None:
        raise NoFilterError(str(given.get("Name")))
    return found


def _checked(request: Request, given: Mapping[str, Any]) -> dict[str, Any]:
    if bool(given.get("ColumnNames")) == (given.get("ColumnWildcard") is not None):
        raise InvalidFilterError("A data cells filter has either ColumnNames or ColumnWildcard.")
    rows = given.get("RowFilter") or {}
    if ("FilterExpression" in rows) == ("AllRowsWildcard" in rows):
        raise InvalidFilterError("RowFilter has either FilterExpression or AllRowsWildcard.")
    if "FilterExpression" in rows:
        _check_condition(str(rows["FilterExpression"]))
    return {"TableCatalogId": request.account_id, **given}


def _check_condition(text: str) -> None:
    try:
        tree = sqlglot.parse_one(text, dialect="athena")
    except SqlglotError as error:
        raise InvalidFilterError(f"The filter expression {text!r} cannot be read: {error}") from error
    if not isinstance(tree, exp.Condition) or tree.find(exp.Subquery, exp.Select, exp.AggFunc):
        raise InvalidFilterError(f"The filter expression {text!r} is no condition on the columns of a row.")
