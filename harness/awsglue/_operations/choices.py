"""ResolveChoice and the options of toDF: each action as an expression ("resolveChoice", DynamicFrame class)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import types as T

from awsglue._core.casts import cast
from awsglue._core.model import MARK, alternatives, is_choice, type_name
from awsglue._core.paths import Path, find, written
from awsglue._core.tree import rewrite
from awsglue._core.type_strings import parse_type
from awsglue.exceptions import BadOptionError

__all__ = ["ACTIONS", "Action", "action_of", "match_catalog", "resolve_all", "resolve_specs"]

ACTIONS = ("cast:<type>", "project:<type>", "make_cols", "make_struct")
_WHERE = "resolveChoice"

Action = tuple[str, T.DataType | None]
"""(name, type) of an action."""


def action_of(text: str) -> Action:
    """Action that a text like `cast:long` names. Raises BadOptionError naming those that there are."""
    name, colon, wanted = text.partition(":")
    if name in ("make_cols", "make_struct") and not colon:
        return name, None
    if name in ("cast", "project") and wanted:
        data_type = parse_type(wanted, _WHERE)
        if data_type is None and name == "cast":
            raise BadOptionError(_WHERE, f"cast to {wanted} does not say what it holds", ACTIONS)
        return name, data_type if data_type is not None else _kind(wanted)
    raise BadOptionError(_WHERE, f"{text!r} is no action", [*ACTIONS, "match_catalog (as choice)"])


def _kind(name: str) -> T.DataType:
    return {"struct": T.StructType([]), "array": T.ArrayType(T.NullType()), "map": T.MapType(T.StringType(), T.NullType())}[name]


def resolve_specs(specs: Sequence[tuple[str, str]]) -> Callable[[DataFrame], DataFrame]:
    """Each (path, action) in turn. A path that ends in `[]` means the array's elements. Other choices stay."""
    actions = [(path, action_of(action)) for path, action in specs]

    def resolved(frame: DataFrame) -> DataFrame:
        for path, action in actions:
            found = find(frame.schema, path, _WHERE, required=bool(frame.schema.fields))
            if found is not None:
                frame = _at(frame, found, action, of_elements=path.endswith("[]"))
        return frame

    return resolved


def _at(frame: DataFrame, path: Path, action: Action, of_elements: bool) -> DataFrame:
    def visit(here: Path, data_type: T.DataType, column: Column) -> list[tuple[str, Column]] | None:
        return _replacement(here[-1], data_type, column, action) if here == path and not of_elements else None

    def element(here: Path, data_type: T.DataType, column: Column) -> Column | None:
        if here != path or not of_elements:
            return None
        if action[0] == "make_cols":
            raise BadOptionError(_WHERE, f"{written(here)}[] is an element, which cannot be split into columns", ACTIONS)
        return _replacement("", data_type, column, action)[0][1]

    return rewrite(frame, visit, element)


def resolve_all(action: Action) -> Callable[[DataFrame], DataFrame]:
    """The action at every choice, from the top down. Elements of arrays become structs where columns are asked for."""

    def visit(path: Path, data_type: T.DataType, column: Column) -> list[tuple[str, Column]] | None:
        return _replacement(path[-1], data_type, column, action) if is_choice(data_type) else None

    def element(_: Path, data_type: T.DataType, column: Column) -> Column | None:
        if not is_choice(data_type):
            return None
        inside = ("make_struct", None) if action[0] == "make_cols" else action
        return _replacement("", data_type, column, inside)[0][1]

    return lambda frame: rewrite(frame, visit, element)


def match_catalog(types: Mapping[str, T.DataType]) -> Callable[[DataFrame], DataFrame]:
    """Every choice of a top-level field that the catalog's table has is cast to its type there; other fields stay as they are."""
    by_name = {name.lower(): data_type for name, data_type in types.items()}

    def visit(path: Path, data_type: T.DataType, column: Column) -> list[tuple[str, Column]] | None:
        wanted = by_name.get(path[0].lower())
        if len(path) > 1 or wanted is None or not is_choice(data_type):
            return None
        return [(path[0], cast(column, data_type, wanted, _WHERE))]

    return lambda frame: rewrite(frame, visit)


def _replacement(name: str, data_type: T.DataType, column: Column, action: Action) -> list[tuple[str, Column]]:
    verb, wanted = action
    if verb == "cast":
        assert wanted is not None
        return [(name, cast(column, data_type, wanted, f"{_WHERE} {name}"))]
    if not is_choice(data_type):
        return [(name, column)]
    if verb == "make_cols":
        kinds = [(type_name(one), one) for one in alternatives(data_type)]
        return [(f"{name}_{kind}", column.getField(MARK + kind)) for kind, _ in kinds]
    if verb == "make_struct":
        shell = T.StructType([T.StructField(type_name(one), one) for one in alternatives(data_type)])
        return [(name, column.cast(shell))]
    assert wanted is not None
    return [(name, _projected(column, data_type, wanted, name))]


def _projected(column: Column, data_type: T.DataType, wanted: T.DataType, name: str) -> Column:
    """The values of the wanted type, null for the others: what the vendor's samples show (its page says "converted").

    A type that is no alternative of the choice is a cast.
    """
    kinds = {type_name(one): one for one in alternatives(data_type)}
    kind = type_name(wanted)
    if kind not in kinds:
        return cast(column, data_type, wanted, f"{_WHERE} {name}")
    kept = column.getField(MARK + kind)
    if isinstance(wanted, T.DecimalType):
        return cast(kept, kinds[kind], wanted)
    return kept
