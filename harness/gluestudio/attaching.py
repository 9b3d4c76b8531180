"""A function of a DataFrame as a method of frames of both kinds."""

from __future__ import annotations

import functools
from typing import Any

from pyspark.sql import DataFrame

from awsglue.dynamicframe import DynamicFrame
from gluestudio import nested, transforms

__all__ = ["attach"]


def attach(name: str) -> None:
    """Gives DataFrame and DynamicFrame the method `name`: the function of that name without `gs_` in `transforms` or `nested`."""
    own = name.removeprefix("gs_")
    work = getattr(transforms if own in transforms.__all__ else nested, own)

    @functools.wraps(work)
    def of_data_frame(self: DataFrame, *args: Any, **kwargs: Any) -> DataFrame:
        result: DataFrame = work(self, *args, **kwargs)
        return result

    @functools.wraps(work)
    def of_dynamic_frame(self: DynamicFrame, *args: Any, **kwargs: Any) -> DynamicFrame:
        return DynamicFrame.fromDF(work(self.toDF(), *args, **kwargs), self.glue_ctx, self.name)

    setattr(DataFrame, name, of_data_frame)
    setattr(DynamicFrame, name, of_dynamic_frame)
