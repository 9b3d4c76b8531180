"""Table mappings: which tables, which rows, and under which names (DMS guide, "Using table mapping to specify task settings")."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from localaws.dms.data_types import DataType
from localaws.dms.exceptions import SettingsError
from localaws.dms.settings.item_mapping import ITEM_PARAMETERS, ItemMapping, item_mapping
from localaws.dms.settings.made_columns import MASKS, AddedColumn, BeforeImages, added_column, before_images, mask_value
from localaws.dms.settings.reading import Reader, parsed
from localaws.dms.settings.table_settings import ParallelLoad, parallel_load

__all__ = ["Filter", "ObjectMapping", "Selection", "TableMappings", "Transformation", "condition_of", "matches"]

_RULE = ("rule-type", "rule-id", "rule-name", "object-locator", "rule-action")
_SELECTION = (*_RULE, "filters", "load-order")
_TRANSFORMATION = (*_RULE, "rule-target", "value", "old-value", "primary-key-def", "load-order", "data-type")
_NOT_YET_RULES = ("post-processing", "validation")
_KINDS = ("selection", "transformation", "object-mapping", "table-settings", *_NOT_YET_RULES)
_NAMING = {
    "rename": ("schema", "table", "column"),
    "convert-lowercase": ("schema", "table", "column"),
    "convert-uppercase": ("schema", "table", "column"),
    "add-prefix": ("schema", "table", "column"),
    "remove-prefix": ("schema", "table", "column"),
    "replace-prefix": ("schema", "table", "column"),
    "add-suffix": ("schema", "table", "column"),
    "remove-suffix": ("schema", "table", "column"),
    "replace-suffix": ("schema", "table", "column"),
    "remove-column": ("column",),
    "include-column": ("column",),
    "define-primary-key": ("table",),
    "change-data-type": ("column",),
    **dict.fromkeys(MASKS, ("column",)),
}
_MAKING = ("add-column", "add-before-image-columns")
_MICROSECONDS = 6
_OPERATORS = {
    "lte": ("{0} <= {1}", 1), "ste": ("{0} <= {1}", 1), "gte": ("{0} >= {1}", 1), "eq": ("{0} = {1}", 1), "noteq": ("{0} <> {1}", 1),
    "between": ("{0} BETWEEN {1} AND {2}", 2), "notbetween": ("{0} NOT BETWEEN {1} AND {2}", 2),
    "null": ("{0} IS NULL", 0), "notnull": ("{0} IS NOT NULL", 0),
}  # fmt: skip


def matches(pattern: str, name: str) -> bool:
    """Whether a name fits: `%` any text, `_` any character, `[_]` that character, `[ab]` and `[a-d]` one of them."""
    return re.fullmatch(_expression(pattern), name, re.DOTALL) is not None


def _expression(pattern: str) -> str:
    out, at = "", 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "[" and (end := pattern.find("]", at + 1)) > at + 1:
            inner = pattern[at + 1 : end].replace("\\", "\\\\").replace("^", "\\^")
            out += f"[{inner}]"
            at = end
        else:
            out += ".*" if sign == "%" else "." if sign == "_" else re.escape(sign)
        at += 1
    return out


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions on one column, of which one must hold."""

    column: str
    conditions: tuple[tuple[str, tuple[str, ...]], ...]

    def sql(self) -> str:
        """As a condition in MySQL's SQL; values are texts, which MySQL compares with numbers and dates as such."""
        name = "`" + self.column.replace("`", "``") + "`"
        quoted = (
            _OPERATORS[operator][0].format(name, *("'" + value.replace("\\", "\\\\").replace("'", "''") + "'" for value in values))
            for operator, values in self.conditions
        )
        return f"({' OR '.join(quoted)})"


@dataclass(frozen=True, slots=True)
class Selection:
    """A rule that includes or excludes tables."""

    action: str
    schema: str
    table: str
    table_type: str = "table"
    load_order: int = 0
    filters: tuple[Filter, ...] = ()

    def matches(self, schema: str, table: str, is_view: bool) -> bool:
        if self.action != "exclude" and self.table_type != "all" and (self.table_type == "view") != is_view:
            return False
        if self.action == "explicit":
            return (schema, table) == (self.schema, self.table)
        return matches(self.schema, schema) and matches(self.table, table)


# Type -> the members it needs (DMS guide, "Transformation rules and actions").
_DATA_TYPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("boolean", "date", "time", "datetime", "int1", "int2", "int4", "int8", "uint1", "uint2", "uint4", "uint8"), ()),
    **dict.fromkeys(("real4", "real8"), ()),
    "numeric": ("precision", "scale"),
    **dict.fromkeys(("string", "wstring", "bytes"), ("length",)),
}


