"""`deployment/schemas/<source>.avsc`: what a source's records are like, as Avro schemas for Glue's schema registry.

They follow from the contracts (`wholesale.sources`), so that senders find in the registry what the jobs will accept, and a change of a
contract that no longer reads what was sent before is seen there: a version that breaks the compatibility has the status FAILURE.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from deployment.jobs import CHECKOUT
from etl_common.contracts import SourceColumn, SourceTable
from wholesale.sources import SOURCES

__all__ = ["SCHEMAS_FOLDER", "avro", "schemas"]

SCHEMAS_FOLDER = CHECKOUT / "deployment" / "schemas"
_NAMESPACE = "wholesale"
_TYPES: dict[str, Any] = {
    "string": "string",
    "int": "int",
    "bigint": "long",
    "boolean": "boolean",
    "date": {"type": "int", "logicalType": "date"},
    "timestamp": {"type": "long", "logicalType": "timestamp-micros"},
}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


def schemas() -> dict[Path, str]:
    """By file: the schema of each source."""
    return {SCHEMAS_FOLDER / f"{name}.avsc": json.dumps(avro(table), indent=2) + "\n" for name, table in SOURCES.items()}


def avro(table: SourceTable) -> dict[str, Any]:
    """The Avro schema of a source's records: what may be missing is null by default.

    >>> avro(SourceTable("t", (SourceColumn("id", "bigint", required=True), SourceColumn("n")), natural_key=("id",)))["fields"]
    [{'name': 'id', 'type': 'long'}, {'name': 'n', 'type': ['null', 'string'], 'default': None}]
    """
    return {"type": "record", "name": table.name, "namespace": _NAMESPACE, "fields": [_field(column) for column in table.columns]}


def _field(column: SourceColumn) -> dict[str, Any]:
    decimal = _DECIMAL.fullmatch(column.type)
    size = {"precision": int(decimal[1]), "scale": int(decimal[2])} if decimal else {}
    found = {"type": "bytes", "logicalType": "decimal", **size} if size else _TYPES[column.type]
    if column.required:
        return {"name": column.name, "type": found}
    return {"name": column.name, "type": ["null", found], "default": None}
