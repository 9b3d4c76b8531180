"""Casts that give null where a value does not fit, whatever the mode of errors of the session is."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.model import MARK, alternatives, is_choice, plain, type_name
from awsglue._core.try_casts import try_cast
from awsglue.exceptions import BadOptionError

__all__ = ["cast", "promote", "show_choices_as_structs"]


def cast(column: Column, source: T.DataType, target: T.DataType, where: str = "cast", strict: bool = True) -> Column:
    """The values as `target`; null where one does not fit. Of a choice, whichever alternative is there is cast.

    Structs, arrays and maps become JSON text when text is wanted. Raises BadOptionError for kinds between which there is no cast
    (an array to a number), unless `strict` is false: then every value is null.
    """
    if source == target:
        return column
    if is_choice(source):
        parts = [(MARK + type_name(one), one) for one in alternatives(source)]
        return F.coalesce(*[cast(column.getField(name), one, target, where, strict=False) for name, one in parts])
    if isinstance(source, T.NullType):
        return F.lit(None).cast(target)
    if isinstance(source, T.StructType | T.ArrayType | T.MapType):
        if isinstance(target, T.StringType):
            return F.to_json(show_choices_as_structs(column, source))
        if type_name(source) == type_name(target):
            return promote(column, source, target)
    elif not isinstance(target, T.StructType | T.ArrayType | T.MapType | T.NullType):
        return column if isinstance(source, T.StringType) and isinstance(target, T.StringType) else try_cast(column, source, target)
    if strict:
        raise BadOptionError(where, f"{type_name(source)} cannot be cast to {type_name(target)}", ["string", type_name(source)])
    return F.lit(None).cast(target)


def promote(column: Column, source: T.DataType, target: T.DataType) -> Column:
    """The same values in a wider type: one that `merge` made of `source` and others, or of the same kind with other fields."""
    if source == target:
        return column
    if isinstance(source, T.NullType):
        return F.lit(None).cast(target)
    if is_choice(target):
        return _into_choice(column, source, target)
    if isinstance(source, T.StructType) and isinstance(target, T.StructType):
        inner = {field.name: field.dataType for field in source.fields}
        parts = [
            (promote(column.getField(f.name), inner[f.name], f.dataType) if f.name in inner else F.lit(None).cast(f.dataType)).alias(f.name)
            for f in target.fields
        ]
        return F.when(column.isNotNull(), F.struct(*parts))
    if isinstance(source, T.ArrayType) and isinstance(target, T.ArrayType):
        return F.transform(column, lambda element: promote(element, source.elementType, target.elementType))
    if isinstance(source, T.MapType) and isinstance(target, T.MapType):
        return F.transform_values(column, lambda _, value: promote(value, source.valueType, target.valueType))
    return column.cast(target)


def _into_choice(column: Column, source: T.DataType, target: T.DataType) -> Column:
    given = {type_name(one): one for one in alternatives(source)}
    parts = []
    for one in alternatives(target):
        name = type_name(one)
        if name not in given:
            part = F.lit(None).cast(one)
        else:
            part = promote(column.getField(MARK + name) if is_choice(source) else column, given[name], one)
        parts.append(part.alias(MARK + name))
    return F.when(column.isNotNull(), F.struct(*parts))


def show_choices_as_structs(column: Column, data_type: T.DataType) -> Column:
    """The column with the names that a DataFrame shows. A rename only: the JVM's cast of structs goes by position."""
    shown = plain(data_type)
    return column if shown == data_type else column.cast(shown)
