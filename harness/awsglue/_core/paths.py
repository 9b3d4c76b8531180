"""Paths to fields, as the API writes them: `a.b`, with backticks around a name that has dots, `[]` after an array."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from pyspark.sql import types as T

from awsglue._core.model import alternatives
from awsglue.exceptions import BadOptionError

__all__ = ["Path", "children", "find", "known_paths", "parse", "quoted", "written"]

Path = tuple[str, ...]
_STEP = re.compile(r"`((?:[^`]|``)+)`(\[\])*|([^.`]+)")


def parse(path: str) -> Path:
    """Steps of a path. Array marks are dropped: an array's element has the array's path.

    >>> parse("a.b"), parse("`a.b`.c"), parse("list[].price")
    (('a', 'b'), ('a.b', 'c'), ('list', 'price'))
    """
    steps = [m[1].replace("``", "`") if m[1] else re.sub(r"(\[\])+$", "", m[3]) for m in _STEP.finditer(path)]
    if not path or not all(steps):
        raise BadOptionError("A path", f"{path!r} is no path", ["field", "struct.field", "array[].field", "`name.with.dots`"])
    return tuple(steps)


def written(path: Collection[str]) -> str:
    """The path as the API writes it."""
    return ".".join(f"`{step}`" if re.search(r"[.`\[\]]", step) else step for step in path)


def quoted(name: str) -> str:
    """A top-level name for Spark."""
    return "`" + name.replace("`", "``") + "`"


def children(data_type: T.DataType) -> list[T.StructField]:
    """Fields below a type, through arrays and choices."""
    fields: dict[str, T.StructField] = {}
    for one in alternatives(data_type):
        found: Iterable[T.StructField] = ()
        if isinstance(one, T.StructType):
            found = one.fields
        elif isinstance(one, T.ArrayType):
            found = children(one.elementType)
        fields |= {field.name: field for field in found if field.name not in fields}
    return list(fields.values())


def find(schema: T.StructType, path: str, where: str, case_sensitive: bool = True, required: bool = True) -> Path | None:
    """Steps of a path with the names that the schema has. A top-level name with dots is also found without backticks.

    Raises BadOptionError, naming the paths that there are, when `required` and there is no such path; else None.
    """
    steps = parse(path)
    for wanted in (steps, (path,)):
        found = _follow(schema, wanted, case_sensitive)
        if found is not None:
            return found
    if required:
        raise BadOptionError(where, f"no field {path}", known_paths(schema) or ["(the frame has no fields)"])
    return None


def _follow(data_type: T.DataType, steps: Path, case_sensitive: bool) -> Path | None:
    found: Path = ()
    for step in steps:
        fields = children(data_type)
        exact = [field for field in fields if field.name == step]
        loose = [] if case_sensitive else [field for field in fields if field.name.lower() == step.lower()]
        if not exact and not loose:
            return None
        field = (exact or loose)[0]
        found, data_type = (*found, field.name), field.dataType
    return found


def known_paths(data_type: T.DataType, above: Path = ()) -> list[str]:
    """Every path below a type, written."""
    paths = []
    for field in children(data_type):
        here = (*above, field.name)
        paths += [written(here), *known_paths(field.dataType, here)]
    return paths
