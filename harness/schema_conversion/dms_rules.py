"""What makes a DMS migration of the converted schema safe: table mappings and task settings for AWS, and for the local engine.

The tables are made beforehand with our types, so the task empties them and creates none. Rules change the types that DMS would
hold a value in on its way (its net-changes table), and the LOB limit covers the longest value that was seen. One object takes one
rule (DMS user guide, "Transformation rules and actions"), and a rule cannot name a column with special characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from schema_conversion.findings import Finding
from schema_conversion.model import Column, Source
from schema_conversion.names import as_folded
from schema_conversion.target import Conversion, TargetColumn, TargetTable

__all__ = ["lob_kilobytes", "migration_findings", "rule_findings", "table_mappings", "task_settings"]

_TEXT_LIMIT, _BINARY_LIMIT = 63, 31
"""Kilobytes that DMS can deliver to a VARCHAR of Redshift; a binary value needs two characters a byte."""
_TEXT_LOBS = frozenset({"mediumtext", "longtext", "json"})
_BINARY_LOBS = frozenset({"mediumblob", "longblob", "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring",
                          "multipolygon", "geometrycollection", "geomcollection"})  # fmt: skip
_UNNAMEABLE = re.compile(r"[#\\/\-]")
_ESCAPED = re.compile(r"[%_\[]")


def lob_kilobytes(source: Source) -> int:
    """LobMaxSize: the longest value seen, rounded up, at most what Redshift takes; all of that when the rows were not scanned."""
    columns = [column for table in source.tables for column in table.columns if column.data_type in _TEXT_LOBS | _BINARY_LOBS]
    limit = _BINARY_LIMIT if any(column.data_type in _BINARY_LOBS for column in columns) else _TEXT_LIMIT
    longest = [column.facts.max_bytes for column in columns]
    if not longest or any(size is None for size in longest):
        return limit
    return min(max(-(-max(size or 0 for size in longest) // 1024), 1), limit)


def migration_findings(source: Source, limit: int) -> Iterator[Finding]:
    """LOBs that the limit would cut."""
    for table in source.tables:
        for column in table.columns:
            if column.data_type in _TEXT_LOBS | _BINARY_LOBS and (column.facts.max_bytes or 0) > limit * 1024:
                path = (table.schema, table.name, column.name)
                yield Finding(1701, "TABLE", path, f"the longest value has {column.facts.max_bytes:,} bytes; LobMaxSize is {limit} KB")


def rule_findings(tables: tuple[TargetTable, ...]) -> Iterator[Finding]:
    """Columns whose rule cannot be written, or only in part."""
    for table in tables:
        for column in table.columns:
            path = (table.source.schema, table.source.name, column.source.name)
            wanted = [column.dms.fault] if column.dms.rule is not None else []
            wanted += [f"gives it another name than {column.name}"] if _is_renamed(column) else []
            if wanted and _UNNAMEABLE.search(column.source.name):
                yield Finding(1307, "TABLE", path, f"DMS {', and '.join(wanted)}; no rule can name the column")
            elif column.dms.rule is not None and _is_renamed(column):
                yield Finding(1702, "TABLE", path, f"to {column.name}, and DMS {column.dms.fault}")


def table_mappings(conversion: Conversion) -> dict[str, Any]:
    """The rules: what is migrated (tables that are referred to first), new names, wider types."""
    rules: list[dict[str, Any]] = []
    count = len(conversion.tables)
    for place, table in enumerate(conversion.tables):
        locator = {"schema-name": _literal(table.source.schema), "table-name": _literal(table.source.name)}
        _add(
            rules,
            "selection",
            "include",
            f"include {table.source.name}",
            **{"object-locator": locator, "filters": [], "load-order": count - place},
        )
    for schema, target in conversion.schemas.items():
        if target != as_folded(schema):
            _add(rules, "transformation", "rename", f"rename {schema}",
                 **{"rule-target": "schema", "object-locator": {"schema-name": _literal(schema)}, "value": target})  # fmt: skip
    for table in conversion.tables:
        for rule in _of_table(table):
            _add(rules, "transformation", **rule)
    return {"rules": rules}


def _of_table(table: TargetTable) -> Iterator[dict[str, Any]]:
    locator = {"schema-name": _literal(table.source.schema), "table-name": _literal(table.source.name)}
    if table.name != as_folded(table.source.name):
        yield {
            "action": "rename",
            "name": f"rename {table.source.name}",
            "rule-target": "table",
            "object-locator": locator,
            "value": table.name,
        }
    for column in table.columns:
        if _UNNAMEABLE.search(column.source.name):
            continue
        about = {"rule-target": "column", "object-locator": {**locator, "column-name": _literal(column.source.name)}}
        if column.dms.rule is not None:
            yield {
                "action": "change-data-type",
                "name": f"widen {table.source.name}.{column.source.name}",
                **about,
                "data-type": column.dms.rule,
            }
        elif _is_renamed(column):
            yield {"action": "rename", "name": f"rename {table.source.name}.{column.source.name}", **about, "value": column.name}


def _is_renamed(column: TargetColumn) -> bool:
    return column.name != as_folded(column.source.name)


def _add(rules: list[dict[str, Any]], kind: str, action: str, name: str, **fields: Any) -> None:
    number = str(len(rules) + 1)
    rules.append({"rule-type": kind, "rule-id": number, "rule-name": f"{number} {name}", "rule-action": action, **fields})


def _literal(name: str) -> str:
    """A name in which no character is a wildcard."""
    return _ESCAPED.sub(lambda found: f"[{found[0]}]", name)


def task_settings(conversion: Conversion) -> dict[str, Any]:
    """Settings of the task that differ from DMS's own, for this schema."""
    has_lobs = any(_is_lob(column.source) for table in conversion.tables for column in table.columns)
    return {
        "TargetMetadata": {
            "SupportLobs": True,
            "FullLobMode": False,
            "LimitedSizeLobMode": True,
            "LobMaxSize": conversion.lob_kilobytes if has_lobs else 32,
            "BatchApplyEnabled": True,
        },
        "FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"},
        "ErrorBehavior": {"DataErrorPolicy": "LOG_ERROR", "DataTruncationErrorPolicy": "LOG_ERROR", "FailOnNoTablesCaptured": True},
        "Logging": {"EnableLogging": True},
    }


def _is_lob(column: Column) -> bool:
    return column.data_type in _TEXT_LOBS | _BINARY_LOBS
