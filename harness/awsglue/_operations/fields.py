"""Fields kept, dropped, renamed and split off."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.paths import Path, find, known_paths, parse, quoted
from awsglue._core.tree import rewrite
from awsglue.exceptions import BadOptionError

__all__ = ["drop_fields", "drop_null_fields", "keep_fields", "null_paths", "rename_field", "select_fields"]

_LOG = logging.getLogger("awsglue")


def select_fields(paths: Sequence[str]) -> Callable[[DataFrame], DataFrame]:
    """The named top-level fields, in the order asked for. Raises BadOptionError for one that is not there or is nested."""

    def selected(frame: DataFrame) -> DataFrame:
        if not frame.schema.fields:
            return frame
        names = []
        for path in paths:
            found = find(frame.schema, path, "select_fields")
            assert found is not None
            if len(found) > 1:
                raise BadOptionError("select_fields", f"{path} is nested, and only top-level fields can be selected", frame.columns)
            names.append(found[0])
        return frame.select(*[quoted(name) for name in dict.fromkeys(names)])

    return selected


def drop_fields(paths: Sequence[str]) -> Callable[[DataFrame], DataFrame]:
    """The frame without the fields, wherever they are: in structs and in the elements of arrays too.

    A path that is not there is logged with those that are, and no error: records of other days may have it.
    """

    def dropped(frame: DataFrame) -> DataFrame:
        gone = set()
        for path in paths:
            found = find(frame.schema, path, "drop_fields", required=False)
            if found is None:
                _LOG.warning("drop_fields: no field %s. There are: %s", path, ", ".join(known_paths(frame.schema)))
            else:
                gone.add(found)
        if gone and all(len(path) == 1 for path in gone):  # nothing to rebuild
            return _without_columns(frame, {path[0] for path in gone})
        return rewrite(frame, lambda path, _, __: [] if path in gone else None)

    return dropped


def _without_columns(frame: DataFrame, gone: set[str]) -> DataFrame:
    """Spark's drop: a call of the JVM for each name that goes. It compares names without case, where other names may be equal so."""
    lower = [name.lower() for name in frame.columns]
    if len(set(lower)) == len(lower):
        return frame.drop(*gone)
    return frame.select(*[quoted(name) for name in frame.columns if name not in gone])


def keep_fields(paths: Sequence[str]) -> Callable[[DataFrame], DataFrame]:
    """The frame with nothing but the fields, nested ones in their structs. Raises BadOptionError for one that is not there."""

    def kept(frame: DataFrame) -> DataFrame:
        wanted = {found for path in paths if (found := find(frame.schema, path, "split_fields", required=bool(frame.schema.fields)))}
        prefixes = {path[:length] for path in wanted for length in range(1, len(path))}

        def visit(path: Path, _: T.DataType, __: Column) -> list[tuple[str, Column]] | None:
            if any(path[: len(one)] == one for one in wanted) or path in prefixes:
                return None
            return []

        return rewrite(frame, visit)

    return kept


def rename_field(old: str, new: str) -> Callable[[DataFrame], DataFrame]:
    """The frame with a field renamed, or moved below (or out of) a struct when the new path says so."""

    def renamed(frame: DataFrame) -> DataFrame:
        source = find(frame.schema, old, "rename_field", required=bool(frame.schema.fields))
        if source is None:
            return frame
        target = parse(new)
        if target[:-1] == source[:-1]:
            return rewrite(frame, lambda path, _, column: [(target[-1], column)] if path == source else None)
        return _moved(frame, source, target)

    return renamed


def _moved(frame: DataFrame, source: Path, target: Path) -> DataFrame:
    column = F.col(quoted(source[0]))
    data_type: T.DataType = frame.schema[source[0]].dataType
    for step in source[1:]:
        if not isinstance(data_type, T.StructType):
            raise BadOptionError("rename_field", f"{'.'.join(source)} lies below an array and cannot be moved", ["a new name for it there"])
        column, data_type = column.getField(step), data_type[step].dataType
    top = target[0]
    rest = rewrite(frame, lambda path, _, __: [] if path == source else None)
    existing = rest.schema[top].dataType if top in rest.columns else None
    value = _with_below(F.col(quoted(top)) if existing is not None else None, existing, target[1:], column) if target[1:] else column
    carried = rewrite(frame.select("*", value.alias("@moved")), lambda path, _, __: [] if path == source else None)
    names = [name for name in rest.columns if name != top]
    return carried.select(*[quoted(name) for name in names], F.col("`@moved`").alias(top))


def _with_below(struct: Column | None, data_type: T.DataType | None, steps: Path, value: Column) -> Column:
    fields = data_type.fields if isinstance(data_type, T.StructType) else []
    kept = [struct.getField(field.name).alias(field.name) for field in fields if field.name != steps[0]] if struct is not None else []
    below = next((field.dataType for field in fields if field.name == steps[0]), None)
    if steps[1:]:
        value = _with_below(struct.getField(steps[0]) if struct is not None and below is not None else None, below, steps[1:], value)
    return F.struct(*kept, value.alias(steps[0]))


def null_paths(schema: T.StructType) -> set[Path]:
    """Paths of fields whose type is null, through structs and arrays of structs: those that hold nothing at all."""
    found: set[Path] = set()

    def look(data_type: T.DataType, above: Path) -> None:
        if isinstance(data_type, T.StructType):
            for field in data_type.fields:
                look(field.dataType, (*above, field.name))
        elif isinstance(data_type, T.ArrayType) and isinstance(data_type.elementType, T.StructType):
            look(data_type.elementType, above)
        elif isinstance(data_type, T.NullType):
            found.add(above)

    look(schema, ())
    return found


def drop_null_fields(frame: DataFrame) -> DataFrame:
    """The frame without fields whose type is null. A typed field stays, though every value of it be null."""
    gone = null_paths(frame.schema)
    return rewrite(frame, lambda path, _, __: [] if path in gone else None)
