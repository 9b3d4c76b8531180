"""Object-mapping rules for DynamoDB: which table, which key, and what attributes are made of a row's columns (DMS guide, "Using object
mapping to migrate data to DynamoDB")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localaws.dms.exceptions import SettingsError
from localaws.dms.settings.reading import Reader

__all__ = ["ITEM_PARAMETERS", "PLACE", "Attribute", "Condition", "ItemMapping", "item_mapping", "places_of"]

ITEM_PARAMETERS = ("partition-key-name", "sort-key-name", "exclude-columns", "attribute-mappings", "condition-expression")
PLACE = re.compile(r"\$\{\s*([^}]+?)\s*\}")
"""A column in a template; the guide breaks a line within one."""
_SCALARS = {"string": "S", "number": "N", "boolean": "BOOL"}
_DOCUMENTS = {"dynamodb-map": "M", "dynamodb-list": "L"}


@dataclass(frozen=True)
class Attribute:
    """An attribute: its type's letter, and the template of its value, in DynamoDB's JSON for maps and lists."""

    name: str
    type: str
    template: Any


@dataclass(frozen=True)
class Condition:
    """What must hold for an item to be written, and in which phases it is asked."""

    expression: str
    values: dict[str, Any]
    names: dict[str, str]
    in_changes: bool
    in_load: bool


@dataclass(frozen=True)
class ItemMapping:
    """`document`: columns that are not excluded lie in the attribute `_doc`. Columns are named as on the source."""

    table: str
    document: bool
    partition_key: str = ""
    sort_key: str = ""
    excluded: frozenset[str] = frozenset()
    attributes: tuple[Attribute, ...] = ()
    condition: Condition | None = None


def item_mapping(rule: Reader, document: bool) -> ItemMapping:
    """The rule, read.

    Raises:
        SettingsError: a member is unknown, missing or of another kind.
    """
    parameters = rule.child("mapping-parameters")
    parameters.only(ITEM_PARAMETERS)
    excluded = parameters.value.get("exclude-columns") or []
    if not isinstance(excluded, list) or not all(isinstance(name, str) for name in excluded):
        raise SettingsError(f"{parameters.path}.exclude-columns", "a list of columns was expected")
    partition, sort = parameters.text("partition-key-name", ""), parameters.text("sort-key-name", "")
    if sort and not partition:
        raise SettingsError(f"{parameters.path}.partition-key-name", "a sort-key-name needs it")
    attributes = tuple(_attribute(item) for item in parameters.children("attribute-mappings"))
    condition = _condition(parameters.child("condition-expression")) if parameters.has("condition-expression") else None
    return ItemMapping(rule.text("target-table-name", ""), document, partition, sort, frozenset(excluded), attributes, condition)


def _attribute(item: Reader) -> Attribute:
    item.only(("target-attribute-name", "attribute-type", "attribute-sub-type", "value"))
    types = _SCALARS if item.one_of("attribute-type", ("scalar", "document")) == "scalar" else _DOCUMENTS
    letter, value = types[item.one_of("attribute-sub-type", types)], item.value.get("value")
    if types is _SCALARS and not isinstance(value, str):
        raise SettingsError(f"{item.path}.value", f"a text was expected, it is {value!r}")
    if types is _DOCUMENTS and (not isinstance(value, dict) or list(value) != [letter]):
        raise SettingsError(f"{item.path}.value", f"""{{"{letter}": ...}} was expected, it is {value!r}""")
    return Attribute(item.text("target-attribute-name"), letter, value)


def _condition(item: Reader) -> Condition:
    item.only(("expression", "expression-attribute-values", "expression-attribute-names", "apply-during-cdc", "apply-during-full-load"))
    values, names = {}, {}
    for value in item.children("expression-attribute-values"):
        value.only(("name", "value"))
        values[value.text("name")] = value.value.get("value")
    for name in item.children("expression-attribute-names"):
        name.only(("name", "value"))
        names[name.text("name")] = name.text("value")
    changes, load = item.flag("apply-during-cdc", False), item.flag("apply-during-full-load", True)
    return Condition(item.text("expression"), values, names, changes, load)


def places_of(template: Any) -> Iterator[str]:
    """The columns that a template names."""
    if isinstance(template, str):
        yield from PLACE.findall(template)
    elif isinstance(template, dict):
        for value in template.values():
            yield from places_of(value)
    elif isinstance(template, list):
        for value in template:
            yield from places_of(value)