@dataclass(frozen=True, slots=True)
class Transformation:
    """A rule that changes names, columns or the key."""

    action: str
    target: str
    schema: str
    table: str
    column: str
    value: str = ""
    old_value: str = ""
    key: tuple[str, ...] = ()
    data_type: DataType | None = None

    def matches(self, schema: str, table: str = "", column: str = "") -> bool:
        return (
            matches(self.schema, schema)
            and (self.target == "schema" or matches(self.table, table))
            and (self.target != "column" or matches(self.column, column))
        )

    def renamed(self, name: str) -> str:
        """The name after the rule."""
        change = _RENAMED.get(self.action)
        return name if change is None else change(name, self.value, self.old_value)


@dataclass(frozen=True, slots=True)
class ObjectMapping:
    """How the rows of tables become records of a stream, where `partition` is schema-table, primary-key or transaction-id, or items."""

    schema: str
    table: str
    partition: str = "schema-table"
    item: ItemMapping | None = None

    def matches(self, schema: str, table: str) -> bool:
        return matches(self.schema, schema) and matches(self.table, table)


_RENAMED: dict[str, Callable[[str, str, str], str]] = {
    "rename": lambda name, value, old: value,
    "convert-lowercase": lambda name, value, old: name.lower(),
    "convert-uppercase": lambda name, value, old: name.upper(),
    "add-prefix": lambda name, value, old: value + name,
    "add-suffix": lambda name, value, old: name + value,
    "remove-prefix": lambda name, value, old: name.removeprefix(value),
    "remove-suffix": lambda name, value, old: name.removesuffix(value),
    "replace-prefix": lambda name, value, old: value + name.removeprefix(old) if name.startswith(old) else name,
    "replace-suffix": lambda name, value, old: name.removesuffix(old) + value if name.endswith(old) else name,
}


@dataclass(frozen=True, slots=True)
class TableMappings:
    """All rules, in the order of the document."""

    selections: tuple[Selection, ...]
    transformations: tuple[Transformation, ...]
    objects: tuple[ObjectMapping, ...] = ()
    added: tuple[AddedColumn, ...] = ()
    images: tuple[BeforeImages, ...] = ()
    parallel: tuple[ParallelLoad, ...] = ()

    @classmethod
    def parse(cls, text: str) -> TableMappings:
        """From the JSON text of a task.

        Raises:
            SettingsError: a rule is unknown, incomplete, or contradicts another.
        """
        document = Reader(parsed(text, "TableMappings"), "$")
        document.only(("rules",))
        selections: list[Selection] = []
        transformations: list[Transformation] = []
        objects: list[ObjectMapping] = []
        added: list[AddedColumn] = []
        images: list[BeforeImages] = []
        parallel: list[ParallelLoad] = []
        seen: dict[str, str] = {}
        for rule in document.children("rules"):
            kind, number = rule.text("rule-type"), rule.text("rule-id")
            if number in seen:
                raise SettingsError(f"{rule.path}.rule-id", f"{number} is the id of {seen[number]} too")
            seen[number] = rule.path
            if kind == "selection":
                selections.append(_selection(rule))
            elif kind == "transformation" and rule.value.get("rule-action") == "add-column":
                added.append(added_column(rule, _data_type))
            elif kind == "transformation" and rule.value.get("rule-action") == "add-before-image-columns":
                images.append(before_images(rule))
            elif kind == "transformation":
                transformations.append(_transformation(rule))
            elif kind == "object-mapping":
                objects.append(_object_mapping(rule))
            elif kind == "table-settings":
                parallel.append(parallel_load(rule))
            elif kind in _NOT_YET_RULES:
                raise SettingsError(f"{rule.path}.rule-type", f"rules of type {kind} are not supported by this engine yet")
            else:
                raise SettingsError(f"{rule.path}.rule-type", f"{kind!r} is none of {', '.join(_KINDS)}")
        if not any(selection.action != "exclude" for selection in selections):
            raise SettingsError("$.rules", "no selection rule includes a table")
        return cls(tuple(selections), tuple(transformations), tuple(objects), tuple(added), tuple(images), tuple(parallel))

    def selection(self, schema: str, table: str, is_view: bool) -> Selection | None:
        """The rule that includes a table; None when none does or one excludes it. Of several the one with the highest load order."""
        found = [rule for rule in self.selections if rule.matches(schema, table, is_view)]
        if any(rule.action == "exclude" for rule in found):
            return None
        return max(found, key=lambda rule: rule.load_order, default=None)


