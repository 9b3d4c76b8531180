"""How a record with choices is held in a Spark frame.

A choice is a struct whose every field is called `@choice:<type>`; at most one of them is not null. It is an ordinary struct for Spark,
so every operation on choices is an expression, and its names say what it is wherever it goes (metadata of nested fields get lost).
A struct of the user's with such names would be taken for a choice; no format writes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from pyspark.sql import types as T

__all__ = ["MARK", "alternatives", "choice_of", "is_choice", "merge", "merge_all", "plain", "type_name", "without_marks"]

MARK = "@choice:"
_NAMES = {"integer": "int", "bigint": "long", "void": "null", "tinyint": "byte", "smallint": "short", "timestamp_ntz": "timestampntz"}


def type_name(data_type: T.DataType) -> str:
    """The API's name of a type, without its parameters.

    >>> type_name(T.LongType()), type_name(T.DecimalType(10, 2)), type_name(T.ArrayType(T.StringType()))
    ('long', 'decimal', 'array')
    """
    if is_choice(data_type):
        return "choice"
    name = re.split(r"[(<]", data_type.typeName())[0]
    return _NAMES.get(name, name)


def is_choice(data_type: T.DataType) -> bool:
    """Whether a type is an encoded choice."""
    return isinstance(data_type, T.StructType) and bool(data_type.fields) and all(f.name.startswith(MARK) for f in data_type.fields)


def alternatives(data_type: T.DataType) -> list[T.DataType]:
    """The types that a choice can have; of another type, itself."""
    return [field.dataType for field in data_type.fields] if is_choice(data_type) else [data_type]  # type: ignore[attr-defined]


def choice_of(types: Iterable[T.DataType]) -> T.DataType:
    """Choice of the types, each kind once and in the order of their names; of one type, itself; of none, null."""
    kinds: dict[str, T.DataType] = {}
    for one in (alternative for given in types for alternative in alternatives(given)):
        name = type_name(one)
        if name != "null":
            kinds[name] = merge(kinds[name], one) if name in kinds else one
    if len(kinds) < 2:
        return next(iter(kinds.values()), T.NullType())
    return T.StructType([T.StructField(MARK + name, kinds[name]) for name in sorted(kinds)])


def merge(left: T.DataType, right: T.DataType) -> T.DataType:
    """The narrowest type that holds the values of both. Null gives way; kinds that differ make a choice."""
    if left == right or isinstance(right, T.NullType):
        return left
    if isinstance(left, T.NullType):
        return right
    if is_choice(left) or is_choice(right) or type_name(left) != type_name(right):
        return choice_of([left, right])
    if isinstance(left, T.StructType) and isinstance(right, T.StructType):
        return _merge_structs(left, right)
    if isinstance(left, T.ArrayType) and isinstance(right, T.ArrayType):
        return T.ArrayType(merge(left.elementType, right.elementType))
    if isinstance(left, T.MapType) and isinstance(right, T.MapType):
        return T.MapType(left.keyType, merge(left.valueType, right.valueType))
    if isinstance(left, T.DecimalType) and isinstance(right, T.DecimalType):
        scale = max(left.scale, right.scale)
        return T.DecimalType(min(38, max(left.precision - left.scale, right.precision - right.scale) + scale), scale)
    return left


def _merge_structs(left: T.StructType, right: T.StructType) -> T.StructType:
    others = {field.name: field.dataType for field in right.fields}
    fields = [T.StructField(f.name, merge(f.dataType, others.pop(f.name)) if f.name in others else f.dataType) for f in left.fields]
    return T.StructType(fields + [T.StructField(name, data_type) for name, data_type in others.items()])


def merge_all(types: Iterable[T.DataType]) -> T.DataType:
    """`merge` of any number of types; null of none."""
    merged: T.DataType = T.NullType()
    for one in types:
        merged = merge(merged, one)
    return merged


def plain(data_type: T.DataType) -> T.DataType:
    """The type that a DataFrame shows: a choice is a struct keyed by the types' names."""
    if isinstance(data_type, T.StructType):
        return T.StructType([T.StructField(f.name.removeprefix(MARK), plain(f.dataType), f.nullable) for f in data_type.fields])
    if isinstance(data_type, T.ArrayType):
        return T.ArrayType(plain(data_type.elementType), data_type.containsNull)
    if isinstance(data_type, T.MapType):
        return T.MapType(data_type.keyType, plain(data_type.valueType), data_type.valueContainsNull)
    return data_type


def without_marks(record: str) -> str:
    """JSON of an encoded record with the value in place of each choice."""
    if MARK not in record:
        return record

    def bare(fields: dict[str, Any]) -> Any:
        return next(iter(fields.values())) if len(fields) == 1 and next(iter(fields)).startswith(MARK) else fields

    return json.dumps(json.loads(record, object_hook=bare), separators=(",", ":"), ensure_ascii=False)
