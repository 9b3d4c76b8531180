"""Unnest and Relationalize: structs become columns with dots, arrays become frames of their own ("Relationalize class").

A row of the root gets a number; an array's column is replaced by that number where the array is there, and the array's frame has the
number as `id`, the position as `index`, and the element as `<array>.val`, or `<array>.val.<field>`. Arrays in elements go the same way.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.model import MARK, alternatives, is_choice, type_name
from awsglue._core.paths import quoted

__all__ = ["relationalize", "unnest"]

_ROW = "@row"


def unnest(frame: DataFrame) -> DataFrame:
    """Fields of structs as top-level columns `struct.field`. Arrays and maps stay; a choice becomes one column for each type."""
    flat = [column.alias(name) for field in frame.schema.fields for name, _, column in _flat(field, F.col(quoted(field.name)))]
    return frame.select(*flat) if flat else frame


def _flat(field: T.StructField, column: Column) -> Iterator[tuple[str, T.DataType, Column]]:
    data_type = field.dataType
    if is_choice(data_type):
        for one in alternatives(data_type):
            name = type_name(one)
            yield from _flat(T.StructField(f"{field.name}.{name}", one), column.getField(MARK + name))
    elif isinstance(data_type, T.StructType):
        for inner in data_type.fields:
            yield from _flat(T.StructField(f"{field.name}.{inner.name}", inner.dataType), column.getField(inner.name))
    else:
        yield field.name, data_type, column


def relationalize(frame: DataFrame, root: str) -> dict[str, DataFrame]:
    """The frames by name: `root`, and `root_<array>` for each array, also of arrays in arrays.

    Frames with arrays are kept (on disk when memory is short): the numbers of their rows must be the same in every frame.
    """
    flat = unnest(frame)
    nested = [field for field in flat.schema.fields if isinstance(field.dataType, T.ArrayType | T.MapType)]
    if not nested:
        return {root: flat}
    numbered = flat.select(F.monotonically_increasing_id().alias(_ROW), "*").persist(StorageLevel.MEMORY_AND_DISK)
    frames = {root: _with_keys(numbered)}
    for field in nested:
        frames |= _pivoted(numbered, field, root)
    return frames


def _with_keys(numbered: DataFrame) -> DataFrame:
    """The numbered frame with the row's number where an array was, and without the number itself."""
    columns = []
    for field in numbered.schema.fields:
        column = F.col(quoted(field.name))
        if isinstance(field.dataType, T.ArrayType | T.MapType):
            column = F.when(column.isNotNull(), F.col(quoted(_ROW)))
        if field.name != _ROW:
            columns.append(column.alias(field.name))
    return numbered.select(*columns)


def _pivoted(numbered: DataFrame, field: T.StructField, root: str) -> dict[str, DataFrame]:
    column = F.col(quoted(field.name))
    if isinstance(field.dataType, T.MapType):
        column = F.map_entries(column)
    rows = numbered.select(F.col(quoted(_ROW)).alias("id"), F.posexplode(column).alias("index", f"{field.name}.val"))
    flat = unnest(rows)
    nested = [inner for inner in flat.schema.fields if isinstance(inner.dataType, T.ArrayType | T.MapType)]
    name = f"{root}_{field.name}"
    if not nested:
        return {name: flat}
    again = flat.select(F.monotonically_increasing_id().alias(_ROW), "*").persist(StorageLevel.MEMORY_AND_DISK)
    frames = {name: _with_keys(again)}
    for inner in nested:
        frames |= _pivoted(again, inner, root)
    return frames
