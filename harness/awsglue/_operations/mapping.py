"""ApplyMapping: projection, casts, nesting and unnesting by a list of tuples ("apply_mapping", DynamicFrame class)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.casts import cast
from awsglue._core.model import alternatives, is_choice, type_name
from awsglue._core.paths import Path, children, find, parse, quoted
from awsglue._core.type_strings import parse_type
from awsglue.exceptions import BadOptionError

__all__ = ["Mapping", "apply_mapping", "mappings_of"]

_WHERE = "apply_mapping"


@dataclass(frozen=True)
class Mapping:
    """One tuple of the call. A type that is not given, or names a kind only, keeps the source's."""

    source: str
    source_type: str | None
    target: str
    target_type: str | None


def mappings_of(given: Any) -> list[Mapping]:
    """Tuples of 2 (source, target), 3 (source, its type, target) or 4 (source, type, target, type), or one of them alone.

    Raises TypeError or ValueError, as the API does, for what is no such tuple.
    """
    tuples: Sequence[Any] = [given] if isinstance(given, tuple) else given
    mappings = []
    for one in tuples:
        if not isinstance(one, tuple):
            raise TypeError(
                f"Mapping must be specified as a tuple. Got {one!r} of {type(one).__name__}: write (source, type, target, type)"
            )
        if len(one) == 2:
            mappings.append(Mapping(one[0], None, one[1], None))
        elif len(one) == 3:
            mappings.append(Mapping(one[0], one[1], one[2], one[1]))
        elif len(one) == 4:
            mappings.append(Mapping(*one))
        else:
            raise ValueError(f"Mapping tuple must be of length 2, 3, or 4. Got tuple of length {len(one)}: {one!r}")
    return mappings


def apply_mapping(mappings: Sequence[Mapping], case_sensitive: bool) -> Callable[[DataFrame], DataFrame]:
    """The frame of the mapped fields, in the order of the mappings; values that do not fit are null.

    A frame without any field (nothing was read) gives the targets with the types that the mappings declare.
    Raises BadOptionError for a source that is not there, one below an array, or a type that does not exist.
    """

    def mapped(frame: DataFrame) -> DataFrame:
        tree: dict[str, Any] = {}
        for mapping in mappings:
            source, source_type = _source(frame.schema, mapping, case_sensitive)
            target_type = (parse_type(mapping.target_type, _WHERE) if mapping.target_type else None) or source_type
            column = (
                F.lit(None).cast(target_type) if source is None else cast(source, source_type, target_type, f"{_WHERE} {mapping.source}")
            )
            _place(tree, parse(mapping.target), column, mapping)
        return frame.select(*[_built(name, part) for name, part in tree.items()])

    return mapped


def _source(schema: T.StructType, mapping: Mapping, case_sensitive: bool) -> tuple[Column | None, T.DataType]:
    """Column and type of a mapping's source; no column where the frame has no fields at all."""
    path = find(schema, mapping.source, _WHERE, case_sensitive, required=bool(schema.fields))
    if path is None:
        declared = parse_type(mapping.source_type, _WHERE) if mapping.source_type else None
        return None, declared or T.StringType()
    column, data_type = F.col(quoted(path[0])), _field(schema, path[0])
    for step in path[1:]:
        column, data_type = _below(column, data_type, step, mapping)
    return column, data_type


def _below(column: Column, data_type: T.DataType, step: str, mapping: Mapping) -> tuple[Column, T.DataType]:
    if isinstance(data_type, T.ArrayType):
        raise BadOptionError(_WHERE, f"{mapping.source} lies below an array, which a mapping cannot reach", ["relationalize", "Map"])
    if is_choice(data_type):
        struct = next(one for one in alternatives(data_type) if isinstance(one, T.StructType))
        return column.getField(f"@choice:{type_name(struct)}").getField(step), _field(struct, step)
    return column.getField(step), _field(data_type, step)


def _field(data_type: T.DataType, name: str) -> T.DataType:
    return next(field.dataType for field in children(data_type) if field.name == name)


def _place(tree: dict[str, Any], target: Path, column: Column, mapping: Mapping) -> None:
    place = tree
    for step in target[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            raise BadOptionError(_WHERE, f"{mapping.target} lies below {step}, which another mapping makes a value", ["another target"])
    place[target[-1]] = column


def _built(name: str, part: Any) -> Column:
    if not isinstance(part, dict):
        column: Column = part.alias(name)
        return column
    return F.struct(*[_built(inner, below) for inner, below in part.items()]).alias(name)
