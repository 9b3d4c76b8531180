"""Rows split, joined, merged, united and sampled."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.model import is_choice
from awsglue._core.paths import find, quoted
from awsglue._core.records import together
from awsglue.exceptions import BadOptionError

__all__ = ["join", "merged_by_key", "sample", "split_rows"]

_COMPARATORS: Mapping[str, Callable[[Column, Any], Column]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq, "==": operator.eq, "!=": operator.ne,
    "<>": operator.ne,
}  # fmt: skip


def split_rows(comparisons: Mapping[str, Mapping[str, Any]]) -> tuple[Callable[[DataFrame], DataFrame], Callable[[DataFrame], DataFrame]]:
    """Two operations: the rows that meet every comparison, and the others (those with null among them)."""

    def condition(frame: DataFrame) -> Column:
        tests = []
        for path, wanted in comparisons.items():
            column = _column(frame, path, "split_rows")
            for sign, value in wanted.items():
                if sign not in _COMPARATORS:
                    raise BadOptionError("split_rows", f"{sign!r} is no comparator", _COMPARATORS)
                tests.append(_COMPARATORS[sign](column, value))
        return F.coalesce(functools.reduce(operator.and_, tests, F.lit(True)), F.lit(False))

    def taken(frame: DataFrame) -> DataFrame:
        return frame.where(condition(frame)) if frame.schema.fields else frame

    def left(frame: DataFrame) -> DataFrame:
        return frame.where(~condition(frame)) if frame.schema.fields else frame

    return taken, left


def join(left: DataFrame, right: DataFrame, left_paths: Sequence[str], right_paths: Sequence[str]) -> DataFrame:
    """Inner join where the keys are equal. Both keys stay; a field of the right that the left has too is called `.name`.

    Raises BadOptionError for a key that is not there or is a choice, or lists of different length.
    """
    if len(left_paths) != len(right_paths) or not left_paths:
        raise BadOptionError("join", f"{len(left_paths)} keys against {len(right_paths)}", ["as many keys on the one side as on the other"])
    if not left.schema.fields or not right.schema.fields:
        return _empty_join(left, right)
    taken = set(left.columns)
    names = {name: name if name not in taken else f".{name}" for name in right.columns}
    a, b = left.alias("@left"), right.alias("@right")
    tests = [
        _column(left, mine, "join", "@left") == _column(right, theirs, "join", "@right")
        for mine, theirs in zip(left_paths, right_paths, strict=True)
    ]
    chosen = [F.col(f"`@left`.{quoted(name)}") for name in left.columns]
    chosen += [F.col(f"`@right`.{quoted(name)}").alias(new) for name, new in names.items()]
    return a.join(b, functools.reduce(operator.and_, tests)).select(*chosen)


def _empty_join(left: DataFrame, right: DataFrame) -> DataFrame:
    fields = [*left.schema.fields, *(field for field in right.schema.fields if field.name not in left.columns)]
    return left.sparkSession.createDataFrame([], T.StructType(fields))


def merged_by_key(source: DataFrame, stage: DataFrame, keys: Sequence[str]) -> DataFrame:
    """All records of the stage, and those of the source whose key the stage does not have. Duplicates stay, null is a key too."""
    if not stage.schema.fields or not source.schema.fields:
        return source if not stage.schema.fields else stage
    theirs = stage.select(*[_column(stage, key, "mergeDynamicFrame").alias(f"@key{index}") for index, key in enumerate(keys)]).distinct()
    tests = [_column(source, key, "mergeDynamicFrame").eqNullSafe(F.col(f"`@key{index}`")) for index, key in enumerate(keys)]
    untouched = source.join(theirs, functools.reduce(operator.and_, tests), "left_anti")
    return together(untouched, stage)


def sample(frame: DataFrame, options: Mapping[str, Any]) -> DataFrame:
    """What spigot writes: the first `topk` records (100 when nothing is said), each taken with the probability `prob`."""
    unknown = set(options) - {"topk", "prob"}
    if unknown:
        raise BadOptionError("spigot", f"no option {sorted(unknown)[0]!r}", ["topk", "prob"])
    picked = frame
    if "prob" in options:
        probability = float(options["prob"])
        if not 0 <= probability <= 1:
            raise BadOptionError("spigot", f"prob is {probability}", ["a number from 0 to 1"])
        picked = frame.sample(probability)
        if "topk" not in options:
            return picked
    return picked.limit(int(options.get("topk", 100)))


def _column(frame: DataFrame, path: str, where: str, alias: str = "") -> Column:
    found = find(frame.schema, path, where)
    assert found is not None
    data_type: T.DataType = frame.schema
    column = None
    for step in found:
        if not isinstance(data_type, T.StructType) or is_choice(data_type):
            raise BadOptionError(where, f"{path} lies below an array or a choice", ["a field of the record or of its structs"])
        name = f"{quoted(alias)}.{quoted(step)}" if alias else quoted(step)
        column = F.col(name) if column is None else column.getField(step)
        data_type = data_type[step].dataType
    if is_choice(data_type):
        raise BadOptionError(where, f"{path} is still a choice", ["resolveChoice first, for instance with cast:string"])
    assert column is not None
    return column
