"""Rewriting of nested records: fields dropped, renamed, replaced or split at any depth, as one projection.

A visitor is asked for each field on the way down and says what stands in its place. What it does not touch is passed on as it is,
so that a change in one corner of a wide record costs that corner only.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.model import MARK, alternatives, is_choice, type_name
from awsglue._core.paths import Path, quoted

__all__ = ["Visitor", "rewrite"]

Visitor = Callable[[Path, T.DataType, Column], list[tuple[str, Column]] | None]
"""(path, type, column) -> the fields that replace it (none: it is dropped), or None: look further down."""


def rewrite(frame: DataFrame, visit: Visitor, elements: Callable[[Path, T.DataType, Column], Column | None] | None = None) -> DataFrame:
    """The frame with its fields replaced as the visitor says. `elements` does the same for the elements of arrays.

    The frame itself comes back when nothing was replaced.
    """
    work = _Rewriting(visit, elements)
    top = [(field, F.col(quoted(field.name))) for field in frame.schema.fields]
    columns, changed = work.fields(top, ())
    if not changed:
        return frame
    return frame.select(*[column.alias(name) for name, column in columns])


class _Rewriting:
    def __init__(self, visit: Visitor, elements: Callable[[Path, T.DataType, Column], Column | None] | None) -> None:
        self.visit, self.elements = visit, elements

    def fields(self, given: list[tuple[T.StructField, Column]], above: Path) -> tuple[list[tuple[str, Column]], bool]:
        kept: list[tuple[str, Column]] = []
        changed = False
        for field, column in given:
            here = (*above, field.name)
            replaced = self.visit(here, field.dataType, column)
            if replaced is None:
                inner = self.inside(column, field.dataType, here)
                kept.append((field.name, column if inner is None else inner))
                changed |= inner is not None
            else:
                kept += replaced
                changed = True
        return kept, changed

    def inside(self, column: Column, data_type: T.DataType, path: Path) -> Column | None:
        """What stands for the column when something below it changed, else None."""
        if is_choice(data_type):
            return self._choice(column, data_type, path)
        if isinstance(data_type, T.StructType):
            parts, changed = self.fields([(f, column.getField(f.name)) for f in data_type.fields], path)
            if not changed:
                return None
            struct = F.struct(*[part.alias(name) for name, part in parts]) if parts else F.lit(None)
            return F.when(column.isNotNull(), struct)
        if isinstance(data_type, T.ArrayType):
            return self._array(column, data_type, path)
        return None

    def _array(self, column: Column, data_type: T.ArrayType, path: Path) -> Column | None:
        seen: list[bool] = []

        def each(element: Column) -> Column:
            new = self.elements(path, data_type.elementType, element) if self.elements else None
            new = self.inside(element, data_type.elementType, path) if new is None else new
            seen.append(new is not None)
            return element if new is None else new

        rebuilt = F.transform(column, each)
        return rebuilt if seen[-1] else None

    def _choice(self, column: Column, data_type: T.DataType, path: Path) -> Column | None:
        parts, changed = [], False
        for one in alternatives(data_type):
            name = MARK + type_name(one)
            part = column.getField(name)
            inner = self.inside(part, one, path)
            changed |= inner is not None
            parts.append((part if inner is None else inner).alias(name))
        return F.when(column.isNotNull(), F.struct(*parts)) if changed else None
