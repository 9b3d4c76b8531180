"""Rows as items of DynamoDB, in its JSON: by themselves, or as an object-mapping rule says (DMS guide, "Target data types for DynamoDB").

Null is no attribute. Texts are as they are, dates and times in ISO 8601, bytes and LOBs but CLOBs are left out, as DMS does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from localaws.dms.data_types import dms_type, dynamodb_type
from localaws.dms.exceptions import TargetError
from localaws.dms.plan import TablePlan
from localaws.dms.settings.item_mapping import PLACE, Attribute, ItemMapping, places_of

__all__ = ["Item", "Refusal", "Shape"]

Item = dict[str, Any]
_DIGITS = 38
_SMALLEST, _LARGEST = Decimal("1E-130"), Decimal("9.9999999999999999999999999999999999999E+125")


class Refusal(Exception):
    """A row that is no item, and why. The target makes an ApplyError of it."""


class Shape:
    """What items of a table look like.

    Raises:
        TargetError: the table has no key that an item could have, or the rule names a column that is not there.
    """

    def __init__(self, plan: TablePlan, mapping: ItemMapping | None) -> None:
        self.table = (mapping.table if mapping is not None else "") or plan.name
        self.mapping = mapping or ItemMapping(self.table, document=False)
        self._types = {column.name: dynamodb_type(column.declared or dms_type(column.type)) for column in plan.columns}
        self._names = {column.source or column.name: column.name for column in plan.columns}
        self._made = {attribute.name: attribute.type for attribute in self.mapping.attributes}
        for name in [*self.mapping.excluded, *(place for item in self.mapping.attributes for place in places_of(item.template))]:
            if name not in self._names:
                raise TargetError(f"The object-mapping rule of {plan.source.full_name} names the column {name}, which it has not.")
        self._plain = [name for source, name in self._names.items() if source not in self.mapping.excluded and self._types[name]]
        self.left_out = [name for name, letter in self._types.items() if not letter]
        self.key = self._key_of(plan)

    def _key_of(self, plan: TablePlan) -> tuple[tuple[str, str], ...]:
        """Names of the partition key and perhaps the sort key, with the letters of their types."""
        names = [name for name in (self.mapping.partition_key, self.mapping.sort_key) if name]
        if not names and len(plan.key) != 1:
            what = "no primary key" if not plan.key else "a primary key of several columns"
            raise TargetError(
                f"{plan.source.full_name} has {what}: DMS needs an object-mapping rule with partition-key-name, and sort-key-name, for it."
            )
        found = []
        for name in names or plan.key:
            letter = self._made.get(name) or (self._types[name] if name in self._plain and not self.mapping.document else "")
            if letter not in ("S", "N"):
                raise TargetError(f"{name} cannot be a key of {self.table}: it is no attribute of the type string or number.")
            found.append((name, letter))
        return tuple(found)

    @property
    def is_by_key(self) -> bool:
        """Whether an item's key is the row's."""
        return not self.mapping.partition_key

    def rows(self, rows: pa.Table) -> Iterator[dict[str, Any]]:
        """Rows with values as DynamoDB's JSON has them: texts, truth values, None."""
        columns = [_texts(rows.column(name)) for name in rows.column_names]
        for values in zip(*columns, strict=True):
            yield dict(zip(rows.column_names, values, strict=True))

    def item(self, row: Mapping[str, Any]) -> Item:
        """The item of a row of `rows`. Raises Refusal where a value is none that DynamoDB takes."""
        plain = {name: {self._types[name]: self._checked(name, row[name])} for name in self._plain if row.get(name) is not None}
        item: Item = {"_doc": {"M": plain}} if self.mapping.document else plain
        item |= self._mapped(row, self.mapping.attributes)
        self.item_key(item)
        return item

    def row_key(self, row: Mapping[str, Any]) -> Item:
        """The key of the item of a row, whatever its other values are. Raises Refusal as `item_key`."""
        names = {name for name, _ in self.key}
        plain = [name for name in self._plain if name in names and not self.mapping.document and row.get(name) is not None]
        item: Item = {name: {self._types[name]: self._checked(name, row[name])} for name in plain}
        item |= self._mapped(row, [attribute for attribute in self.mapping.attributes if attribute.name in names])
        return self.item_key(item)

    def _mapped(self, row: Mapping[str, Any], attributes: Iterable[Attribute]) -> Item:
        found = {}
        for attribute in attributes:
            template = attribute.template if attribute.type in ("M", "L") else {attribute.type: attribute.template}
            value = self._filled(template, row)
            if value is not None:
                found[attribute.name] = value
        return found

    def item_key(self, item: Item) -> Item:
        """The key of an item. Raises Refusal where a part is missing or empty."""
        for name, letter in self.key:
            if item.get(name, {}).get(letter) in (None, ""):
                raise Refusal(f"the key {name} is empty")
        return {name: item[name] for name, _ in self.key}

    def _checked(self, name: str, value: Any) -> Any:
        return _number(name, value) if self._types[name] == "N" else value

    def _filled(self, template: Any, row: Mapping[str, Any]) -> Any:
        """A template in DynamoDB's JSON with the row's values; what is one column that is null is left out."""
        ((letter, value),) = template.items()
        if letter == "M":
            found = {name: self._filled(inner, row) for name, inner in value.items()}
            return {"M": {name: inner for name, inner in found.items() if inner is not None}}
        if letter == "L":
            return {"L": [inner for inner in (self._filled(part, row) for part in value) if inner is not None]}
        whole = PLACE.fullmatch(value) if isinstance(value, str) else None
        if whole and row.get(self._names[whole[1]]) is None:
            return None
        text = PLACE.sub(lambda place: _text(row.get(self._names[place[1]])), value) if isinstance(value, str) else value
        if letter == "N":
            return {"N": _number(value, text)}
        return {"BOOL": str(text).lower() in ("true", "1")} if letter == "BOOL" else {letter: text}


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _number(name: str, text: str) -> str:
    """A number of at most 38 digits, within DynamoDB's bounds."""
    try:
        number = Decimal(text)
    except ArithmeticError as error:
        raise Refusal(f"{name}: {text!r} is no number") from error
    digits = "".join(str(digit) for digit in number.as_tuple().digits).strip("0")
    if len(digits) > _DIGITS or (number and not _SMALLEST <= abs(number) <= _LARGEST):
        raise Refusal(f"{name}: DynamoDB takes no number of more than {_DIGITS} digits, nor beyond 1E-130 to 9.99E+125: map it to a string")
    return text


def _texts(column: pa.ChunkedArray) -> list[Any]:
    kind = column.type
    if pa.types.is_timestamp(kind):
        texts = pc.strftime(column, "%Y-%m-%dT%H:%M:%S").to_pylist()
        return [None if text is None else text.removesuffix(".000000") + "Z" for text in texts]
    if pa.types.is_boolean(kind):
        return column.to_pylist()  # type: ignore[no-any-return]
    if pa.types.is_decimal(kind):
        return [None if value is None else format(value, "f") for value in column.to_pylist()]
    if pa.types.is_binary(kind):
        return [None if value is None else value.hex() for value in column.to_pylist()]
    return column.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]
