"""Python values and Spark types: what type a value shows, and the value as a frame of a given type needs it.

This module runs in Python workers; it is sent to them by value, so that they need nothing of the harness on their path.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import types as T

from awsglue._core.model import MARK, alternatives, is_choice, merge, merge_all, type_name

__all__ = ["decoder", "encode", "encode_all", "type_of", "type_of_all"]

_INT = 2**31
_LONG = 2**63
_WHOLE: dict[type[T.DataType], int] = {T.ByteType: 2**7, T.ShortType: 2**15, T.IntegerType: _INT, T.LongType: _LONG}
_SIMPLE: dict[type, T.DataType] = {
    bool: T.BooleanType(),
    str: T.StringType(),
    float: T.DoubleType(),
    bytes: T.BinaryType(),
    bytearray: T.BinaryType(),
    datetime.date: T.DateType(),
}


_AS_THEY_ARE: dict[type[T.DataType], frozenset[type]] = {
    T.StringType: frozenset({str, type(None)}),
    T.DoubleType: frozenset({float, type(None)}),
    T.FloatType: frozenset({float, type(None)}),
    T.BooleanType: frozenset({bool, type(None)}),
    T.DateType: frozenset({datetime.date, type(None)}),
    **dict.fromkeys(_WHOLE, frozenset({int, type(None)})),
}
"""Python's classes that Arrow takes for a type without more ado."""


def type_of_all(values: Sequence[Any], hint: T.DataType | None = None) -> T.DataType:
    """What `type_of` says of the values, merged. Values of one class are looked at together: of most classes one answers for all."""
    merged: T.DataType = T.NullType()
    classes = dict.fromkeys(map(type, values))
    for kind in classes:
        merged = merge(merged, _type_of_class(kind, values if len(classes) == 1 else [one for one in values if type(one) is kind], hint))
    return merged


def _type_of_class(kind: type, values: Sequence[Any], hint: T.DataType | None) -> T.DataType:
    if kind is type(None) or kind is datetime.datetime or kind in _SIMPLE:
        return type_of(values[0], hint)
    if kind is int:  # small numbers have one type, of which 0 is; what is between two of them is one too
        ends = [type_of(one, hint) for one in (0, min(values), max(values))]
        return ends[0] if ends[0] == ends[1] == ends[2] else merge_all(type_of(one, hint) for one in set(values))
    kinds = {type_name(one): one for one in alternatives(hint)} if hint is not None else {}
    if kind is list:
        return T.ArrayType(type_of_all([item for one in values for item in one], getattr(kinds.get("array"), "elementType", None)))
    names = dict.fromkeys(name for shape in dict.fromkeys(map(tuple, values)) for name in shape) if kind is dict else {}
    if kind is not dict or "map" in kinds or any(type(name) is not str for name in names):
        return _one_by_one(values, hint)
    below = {field.name: field.dataType for field in getattr(kinds.get("struct"), "fields", [])}
    columns = ((name, [one[name] for one in values if name in one]) for name in names)
    return T.StructType([T.StructField(name, type_of_all(column, below.get(name))) for name, column in columns])


def _one_by_one(values: Iterable[Any], hint: T.DataType | None) -> T.DataType:
    """Most values show the same type as the one before: comparing is cheaper than merging."""
    merged: T.DataType = T.NullType()
    last = None
    for value in values:
        kind = type_of(value, hint)
        if kind != last:
            merged, last = merge(merged, kind), kind
    return merged


def type_of(value: Any, hint: T.DataType | None = None) -> T.DataType:  # noqa: PLR0911 one answer a kind
    """Type of a value. `hint` is the type of the place before a function changed it: a small number in a long field stays long.

    Whole numbers are int where they fit and long where not, as the vendor's reader has it; larger ones are decimal(38,0).
    """
    if value is None:
        return T.NullType()
    hints = {type_name(one): one for one in alternatives(hint)} if hint is not None else {}
    simple = _SIMPLE.get(type(value))
    if simple is not None:
        return hints.get("float", simple) if isinstance(value, float) and "double" not in hints else simple
    if isinstance(value, int):
        return _whole_number(value, hints)
    if isinstance(value, decimal.Decimal):
        return _decimal(value, hints)
    if isinstance(value, datetime.datetime):
        return T.TimestampType() if "timestampntz" not in hints else hints["timestampntz"]
    if isinstance(value, Mapping):
        return _struct(value, hints)
    if isinstance(value, list | tuple | set):
        inner = getattr(hints.get("array"), "elementType", None)
        return T.ArrayType(merge_all(type_of(item, inner) for item in value))
    if hasattr(value, "tolist"):  # of numpy
        return type_of(value.tolist(), hint)
    return T.StringType()


