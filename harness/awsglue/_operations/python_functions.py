"""filter, map and mapPartitions: functions of the user over records, and their error records."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.paths import quoted
from awsglue._core.python_side import ERROR, Outcome, batches_of, filtered, frames_of, ship
from awsglue._core.records import Records, Stage
from awsglue._core.tracing import as_expression
from awsglue.gluetypes import _create_dynamic_record, _revert_to_dict

__all__ = ["evaluated", "filter_records", "map_partitions", "map_records"]

for _module in ("awsglue.gluetypes", __name__):
    ship(_module)

_BATCH = 5000
_FALSY = "User-specified function returned None instead of DynamicRecord"


def filter_records(records: Records, keep: Any, stage: Stage) -> Records:
    """The records that `keep` wants: a function, or (of this runtime) a Spark condition, as a Column or as SQL text.

    A function that is certain to be an expression runs in the JVM; KeyError, ValueError and TypeError count as False, any other
    exception makes an error record.
    """
    if isinstance(keep, Column | str):
        return records.then(lambda frame: frame.where(keep), stage)
    outcome = _Filtered(records, keep)
    return Records(lambda: outcome.good, (*records.stages, replace(stage, errors=lambda: outcome.failed)))


class _Filtered:
    """A filter's two results. The one of an expression has no error records, and nothing is evaluated for that."""

    def __init__(self, records: Records, keep: Callable[[Any], Any]) -> None:
        self.records, self.keep = records, keep

    @cached_property
    def expression(self) -> Column | None:
        return as_expression(self.keep, self.records.resolved.schema)

    @cached_property
    def marked(self) -> DataFrame:
        keep = self.keep
        return filtered(self.records.resolved, lambda record: bool(keep(_create_dynamic_record(record))))

    @property
    def good(self) -> DataFrame:
        if not self.records.resolved.schema.fields:
            return self.records.resolved
        if self.expression is not None:
            return self.records.resolved.where(self.expression)
        return self.marked.where(F.col(quoted(ERROR)).isNull()).drop(ERROR)

    @property
    def failed(self) -> DataFrame | None:
        if not self.records.resolved.schema.fields or self.expression is not None:
            return None
        said = F.from_json(F.col(quoted(ERROR)), "array<string>")
        record = F.struct(*[F.col(quoted(name)) for name in self.records.resolved.columns])
        error = F.struct(said[0].alias("msg"), said[1].alias("stackTrace"), record.alias("dynamicRecord"))
        return self.marked.where(F.col(quoted(ERROR)).isNotNull()).select(error.alias("error"))


def map_records(records: Records, function: Callable[[Any], Any], stage: Stage) -> Records:
    """What the function returns for each record. An exception, None or an empty result makes an error record of the input."""

    def each(index: int, given: Iterator[dict[str, Any]]) -> Iterator[Outcome]:
        good: list[dict[str, Any]] = []
        failed: list[tuple[Any, str, str]] = []
        for record in given:
            try:
                result = _revert_to_dict(function(_create_dynamic_record(record)))
                if isinstance(result, dict) and result:
                    good.append(result)
                else:
                    failed.append((record, _FALSY if not result else f"{type(result).__name__} was returned instead of DynamicRecord", ""))
            except Exception as error:  # noqa: BLE001 the API makes an error record of it
                failed.append((record, str(error), traceback.format_exc()))
            if len(good) + len(failed) >= _BATCH:
                yield good, failed
                good, failed = [], []
        if good or failed:
            yield good, failed

    return evaluated(records, each, stage)


def map_partitions(records: Records, function: Callable[[int, Iterator[Any]], Iterable[Any]], stage: Stage) -> Records:
    """What the function makes of each partition. It sees `{"record": …, "isError": …, "errorMessage": …}` and gives the same."""

    def each(index: int, given: Iterator[dict[str, Any]]) -> Iterator[Outcome]:
        good: list[dict[str, Any]] = []
        failed: list[tuple[Any, str, str]] = []
        for item in function(index, ({"record": record, "isError": False, "errorMessage": ""} for record in given)):
            if item.get("isError"):
                failed.append((_revert_to_dict(item["record"]), str(item.get("errorMessage", "")), ""))
            else:
                good.append(_revert_to_dict(item["record"]))
            if len(good) + len(failed) >= _BATCH:
                yield good, failed
                good, failed = [], []
        if good or failed:
            yield good, failed

    return evaluated(records, each, stage)


class _Mapped:
    """A function's results, good and failed: the function runs once, when either is asked for."""

    def __init__(self, records: Records, work: Any) -> None:
        self.records, self.work = records, work

    @cached_property
    def frames(self) -> tuple[DataFrame, DataFrame]:
        frame = self.records.resolved
        if not frame.schema.fields:
            return frame, frame
        batches = batches_of(frame, self.work).persist(StorageLevel.MEMORY_AND_DISK)
        return frames_of(batches, hint=frame.schema)


def evaluated(records: Records, work: Any, stage: Stage) -> Records:
    """Records of what `work` makes of each partition: it runs when they are first asked for, once."""
    mapped = _Mapped(records, work)

    def failed() -> DataFrame | None:
        frame = mapped.frames[1]
        return frame if frame.schema.fields and isinstance(frame.schema.fields[0].dataType, T.StructType) else None

    return Records(lambda: mapped.frames[0], (*records.stages, replace(stage, errors=failed)))
