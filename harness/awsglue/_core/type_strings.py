"""Types written as text: in mappings and resolve actions (`long`, `decimal(10,2)`) and in the catalog (`struct<a:int,b:array<string>>`)."""

from __future__ import annotations

import re

from pyspark.sql import types as T

from awsglue._core.model import choice_of
from awsglue.exceptions import BadOptionError

__all__ = ["parse_type", "written_type"]

_SIMPLE: dict[str, T.DataType] = {
    "binary": T.BinaryType(), "boolean": T.BooleanType(), "bool": T.BooleanType(), "byte": T.ByteType(), "tinyint": T.ByteType(),
    "short": T.ShortType(), "smallint": T.ShortType(), "int": T.IntegerType(), "integer": T.IntegerType(), "long": T.LongType(),
    "bigint": T.LongType(), "float": T.FloatType(), "real": T.FloatType(), "double": T.DoubleType(), "string": T.StringType(),
    "date": T.DateType(), "timestamp": T.TimestampType(), "timestampntz": T.TimestampNTZType(), "null": T.NullType(),
    "void": T.NullType(), "unknown": T.StringType(), "enum": T.StringType(),
}  # fmt: skip
_CATALOG = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint", "void": "string", "timestamp_ntz": "timestamp"}


def parse_type(text: str, where: str = "A type") -> T.DataType | None:
    """Type of a name; None for `struct`, `array`, `map` and `choice` without details, which name a kind only.

    Raises BadOptionError naming the types that there are.
    """
    lowered = text.strip().lower()
    if lowered in ("struct", "array", "map", "choice", "set"):
        return None
    if lowered in _SIMPLE:
        return _SIMPLE[lowered]
    if match := re.fullmatch(r"decimal(?:\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?", lowered):
        return T.DecimalType(int(match[1] or 10), int(match[2] or (2 if match[1] is None else 0)))
    if re.fullmatch(r"(var)?char\(\d+\)", lowered):
        return T.StringType()
    if match := re.fullmatch(r"(struct|array|map|choice|set|uniontype)<(.*)>", text.strip(), re.IGNORECASE | re.DOTALL):
        return _nested(match[1].lower(), match[2], where)
    raise BadOptionError(where, f"{text!r} is no type", [*_SIMPLE, "decimal(p,s)", "array<…>", "struct<name:…>", "map<…,…>"])


def _nested(kind: str, inside: str, where: str) -> T.DataType:
    parts = _split(inside)
    if kind == "struct":
        fields = [part.partition(":") for part in parts]
        return T.StructType([T.StructField(name.strip().strip("`"), _whole(rest, where)) for name, _, rest in fields])
    if kind in ("array", "set"):
        return T.ArrayType(_whole(inside, where))
    if kind == "map":
        return T.MapType(_whole(parts[0], where), _whole(parts[1], where))
    return choice_of(_whole(part, where) for part in parts)


def _whole(text: str, where: str) -> T.DataType:
    found = parse_type(text, where)
    if found is None:
        raise BadOptionError(where, f"{text!r} does not say what it holds", ["array<…>", "struct<name:…>", "map<…,…>"])
    return found


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        depth += (letter in "<(") - (letter in ">)")
        if letter == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def written_type(data_type: T.DataType) -> str:
    """The type as the catalog writes it.

    >>> written_type(T.StructType([T.StructField("a", T.LongType()), T.StructField("b", T.ArrayType(T.IntegerType()))]))
    'struct<a:bigint,b:array<int>>'
    """
    if isinstance(data_type, T.StructType):
        return "struct<" + ",".join(f"{field.name}:{written_type(field.dataType)}" for field in data_type.fields) + ">"
    if isinstance(data_type, T.ArrayType):
        return f"array<{written_type(data_type.elementType)}>"
    if isinstance(data_type, T.MapType):
        return f"map<{written_type(data_type.keyType)},{written_type(data_type.valueType)}>"
    if isinstance(data_type, T.DecimalType):
        return f"decimal({data_type.precision},{data_type.scale})"
    name = data_type.typeName()
    return _CATALOG.get(name, name)
