"""The API's own type tree, with ChoiceType. `_core.model` has the same types as Spark holds them; `from_spark` and `to_spark` translate."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = [
    "ArrayType", "AtomicType", "BinaryType", "BooleanType", "ByteType", "ChoiceType", "DataType", "DateType", "DecimalType", "DoubleType",
    "DynamicRecord", "EntityType", "EnumType", "Field", "FloatType", "IntegerType", "LongType", "MapType", "NullType", "SetType",
    "ShortType", "StringType", "StructType", "TimestampNTZType", "TimestampType", "UnknownType", "mergeDataTypes",
]  # fmt: skip


class DataType:
    """A type. `properties` are carried along and mean nothing here."""

    def __init__(self, properties={}):  # noqa: B006 the API's default; never changed
        self.properties = properties

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(type(self).__name__)

    @classmethod
    def typeName(cls):
        """Name of the kind of type: `int`, `string`, `struct`…"""
        return cls.__name__.removesuffix("Type").lower()

    def jsonValue(self):
        return {"dataType": self.typeName(), "properties": self.properties}


class AtomicType(DataType):
    """A type without parts."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.properties})"

    @classmethod
    def fromJsonValue(cls, json_value):
        return cls(**{name: value for name, value in json_value.items() if name != "dataType"})


class BinaryType(AtomicType):
    """Bytes."""


class BooleanType(AtomicType):
    """True or false."""


class ByteType(AtomicType):
    """Whole number of 8 bits."""


class DateType(AtomicType):
    """A day."""


class DecimalType(AtomicType):
    """A number of `precision` digits, `scale` of them after the point."""

    def __init__(self, precision=10, scale=2, properties={}):  # noqa: B006
        super().__init__(properties)
        self.precision, self.scale = precision, scale

    def __repr__(self) -> str:
        return f"DecimalType({self.precision}, {self.scale}, {self.properties})"

    def jsonValue(self):
        return {**super().jsonValue(), "precision": self.precision, "scale": self.scale}


class DoubleType(AtomicType):
    """Floating-point number of 64 bits."""


class EnumType(AtomicType):
    """One of some texts."""

    def __init__(self, options, properties={}):  # noqa: B006
        super().__init__(properties)
        self.options = options

    def __repr__(self) -> str:
        shown = ",".join(self.options[:3]) + (",..." if len(self.options) > 3 else "")
        return f"EnumType([{shown}], {self.properties})"

    def jsonValue(self):
        return {**super().jsonValue(), "options": list(self.options)}


class FloatType(AtomicType):
    """Floating-point number of 32 bits."""


class IntegerType(AtomicType):
    """Whole number of 32 bits; its name is `int`."""

    @classmethod
    def typeName(cls):
        return "int"


class LongType(AtomicType):
    """Whole number of 64 bits."""


class NullType(AtomicType):
    """Nothing but null."""


class ShortType(AtomicType):
    """Whole number of 16 bits."""


class StringType(AtomicType):
    """Text."""


class TimestampType(AtomicType):
    """A moment."""


class TimestampNTZType(AtomicType):
    """Date and time of no time zone."""


class UnknownType(AtomicType):
    """Nothing is known yet: merged with another type it gives way."""


class _ElementsType(DataType):
    def __init__(self, elementType=UnknownType(), properties={}):  # noqa: B006, B008
        assert isinstance(elementType, DataType), f"elementType should be DataType. Got {type(elementType)}"
        super().__init__(properties)
        self.elementType = elementType

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.elementType}, {self.properties})"

    def jsonValue(self):
        return {**super().jsonValue(), "elementType": self.elementType.jsonValue()}

    @classmethod
    def fromJsonValue(cls, json_value):
        return cls(_deserialize_json_value(json_value["elementType"]), json_value.get("properties", {}))


class ArrayType(_ElementsType):
    """Any number of values of one type."""


class SetType(_ElementsType):
    """The same, each value once."""


