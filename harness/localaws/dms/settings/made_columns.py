"""Rules that make columns which the source has not, or other values in those that it has: add-column with an expression,
add-before-image-columns, and the data-masking actions (DMS guide, "Transformation rules and actions", "Using data masking").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from localaws.dms.data_types import DataType
from localaws.dms.exceptions import SettingsError
from localaws.dms.settings.reading import Reader

__all__ = ["MASKS", "RULE", "AddedColumn", "BeforeImages", "added_column", "before_images", "mask_value"]

RULE = ("rule-type", "rule-id", "rule-name", "object-locator", "rule-action", "rule-target", "load-order")
MASKS = ("data-masking-digits-mask", "data-masking-digits-randomize", "data-masking-hash-mask")


@dataclass(frozen=True, slots=True)
class AddedColumn:
    """A column whose value an expression gives; `schema` and `table` are patterns, `path` is where the document has the rule."""

    schema: str
    table: str
    name: str
    expression: str
    data_type: DataType
    path: str


@dataclass(frozen=True, slots=True)
class BeforeImages:
    """Columns with the values before an update; schema, table and column are patterns, `only` is pk-only, non-lob or all."""

    schema: str
    table: str
    column: str
    prefix: str
    suffix: str
    only: str


def added_column(rule: Reader, data_type: Callable[[Reader], DataType]) -> AddedColumn:
    """The rule, read."""
    rule.only((*RULE, "value", "expression", "data-type"))
    rule.one_of("rule-target", ("column",))
    locator = rule.child("object-locator")
    locator.only(("schema-name", "table-name"))
    kind = data_type(rule.child("data-type"))
    return AddedColumn(
        locator.text("schema-name"), locator.text("table-name"), rule.text("value"), rule.text("expression"), kind, rule.path
    )


def before_images(rule: Reader) -> BeforeImages:
    """The rule, read."""
    rule.only((*RULE, "before-image-def"))
    rule.one_of("rule-target", ("column",))
    locator, definition = rule.child("object-locator"), rule.child("before-image-def")
    locator.only(("schema-name", "table-name", "column-name"))
    definition.only(("column-prefix", "column-suffix", "column-filter"))
    if not rule.has("before-image-def"):
        raise SettingsError(f"{rule.path}.before-image-def", "it is missing")
    prefix, suffix = definition.text("column-prefix", "BI_"), definition.text("column-suffix", "")
    if not prefix + suffix:
        raise SettingsError(f"{definition.path}.column-prefix", "with an empty column-suffix it may not be empty")
    only = definition.one_of("column-filter", ("pk-only", "non-lob", "all"), "pk-only")
    return BeforeImages(locator.text("schema-name"), locator.text("table-name"), locator.text("column-name", "%"), prefix, suffix, only)


def mask_value(rule: Reader, action: str) -> str:
    """The sign that digits become; nothing where the action needs none."""
    if action != "data-masking-digits-mask":
        if rule.text("value", ""):
            raise SettingsError(f"{rule.path}.value", f"{action} has none")
        return ""
    value = rule.text("value")
    if len(value) != 1 or not "!" <= value <= "~":
        raise SettingsError(f"{rule.path}.value", f"one printable ASCII character but the blank was expected, it is {value!r}")
    return value