def _selection(rule: Reader) -> Selection:
    rule.only(_SELECTION)
    action, locator = rule.one_of("rule-action", ("include", "exclude", "explicit")), rule.child("object-locator")
    locator.only(("schema-name", "table-name", "table-type"))
    schema, table = locator.text("schema-name"), locator.text("table-name")
    if action == "explicit" and "%" in schema + table:
        raise SettingsError(f"{locator.path}.table-name", "an explicit rule names one table, without wildcards")
    filters = tuple(_filter(item) for item in rule.children("filters"))
    if filters and action == "exclude":
        raise SettingsError(f"{rule.path}.filters", "only rules that include have filters")
    load_order = rule.text("load-order", "0")
    if not load_order.isdigit():
        raise SettingsError(f"{rule.path}.load-order", f"a whole number was expected, it is {load_order!r}")
    return Selection(action, schema, table, locator.one_of("table-type", ("table", "view", "all"), "table"), int(load_order), filters)


def _filter(item: Reader) -> Filter:
    item.only(("filter-type", "column-name", "filter-conditions"))
    item.one_of("filter-type", ("source",))
    conditions = []
    for condition in item.children("filter-conditions"):
        condition.only(("filter-operator", "value", "start-value", "end-value"))
        operator = condition.one_of("filter-operator", _OPERATORS)
        count = _OPERATORS[operator][1]
        names = ((), ("value",), ("start-value", "end-value"))[count]
        conditions.append((operator, tuple(condition.text(name) for name in names)))
    if not conditions:
        raise SettingsError(f"{item.path}.filter-conditions", "a filter needs a condition")
    return Filter(item.text("column-name"), tuple(conditions))


def _transformation(rule: Reader) -> Transformation:
    action = rule.text("rule-action")
    if action not in _NAMING:
        raise SettingsError(f"{rule.path}.rule-action", f"{action!r} is none of {', '.join([*_NAMING, *_MAKING])}")
    rule.only(_TRANSFORMATION)
    target = rule.one_of("rule-target", _NAMING[action])
    locator = rule.child("object-locator")
    locator.only(("schema-name", "table-name", "column-name"))
    column = locator.text("column-name") if target == "column" else ""
    table = locator.text("table-name") if target != "schema" else ""
    needs = action == "rename" or action.endswith(("prefix", "suffix"))
    value = mask_value(rule, action) if action in MASKS else rule.text("value", None if needs else "")
    old = rule.text("old-value", None if action.startswith("replace") else "")
    key: tuple[str, ...] = ()
    if action == "define-primary-key":
        definition = rule.child("primary-key-def")
        definition.only(("name", "columns"))
        columns = definition.value.get("columns")
        if not isinstance(columns, list) or not columns or not all(isinstance(name, str) for name in columns):
            raise SettingsError(f"{definition.path}.columns", "a list of columns was expected")
        key = tuple(columns)
    data_type = _data_type(rule.child("data-type")) if action == "change-data-type" else None
    return Transformation(action, target, locator.text("schema-name"), table, column, value, old, key, data_type)


def _object_mapping(rule: Reader) -> ObjectMapping:
    """For a stream only the partition key is taken: a record's attributes are the columns, under the names that transformations give."""
    rule.only((*_RULE, "mapping-parameters", "rule-target", "load-order", "target-table-name"))
    document = rule.one_of("rule-action", ("map-record-to-record", "map-record-to-document")) == "map-record-to-document"
    locator, parameters = rule.child("object-locator"), rule.child("mapping-parameters")
    locator.only(("schema-name", "table-name"))
    schema, table = locator.text("schema-name"), locator.text("table-name")
    if document or rule.has("target-table-name") or any(parameters.has(name) for name in ITEM_PARAMETERS):
        return ObjectMapping(schema, table, item=item_mapping(rule, document))
    parameters.only(("partition-key-type",))
    partition = parameters.one_of("partition-key-type", ("schema-table", "primary-key", "transaction-id"), "schema-table")
    return ObjectMapping(schema, table, partition)


def _data_type(given: Reader) -> DataType:
    given.only(("type", "length", "precision", "scale"))
    name = given.one_of("type", _DATA_TYPES)
    numbers = {}
    for member in ("length", "precision", "scale"):
        text = given.text(member, None if member in _DATA_TYPES[name] else "") or "0"
        if not text.isdigit():
            raise SettingsError(f"{given.path}.{member}", f"a whole number was expected, it is {text!r}")
        numbers[member] = int(text)
    if name == "datetime":  # the guide's example says it by precision
        return DataType(name, scale=min(numbers["scale"] or numbers["precision"] or _MICROSECONDS, _MICROSECONDS))
    return DataType(name, **numbers)


def condition_of(filters: Sequence[Filter]) -> str:
    """Filters as one condition in MySQL's SQL: all must hold."""
    return " AND ".join(item.sql() for item in filters)