class ChoiceType(DataType):
    """One of several types, by record."""

    def __init__(self, choices=[], properties={}):  # noqa: B006
        super().__init__(properties)
        self.choices: dict[str, DataType] = {}
        for choice in choices:
            self.add(choice)

    def __repr__(self) -> str:
        return f"ChoiceType([{','.join(str(self.choices[name]) for name in sorted(self.choices))}], {self.properties})"

    def add(self, new_choice):
        """Adds an alternative. Raises ValueError when there is one of its kind."""
        if new_choice.typeName() in self.choices:
            raise ValueError("Attempting to insert duplicate choice", new_choice)
        self.choices[new_choice.typeName()] = new_choice

    def merge(self, new_choices):
        """Adds alternatives; one of a kind that is there is merged with it."""
        for choice in new_choices if isinstance(new_choices, list) else [new_choices]:
            name = choice.typeName()
            self.choices[name] = mergeDataTypes(self.choices.get(name, UnknownType()), choice)

    def jsonValue(self):
        return {**super().jsonValue(), "choices": [choice.jsonValue() for choice in self.choices.values()]}

    @classmethod
    def fromJsonValue(cls, json_value):
        return cls([_deserialize_json_value(choice) for choice in json_value["choices"]], json_value.get("properties", {}))


class MapType(DataType):
    """Texts to values of one type."""

    def __init__(self, valueType=UnknownType(), properties={}):  # noqa: B006, B008
        assert isinstance(valueType, DataType), "valueType should be DataType"
        super().__init__(properties)
        self.valueType = valueType

    def __repr__(self) -> str:
        return f"MapType({self.valueType}, {self.properties})"

    def jsonValue(self):
        return {**super().jsonValue(), "valueType": self.valueType.jsonValue()}

    @classmethod
    def fromJsonValue(cls, json_value):
        return cls(_deserialize_json_value(json_value["valueType"]), json_value.get("properties", {}))


class Field:
    """A named part of a struct."""

    def __init__(self, name, dataType, properties={}):  # noqa: B006
        assert isinstance(dataType, DataType), f"dataType should be DataType. Got {type(dataType)}"
        assert isinstance(name, str), f"Field name must be a string. Got {type(name)}"
        self.name, self.dataType, self.properties = name, dataType, properties

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Field) and (self.name, self.dataType) == (other.name, other.dataType)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Field({self.name}, {self.dataType}, {self.properties})"

    def jsonValue(self):
        return {"name": self.name, "container": self.dataType.jsonValue(), "properties": self.properties}

    @classmethod
    def fromJsonValue(cls, json_value):
        return cls(json_value["name"], _deserialize_json_value(json_value["container"]), json_value.get("properties", {}))


class StructType(DataType):
    """Named parts, in order."""

    def __init__(self, fields=[], properties={}):  # noqa: B006
        super().__init__(properties)
        assert all(isinstance(field, Field) for field in fields), "fields should be a list of Field"
        self.fields = list(fields)
        self.field_map = {field.name: field for field in fields}

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __repr__(self) -> str:
        return f"StructType([{','.join(str(field) for field in self.fields)}], {self.properties})"

    def add(self, field):
        """Adds a part at the end."""
        assert isinstance(field, Field), "field must be of type Field"
        self.fields.append(field)
        self.field_map[field.name] = field

    def hasField(self, field):
        return (field.name if isinstance(field, Field) else field) in self.field_map

    def getField(self, field):
        return self.field_map[field.name if isinstance(field, Field) else field]

    def jsonValue(self):
        return {**super().jsonValue(), "fields": [field.jsonValue() for field in self.fields]}

    @classmethod
    def fromJsonValue(cls, json_value):
        return cls([Field.fromJsonValue(field) for field in json_value["fields"]], json_value.get("properties", {}))


class EntityType(DataType):
    """The API has the name only: making one raises NotImplementedError there too."""

    def __init__(self, entity, base_type, properties):
        raise NotImplementedError("EntityType is not supported, as in the vendor's library. Use StructType.")


