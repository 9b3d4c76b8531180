"""`UnnestFrame`."""

from __future__ import annotations

from awsglue.transforms.transform import DescribedTransform

__all__ = ["UnnestFrame"]


class UnnestFrame(DescribedTransform):
    """Structs as top-level fields."""

    returns = "DynamicFrame"

    def __call__(self, frame, transformation_ctx="", info="", stageThreshold=0, totalThreshold=0):
        return frame.unnest(transformation_ctx, info, stageThreshold, totalThreshold)