def _whole_number(value: int, hints: Mapping[str, T.DataType]) -> T.DataType:
    for kind, limit in _WHOLE.items():
        if type_name(kind()) in hints and -limit <= value < limit:
            return kind()
    for name in ("decimal", "double", "float"):
        if name in hints and len(hints) == 1:
            return hints[name]
    if -_INT <= value < _INT:
        return T.IntegerType()
    return T.LongType() if -_LONG <= value < _LONG else T.DecimalType(38, 0)


def _decimal(value: decimal.Decimal, hints: Mapping[str, T.DataType]) -> T.DataType:
    _, digits, exponent = value.as_tuple()
    scale = max(0, -exponent) if isinstance(exponent, int) else 0
    hinted = hints.get("decimal")
    if isinstance(hinted, T.DecimalType) and scale <= hinted.scale and len(digits) - scale <= hinted.precision - hinted.scale:
        return hinted
    return T.DecimalType(min(38, max(len(digits), scale) + max(0, exponent if isinstance(exponent, int) else 0)), scale)


def _struct(value: Mapping[Any, Any], hints: Mapping[str, T.DataType]) -> T.DataType:
    if isinstance(hinted := hints.get("map"), T.MapType):
        return T.MapType(hinted.keyType, merge_all(type_of(item, hinted.valueType) for item in value.values()))
    below = {field.name: field.dataType for field in getattr(hints.get("struct"), "fields", [])}
    return T.StructType([T.StructField(str(name), type_of(item, below.get(str(name)))) for name, item in value.items()])


def encode(value: Any, data_type: T.DataType) -> Any:
    """The value as Arrow takes it for a column of the type; choices become the struct that encodes them."""
    if value is None:
        return None
    if hasattr(value, "tolist") and not isinstance(value, bytes | memoryview):
        value = value.tolist()
    if is_choice(data_type):
        return _encode_choice(value, data_type)
    if isinstance(data_type, T.StructType):
        given = value if isinstance(value, Mapping) else {}
        return {field.name: encode(given.get(field.name), field.dataType) for field in data_type.fields}
    if isinstance(data_type, T.ArrayType):
        return [encode(item, data_type.elementType) for item in value]
    if isinstance(data_type, T.MapType):
        return [(name, encode(item, data_type.valueType)) for name, item in value.items()]
    return _encode_simple(value, data_type)


def encode_all(values: list[Any], data_type: T.DataType) -> list[Any]:
    """`encode` of each value; the list itself where there is nothing to be done for any."""
    plain = _AS_THEY_ARE.get(type(data_type))
    return values if plain and plain.issuperset(map(type, values)) else [encode(one, data_type) for one in values]


def _encode_choice(value: Any, data_type: T.DataType) -> dict[str, Any]:
    kinds = {type_name(one): one for one in alternatives(data_type)}
    name = type_name(type_of(value, data_type))
    if name not in kinds:  # a decimal that fits none, or a kind that only merging made
        name = next(iter(kinds))
    return {MARK + kind: encode(value, one) if kind == name else None for kind, one in kinds.items()}


def _encode_simple(value: Any, data_type: T.DataType) -> Any:
    if isinstance(data_type, T.DecimalType):
        return decimal.Decimal(str(value)).quantize(decimal.Decimal(1).scaleb(-data_type.scale), context=decimal.Context(prec=38))
    if isinstance(data_type, T.DoubleType | T.FloatType):
        return float(value)
    if isinstance(data_type, T.TimestampType) and isinstance(value, datetime.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=datetime.UTC)
    if isinstance(data_type, T.StringType) and not isinstance(value, str):
        return str(value)
    return value


def decoder(data_type: T.DataType) -> Callable[[Any], Any] | None:
    """What turns a value that Arrow gives into the one that a function of the user sees; None where nothing is to be done."""
    if is_choice(data_type):
        names = [(MARK + type_name(one), decoder(one)) for one in alternatives(data_type)]
        return lambda value: None if value is None else _chosen(value, names)
    if isinstance(data_type, T.StructType):
        inner = {field.name: made for field in data_type.fields if (made := decoder(field.dataType)) is not None}
        if not inner:
            return None
        return lambda value: value and {name: inner[name](item) if name in inner else item for name, item in value.items()}
    if isinstance(data_type, T.ArrayType):
        element = decoder(data_type.elementType)
        return None if element is None else (lambda value: None if value is None else [element(item) for item in value])
    if isinstance(data_type, T.MapType):
        of_value = decoder(data_type.valueType) or (lambda item: item)
        return lambda value: None if value is None else {name: of_value(item) for name, item in value}
    if isinstance(data_type, T.TimestampType):
        return lambda value: None if value is None else value.replace(tzinfo=None)
    return None


def _chosen(value: Mapping[str, Any], names: list[tuple[str, Callable[[Any], Any] | None]]) -> Any:
    for name, made in names:
        if value.get(name) is not None:
            return value[name] if made is None else made(value[name])
    return None