_atomic_types: list[Any] = [
    BinaryType, BooleanType, ByteType, DateType, DecimalType, DoubleType, EnumType, FloatType, IntegerType, LongType, NullType, ShortType,
    StringType, TimestampType, TimestampNTZType, UnknownType,
]  # fmt: skip
_complex_types: list[Any] = [ArrayType, ChoiceType, MapType, StructType, SetType]
_atomic_type_map = {kind.typeName(): kind for kind in _atomic_types}
_complex_type_map = {kind.typeName(): kind for kind in _complex_types}
_all_type_map = _atomic_type_map | _complex_type_map


def _deserialize_json_string(json_str):
    return _deserialize_json_value(json.loads(json_str))


def _deserialize_json_value(json_val):
    assert isinstance(json_val, dict), "Json value must be dictionary"
    return _all_type_map[json_val["dataType"]].fromJsonValue(json_val)


def _serialize_schema(schema):
    return json.dumps(schema.jsonValue())


def _make_choice(s1, s2):
    found = {choice.typeName(): choice for choice in _alternatives(s2)}
    for choice in _alternatives(s1):
        found[choice.typeName()] = mergeDataTypes(choice, found.get(choice.typeName(), UnknownType()))
    return ChoiceType(list(found.values()), s1.properties)


def _alternatives(kind: DataType) -> list[DataType]:
    return list(kind.choices.values()) if isinstance(kind, ChoiceType) else [kind]


def mergeDataTypes(s1, s2):
    """The type that holds the values of both: kinds that differ make a choice, unknown and null give way."""
    if isinstance(s1, UnknownType | NullType):
        return s2
    if isinstance(s2, UnknownType | NullType):
        return s1
    if isinstance(s1, ChoiceType) or isinstance(s2, ChoiceType) or type(s1) is not type(s2):
        return _make_choice(s1, s2)
    if isinstance(s1, StructType):
        shared = [
            Field(f.name, mergeDataTypes(f.dataType, s2.getField(f).dataType) if s2.hasField(f) else f.dataType, f.properties) for f in s1
        ]
        return StructType([*shared, *(Field(f.name, f.dataType, f.properties) for f in s2 if not s1.hasField(f))], s1.properties)
    if isinstance(s1, ArrayType):
        return ArrayType(mergeDataTypes(s1.elementType, s2.elementType))
    if isinstance(s1, MapType):
        return MapType(mergeDataTypes(s1.valueType, s2.valueType))
    if isinstance(s1, EnumType):
        return EnumType(s1.options + s2.options)
    return s1


class DynamicRecord(dict):
    """A record as functions of the user see it: `record["name"]` and `record.name` are the same."""

    def __getattr__(self, attr):
        return self[attr]

    def __setattr__(self, attr, value):
        self[attr] = value


_ATOMS = frozenset({str, int, float, bool, type(None)})
"""Classes of most values, for which nothing is to be done."""


def _create_dynamic_record(dynamicRecord):
    record = DynamicRecord(dynamicRecord)
    for name, value in dynamicRecord.items():
        if type(value) is dict:
            record[name] = DynamicRecord(value)
    return record


def _revert_to_dict(dynamicRecord):
    if isinstance(dynamicRecord, Mapping):
        return {name: value if type(value) in _ATOMS else _revert_to_dict(value) for name, value in dynamicRecord.items()}
    if isinstance(dynamicRecord, list):
        return [_revert_to_dict(value) for value in dynamicRecord]
    return dynamicRecord


def _tree(kind: DataType, depth: int) -> Iterable[str]:
    """Lines below a type, as printSchema shows them."""
    mark = "|    " * depth + "|-- "
    if isinstance(kind, StructType):
        for field in kind:
            yield f"{mark}{field.name}: {field.dataType.typeName()}"
            yield from _tree(field.dataType, depth + 1)
    elif isinstance(kind, ArrayType | SetType):
        yield f"{mark}element: {kind.elementType.typeName()}"
        yield from _tree(kind.elementType, depth + 1)
    elif isinstance(kind, MapType):
        yield f"{mark}keyType: string"
        yield f"{mark}valueType: {kind.valueType.typeName()}"
        yield from _tree(kind.valueType, depth + 1)
    elif isinstance(kind, ChoiceType):
        for name in sorted(kind.choices):
            yield f"{mark}{name}"
            yield from _tree(kind.choices[name], depth + 1)
