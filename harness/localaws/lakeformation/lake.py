"""What a principal sees of a table: its columns and, by data cells filters, its rows.

Grants, LF-tags and settings are moto's. As in the service, Lake Formation has no say while new tables are everybody's whom IAM lets
(`IAM_ALLOWED_PRINCIPALS` in the settings' defaults for tables, which is how an account begins), nor on a table that is granted to
`IAM_ALLOWED_PRINCIPALS`. Sources: Lake Formation Developer Guide, "Lake Formation permissions reference", "Tag-based access control".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws.iam.callers import Caller
from localaws.moto_app import ACCOUNT_ID
from localaws.records import Records

__all__ = ["EVERYBODY", "Lake", "Sight", "closed_tables", "filters_of"]

EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
_ALL_PRINCIPALS = f"{ACCOUNT_ID}:IAMPrincipals"
_READING = frozenset({"SELECT", "ALL", "SUPER", "SUPER_USER"})
_SEEING = _READING | {"DESCRIBE", "ALTER", "DROP", "DELETE", "INSERT"}


@dataclass(frozen=True)
class Sight:
    """Of a table: names of the columns that may be selected, whether it is known to be there at all, and which rows.

    `rows` has conditions of which one must hold; None is all rows.
    """

    columns: frozenset[str]
    exists: bool
    rows: tuple[str, ...] | None = None


def filters_of(home: Path) -> Records:
    """The data cells filters of a home, by `database/table/name`."""
    return Records(home / "lakeformation" / "filters")


def closed_tables(home: Path) -> Records:
    """Tables that were taken from everybody."""
    return Records(home / "lakeformation" / "closed")


@dataclass(frozen=True)
class Lake:
    """What one principal, given by the ARN that grants name, sees."""

    home: Path
    principal: str
    region: str = "us-east-1"

    @classmethod
    def of(cls, home: Path, caller: Caller, region: str) -> Lake | None:
        """The lake of a caller; None for the operator and for the account's root, whom nothing is hidden from."""
        return None if caller.kind in ("operator", "root") else cls(home, caller.lake_principal, region)

    @property
    def governs(self) -> bool:
        """Has Lake Formation a say on anything?"""
        defaults = _back_end(self.region).settings[ACCOUNT_ID].get("CreateTableDefaultPermissions") or []
        is_open = any((each.get("Principal") or {}).get("DataLakePrincipalIdentifier") == EVERYBODY for each in defaults)
        return not is_open or bool(closed_tables(self.home).all())

    def sight(self, table: Mapping[str, Any]) -> Sight | None:
        """What is seen of a table of the catalog; None where Lake Formation has no say."""
        database, name = str(table["DatabaseName"]), str(table["Name"])
        if self._is_open(database, name):
            return None
        known = [str(column["Name"]).lower() for column in _columns(table)]
        tags = self._tags(database, name, known)
        whole: set[str] = set()
        exists = self._is_admin
        filtered: list[tuple[frozenset[str], str | None]] = []
        for grant in self._grants():
            permissions, resource = set(grant.permissions), grant.resource
            if "DataCellsFilter" in resource:
                found = self._filtered(resource["DataCellsFilter"], database, name, known)
                if found is not None and permissions & _READING:
                    filtered.append(found)
                continue
            meant = _meant(resource, database, name, known, tags)
            if meant is None:
                continue
            exists = exists or bool(permissions & _SEEING)
            if permissions & _READING:
                whole |= meant
        return _together(frozenset(whole), exists, filtered)

    def _filtered(self, given: Mapping[str, Any], database: str, name: str, known: list[str]) -> tuple[frozenset[str], str | None] | None:
        """Columns and condition of a data cells filter, if it is one of the table's."""
        if (given.get("DatabaseName"), given.get("TableName")) != (database, name):
            return None
        found = filters_of(self.home).get(f"{database}/{name}/{given.get('Name')}")
        if found is None:
            return None
        excluded = {each.lower() for each in (found.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or []}
        named = {each.lower() for each in found.get("ColumnNames") or []} or set(known) - excluded
        return frozenset(named & set(known)), (found.get("RowFilter") or {}).get("FilterExpression")

    def _grants(self) -> list[Any]:
        catalog = _back_end(self.region).grants.get(ACCOUNT_ID)
        mine = (self.principal, _ALL_PRINCIPALS)
        return [each for each in list(catalog.permissions if catalog else ()) if each.principal.get("DataLakePrincipalIdentifier") in mine]

    @property
    def _is_admin(self) -> bool:
        admins = _back_end(self.region).settings[ACCOUNT_ID].get("DataLakeAdmins") or []
        return any(each.get("DataLakePrincipalIdentifier") == self.principal for each in admins)

    def _is_open(self, database: str, name: str) -> bool:
        defaults = _back_end(self.region).settings[ACCOUNT_ID].get("CreateTableDefaultPermissions") or []
        if any((each.get("Principal") or {}).get("DataLakePrincipalIdentifier") == EVERYBODY for each in defaults):
            return closed_tables(self.home).get(f"{database}/{name}") is None
        catalog = _back_end(self.region).grants.get(ACCOUNT_ID)
        to_all = [
            each for each in list(catalog.permissions if catalog else ()) if each.principal.get("DataLakePrincipalIdentifier") == EVERYBODY
        ]
        return any(_meant(each.resource, database, name, [], {}) is not None for each in to_all)

    def _tags(self, database: str, name: str, columns: list[str]) -> dict[str, dict[str, str]]:
        """Tags of the table (under the empty name) and of each column, those of the wider inherited."""
        lake = _back_end(self.region)
        of_table = _pairs(lake.lf_database_tags.get((ACCOUNT_ID, database))) | _pairs(lake.lf_table_tags.get((ACCOUNT_ID, database, name)))
        of_columns = {
            str(key[3]).lower(): _pairs(tags) for key, tags in list(lake.lf_columns_tags.items()) if key[:3] == (ACCOUNT_ID, database, name)
        }
        return {"": of_table, **{column: of_table | of_columns.get(column, {}) for column in columns}}


def _together(whole: frozenset[str], exists: bool, filtered: list[tuple[frozenset[str], str | None]]) -> Sight:
    """Grants of whole columns, and of filters with their rows."""
    if not filtered:
        return Sight(whole, exists or bool(whole))
    everything = [columns for columns, condition in filtered if condition is None]
    if whole or everything:
        # Every row is seen by some grant; the columns are those of these grants, and of filters that add none.
        return Sight(whole.union(*everything), True)
    columns = filtered[0][0]
    for others, _ in filtered[1:]:
        # Filters of different columns would make cells, not rows, invisible: only what all of them show is shown.
        columns &= others
    return Sight(columns, True, tuple(condition for _, condition in filtered if condition is not None))


def _meant(
    resource: Mapping[str, Any], database: str, name: str, known: list[str], tags: Mapping[str, Mapping[str, str]]
) -> set[str] | None:
    """The columns of a table that a grant's resource means; None when it does not mean the table."""
    if "Table" in resource:
        given = resource["Table"]
        is_it = given.get("DatabaseName") == database and (given.get("TableWildcard") is not None or given.get("Name") == name)
        return set(known) if is_it else None
    if "TableWithColumns" in resource:
        given = resource["TableWithColumns"]
        if (given.get("DatabaseName"), given.get("Name")) != (database, name):
            return None
        if given.get("ColumnNames"):
            return {each.lower() for each in given["ColumnNames"]} & set(known)
        return set(known) - {each.lower() for each in (given.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or []}
    if "LFTagPolicy" in resource and resource["LFTagPolicy"].get("ResourceType") == "TABLE":
        wanted = resource["LFTagPolicy"].get("Expression") or []
        found = {column for column in known if _fits(wanted, tags.get(column, {}))}
        return found if found or _fits(wanted, tags.get("", {})) else None
    return None


def _fits(wanted: Iterable[Mapping[str, Any]], tags: Mapping[str, str]) -> bool:
    """Every key of an expression has one of its values; keys and values of LF-tags know no case."""
    return all(tags.get(str(each["TagKey"]).lower()) in {str(value).lower() for value in each["TagValues"]} for each in wanted)


def _pairs(tags: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    return {str(tag["TagKey"]).lower(): str(tag["TagValues"][0]).lower() for tag in tags or []}


def _columns(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(table.get("StorageDescriptor") or {}).get("Columns", []), *(table.get("PartitionKeys") or [])]


def _back_end(region: str) -> Any:
    from moto.backends import get_backend

    return get_backend("lakeformation")[ACCOUNT_ID][region]
