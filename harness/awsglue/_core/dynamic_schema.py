"""The schema that the records have, as opposed to the one that they might have: one pass, only where a choice is possible.

A source that meets text where the catalog says `long` reads every such column as a possible choice of the two. Which alternatives occur
is found here by one aggregation inside the JVM; a column with one alternative then has that type, as on Glue.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.model import MARK, alternatives, choice_of, is_choice, type_name
from awsglue._core.paths import Path, quoted

__all__ = ["has_choices", "without_absent_alternatives"]

Test = Callable[[Callable[[Column], Column]], Column]
"""Given a test of a value, the test whether any value at a place of the record passes it."""


def has_choices(data_type: T.DataType) -> bool:
    """Whether a type has a choice anywhere."""
    if is_choice(data_type):
        return True
    if isinstance(data_type, T.StructType):
        return any(has_choices(field.dataType) for field in data_type.fields)
    if isinstance(data_type, T.ArrayType):
        return has_choices(data_type.elementType)
    return isinstance(data_type, T.MapType) and has_choices(data_type.valueType)


def without_absent_alternatives(frame: DataFrame) -> DataFrame:
    """The frame whose choices have only the alternatives that occur in it; where none occurs, the first one's type stays."""
    if not has_choices(frame.schema):
        return frame
    tests: dict[tuple[Path, str], Column] = {}
    for field in frame.schema.fields:
        column = F.col(quoted(field.name))
        _collect(field.dataType, (field.name,), lambda test, column=column: test(column), tests)  # type: ignore[misc]
    names = {key: f"t{index}" for index, key in enumerate(tests)}
    found = frame.agg(*[F.max(F.coalesce(test, F.lit(False))).alias(names[key]) for key, test in tests.items()]).collect()[0]
    occurs = {key for key, name in names.items() if found[name]}
    columns = []
    for field in frame.schema.fields:
        column, _ = _pruned(F.col(quoted(field.name)), field.dataType, (field.name,), occurs)
        columns.append(column.alias(field.name))
    return frame.select(*columns)


def _collect(data_type: T.DataType, path: Path, anywhere: Test, tests: dict[tuple[Path, str], Column]) -> None:
    if is_choice(data_type):
        for one in alternatives(data_type):
            name = MARK + type_name(one)
            tests[(path, name)] = anywhere(_has(name))
            _collect(one, (*path, name), _below(anywhere, name), tests)
    elif isinstance(data_type, T.StructType):
        for field in data_type.fields:
            _collect(field.dataType, (*path, field.name), _below(anywhere, field.name), tests)
    elif isinstance(data_type, T.ArrayType):
        _collect(data_type.elementType, path, lambda test: anywhere(lambda array: F.exists(array, test)), tests)
    elif isinstance(data_type, T.MapType):
        _collect(data_type.valueType, path, lambda test: anywhere(lambda value: F.exists(F.map_values(value), test)), tests)


def _has(name: str) -> Callable[[Column], Column]:
    return lambda value: value.getField(name).isNotNull()


def _below(anywhere: Test, name: str) -> Test:
    return lambda test: anywhere(lambda value: test(value.getField(name)))


def _pruned(column: Column, data_type: T.DataType, path: Path, occurs: set[tuple[Path, str]]) -> tuple[Column, T.DataType]:
    if is_choice(data_type):
        return _pruned_choice(column, data_type, path, occurs)
    if not has_choices(data_type):
        return column, data_type
    if isinstance(data_type, T.StructType):
        parts = [(f.name, *_pruned(column.getField(f.name), f.dataType, (*path, f.name), occurs)) for f in data_type.fields]
        struct = F.struct(*[part.alias(name) for name, part, _ in parts])
        return F.when(column.isNotNull(), struct), T.StructType([T.StructField(name, kind) for name, _, kind in parts])
    if isinstance(data_type, T.ArrayType):
        kinds: list[T.DataType] = []

        def each(element: Column) -> Column:
            part, kind = _pruned(element, data_type.elementType, path, occurs)
            kinds.append(kind)
            return part

        rebuilt = F.transform(column, each)
        return rebuilt, T.ArrayType(kinds[-1])
    values: list[T.DataType] = []

    def value_of(_: Column, value: Column) -> Column:
        part, kind = _pruned(value, data_type.valueType, path, occurs)  # type: ignore[attr-defined]
        values.append(kind)
        return part

    mapped = F.transform_values(column, value_of)
    return mapped, T.MapType(data_type.keyType, values[-1])  # type: ignore[attr-defined]


def _pruned_choice(column: Column, data_type: T.DataType, path: Path, occurs: set[tuple[Path, str]]) -> tuple[Column, T.DataType]:
    kept = [one for one in alternatives(data_type) if (path, MARK + type_name(one)) in occurs]
    if not kept:  # nothing but nulls: what was declared stands, and text is what nothing was declared for
        kept = sorted(alternatives(data_type), key=lambda one: isinstance(one, T.StringType))[:1]
    parts = []
    for one in kept:
        name = MARK + type_name(one)
        parts.append((name, *_pruned(column.getField(name), one, (*path, name), occurs)))
    if len(parts) == 1:
        return parts[0][1], parts[0][2]
    struct = F.when(column.isNotNull(), F.struct(*[part.alias(name) for name, part, _ in parts]))
    return struct, choice_of([kind for _, _, kind in parts])
