"""Glue's resources: a table's rights need those on its database and on the catalog as well ("Specifying AWS Glue resource ARNs",
Glue Developer Guide: an operation on a catalog object needs permission on the object and on all its ancestors).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.moto_app import ACCOUNT_ID

__all__ = ["glue_resources"]

_KINDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("DataQualityRuleset", ("Name",), "dataQualityRuleset/{}"),
    ("Crawler", ("Name", "CrawlerName"), "crawler/{}"),
    ("Crawl", ("CrawlerName",), "crawler/{}"),
    ("Trigger", ("Name",), "trigger/{}"),
    ("Workflow", ("Name",), "workflow/{}"),
    ("Blueprint", ("Name",), "blueprint/{}"),
    ("Job", ("JobName", "Name"), "job/{}"),
    ("Session", ("Id", "SessionId"), "session/{}"),
    ("Statement", ("SessionId",), "session/{}"),
    ("Registry", ("RegistryName",), "registry/{}"),
)
"""What is in an operation's name, the parameters that may name it, and the end of its ARN. The first that fits counts."""
_CATALOG = ("Catalog", "Database", "Table", "Partition", "Column", "UserDefinedFunction", "Connection")


def glue_resources(operation: str, asked: Mapping[str, Any], region: str) -> list[str]:
    """The ARNs that a request concerns, the widest first; `*` where the operation knows no resource."""
    place = f"arn:aws:glue:{region}:{ACCOUNT_ID}:"
    for part, names, ending in _KINDS:
        if part in operation:
            found = next((str(asked[name]) for name in names if isinstance(asked.get(name), str)), None)
            listed = asked.get(f"{part}Names")
            if found is None and isinstance(listed, list):
                return [place + ending.format(each) for each in listed] or ["*"]
            return [place + ending.format(found)] if found is not None else ["*"]
    if any(part in operation for part in _CATALOG):
        return [f"{place}{ending}" for ending in _of_catalog(operation, asked)]
    arn = asked.get("ResourceArn")
    return [str(arn) if arn else "*"]


def _of_catalog(operation: str, asked: Mapping[str, Any]) -> list[str]:
    if "Connection" in operation:
        name = asked.get("Name") or asked.get("ConnectionName") or (asked.get("ConnectionInput") or {}).get("Name")
        return ["catalog", f"connection/{name}"] if name else ["catalog"]
    database = asked.get("DatabaseName") or (asked.get("Name") if "Database" in operation else None)
    database = database or (asked.get("DatabaseInput") or {}).get("Name")
    if not database:
        return ["catalog"]
    return ["catalog", f"database/{database}", *(f"table/{database}/{name}" for name in _tables(operation, asked))]


def _tables(operation: str, asked: Mapping[str, Any]) -> list[str]:
    if "Database" in operation:
        # A database goes with everything in it.
        return ["*"] if operation == "DeleteDatabase" else []
    listed = asked.get("TablesToDelete")
    name = asked.get("TableName") or asked.get("Name") or (asked.get("TableInput") or {}).get("Name")
    return [str(each) for each in listed] if isinstance(listed, list) else [str(name) if name else "*"]
