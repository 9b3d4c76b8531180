"""Types as the catalog writes them, and how two of them become one.

A type is a name (`bigint`), or a nested one: `Array`, `Struct`, `Map`. A schema is an ordered mapping of column names to types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


__all__ = ["Array", "Map", "Schema", "Struct", "Type", "from_arrow", "from_avro", "is_similar", "merged", "render", "union"]

Schema = dict[str, "Type"]
UNKNOWN = ""
"""Of a value that is null everywhere so far."""

SIMILAR = 0.7
"""Share of columns that two schemas have in common to be of one table (Glue Developer Guide, crawler's partition threshold)."""


@dataclass(frozen=True)
class Array:
    """`array<…>`."""

    element: Type


@dataclass(frozen=True)
class Map:
    """`map<…,…>`."""

    key: Type
    value: Type


@dataclass(frozen=True)
class Struct:
    """`struct<…>`, fields in order."""

    fields: tuple[tuple[str, Type], ...]


Type = str | Array | Map | Struct

_WIDER = ("tinyint", "smallint", "int", "bigint", "float", "double")
_ARROW: Mapping[str, str] = {
    "bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "uint8": "smallint", "uint16": "int",
    "uint32": "bigint", "uint64": "decimal(20,0)", "float": "float", "halffloat": "float", "double": "double", "string": "string",
    "large_string": "string", "binary": "binary", "large_binary": "binary", "date32[day]": "date", "date64[ms]": "date",
    "time32[s]": "int", "time32[ms]": "int", "time64[us]": "bigint", "time64[ns]": "bigint",
}  # fmt: skip
_AVRO: Mapping[str, str] = {
    "boolean": "boolean", "int": "int", "long": "bigint", "float": "float", "double": "double", "string": "string", "bytes": "binary",
    "fixed": "binary", "enum": "string", "null": UNKNOWN,
}  # fmt: skip
_AVRO_LOGICAL: Mapping[str, str] = {
    "date": "date", "timestamp-millis": "timestamp", "timestamp-micros": "timestamp", "local-timestamp-millis": "timestamp",
    "local-timestamp-micros": "timestamp", "time-millis": "int", "time-micros": "bigint", "uuid": "string",
}  # fmt: skip


def render(kind: Type) -> str:
    """As the catalog writes it. What was null everywhere is a string."""
    if isinstance(kind, Array):
        return f"array<{render(kind.element)}>"
    if isinstance(kind, Map):
        return f"map<{render(kind.key)},{render(kind.value)}>"
    if isinstance(kind, Struct):
        return "struct<" + ",".join(f"{name}:{render(field)}" for name, field in kind.fields) + ">"
    return kind or "string"


def merged(one: Type, other: Type) -> Type:
    """The narrowest type that holds both; `string` when there is no other."""
    if other in (one, UNKNOWN):
        return one
    if one == UNKNOWN:
        return other
    if isinstance(one, Struct) and isinstance(other, Struct):
        return Struct(tuple(union(dict(one.fields), dict(other.fields)).items()))
    if isinstance(one, Array) and isinstance(other, Array):
        return Array(merged(one.element, other.element))
    if isinstance(one, Map) and isinstance(other, Map):
        return Map(merged(one.key, other.key), merged(one.value, other.value))
    if isinstance(one, str) and isinstance(other, str) and one in _WIDER and other in _WIDER:
        wider = max(one, other, key=_WIDER.index)
        return "double" if wider == "float" and "bigint" in (one, other) else wider
    return "string"


def union(one: Schema, other: Schema) -> Schema:
    """All columns of both, in order of appearance."""
    found = dict(one)
    for name, kind in other.items():
        found[name] = merged(found[name], kind) if name in found else kind
    return found


def is_similar(one: Schema, other: Schema) -> bool:
    """May both belong to one table? By the columns that they have in common, of all that the larger one has."""
    if not one or not other:
        return one == other
    common = sum(1 for name, kind in one.items() if name in other and _same_shape(kind, other[name]))
    return common / max(len(one), len(other)) >= SIMILAR


def _same_shape(one: Type, other: Type) -> bool:
    """Numbers among themselves, and whatever was null everywhere, do not part two schemas."""
    return UNKNOWN in (one, other) or merged(one, other) != "string" or one == other == "string" or "string" in (one, other)


def from_arrow(kind: pa.DataType) -> Type:
    """The catalog's type of what Arrow read from Parquet or ORC."""
    import pyarrow as pa

    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_fixed_size_binary(kind):
        return "binary"
    if pa.types.is_dictionary(kind):
        return from_arrow(kind.value_type)
    if pa.types.is_struct(kind):
        return Struct(tuple((kind.field(i).name.lower(), from_arrow(kind.field(i).type)) for i in range(kind.num_fields)))
    if pa.types.is_map(kind):
        return Map(from_arrow(kind.key_type), from_arrow(kind.item_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return Array(from_arrow(kind.value_type))
    return _ARROW.get(str(kind), "string")


def from_avro(schema: Any) -> Type:
    """The catalog's type of an Avro schema (Hive's AvroSerDe)."""
    if isinstance(schema, list):
        found: Type = UNKNOWN
        for branch in schema:
            found = merged(found, from_avro(branch))
        return found
    if isinstance(schema, str):
        return _AVRO.get(schema, "string")
    logical = schema.get("logicalType")
    if logical == "decimal":
        return f"decimal({schema['precision']},{schema.get('scale', 0)})"
    if logical in _AVRO_LOGICAL:
        return _AVRO_LOGICAL[logical]
    kind = schema["type"]
    if kind in ("record", "error"):
        return Struct(tuple((field["name"].lower(), from_avro(field["type"])) for field in schema["fields"]))
    if kind == "array":
        return Array(from_avro(schema["items"]))
    if kind == "map":
        return Map("string", from_avro(schema["values"]))
    return from_avro(kind)
