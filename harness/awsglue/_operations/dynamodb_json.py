"""DynamoDB's JSON without its type wrappers: `{"age": {"N": "3"}}` becomes `{"age": "3"}` ("unnest_ddb_json", "simplify_ddb_json").

The wrappers are structs in the frame's schema, so that this is a projection. A field of several wrappers becomes a choice.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.casts import promote
from awsglue._core.model import choice_of, is_choice
from awsglue._core.paths import quoted

__all__ = ["simplify_ddb_json", "unnest_ddb_json"]

_WRAPPERS = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}


def simplify_ddb_json(frame: DataFrame) -> DataFrame:
    """Every wrapper taken off, in nested maps and lists too; maps stay structs, lists stay arrays."""
    return (
        frame.select(*[_bare(F.col(quoted(f.name)), f.dataType)[0].alias(f.name) for f in frame.schema.fields]) if frame.columns else frame
    )


def unnest_ddb_json(frame: DataFrame) -> DataFrame:
    """The same, with the struct `Item` of an export and maps flattened into columns with dots; lists of maps stay as they are."""
    columns: list[Column] = []
    for field in frame.schema.fields:
        bare, data_type = _bare(F.col(quoted(field.name)), field.dataType)
        is_item = field.name == "Item" and isinstance(data_type, T.StructType)
        columns += _flat(bare, data_type, [] if is_item else [field.name])
    return frame.select(*columns) if columns else frame


def _flat(column: Column, data_type: T.DataType, path: list[str]) -> list[Column]:
    if isinstance(data_type, T.StructType) and not is_choice(data_type):
        return [one for f in data_type.fields for one in _flat(column.getField(f.name), f.dataType, [*path, f.name])]
    return [column.alias(".".join(path))]


def _bare(column: Column, data_type: T.DataType) -> tuple[Column, T.DataType]:
    if isinstance(data_type, T.ArrayType):
        inner: list[T.DataType] = []

        def each(element: Column) -> Column:
            bare, kind = _bare(element, data_type.elementType)
            inner.append(kind)
            return bare

        rebuilt = F.transform(column, each)
        return rebuilt, T.ArrayType(inner[-1])
    if not isinstance(data_type, T.StructType) or is_choice(data_type):
        return column, data_type
    parts = [(f.name, *_bare(column.getField(f.name), f.dataType)) for f in data_type.fields]
    if parts and {name for name, _, _ in parts} <= _WRAPPERS:
        return _unwrapped(parts)
    struct = F.struct(*[part.alias(name) for name, part, _ in parts]) if parts else F.lit(None)
    return F.when(column.isNotNull(), struct), T.StructType([T.StructField(name, kind) for name, _, kind in parts])


def _unwrapped(parts: list[tuple[str, Column, T.DataType]]) -> tuple[Column, T.DataType]:
    """The value of whichever wrapper is there. `NULL` wraps no value at all."""
    values = [(part, kind) for name, part, kind in parts if name != "NULL"]
    if not values:
        return F.lit(None).cast("string"), T.StringType()
    target = choice_of(kind for _, kind in values)
    return F.coalesce(*[promote(part, kind, target) for part, kind in values]), target
