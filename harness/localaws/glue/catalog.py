"""Commits to the Glue catalog: an update is refused when the table changed since the caller read it.

moto takes every UpdateTable, so that of two writers who read the same version the slower one silently undoes the faster.
Glue compares `VersionId` (UpdateTable, in the Glue Web API reference); Iceberg's Glue catalog relies on it for its commits.
"""

from __future__ import annotations

import json
from typing import Any

from localaws.control_plane import noted
from localaws.glue.exceptions import ConcurrentModificationError, EntityNotFoundError, InvalidInputError
from localaws.journal import Entry
from localaws.moto_app import ACCOUNT_ID
from localaws.operation import Request

__all__ = ["replay_update_table", "table_of_moto", "update_table"]


def update_table(request: Request) -> dict[str, Any]:
    """UpdateTable, as one step with the comparison of the version. The caller holds the control plane's lock.

    With `SkipArchive` the table's former version is not kept, else it is, as Glue does.

    Raises:
        ConcurrentModificationError: `VersionId` is not the table's version now.
        EntityNotFoundError: there is no such table or database.
        InvalidInputError: the input names no table.
    """
    parameters = request.parameters
    database, name = parameters.get("DatabaseName"), parameters.get("TableInput", {}).get("Name")
    if not database or not name:
        raise InvalidInputError("UpdateTable needs DatabaseName and TableInput.Name.")
    current: int = table_of_moto(request.region, database, name)._current_version
    expected = parameters.get("VersionId")
    if expected is not None and str(expected) != str(current):
        raise ConcurrentModificationError(f"{database}.{name}", expected, str(current))
    with noted(version=current + 1):
        request.control_plane("glue").update_table(**parameters)
    if parameters.get("SkipArchive"):
        _keep_only(request.region, database, name, current + 1)
    return {}


def replay_update_table(entry: Entry) -> None:
    """After a replay: the version number that the update led to, since updates before it may have been left out."""
    parameters = json.loads(entry.call.body)
    if "version" in entry.note and parameters.get("SkipArchive"):
        _keep_only(entry.call.region, parameters["DatabaseName"], parameters["TableInput"]["Name"], entry.note["version"])


def _keep_only(region: str, database: str, name: str, version: int) -> None:
    """Make what the table is now its version `version`, and forget the one before."""
    table = table_of_moto(region, database, name)
    current = table.versions.pop(str(table._current_version))
    table.versions.pop(str(table._current_version - 1), None)
    table.versions[str(version)] = current
    table._current_version = version


def table_of_moto(region: str, database: str, name: str) -> Any:
    """moto's own table: it has no call that numbers a version, or that drops one without leaving a hole.

    Raises:
        EntityNotFoundError: there is none.
    """
    from moto.backends import get_backend
    from moto.glue.exceptions import EntityNotFoundException

    try:
        return get_backend("glue")[ACCOUNT_ID][region].get_table(database, name)
    except EntityNotFoundException as error:
        raise EntityNotFoundError(f"Table {name} not found in database {database}.") from error
