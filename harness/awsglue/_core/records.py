"""The records behind a DynamicFrame: good ones as a Spark frame (see `model`), failed ones by the stage at which they failed.

What needs the schema of a function's results, or of files that nobody declared, waits: the frame is made when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue._core.casts import promote, show_choices_as_structs
from awsglue._core.dynamic_schema import has_choices, without_absent_alternatives
from awsglue._core.model import merge
from awsglue._core.paths import quoted
from awsglue.exceptions import ErrorThresholdError

__all__ = ["Records", "Stage", "aligned", "together"]


@dataclass(frozen=True)
class Stage:
    """One operation on the way to a frame: its name, its limits of errors (0: none) and its error records, if it can have any."""

    name: str = ""
    info: str = ""
    stage_threshold: int = 0
    total_threshold: int = 0
    errors: Callable[[], DataFrame | None] | None = None

    @cached_property
    def frame(self) -> DataFrame | None:
        """Its error records: `error struct<msg, stackTrace, dynamicRecord>`."""
        return self.errors() if self.errors is not None else None

    @cached_property
    def count(self) -> int:
        """How many records failed here. Evaluates the frame."""
        return self.frame.count() if self.frame is not None else 0


@dataclass
class Records:
    """Good records and the stages that led to them. `supply` makes the encoded frame, once."""

    supply: Callable[[], DataFrame]
    stages: tuple[Stage, ...] = field(default=())
    is_ready: bool = False

    @classmethod
    def of(cls, frame: DataFrame, stages: tuple[Stage, ...] = ()) -> Records:
        """Records of a frame that is there already."""
        return cls(lambda: frame, stages, is_ready=True)

    @cached_property
    def encoded(self) -> DataFrame:
        """The records, with every choice that is possible."""
        frame = self.supply()
        self.is_ready = True
        return frame

    @cached_property
    def resolved(self) -> DataFrame:
        """The records, with the choices that occur. Costs one pass where choices are possible, else nothing."""
        self.assert_thresholds()
        return without_absent_alternatives(self.encoded)

    @property
    def shown(self) -> DataFrame:
        """The records as a DataFrame: what is still a choice is a struct keyed by type."""
        frame = self.resolved
        if not has_choices(frame.schema):
            return frame
        return frame.select(*[show_choices_as_structs(F.col(quoted(f.name)), f.dataType).alias(f.name) for f in frame.schema.fields])

    def then(self, work: Callable[[DataFrame], DataFrame], stage: Stage, on_resolved: bool = False) -> Records:
        """The records after an operation. At once when the frame is there, so that a mistake shows where it is made; else later."""
        stages = (*self.stages, stage)
        if self.is_ready and not on_resolved:
            return Records.of(work(self.encoded), stages)
        if self.is_ready and not has_choices(self.encoded.schema):
            return Records.of(work(self.encoded), stages)
        return Records(lambda: work(self.resolved if on_resolved else self.encoded), stages)

    def with_thresholds(self, stage: Stage) -> Records:
        """The same with other limits at the last stage."""
        return replace(self, stages=(*self.stages, stage))

    def assert_thresholds(self) -> None:
        """Raises ErrorThresholdError when a stage, or all up to one, have as many error records as their threshold."""
        total = 0
        if not any(stage.stage_threshold or stage.total_threshold for stage in self.stages):
            return
        for stage in self.stages:
            total += stage.count
            if stage.stage_threshold and stage.count >= stage.stage_threshold:
                raise ErrorThresholdError(stage.name, stage.count, stage.stage_threshold, "stageThreshold", _first_message(stage))
            if stage.total_threshold and total >= stage.total_threshold:
                raise ErrorThresholdError(stage.name, total, stage.total_threshold, "totalThreshold", _first_message(stage))

    def errors(self) -> DataFrame | None:
        """All error records, or None when no stage can have any."""
        frames = [frame for stage in self.stages if (frame := stage.frame) is not None]
        return together(*frames) if frames else None


def _first_message(stage: Stage) -> str:
    first = stage.frame.select("error.msg").first() if stage.frame is not None else None
    return str(first[0]) if first is not None else ""


def aligned(frame: DataFrame, schema: T.StructType) -> DataFrame:
    """The frame with the fields of a wider schema, in its order."""
    has = {f.name: f.dataType for f in frame.schema.fields}
    return frame.select(
        *[
            (promote(F.col(quoted(f.name)), has[f.name], f.dataType) if f.name in has else F.lit(None).cast(f.dataType)).alias(f.name)
            for f in schema.fields
        ]
    )


def together(*frames: DataFrame) -> DataFrame:
    """All records of the frames: a field that one lacks is null there, fields of different kinds become choices."""
    schema: T.DataType = frames[0].schema
    for frame in frames[1:]:
        schema = merge(schema, frame.schema)
    assert isinstance(schema, T.StructType)
    result = aligned(frames[0], schema)
    for frame in frames[1:]:
        result = result.unionByName(aligned(frame, schema))
    return result
